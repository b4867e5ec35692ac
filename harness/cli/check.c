/* peftlab check: the laws that a method must obey, or its numbers against a golden file. */
#include "cli/verb.h"

#include "base/cache.h"
#include "check/golden.h"
#include "check/golden_base.h"
#include "check/golden_text.h"
#include "check/proof.h"
#include "check/watch.h"
#include "cli/color.h"
#include "cli/nearest.h"
#include "core/die.h"
#include "tune/method_words.h"
#include "tune/tuning.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A golden file says itself whether it holds a method's numbers, a model's, or sentences for a real base. */
static int check_golden(const char *path, const char *base, const char *results)
{
    int wrong;
    if (golden_is(path, "peftlab-golden-base")) {
        if (!*base)
            die(EXIT_USAGE, "%s holds numbers of a whole model: say base=DIR, the folder beside it", path);
        wrong = golden_base_check(path, base, stdout);
    } else if (golden_is(path, "peftlab-golden-text")) {
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

static void put_error(const char *precision, const struct law_outcome *o)
{
    if (!o->checks)
        printf("  %s -      ", precision);
    else if (o->error == 0)
        printf("  %s exact  ", precision);
    else
        printf("  %s %.1e", precision, o->error);
}

/* One line for a law in both precisions; below it what broke it or, if asked for, where the largest error was. */
static void print_law(int law, const struct proof *here, const struct proof *twin, bool worst)
{
    const struct law_outcome *a = &here->laws.law[law], *b = twin ? &twin->laws.law[law] : NULL;
    bool broken = a->broken || (b && b->broken), said = a->checks || (b && b->checks);
    const char *other = sizeof(real) == sizeof(float) ? "double" : "float";
    const char *color = broken ? color_bad() : said ? color_good() : "";
    printf("%s%s%s %-36s", color, broken ? "BAD " : said ? "ok  " : "-   ", *color ? color_off() : "", law_titles[law]);
    if (said) {
        put_error(REAL_NAME, a);
        if (b)
            put_error(other, b);
    } else
        printf("  says nothing here");
    putchar('\n');
    if (a->broken || (worst && a->error > 0))
        printf("       %s: %s (%.1e, allowed %.0e)\n", REAL_NAME, a->where, a->error, a->allowed);
    if (b && (b->broken || (worst && b->error > 0)))
        printf("       %s: %s (%.1e, allowed %.0e)\n", other, b->where, b->error, b->allowed);
    if (broken)
        printf("       usually: %s\n", law_hints[law]);
}

/* "12 of 12 laws, 28 variants" and what that leaves open. */
static int conclude(const struct method *m, bool all, const struct proof *here, const struct proof *twin)
{
    int laws = 0, held = 0;
    for (int i = 0; i < LAWS; i++) {
        const struct law_outcome *a = &here->laws.law[i], *b = twin ? &twin->laws.law[i] : NULL;
        bool said = a->checks || (b && b->checks) || (i == LAW_GRADIENT && !twin);
        laws += said;
        held += said && !a->broken && !(b && b->broken) && !(i == LAW_GRADIENT && !a->checks && !twin);
    }
    bool broken = here->broken || here->disagree || (twin && (twin->broken || twin->disagree));
    if (here->golden) {
        int disagree = here->disagree + (twin ? twin->disagree : 0);
        printf("%s golden numbers of PEFT: %d file%s, %d tensor%s disagree%s\n", disagree ? "BAD " : "ok  ",
               here->golden, here->golden == 1 ? "" : "s", disagree, disagree == 1 ? "" : "s",
               disagree == 1 ? "s" : "");
    }
    if (!twin)
        printf("law 3 is not checked: there is no %s beside this program; `make` builds it\n",
               sizeof(real) == sizeof(float) ? "peftlab-double" : "peftlab");
    if (all && !here->golden && !broken)
        printf(
            "not proved: scale, sign and the range of random starts, which only a golden file sees (docs/golden.md); "
            "tests/golden has none of %s\n",
            m->name);
    printf("%s: %d of %d laws, %d variant%s", m->name, held, laws, here->tried, here->tried == 1 ? "" : "s");
    if (here->refused)
        printf(" (%d refused)", here->refused);
    printf(", %s\n", twin ? "float and double" : REAL_NAME);
    return broken ? EXIT_MISMATCH : twin ? EXIT_OK : EXIT_MISSING;
}

/* The laws in both precisions. */
static int check_laws(const struct words *w, const struct method *m, const void *opts, const struct adapter *common)
{
    struct proof here, other;
    char twin[4096];
    bool worst = words_given(w, "--worst"), has_twin = proof_find_twin(twin, sizeof twin);
    char *listing = NULL;
    size_t size;
    FILE *lines = mem_stream(&listing, &size);
    proof_make(&here, m, opts, common, lines);
    fclose(lines);
    for (char *rest = listing, *line; (line = strsep(&rest, "\n")) != NULL && rest;)
        if (strncmp(line, "BAD ", 4) == 0 || worst)
            puts(line);
    free(listing);
    if (has_twin && !proof_ask_twin(&other, twin, w->n, w->word)) {
        fprintf(stderr, "peftlab: %s ended before its proof did\n", twin);
        return EXIT_MISMATCH;
    }
    for (int i = 0; i < LAWS; i++)
        print_law(i, &here, has_twin ? &other : NULL, worst);
    return conclude(m, !opts, &here, has_twin ? &other : NULL);
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
    nearest_method(w->word[0]);
    const struct method *m = method_find(w->word[0]);
    struct adapter common;
    void *opts = method_words(m, &common, w->n - 1, w->word + 1, "");
    int code = EXIT_OK;
    watch_crashes();
    if (words_given(w, "--one")) {
        struct proof p;
        proof_make(&p, m, w->n > 1 ? opts : NULL, &common, NULL);
        proof_write(&p, stdout);
    } else
        code = check_laws(w, m, w->n > 1 ? opts : NULL, &common);
    free(opts);
    return code;
}

const struct verb verb_check = {
    .name = "check",
    .group = VERB_PROVE,
    .summary = "prove a method: every law, variant and precision, or a golden file",
    .usage = "METHOD [key=value ...]",
    .most = 1000,
    .help = "Without key=value all variants of the options are checked, and the method's golden files. A golden file "
            "holds what another implementation computed.",
    .example = "check dora\ncheck dora rank=4 dropout=0.3 --worst\ncheck --golden tests/golden/dora.h5",
    .options = {{"--worst", NULL, "name the tensor or layer of each law's largest error, and list the variants"},
                {"--one", NULL, "this precision alone, one line a law, separated by tabs"},
                {"--golden", "FILE", "compare with this file, instead of the laws"},
                {"base", "FOLDER", "the model that a golden file of sentences was computed with"},
                VERB_RESULTS},
    .run = run,
};
