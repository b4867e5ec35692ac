/* Tables over several tasks or repetitions: the suite, planted changes, and shares of variance. */
#include "analysis/scores.h"
#include "table/table.h"

#include "core/arena.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RESAMPLES = 10000 };

/* The critical difference of mean ranks says something only below (k - 1) / 2. */
static void note_ranks(struct sheet *s, const struct scores *b)
{
    double *score = mem_alloc((size_t)(b->tasks * b->methods) * sizeof *score);
    double *rank = mem_alloc((size_t)b->methods * sizeof *rank);
    for (int t = 0; t < b->tasks; t++)
        for (int m = 0; m < b->methods; m++)
            score[t * b->methods + m] = stats_mean(b->score + (m * b->tasks + t) * b->seeds, b->seeds);
    struct friedman f = friedman_test(score, b->tasks, b->methods, rank);
    if (b->methods <= 20 && !isnan(f.p)) {
        double cd = critical_difference(b->methods, b->tasks);
        sheet_note(
            s,
            "Friedman (Iman and Davenport) over tasks: p %s%s; Nemenyi's critical difference of mean ranks is %.1f%s.",
            f.p < 0.001 ? "" : "= ", p_text(f.p), cd,
            cd < (b->methods - 1) / 2.0 ? "" : ", more than half of what ranks can differ: no diagram is drawn");
    }
    free(score);
    free(rank);
}

/* A method that is last in every draw: the draws say nothing of how surely, and no interval stands. */
static void put_drawn(struct sheet *s, int column, const struct scores *b, int m,
                      double (*aggregate)(struct cube, const void *), const void *context, int decimals)
{
    struct interval v = cube_bootstrap(scores_cube(b), aggregate, context, true, RESAMPLES,
                                       stream_id(b->series[m].label, "suite", b->series[m].budget));
    if (v.low == v.high)
        v.low = v.high = NAN;
    put_interval(s, column, v, decimals, false);
}

bool table_suite(struct sheet *s, const struct groups *g, const struct display *d, char *why, size_t size)
{
    struct scores b = scores_make(g, d), raw = scores_make(g, d);
    bool whole = b.methods > 1 && b.seeds > 1, normal = whole && scores_normalise(&b);
    double *won = mem_alloc((size_t)(b.methods + 1) * sizeof *won);
    sheet_column(s, "Method", "method", EVERYONE, false);
    sheet_column(s, "Budget", "budget", EVERYONE, true);
    int iqm = interval_columns(s, normal ? "IQM, 0 = head, 1 = full" : "IQM of scores", "iqm");
    int better = interval_columns(s, "P(> LoRA)", "probability"), rank = interval_columns(s, "Mean rank", "rank");
    int wins = sheet_column(s, "One-seed wins", "roulette", EVERYONE, true);
    if (whole)
        scores_roulette(&raw, won);
    for (int m = 0; m < b.methods && whole; m++) {
        char share[32];
        sheet_row(s);
        sheet_text(s, 0, "%s", b.series[m].label);
        if (b.series[m].budget)
            sheet_value(s, 1, b.series[m].budget, count_text(b.series[m].budget));
        put_drawn(s, iqm, &b, m, cube_iqm, &m, 3);
        if (raw.rival[m] >= 0)
            put_drawn(s, better, &raw, m, cube_improvement, &(struct rival){m, raw.rival[m]}, 2);
        put_drawn(s, rank, &raw, m, cube_rank, &m, 1);
        snprintf(share, sizeof share, "%.0f %%", 100 * won[m]);
        if (isfinite(won[m]))
            sheet_value(s, wins, won[m], share);
    }
    sheet_caption(s,
                  "%s: over %d tasks, n = %d seeds%s per task and method. Intervals: 95 %% percentile bootstrap, "
                  "10,000 resamples, seeds drawn again within tasks (the same seeds for all methods). IQM: "
                  "interquartile mean over tasks and seeds%s. P(> LoRA): over all pairs of a seed of each, mean over "
                  "tasks, LoRA at the same budget (references without one: the LoRA of nearest size). No interval "
                  "stands where every draw gave the same. One-seed wins: how often the method would have had the best "
                  "mean over tasks of all at its budget, had one seed been run.",
                  s->id, b.tasks, b.seeds, scores_seeds_words(&b),
                  normal ? " of scores with 0 = head only and 1 = full fine-tuning of each task" : "");
    if (whole)
        note_ranks(s, &raw);
    else
        snprintf(why, size, "no two methods have at least two ok runs on every task");
    scores_free(&b);
    scores_free(&raw);
    free(won);
    return whole;
}

/* ---- Planted changes ------------------------------------------------------------------------------------------- */

