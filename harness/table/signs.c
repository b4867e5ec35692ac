/* The table of signs: r of dM with dD under every condition, looked at in every way, against the paper's. */
#include "analysis/signs.h"
#include "table/kind.h"

#include "core/arena.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every way of looking at one condition, and what it is called. */
enum { VIEWS = 7 };
static double view(const struct sign *s, int i, const char **name)
{
    static const char *const names[VIEWS] = {"pooled",     "given time",  "last checkpoint", "given log size",
                                             "per column", "relative dM", "within a run"};
    const double value[VIEWS] = {s->pooled.estimate, s->still.estimate, s->last.estimate, s->sized.estimate,
                                 s->columns,         s->relative,       s->single};
    *name = names[i];
    return value[i];
}

/* One sentence per method: how often r has the paper's sign, and where it is furthest that way. */
static void note_method(struct table *s, const struct sign *sign, int n, const struct method *m)
{
    double paper = signs_paper(m), way = paper < 0 ? -1 : 1, furthest = -INFINITY;
    int cells = 0, same = 0, sure = 0, sized = 0, surely = 0, told = 0, right = 0;
    const struct sign *where = NULL;
    const char *how = "", *name;
    for (int i = 0; i < n; i++) {
        if (sign[i].group->setup->method != m)
            continue;
        const struct interval r = sign[i].pooled;
        cells++;
        same += way * r.estimate > 0;
        sure += way > 0 ? r.low > 0 : r.high < 0;
        sized += sign[i].sized.estimate < 0;
        surely += sign[i].sized.high < 0;
        told += !isnan(sign[i].predicted);
        right += sign[i].predicted * sign[i].seen > 0;
        for (int k = 0; k < VIEWS; k++)
            if (way * view(&sign[i], k, &name) > furthest) {
                furthest = way * view(&sign[i], k, &name);
                where = &sign[i];
                how = name;
            }
    }
    if (!cells || isnan(paper))
        return;
    char *condition = signs_condition(where->group);
    table_note(
        s,
        "%s: the paper has r = %+.2f; here pooled r has that sign in %d of %d cells (its interval in %d). The most %s "
        "of all ways of looking is r = %+.2f (%s, %s, %s). Given the log size of the update r is negative in %d (%d). "
        "The sizes alone predict "
        "the sign in %d of %d.",
        m->title, paper, same, cells, sure, way < 0 ? "negative" : "positive", way * furthest, signs_matrix(where),
        condition, how, sized, surely, right, told);
    free(condition);
}

static void fill(struct table *s, const struct groups *g, const struct display *d)
{
    (void)d;
    int n;
    struct sign *sign = signs_make(g, &n);
    table_column(s, "Method", "method", EVERYONE, false);
    table_column(s, "Condition", "condition", EVERYONE, false);
    table_column(s, "Matrix", "matrix", EVERYONE, false);
    int pooled = interval_columns(s, "Pooled r", "pooled"), still = interval_columns(s, "Given time", "given_time"),
        last = interval_columns(s, "Last checkpoint", "last");
    int sized = interval_columns(s, "Given log size", "given_size");
    int seen = table_column(s, "r of logs", "seen", EVERYONE, true),
        predicted = table_column(s, "As sizes predict", "predicted", EVERYONE, true);
    int columns = table_column(s, "Per column", "per_column", EVERYONE, true),
        relative = table_column(s, "Relative dM", "relative", EVERYONE, true),
        single = table_column(s, "Within a run", "within_run", EVERYONE, true),
        negative = table_column(s, "Runs below 0", "negative", EVERYONE, true),
        runs = table_column(s, "", "runs", PROGRAMS, true), paper = table_column(s, "Paper", "paper", EVERYONE, true);
    for (int i = 0; i < n; i++) {
        char *condition = signs_condition(sign[i].group), share[32];
        table_row(s);
        table_text(s, 0, "%s", sign[i].group->setup->method->title);
        table_text(s, 1, "%s", condition);
        table_text(s, 2, "%s", signs_matrix(&sign[i]));
        put_interval(s, pooled, sign[i].pooled, 2, true);
        put_interval(s, still, sign[i].still, 2, true);
        put_interval(s, last, sign[i].last, 2, true);
        put_interval(s, sized, sign[i].sized, 2, true);
        table_signed(s, seen, sign[i].seen, 2);
        table_signed(s, predicted, sign[i].predicted, 2);
        table_signed(s, columns, sign[i].columns, 2);
        table_signed(s, relative, sign[i].relative, 2);
        table_signed(s, single, sign[i].single, 2);
        snprintf(share, sizeof share, "%d of %d", sign[i].negative, sign[i].runs);
        table_value(s, negative, sign[i].negative, share);
        table_number(s, runs, sign[i].runs, 0);
        if (!isnan(signs_paper(sign[i].group->setup->method)))
            table_signed(s, paper, signs_paper(sign[i].group->setup->method), 2);
        free(condition);
    }
    table_caption(
        s,
        "%s: Pearson's r of dM with dD over layers and checkpoints, n = %s runs per row. Pooled: over all "
        "runs; given time: partial correlation, every checkpoint's means taken out; given log size: "
        "partial correlation of the logarithms given that of the update's size; as sizes predict: r of logs of "
        "random updates of the same rank and norm (dM goes with |d|, dD with (|d|/|w|)^2); per column: input columns "
        "instead of "
        "output rows; relative dM: dM over the pretrained matrix's mean row norm, pooled; within a run: over "
        "one run's layers and checkpoints, as the paper's figure, mean over runs. Intervals: 95 %% BCa "
        "bootstrap over runs, 2,000 resamples (few runs: too narrow). Paper: Liu et al. 2024, VL-BART.",
        s->id, runs_words(g));
    for (int i = 0; i < method_registry_size; i++)
        note_method(s, sign, n, method_registry[i]);
    free(sign);
}

const struct table_kind table_signs = {
    .name = "signs",
    .title = "The signs of r under every condition",
    .help = "r of dM with dD, looked at in every way, beside the r in print; for runs with probes.",
    .keys = "",
    .absent = "no run has measured dM and dD of q or v (probes)",
    .fill = fill,
};
