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
    struct optimum f = {.at = p.at, .height = p.height, .edge = p.edge, .width = p.width};
    for (int k = 0; k < OPTIMA_LOSSES; k++)
        f.loss[k] = peak_loss(p, rate, score, *n, above[k]);
    return f;
}

static int most_of(const int *n, int of)
{
    int most = 0;
    for (int i = 0; i < of; i++)
        most = n[i] > most ? n[i] : most;
    return most;
}

struct optima optima_make(const struct groups *g, const struct display *d)
{
    struct optima s = {.a = along_make(g, d, true)};
    const struct along *a = &s.a;
    const int seeds = a->n ? a->most - a->least + 1 : 0;
    double *rate = mem_alloc((size_t)(2 * a->n + 2) * sizeof *rate);
    s.seeds = seeds;
    s.units = a->tasks * seeds;
    s.found = mem_alloc((size_t)a->nseries * (size_t)a->nx * (size_t)s.units * sizeof *s.found + 1);
    int *tried = mem_alloc((size_t)(s.units + 1) * sizeof *tried);
    for (int i = 0; i < a->nseries; i++)
        for (int x = 0; x < a->nx; x++) {
            for (int u = 0; u < s.units; u++)
                *optima_at(&s, i, x, u) = look(a, i, x, u / seeds, a->least + u % seeds, rate, &tried[u]);
            for (int u = 0; u < s.units; u++)
                if (tried[u] <
                    most_of(tried + u / seeds * seeds, seeds)) /* a window in part has its best rate anywhere */
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

/* Adds a value, or NaN where there is none, and to how much it is known. */
static void put(double *v, int unit, double value, double width, int *n, double *widths)
{
    v[unit] = isfinite(value) ? value : NAN;
    if (isfinite(value))
        *widths += width, ++*n;
}

static int done(int n, double widths, double *width)
{
    if (width)
        *width = n ? widths / n : 0;
    return n;
}

int optima_rates(const struct optima *s, int series, int x, double *v, double *width)
{
    double widths = 0;
    int n = 0;
    for (int u = 0; u < s->units; u++)
        put(v, u, optima_at(s, series, x, u)->at, optima_at(s, series, x, u)->width, &n, &widths);
    return done(n, widths, width);
}

int optima_times(const struct optima *s, int series, int x, double *v, double *width)
{
    double widths = 0;
    int n = 0;
    for (int u = 0; u < s->units && s->a.reference >= 0; u++) {
        const struct optimum *own = optima_at(s, series, x, u), *other = optima_at(s, s->a.reference, x, u);
        put(v, u, own->at - other->at, own->width + other->width, &n, &widths);
    }
    return done(n, widths, width);
}

int optima_losses(const struct optima *s, int series, int x, int k, double *v)
{
    double widths = 0;
    int n = 0;
    for (int u = 0; u < s->units; u++)
        put(v, u, optima_at(s, series, x, u)->loss[k], 0, &n, &widths);
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

/* Score at the best place less that at the worst, which are those of the other units. */
static double spread_of(const struct optima *s, int series, int unit, double *sum)
{
    int best = 0, worst = 0;
    for (int x = 0; x < s->a.nx; x++) {
        sum[x] = 0;
        for (int u = 0; u < s->units; u++)
            if (u != unit && whole(s, series, u))
                sum[x] += optima_at(s, series, x, u)->height;
        best = sum[x] > sum[best] ? x : best;
        worst = sum[x] < sum[worst] ? x : worst;
    }
    return optima_at(s, series, best, unit)->height - optima_at(s, series, worst, unit)->height;
}

int optima_slopes(const struct optima *s, int series, double *slope, double *spread, double *width)
{
    const int nx = s->a.nx;
    double *x = mem_alloc((size_t)(4 * nx + 4) * sizeof *x), *y = x + nx, *sum = y + nx, *w = sum + nx;
    double widths = 0;
    int n = 0;
    for (int i = 0; i < nx; i++)
        x[i] = log10(s->a.x[i]);
    for (int u = 0; u < s->units; u++) {
        spread[u] = slope[u] = NAN;
        if (!whole(s, series, u))
            continue;
        for (int i = 0; i < nx; i++) {
            y[i] = optima_at(s, series, i, u)->at;
            w[i] = optima_at(s, series, i, u)->width;
        }
        put(slope, u, stats_line(x, y, nx).slope, stats_line_reach(x, w, nx), &n, &widths);
        spread[u] = spread_of(s, series, u, sum);
    }
    free(x);
    return done(n, widths, width);
}
