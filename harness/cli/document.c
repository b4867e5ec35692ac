/* peftlab document: brings generated tables in documents up to date. */
#include "cli/verb.h"

#include "core/die.h"
#include "report/document.h"

#include <stdio.h>

static int run(const struct words *w)
{
    const char *tables = words_text(w, "tables", "results/reference");
    int check = words_given(w, "--check"), changed = 0;
    for (int i = 0; i < w->n; i++)
        changed += document_update(w->word[i], tables, check);
    printf("%d generated blocks %s\n", changed,
           check ? "or numbers of sentences differ from their tables" : "brought up to date");
    return check && changed ? EXIT_MISMATCH : EXIT_OK;
}

const struct verb verb_document = {
    .name = "document",
    .group = VERB_SHARE,
    .summary = "bring the generated tables in documents up to date",
    .usage = "FILE.md ...",
    .least = 1,
    .help = "A document marks the place of a table with <!-- generated: table NAME --> and\n"
            "<!-- end -->; what stands between is replaced by the file NAME.md.",
    .example = "document EXPERIMENTS.md",
    .options = {{"tables", "FOLDER", "the folder that holds the tables; results/reference unless given"},
                {"--check", NULL, "change nothing, and say what differs, also numbers in sentences"}},
    .run = run,
};
