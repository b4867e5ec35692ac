/* Methods over several tasks at once: normalised scores, who improves on LoRA, mean ranks, and luck with one seed. */
#include "analysis/scores.h"
#include "table/kind.h"

#include "core/arena.h"
#include "stats/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RESAMPLES = 10000 };

/* The critical difference of mean ranks says something only below (k - 1) / 2. */
static void note_ranks(struct table *s, const struct scores *b)
{
    double *score = mem_alloc((size_t)(b->tasks * b->methods) * sizeof *score);
    double *rank = mem_alloc((size_t)b->methods * sizeof *rank);
    for (int t = 0; t < b->tasks; t++)
        for (int m = 0; m < b->methods; m++)
            score[t * b->methods + m] = stats_mean(b->score + (m * b->tasks + t) * b->seeds, b->seeds);
    struct friedman f = friedman_test(score, b->tasks, b->methods, rank);
    if (b->methods <= 20 && !isnan(f.p)) {
        double cd = critical_difference(b->methods, b->tasks);
        table_note(
            s,
            "Friedman (Iman and Davenport) over tasks: p %s%s; Nemenyi's critical difference of mean ranks is %.1f%s.",
            f.p < 0.001 ? "" : "= ", p_text(f.p), cd,
            cd < (b->methods - 1) / 2.0 ? "" : ", more than half of what ranks can differ: no diagram is drawn");
    }
    free(score);
    free(rank);
}

/* A method that is last in every draw: the draws say nothing of how surely, and no interval stands. */
static void put_drawn(struct table *s, int column, const struct scores *b, int m,
                      double (*aggregate)(struct cube, const void *), const void *context, int decimals)
{
    struct interval v = cube_bootstrap(scores_cube(b), aggregate, context, true, RESAMPLES,
                                       stream_id(b->series[m].label, "suite", b->series[m].budget));
    if (v.low == v.high)
        v.low = v.high = NAN;
    put_interval(s, column, v, decimals, false);
}

static void fill(struct table *s, const struct groups *g, const struct display *d)
{
    struct scores b = scores_make(g, d), raw = scores_make(g, d);
    bool whole = b.methods > 1 && b.seeds > 1, normal = whole && scores_normalise(&b);
    double *won = mem_alloc((size_t)(b.methods + 1) * sizeof *won);
    table_column(s, "Method", "method", EVERYONE, false);
    table_column(s, "Budget", "budget", EVERYONE, true);
    int iqm = interval_columns(s, normal ? "IQM, 0 = head, 1 = full" : "IQM of scores", "iqm");
    int better = interval_columns(s, "P(> LoRA)", "probability"), rank = interval_columns(s, "Mean rank", "rank");
    int wins = table_column(s, "One-seed wins", "roulette", EVERYONE, true);
    if (whole)
        scores_roulette(&raw, won);
    for (int m = 0; m < b.methods && whole; m++) {
        char share[32];
        table_row(s);
        table_text(s, 0, "%s", b.series[m].label);
        group_budget(s, 1, g, b.series[m].budget, b.series[m].label);
        put_drawn(s, iqm, &b, m, cube_iqm, &m, 3);
        if (raw.rival[m] >= 0)
            put_drawn(s, better, &raw, m, cube_improvement, &(struct rival){m, raw.rival[m]}, 2);
        put_drawn(s, rank, &raw, m, cube_rank, &m, 1);
        snprintf(share, sizeof share, "%.0f %%", 100 * won[m]);
        if (isfinite(won[m]))
            table_value(s, wins, won[m], share);
    }
    table_caption(s,
                  "%s: over %d tasks, n = %d seeds%s per task and method. Intervals: 95 %% percentile bootstrap, "
                  "10,000 resamples, seeds drawn again within tasks (the same seeds for all methods). IQM: "
                  "interquartile mean over tasks and seeds%s. P(> LoRA): over all pairs of a seed of each, mean over "
                  "tasks, LoRA at the same budget (references without one: the LoRA of nearest size). No interval "
                  "stands where every draw gave the same. One-seed wins: how often the method would have had the best "
                  "mean over tasks of all at its budget, had one seed been run.",
                  s->id, b.tasks, b.seeds, scores_seeds_words(&b),
                  normal ? " of scores with 0 = head only and 1 = full fine-tuning of each task" : "");
    if (whole) {
        enum { TRIALS = 300, DRAWS = 300 };
        table_note(s, "Simulated coverage of the interval of P(> LoRA) with %d tasks and %d seeds: %.0f %%.", raw.tasks,
                   raw.seeds, 100 * cube_coverage(raw.tasks, raw.seeds, TRIALS, DRAWS));
        note_ranks(s, &raw);
    }
    scores_free(&b);
    scores_free(&raw);
    free(won);
}

const struct table_kind table_suite = {
    .name = "suite",
    .title = "Methods over all tasks",
    .help = "Normalised scores, probability of improving on LoRA, mean rank, and how often one seed would have made a "
            "method win.",
    .keys = "task",
    .absent = "no two methods have at least two ok runs on every task",
    .fill = fill,
};
