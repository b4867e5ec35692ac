/* peftlab clean: lists what dead processes left in a results folder; with --stale removes it. */
#include "cli/verb.h"

#include "core/die.h"
#include "record/folder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int run(const struct words *w)
{
    const char *results = words_results(w);
    int remove = words_given(w, "--stale"), n = 0, work = 0;
    struct folder f;
    folder_open(&f, results);
    for (int i = 0; i < f.n; i++) {
        const struct folder_file *g = &f.file[i];
        if (!folder_leftover(g)) {
            work += g->kind == FOLDER_JOURNAL || g->kind == FOLDER_TEMPORARY;
            continue;
        }
        if (remove)
            folder_remove(g);
        printf("%s %s\n", remove ? "removed" : "leftover", g->path);
        n++;
    }
    folder_close(&f);
    printf("%s: %d leftovers%s, %d files of work in progress\n", results, n,
           remove ? " removed"
           : n    ? " (`peftlab clean --stale` removes them)"
                  : "",
           work);
    return EXIT_OK;
}

const struct verb verb_clean = {
    .name = "clean",
    .group = VERB_SHARE,
    .summary = "list or remove the files that dead processes left",
    .usage = "",
    .help = "Leftovers are temporary files and journals whose process has ended, and what\n"
            "was written down of runs that failed. Finished runs are never removed.",
    .example = "clean --stale",
    .options = {{"--stale", NULL, "remove what is listed"}, VERB_RESULTS},
    .run = run,
};
