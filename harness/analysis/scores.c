/* Gathering complete blocks of scores. */
#include "analysis/scores.h"

#include "core/arena.h"
#include "stats/stats.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void drop_series(struct scores *b, int i)
{
    memmove(b->series + i, b->series + i + 1, (size_t)(b->methods - i - 1) * sizeof *b->series);
    b->methods--;
}

/* Whether a series' runs were drawn as those of another were, one by one. */
static bool paired_with(const struct groups *g, const struct scores *b, const struct series *s,
                        const struct series *with)
{
    for (int t = 0; t < b->tasks; t++) {
        const struct group *a = series_group(g, s, b->task[t]), *o = series_group(g, with, b->task[t]);
        for (int k = 0; k < a->n && k < o->n; k++)
            if (!results_twins(a->run[k], o->run[k]))
                return false;
    }
    return true;
}

/* Index of the series of that label and budget, -1 when it is not there. */
static int series_index(const struct scores *b, const char *label, int budget)
{
    for (int i = 0; i < b->methods; i++)
        if (strcmp(b->series[i].label, label) == 0 && b->series[i].budget == budget)
            return i;
    return -1;
}

/* Which series is LoRA for another; -1: none, or itself. */
static int rival_of(const struct groups *g, const struct scores *b, const struct series *s)
{
    const struct group *lora = groups_reference(g, series_group(g, s, b->task[0]), "");
    return lora ? series_index(b, lora->label, lora->budget) : -1;
}

struct scores scores_make(const struct groups *g, const struct display *d)
{
    struct scores b = {.tasks = groups_tasks(g, d, b.task)};
    int most = 0, least = INT_MAX;
    b.methods = groups_series(g, b.series);
    for (int i = b.methods - 1; i >= 0; i--) {
        bool whole = true;
        for (int t = 0; t < b.tasks && whole; t++) {
            const struct group *a = series_group(g, &b.series[i], b.task[t]);
            whole = a && a->ok == a->n;
            for (int k = 0; whole && k < a->n; k++)
                whole = isfinite(result_value(a->run[k], FACT_test_metric));
        }
        if (!whole)
            drop_series(&b, i);
    }
    for (int i = 0; i < b.methods; i++)
        for (int t = 0; t < b.tasks; t++) {
            const struct group *a = series_group(g, &b.series[i], b.task[t]);
            most = a->n > most ? a->n : most;
            least = a->n < least ? a->n : least;
        }
    int lora = scores_reference(&b);
    const struct series with = b.methods ? b.series[lora < 0 ? 0 : lora] : (struct series){0};
    for (int i = b.methods - 1; i >= 0; i--)
        if (!paired_with(g, &b, &b.series[i], &with))
            drop_series(&b, i);
    b.seeds = !b.methods ? 0 : least < SCORES_SEEDS ? least : SCORES_SEEDS;
    b.left_out = b.methods ? most - b.seeds : 0;
    double *all = mem_alloc((size_t)(most + 1) * sizeof *all);
    b.score = mem_alloc(((size_t)b.methods * (size_t)b.tasks * (size_t)b.seeds + 1) * sizeof *b.score);
    for (int i = 0; i < b.methods; i++)
        for (int t = 0; t < b.tasks; t++) {
            group_values(series_group(g, &b.series[i], b.task[t]), FACT_test_metric, all);
            memcpy(b.score + (size_t)((i * b.tasks + t) * b.seeds), all, (size_t)b.seeds * sizeof *all);
        }
    free(all);
    for (int i = 0; i < b.methods; i++)
        b.rival[i] = rival_of(g, &b, &b.series[i]);
    return b;
}

const char *scores_seeds_words(const struct scores *b)
{
    static char text[64];
    snprintf(text, sizeof text, " (the first of %d)", b->seeds + b->left_out);
    return b->left_out ? text : "";
}

void scores_free(struct scores *b)
{
    free(b->score);
    b->score = NULL;
}

struct cube scores_cube(const struct scores *b)
{
    return (struct cube){b->score, b->methods, b->tasks, b->seeds};
}

/* Index of a method as it comes, -1 when it is not there. */
static int method_index(const struct scores *b, const char *name)
{
    for (int i = 0; i < b->methods; i++)
        if (strcmp(b->series[i].method->name, name) == 0 && strcmp(b->series[i].label, b->series[i].method->title) == 0)
            return i;
    return -1;
}

int scores_reference(const struct scores *b)
{
    return method_index(b, "lora");
}

/* The game of one budget, 0: of all. */
static void roulette_at(const struct scores *b, int budget, double *won)
{
    int n = 0, *entrant = mem_alloc((size_t)(b->methods + 1) * sizeof *entrant);
    double *mean = mem_alloc((size_t)(b->methods * b->seeds + 1) * sizeof *mean);
    double *share = mem_alloc((size_t)(b->methods + 1) * sizeof *share);
    for (int m = 0; m < b->methods; m++) {
        if (budget && b->series[m].budget != budget)
            continue;
        for (int s = 0; s < b->seeds; s++)
            for (int t = 0; t < b->tasks; t++)
                mean[n * b->seeds + s] += b->score[(m * b->tasks + t) * b->seeds + s] / b->tasks;
        entrant[n++] = m;
    }
    seed_roulette(mean, n, b->seeds, share);
    for (int i = 0; i < n; i++)
        won[entrant[i]] = share[i];
    free(entrant);
    free(mean);
    free(share);
}

void scores_roulette(const struct scores *b, double *won)
{
    int lora = scores_reference(b);
    for (int m = 0; m < b->methods; m++)
        won[m] = NAN;
    if (lora < 0 || !b->series[lora].budget)
        roulette_at(b, 0, won);
    for (int m = 0; m < b->methods; m++)
        if (b->series[m].budget && isnan(won[m]))
            roulette_at(b, b->series[m].budget, won);
}

bool scores_normalise(struct scores *b)
{
    int head = method_index(b, "head"), full = method_index(b, "full");
    double low[TASKS_MOST], high[TASKS_MOST];
    if (head < 0 || full < 0)
        return false;
    for (int t = 0; t < b->tasks; t++) {
        low[t] = stats_mean(b->score + (head * b->tasks + t) * b->seeds, b->seeds);
        high[t] = stats_mean(b->score + (full * b->tasks + t) * b->seeds, b->seeds);
        if (!(high[t] - low[t] > 1e-9))
            return false;
    }
    for (int m = 0; m < b->methods; m++)
        for (int t = 0; t < b->tasks; t++)
            for (int s = 0; s < b->seeds; s++) {
                double *v = &b->score[(m * b->tasks + t) * b->seeds + s];
                *v = (*v - low[t]) / (high[t] - low[t]);
            }
    return true;
}
