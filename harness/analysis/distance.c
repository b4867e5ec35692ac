/* Distances to a reference, paired by task and seed. */
#include "analysis/distance.h"

#include "core/arena.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct distances distances_make(const struct groups *g, const struct display *d)
{
    struct distances s = {.a = along_make(g, d, false), .search = along_make(g, d, true)};
    s.seeds = s.a.n ? s.a.most - s.a.least + 1 : 0;
    return s;
}

void distances_free(struct distances *s)
{
    along_free(&s->a);
    along_free(&s->search);
}

/* Whether a line has any run of a task at a place. */
static bool has(const struct along *a, int series, int x, int task)
{
    for (int i = 0; i < a->n; i++)
        if (a->run[i].series == series && a->run[i].x == x && a->run[i].task == task)
            return true;
    return false;
}

/* Mean over the tasks that both have at the places first..last; NaN where one of them lacks a run of the seed, or there is none. */
static double distance(const struct along *a, int series, int x, int seed, int first, int last)
{
    double sum = 0;
    int tasks = 0;
    for (int t = 0; t < a->tasks; t++) {
        bool both = true;
        for (int k = first; k <= last && both; k++)
            both = has(a, series, k, t) && has(a, a->reference, k, t);
        if (!both)
            continue;
        const struct along_run *one = along_find(a, series, x, t, seed, NAN),
                               *other = along_find(a, a->reference, x, t, seed, NAN);
        if (!one || !other)
            return NAN;
        sum += one->score - other->score;
        tasks++;
    }
    return tasks ? sum / tasks : NAN;
}

int distances_at(const struct distances *s, int series, int x, double *v)
{
    int n = 0;
    for (int k = 0; k < s->seeds && s->a.reference >= 0 && series != s->a.reference; k++) {
        v[n] = distance(&s->a, series, x, s->a.least + k, x, x);
        n += isfinite(v[n]);
    }
    return n;
}

void distances_slopes(const struct distances *s, int series, double *v)
{
    const int nx = s->a.nx;
    double *x = mem_alloc((size_t)(2 * nx + 2) * sizeof *x), *y = x + nx;
    for (int k = 0; k < s->seeds; k++) {
        bool whole = s->a.reference >= 0;
        for (int i = 0; i < nx && whole; i++) {
            x[i] = log2(s->a.x[i]);
            y[i] = distance(&s->a, series, i, s->a.least + k, 0, nx - 1);
            whole = isfinite(y[i]);
        }
        v[k] = whole ? stats_line(x, y, nx).slope : NAN;
    }
    free(x);
}

/* The score that the line of that name had in the search at a place, task (by name), its first seed and a rate. */
static double searched(const struct along *q, const char *series, double x, const char *task, double rate)
{
    for (int i = 0; i < q->n; i++) {
        const struct along_run *r = &q->run[i];
        if (r->seed == q->least && r->rate == rate && q->x[r->x] == x && strcmp(q->series[r->series], series) == 0 &&
            strcmp(q->task[r->task], task) == 0)
            return r->score;
    }
    return NAN;
}

double distances_alone(const struct distances *s, int series, int x)
{
    const struct along *a = &s->a;
    double sum = 0;
    int tasks = 0;
    for (int i = 0; i < a->n; i++) {
        const struct along_run *r = &a->run[i];
        if (r->series != a->reference || r->x != x || r->seed != a->least)
            continue;
        const char *task = a->task[r->task];
        sum += searched(&s->search, a->series[series], a->x[x], task, r->rate) -
               searched(&s->search, a->series[a->reference], a->x[x], task, r->rate);
        tasks++;
    }
    return tasks ? sum / tasks : NAN;
}
