/* Best rates, where they move, and what is lost above them. */
#include "analysis/optima.h"

#include "core/arena.h"
#include "stats/peak.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>

static const double above[OPTIMA_LOSSES] = {0.5, 1};
static const struct optimum unknown = {.at = NAN, .height = NAN, .loss = {NAN, NAN}};

struct optimum *optima_at(const struct optima *s, int series, int x, int unit)
{
    return &s->found[((size_t)series * (size_t)s->a.nx + (size_t)x) * (size_t)s->units + (size_t)unit];
}

/* The runs of one unit at a place, and what they say. */
static struct optimum look(const struct along *a, int series, int x, int task, int seed, double *rate, int *n)
{
    double *score = rate + a->n + 1;
    *n = along_window(a, series, x, task, seed, rate, score);
    const struct peak p = peak_of(rate, score, *n);
    struct optimum f = {.at = p.at, .height = p.height, .edge = p.edge};
    for (int k = 0; k < OPTIMA_LOSSES; k++)
        f.loss[k] = peak_loss(p, rate, score, *n, above[k]);
    return f;
}

struct optima optima_make(const struct groups *g, const struct display *d)
{
    struct optima s = {.a = along_make(g, d, true)};
    const struct along *a = &s.a;
    const int seeds = a->n ? a->most - a->least + 1 : 0;
    double *rate = mem_alloc((size_t)(2 * a->n + 2) * sizeof *rate);
    s.units = a->tasks * seeds;
    s.found = mem_alloc((size_t)a->nseries * (size_t)a->nx * (size_t)s.units * sizeof *s.found + 1);
    int *tried = mem_alloc((size_t)(s.units + 1) * sizeof *tried);
    for (int i = 0; i < a->nseries; i++)
        for (int x = 0; x < a->nx; x++) {
            int most = 0;
            for (int u = 0; u < s.units; u++) {
                *optima_at(&s, i, x, u) = look(a, i, x, u / seeds, a->least + u % seeds, rate, &tried[u]);
                most = tried[u] > most ? tried[u] : most;
            }
            for (int u = 0; u < s.units; u++)
                if (tried[u] < most) /* a window in part has its best rate anywhere */
                    *optima_at(&s, i, x, u) = unknown;
        }
    free(tried);
    free(rate);
    return s;
}

void optima_free(struct optima *s)
{
    free(s->found);
    along_free(&s->a);
}

int optima_rates(const struct optima *s, int series, int x, double *v)
{
    int n = 0;
    for (int u = 0; u < s->units; u++)
        if (isfinite(optima_at(s, series, x, u)->at))
            v[n++] = optima_at(s, series, x, u)->at;
    return n;
}

int optima_times(const struct optima *s, int series, int x, double *v)
{
    int n = 0;
    for (int u = 0; u < s->units && s->a.reference >= 0; u++) {
        const double one = optima_at(s, series, x, u)->at - optima_at(s, s->a.reference, x, u)->at;
        if (isfinite(one))
            v[n++] = one;
    }
    return n;
}

int optima_losses(const struct optima *s, int series, int x, int k, double *v)
{
    int n = 0;
    for (int u = 0; u < s->units; u++)
        if (isfinite(optima_at(s, series, x, u)->loss[k]))
            v[n++] = optima_at(s, series, x, u)->loss[k];
    return n;
}

/* Whether a unit has runs of the line at every place. */
static bool whole(const struct optima *s, int series, int unit)
{
    for (int x = 0; x < s->a.nx; x++)
        if (!isfinite(optima_at(s, series, x, unit)->at))
            return false;
    return true;
}

int optima_slopes(const struct optima *s, int series, double *slope, double *spread)
{
    const int nx = s->a.nx;
    double *x = mem_alloc((size_t)(3 * nx + 3) * sizeof *x), *y = x + nx, *sum = y + nx;
    int n = 0, best = 0, worst = 0;
    for (int i = 0; i < nx; i++)
        x[i] = log10(s->a.x[i]), sum[i] = 0;
    for (int u = 0; u < s->units; u++) {
        if (!whole(s, series, u))
            continue;
        for (int i = 0; i < nx; i++) {
            y[i] = optima_at(s, series, i, u)->at;
            sum[i] += optima_at(s, series, i, u)->height;
        }
        slope[n++] = stats_line(x, y, nx).slope;
    }
    for (int i = 1; i < nx; i++) {
        best = sum[i] > sum[best] ? i : best;
        worst = sum[i] < sum[worst] ? i : worst;
    }
    n = 0;
    for (int u = 0; u < s->units; u++)
        if (whole(s, series, u))
            spread[n++] = optima_at(s, series, best, u)->height - optima_at(s, series, worst, u)->height;
    free(x);
    return n;
}
