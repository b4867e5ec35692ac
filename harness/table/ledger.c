/* The fairness ledger: one result set under four handicaps, for what is equal decides who is ahead. */
#include "analysis/curve.h"
#include "analysis/series.h"
#include "table/kind.h"

#include "core/arena.h"
#include "stats/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The score of the largest variant of this label that takes no more memory than `most`; NaN when none does. */
static double fitting_score(const struct groups *g, const struct group *a, double most)
{
    const struct group *best = NULL;
    for (int i = 0; i < g->n; i++) {
        const struct group *c = &g->group[i];
        if (c->ok && strcmp(c->task, a->task) == 0 && strcmp(c->label, a->label) == 0 &&
            group_median(c, FACT_peak_bytes) <= 1.005 * most && (!best || c->budget > best->budget))
            best = c;
    }
    return best ? group_mean(best, FACT_test_metric) : NAN;
}

enum handicap { PARAMETERS, FLOPS, TIME, MEMORY, REACHED, HANDICAPS };
static const char *const titles[HANDICAPS][2] = {
    {"Equal parameters", "equal_parameters"},
    {"Equal FLOPs", "equal_flops"},
    {"Equal time", "equal_time"},
    {"Equal memory", "equal_memory"},
    {"Time to LoRA’s score", "time_to_score"},
};

/* A group on its task against the LoRA it is compared with (itself, when it is that). */
static void judge(const struct groups *g, const struct group *a, const struct group *lora, double v[HANDICAPS])
{
    struct curve c = curve_of(a);
    const double steps = c.n ? c.step[c.n - 1] : NAN;
    const double flops = group_median(lora, FACT_flops_per_step) / group_median(a, FACT_flops_per_step);
    const double time = group_median(lora, FACT_step_ms) / group_median(a, FACT_step_ms);
    v[PARAMETERS] = group_mean(a, FACT_test_metric);
    v[FLOPS] = curve_at(&c, steps * flops);
    v[TIME] = curve_at(&c, steps * time);
    v[MEMORY] = fitting_score(g, a, group_median(lora, FACT_peak_bytes));
    v[REACHED] = curve_reaches(&c, group_mean(lora, FACT_test_metric)) / (steps * time);
    curve_free(&c);
}

static void fill(struct table *s, const struct groups *g, const struct display *d)
{
    static struct series series[SERIES_MOST];
    const char *task[TASKS_MOST];
    char *wanted = display_reference(d);
    const int tasks = groups_tasks(g, d, task), n = groups_series(g, series);
    table_column(s, "Budget", "budget", EVERYONE, true);
    table_column(s, "Method", "method", EVERYONE, false);
    table_column(s, "Tasks", "tasks", EVERYONE, true);
    for (int h = 0; h < HANDICAPS; h++)
        table_column(s, titles[h][0], titles[h][1], EVERYONE, true);
    for (int i = 0; i < n; i++) {
        double sum[HANDICAPS] = {0}, v[HANDICAPS];
        int seen = 0, followed = 0, reached = 0; /* followed: runs of a list have no scores over steps */
        for (int t = 0; t < tasks; t++) {
            const struct group *a = series_group(g, &series[i], task[t]);
            const struct group *lora = a ? groups_reference(g, a, wanted) : NULL;
            if (!a || !a->ok)
                continue;
            judge(g, a, lora ? lora : a, v);
            seen++;
            followed += !isnan(v[FLOPS]);
            reached += !isnan(v[REACHED]);
            for (int h = 0; h < HANDICAPS; h++)
                sum[h] += h == REACHED && isnan(v[h]) ? 0 : v[h];
        }
        if (!seen)
            continue;
        table_row(s);
        group_budget(s, 0, g, series[i].budget, series[i].label);
        table_text(s, 1, "%s", series[i].label);
        table_number(s, 2, seen, 0);
        for (int h = 0; h < REACHED; h++)
            table_value(s, 3 + h, sum[h] / seen, isnan(sum[h]) ? "–" : percent_text(sum[h] / seen));
        char words[48];
        snprintf(words, sizeof words, followed ? "never" : "–");
        if (reached)
            snprintf(words, sizeof words, "%.2f on %d", sum[REACHED] / reached, reached);
        table_value(s, 3 + REACHED, reached ? sum[REACHED] / reached : NAN, words);
    }
    free(wanted);
    table_caption(
        s,
        "%s: the same runs under four handicaps: test score x 100, mean over tasks, n = %s seeds per task%s. "
        "Equal FLOPs, equal time "
        "(processor time of the median step): read off the mean test score over steps where LoRA’s whole run would "
        "end; a cheaper method is not trained on. Equal memory: the largest variant within LoRA’s measured peak; – "
        "where none fits. Last: processor time until the mean score is LoRA’s final one, as a share of LoRA’s run, and "
        "on how many tasks it comes to that. No intervals: those of the score table hold.",
        s->id, runs_words(g), sample_words(g));
}

const struct table_kind table_ledger = {
    .name = "ledger",
    .title = "The same runs under four handicaps",
    .help = "Scores at equal parameters, FLOPs, time and memory: what is equal decides who is ahead.",
    .keys = "reference task",
    .absent = "no run has been made",
    .fill = fill,
};
