/* What training did to singular values and vectors. */
#include "table/kind.h"

#include "core/arena.h"
#include "record/weight_facts.h"
#include "stats/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static double intruders(const struct run *r)
{
    return summary_intruders(r, 0.5); /* the usual threshold */
}

/* Mean and interval over the runs whose records are at hand, into `column` and the two after it. */
static void put_mean(struct table *s, int column, const struct group *g, double (*of)(const struct run *), unsigned id)
{
    double v[GROUP_SAMPLE];
    char words[64];
    int n = 0;
    for (int i = 0; i < g->samples; i++) {
        v[n] = of(result_run(g->sample[i]));
        n += !isnan(v[n]);
    }
    if (!n)
        return;
    struct interval mean = mean_interval(v, n, id);
    if (mean.low < 0) /* a count is never negative; a t interval may be */
        mean.low = 0;
    snprintf(words, sizeof words, isnan(mean.low) ? "%.1f" : "%.1f [%.1f, %.1f]", mean.estimate, mean.low, mean.high);
    table_value(s, column, mean.estimate, words);
    table_number(s, column + 1, mean.low, 2);
    table_number(s, column + 2, mean.high, 2);
}

static void fill(struct table *s, const struct groups *g, const struct display *d)
{
    (void)d;
    static const char *const columns[][2] = {{"rank90", "rank90"}, {"Intruders of ten", "intruders"}};
    group_columns(s);
    for (int k = 0; k < 2; k++) {
        table_column(s, columns[k][0], columns[k][1], EVERYONE, true);
        table_column(s, "Low", k ? "intruders_low" : "rank90_low", PROGRAMS, true);
        table_column(s, "High", k ? "intruders_high" : "rank90_high", PROGRAMS, true);
    }
    bool cut = false; /* a record keeps the largest singular values alone */
    for (int i = 0; i < g->n; i++) {
        const struct group *a = &g->group[i];
        if (!a->samples || isnan(summary_rank90(result_run(a->sample[0]))))
            continue;
        cut |= group_mean(a, FACT_change_rank) > SPECTRUM_MAX;
        group_row(s, g, a->task, a->budget, a->label);
        put_mean(s, 3, a, summary_rank90, stream_id(a->task, a->label, 0));
        put_mean(s, 6, a, intruders, stream_id(a->task, a->label, 1));
    }
    table_caption(s,
                  "%s: rank90 is the least number of singular values that hold 90 %% of the squared norm of W - W0%s; "
                  "intruders: of the ten leading left singular vectors of W, those with |cosine| < 0.5 to every one of "
                  "W0's (Shuttleworth et al. 2024). Means over a run's adapted matrices (q and v where a method adapts "
                  "none), then over n = %s runs%s; 95 %% intervals over runs.",
                  s->id, cut ? ", as far as its 64 largest singular values go" : "", runs_words(g), sample_words(g));
}

const struct table_kind table_spectrum = {
    .name = "spectrum",
    .title = "What training did to singular values",
    .help = "rank90 of the weight change and intruder dimensions, for runs with their records.",
    .keys = "",
    .absent = "no run has a spectrum of its weight change",
    .fill = fill,
};