bool table_planted(struct sheet *s, const struct groups *g, const struct display *d, char *why, size_t size)
{
    (void)d;
    char words[256];
    int most = 0;
    sheet_column(s, "Planted", "task", EVERYONE, false);
    sheet_column(s, "Method", "method", EVERYONE, false);
    sheet_column(s, "Rank", "rank", EVERYONE, true);
    sheet_column(s, "Runs ok", "runs", READERS, true);
    sheet_column(s, "", "ok", PROGRAMS, true);
    int recovered = interval_columns(s, "Recovered", "recovered"),
        share = interval_columns(s, "In planted layers", "planted_share");
    int parameters = sheet_column(s, "Parameters", "parameters", EVERYONE, true);
    for (int i = 0; i < g->n; i++) {
        const struct group *a = &g->group[i];
        if (a->setup->task->kind != TASK_VECTOR || !a->ok)
            continue;
        double size_of = group_mean(a, result_active);
        sheet_row(s);
        sheet_text(s, 0, "%s", a->task);
        sheet_text(s, 1, "%s", a->label);
        if (!a->setup->method->no_rank)
            sheet_number(s, 2, a->setup->rank, 0);
        sheet_text(s, 3, "%d / %d", a->ok, a->n);
        sheet_number(s, 4, a->ok, 0);
        put_interval(s, recovered, group_interval(a, result_test), 2, false);
        put_interval(s, share, group_interval(a, result_planted_share), 2, false);
        sheet_value(s, parameters, size_of, count_text(size_of));
        most = a->ok > most ? a->ok : most;
    }
    interval_words(most, words, sizeof words);
    sheet_caption(s,
                  "%s: share of a planted change's effect recovered on test inputs (1: all, 0: as the untouched base), "
                  "and share of the direction change of q and v that lies in the planted layers; n = %s runs (teachers "
                  "and seeds). Interval: %s.",
                  s->id, runs_words(g), words);
    if (!s->rows)
        snprintf(why, size, "none of its tasks has a planted change with ok runs");
    return s->rows > 0;
}

/* ---- Variance -------------------------------------------------------------------------------------------------- */

enum { LEVELS_MAX = 16, FACTORS = 3 };
static const char *const factors[FACTORS] = {"task.task_seed", "init_seed", "order_seed"};

/* The value's index among the levels, added when new; -1 when there are too many. */
static int level_of(int levels[LEVELS_MAX], int *n, int value)
{
    for (int i = 0; i < *n; i++)
        if (levels[i] == value)
            return i;
    if (*n == LEVELS_MAX)
        return -1;
    levels[*n] = value;
    return (*n)++;
}

/* The scores of a group as (data, init, order), for free(); NULL unless every combination has exactly one ok run. */
static double *crossed(const struct group *g, int extent[FACTORS])
{
    int levels[FACTORS][LEVELS_MAX] = {{0}};
    double *v = mem_alloc((size_t)(g->n + 1) * sizeof *v);
    memset(extent, 0, FACTORS * sizeof *extent);
    for (int i = 0; i < g->n; i++)
        for (int f = 0; f < FACTORS; f++)
            level_of(levels[f], &extent[f], (int)strtol(setup_get(g->run[i]->setup, factors[f]), NULL, 10));
    bool whole = extent[0] * extent[1] * extent[2] == g->n && g->ok == g->n;
    for (int i = 0; i < g->n && whole; i++) {
        int at = 0;
        for (int f = 0; f < FACTORS; f++)
            at = at * extent[f] +
                 level_of(levels[f], &extent[f], (int)strtol(setup_get(g->run[i]->setup, factors[f]), NULL, 10));
        v[at] = g->run[i]->test;
    }
    for (int f = 0; f < FACTORS; f++)
        whole = whole && extent[f] > 1;
    if (whole)
        return v;
    free(v);
    return NULL;
}

bool table_variance(struct sheet *s, const struct groups *g, const struct display *d, char *why, size_t size)
{
    (void)d;
    enum { PARTS = FACTORS + 1 };
    static const char *const titles[PARTS] = {"Data", "Initialisation", "Order", "Interaction"}, *const names[PARTS] = {
                                                                                                     "data", "init",
                                                                                                     "order",
                                                                                                     "interaction"};
    sheet_column(s, "Task", "task", EVERYONE, false);
    sheet_column(s, "Method", "method", EVERYONE, false);
    sheet_column(s, "Runs", "runs", EVERYONE, true);
    sheet_column(s, "Sd, points", "sd", EVERYONE, true);
    for (int f = 0; f < PARTS; f++)
        sheet_column(s, titles[f], names[f], EVERYONE, true);
    for (int i = 0; i < g->n; i++) {
        int extent[FACTORS];
        double *v = crossed(&g->group[i], extent);
        if (!v)
            continue;
        struct components c = variance_components(v, extent[0], extent[1], extent[2]);
        double part[PARTS] = {c.data, c.init, c.order, c.interaction}, all = c.data + c.init + c.order + c.interaction;
        double sd = stats_sd(v, g->group[i].n);
        sheet_row(s);
        sheet_text(s, 0, "%s", g->group[i].task);
        sheet_text(s, 1, "%s", g->group[i].label);
        sheet_number(s, 2, g->group[i].n, 0);
        sheet_value(s, 3, sd, percent_text(sd));
        for (int f = 0; f < PARTS; f++) {
            char share[32];
            snprintf(share, sizeof share, "%.0f %%", all > 0 ? 100 * part[f] / all : NAN);
            sheet_value(s, 4 + f, all > 0 ? part[f] / all : NAN, all > 0 ? share : "–");
        }
        free(v);
    }
    sheet_caption(s,
                  "%s: standard deviation of the test score over all runs, and the shares of its variance in a crossed "
                  "design (every data seed with every initialisation and order seed, one run of each): random-effects "
                  "analysis of variance by the method of moments, negative components set to 0. Interaction: all that "
                  "no single seed explains, chance included. n = %s runs per row; no interval: the design is small.",
                  s->id, runs_words(g));
    if (!s->rows)
        snprintf(why, size,
                 "no cell has every combination of at least two values of task.task_seed, init_seed and order_seed");
    return s->rows > 0;
}
