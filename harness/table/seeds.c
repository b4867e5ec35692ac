/* Every run as it is: the score of every seed. */
#include "table/kind.h"

#include "core/arena.h"
#include "core/order.h"
#include "stats/stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All seeds that occur, ascending, for free(); of more than STATS_MANY, one more. */
static int *seeds_of(const struct groups *g, int *n)
{
    int *seed = NULL, count = 0;
    for (int i = 0; i < g->n; i++)
        for (int k = 0; k < g->group[i].n && count <= STATS_MANY; k++) {
            int s = g->group[i].run[k]->run->seed, known = 0;
            for (int j = 0; j < count && !known; j++)
                known = seed[j] == s;
            if (known)
                continue;
            PUSH(seed, count) = s;
        }
    if (count)
        qsort(seed, (size_t)count, sizeof *seed, order_int);
    *n = count;
    return seed;
}

static void fill(struct table *s, const struct groups *g, const struct display *d)
{
    enum fact_id of = display_metric(d);
    int n, *seed = seeds_of(g, &n);
    char name[32], column[32];
    int first = 3;
    if (n > STATS_MANY) {
        table_absent(s, "more than %d seeds make no table; runs.csv has them all", STATS_MANY);
        free(seed);
        return;
    }
    group_columns(s);
    for (int i = 0; i < n; i++) {
        snprintf(name, sizeof name, "Seed %d", seed[i]);
        snprintf(column, sizeof column, "seed_%d", seed[i]);
        table_column(s, name, column, EVERYONE, true);
    }
    bool *filled = mem_alloc((size_t)n + 1);
    for (int i = 0; i < g->n; i++) {
        const struct group *a = &g->group[i];
        for (int k = 0; k < a->n; k++) {
            int c = first;
            while (seed[c - first] != a->run[k]->run->seed)
                c++;
            const struct result *w = a->run[k];
            if (k == 0 || filled[c - first]) { /* another teacher, order, ... has the same seeds once more */
                group_row(s, g, a->task, a->budget, a->label);
                memset(filled, 0, (size_t)n);
            }
            filled[c - first] = true;
            table_value(s, c, result_value(w, of),
                        w->ok        ? percent_text(result_value(w, of))
                        : w->present ? "diverged"
                                     : "missing");
            if (w->ok && w->collapsed)
                table_value(s, c, result_value(w, of), "collapsed");
        }
    }
    table_caption(s,
                  "%s: score x 100 of every reported run, n = %s per method; a method has as many rows as a seed has "
                  "repetitions.",
                  s->id, runs_words(g));
    free(filled);
    free(seed);
}

const struct table_kind table_seeds = {
    .name = "seeds",
    .title = "The score of every seed",
    .help = "A row per method, a column per seed; what the means of other tables are taken over.",
    .keys = "metric",
    .absent = "no cell has reported runs",
    .fill = fill,
};
