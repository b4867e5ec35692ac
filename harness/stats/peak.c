/* The highest point of a few scores over logarithms of rates. */
#include "stats/peak.h"

#include <math.h>
#include <stdbool.h>

/* The vertex of the parabola through three points, the middle one the highest; no further from it than half way to a
 * neighbour, where the neighbour would have been measured to be as good. */
static double vertex(const double x[3], const double y[3])
{
    const double left = x[1] - x[0], right = x[2] - x[1];
    const double fall = (y[1] - y[0]) / left, rise = (y[2] - y[1]) / right; /* fall >= 0 >= rise */
    if (!(fall > rise))
        return x[1];
    const double at = (x[0] + x[1]) / 2 + (left + right) / 2 * fall / (fall - rise); /* slope 0 between two chords */
    return fmin(fmax(at, x[1] - left / 2), x[1] + right / 2);
}

/* Next to a cliff a parabola has its top half way to the other neighbour, wherever the scores have theirs. */
static bool is_cliff(double best, double neighbour)
{
    return !(neighbour > 0.75 * best);
}

struct peak peak_of(const double *x, const double *y, int n)
{
    struct peak p = {.at = NAN, .height = NAN};
    for (int i = 0; i < n; i++)
        if (i == 0 || y[i] > p.height)
            p.best = i, p.height = y[i], p.at = x[i];
    p.edge = n < 2 ? 0 : p.best == n - 1 ? 1 : p.best == 0 ? -1 : 0;
    const int b = p.best;
    if (n > 2 && !p.edge && !is_cliff(p.height, y[b - 1]) && !is_cliff(p.height, y[b + 1]))
        p.at = vertex(x + b - 1, y + b - 1);
    else if (n > 1)
        p.width = 0.5 * fmin(b > 0 ? x[b] - x[b - 1] : INFINITY, b + 1 < n ? x[b + 1] - x[b] : INFINITY);
    return p;
}

double peak_loss(struct peak p, const double *x, const double *y, int n, double above)
{
    for (int i = p.best + 1; i < n; i++)
        if (fabs(x[i] - x[p.best] - above) < 0.05 * above)
            return p.height - y[i];
    return NAN;
}
