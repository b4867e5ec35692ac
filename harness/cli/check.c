/* peftlab check: the laws that a method must obey, or its numbers against a golden file. */
#include "cli/verb.h"

#include "base/cache.h"
#include "check/golden.h"
#include "check/golden_text.h"
#include "check/laws.h"
#include "cli/method_words.h"
#include "core/die.h"
#include "tune/tuning.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A golden file says itself whether it holds a method's numbers or sentences for a real base. */
static int check_golden(const char *path, const char *base, const char *results)
{
    int wrong;
    if (golden_is_text(path)) {
        struct base b;
        if (!*base)
            die(EXIT_USAGE, "%s holds sentences: say base=DIR, the model they were computed with", path);
        base_open(&b, base, 1);
        base_load(&b, results);
        wrong = golden_text_check(path, &b, stdout);
        base_close(&b);
    } else
        wrong = golden_check(path, stdout);
    printf("%s: %d disagree (%s)\n", path, wrong, REAL_NAME);
    return wrong ? EXIT_MISMATCH : EXIT_OK;
}

static int run(const struct words *w)
{
    const char *golden = words_text(w, "--golden", NULL), *base = words_text(w, "base", "");
    if (golden && w->n)
        die(EXIT_USAGE, "check --golden FILE takes no \"%.60s\" too", w->word[0]);
    if (golden)
        return check_golden(golden, base, words_results(w));
    if (!w->n || *base)
        words_usage(w);
    const struct method *m = method_find(w->word[0]);
    struct adapter common;
    void *opts = method_words(m, &common, w->n - 1, w->word + 1);
    struct laws laws;
    int broken = laws_check(m, opts, &common, 0, &laws);
    laws_print(&laws, false, stdout);
    printf("%s: %d law%s broken (%s)\n", m->name, broken, broken == 1 ? "" : "s", REAL_NAME);
    free(opts);
    return broken ? EXIT_MISMATCH : EXIT_OK;
}

const struct verb verb_check = {
    .name = "check",
    .group = VERB_PROVE,
    .summary = "prove a method: laws, or numbers of a golden file",
    .usage = "METHOD [key=value ...]",
    .most = 1000,
    .help = "A golden file holds what another implementation computed.",
    .example = "check dora rank=4\ncheck --golden tests/golden/dora.h5",
    .options = {{"--golden", "FILE", "compare with this file, instead of the laws"},
                {"base", "FOLDER", "the model that a golden file of sentences was computed with"},
                VERB_RESULTS},
    .run = run,
};
