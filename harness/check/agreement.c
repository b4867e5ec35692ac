/* Distances from expected numbers, and the reading of these. */
#include "check/agreement.h"

#include <math.h>
#include <stdlib.h>

void agreement_add(struct agreement *g, double a, double b)
{
    double d = fabs(a - b);
    g->error = isnan(d) ? INFINITY : fmax(g->error, d);
    g->largest = fmax(g->largest, fabs(b));
}

struct agreement agreement_of(struct mat got, const double *want)
{
    struct agreement g = {0, 0};
    for (int i = 0; i < got.rows; i++)
        for (int j = 0; j < got.cols; j++)
            agreement_add(&g, mat_get(got, i, j), *want++);
    return g;
}

double agreement_error(const struct agreement *g)
{
    return g->largest > 0 && g->error < INFINITY ? g->error / g->largest : g->error;
}

double *agreement_read(const struct h5 *h, const char *dataset, size_t n)
{
    size_t held;
    double *v = h5_read_f64(h, dataset, &held);
    if (held == n)
        return v;
    free(v);
    die(EXIT_DATA, "%s: %s holds %zu values where %zu belong", h5_path(h), dataset, held, n);
}
