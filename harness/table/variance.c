/* How much of the score's variance the seeds of data, initialisation and order each explain. */
#include "table/kind.h"

#include "core/arena.h"
#include "stats/aggregate.h"
#include "stats/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS_MAX = 16, FACTORS = 3 };
static const char *const factors[FACTORS] = {"task.task_seed", "init_seed", "order_seed"};

/* The value's index among the levels, added when new; -1 when there are too many levels. */
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
    bool whole = g->ok == g->n;
    memset(extent, 0, FACTORS * sizeof *extent);
    for (int i = 0; i < g->n; i++)
        for (int f = 0; f < FACTORS; f++)
            whole &= level_of(levels[f], &extent[f], (int)setup_number(g->run[i]->setup, factors[f])) >= 0;
    whole &= extent[0] * extent[1] * extent[2] == g->n;
    for (int f = 0; f < FACTORS; f++)
        whole &= extent[f] > 1;
    for (int i = 0; i < g->n; i++)
        v[i] = NAN;
    for (int i = 0; i < g->n && whole; i++) {
        int at = 0;
        for (int f = 0; f < FACTORS; f++)
            at = at * extent[f] + level_of(levels[f], &extent[f], (int)setup_number(g->run[i]->setup, factors[f]));
        whole = isnan(v[at]); /* a place taken twice leaves another empty */
        v[at] = result_value(g->run[i], FACT_test_metric);
    }
    if (whole)
        return v;
    free(v);
    return NULL;
}

static void fill(struct table *s, const struct groups *g, const struct display *d)
{
    (void)d;
    enum { PARTS = FACTORS + 1 };
    static const char *const titles[PARTS] = {"Data", "Initialisation", "Order", "Interaction"}, *const names[PARTS] = {
                                                                                                     "data", "init",
                                                                                                     "order",
                                                                                                     "interaction"};
    table_column(s, "Task", "task", EVERYONE, false);
    table_column(s, "Method", "method", EVERYONE, false);
    table_column(s, "Runs", "runs", EVERYONE, true);
    table_column(s, "Sd, points", "sd", EVERYONE, true);
    for (int f = 0; f < PARTS; f++)
        table_column(s, titles[f], names[f], EVERYONE, true);
    for (int i = 0; i < g->n; i++) {
        int extent[FACTORS];
        double *v = crossed(&g->group[i], extent);
        if (!v)
            continue;
        struct components c = variance_components(v, extent[0], extent[1], extent[2]);
        double part[PARTS] = {c.data, c.init, c.order, c.interaction}, all = c.data + c.init + c.order + c.interaction;
        double sd = stats_sd(v, g->group[i].n);
        table_row(s);
        table_text(s, 0, "%s", g->group[i].task);
        table_text(s, 1, "%s", g->group[i].label);
        table_number(s, 2, g->group[i].n, 0);
        table_value(s, 3, sd, percent_text(sd));
        for (int f = 0; f < PARTS; f++) {
            char share[32];
            snprintf(share, sizeof share, "%.0f %%", all > 0 ? 100 * part[f] / all : NAN);
            table_value(s, 4 + f, all > 0 ? part[f] / all : NAN, all > 0 ? share : "–");
        }
        free(v);
    }
    table_caption(s,
                  "%s: standard deviation of the test score over all runs, and the shares of its variance in a crossed "
                  "design (every data seed with every initialisation and order seed, one run of each): random-effects "
                  "analysis of variance by the method of moments, negative components set to 0. Interaction: all that "
                  "no single seed explains, chance included. n = %s runs per row; no interval: the design is small.",
                  s->id, runs_words(g));
}

const struct table_kind table_variance = {
    .name = "variance",
    .title = "Which seed explains the variance",
    .help = "Shares of data, initialisation and order, for grids that cross task.task_seed, init_seed and order_seed.",
    .keys = "",
    .absent = "no cell has every combination of at least two values of task.task_seed, init_seed and order_seed",
    .fill = fill,
};
