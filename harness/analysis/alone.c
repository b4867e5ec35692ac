/* Looking for the single runs of two methods at one rate. */
#include "analysis/alone.h"

#include "core/arena.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A run of a group's training at any rate: of its search, of other grids, or reported. */
struct lone {
    double rate, score; /* the validation score; the test score of runs that have no other */
    int seed;
};

/* The score at a rate and seed; NaN where there is none. */
static double score_at(const struct lone *runs, int n, double rate, int seed)
{
    for (int i = 0; i < n; i++)
        if (runs[i].rate == rate && runs[i].seed == seed)
            return runs[i].score;
    return NAN;
}

/* All runs that ended and differ from the group's in nothing but rate, seed and the split that is evaluated, into *runs for
 * free(); returns how many. With any validation score among them, those without one are left out: the two splits are not
 * compared with each other. */
static int lone_runs(const struct results *rows, const struct group *a, struct lone **runs)
{
    const struct result *one = NULL; /* any: they share their cell */
    bool validated = false;
    int n = 0;
    for (int i = 0; i < a->n && !one; i++)
        one = a->run[i]->present ? a->run[i] : NULL;
    *runs = mem_alloc((size_t)(rows->n + 1) * sizeof **runs);
    for (int pass = 0; one && pass < 2; pass++)
        for (int i = 0; i < rows->n; i++) {
            const struct result *w = &rows->row[i];
            if (!w->ok || strcmp(w->facts->cell, one->facts->cell) != 0)
                continue;
            const double valid = result_value(w, FACT_valid_metric);
            if (pass == 0)
                validated |= !isnan(valid);
            else if ((!validated || !isnan(valid)) && isnan(score_at(*runs, n, w->lr, w->run->seed)))
                (*runs)[n++] =
                    (struct lone){w->lr, validated ? valid : result_value(w, FACT_test_metric), w->run->seed};
        }
    return n;
}

int lone_differences(const struct results *rows, const struct group *const *a, const struct group *const *b, int tasks,
                     double **draw)
{
    struct lone **of_a = mem_alloc((size_t)(tasks + 1) * sizeof *of_a),
                **of_b = mem_alloc((size_t)(tasks + 1) * sizeof *of_b);
    int *na = mem_alloc((size_t)(tasks + 1) * sizeof *na), *nb = mem_alloc((size_t)(tasks + 1) * sizeof *nb), n = 0;
    for (int t = 0; t < tasks; t++) {
        na[t] = lone_runs(rows, a[t], &of_a[t]);
        nb[t] = lone_runs(rows, b[t], &of_b[t]);
    }
    *draw = mem_alloc((size_t)(tasks ? na[0] * nb[0] + 1 : 1) * sizeof **draw);
    for (int i = 0; tasks && i < na[0]; i++)
        for (int k = 0; k < nb[0]; k++) {
            const struct lone *x = &of_a[0][i], *y = &of_b[0][k];
            double sum = 0;
            for (int t = 0; t < tasks && x->rate == y->rate; t++)
                sum += score_at(of_a[t], na[t], x->rate, x->seed) - score_at(of_b[t], nb[t], y->rate, y->seed);
            if (x->rate == y->rate && !isnan(sum))
                (*draw)[n++] = sum / tasks;
        }
    for (int t = 0; t < tasks; t++) {
        free(of_a[t]);
        free(of_b[t]);
    }
    free(of_a);
    free(of_b);
    free(na);
    free(nb);
    return n;
}
