/* Where a score that was measured at a few rates is highest, between them too, and what it loses above. */
#ifndef STATS_PEAK_H
#define STATS_PEAK_H

struct peak {
    double
        at; /* by the parabola through the best point and its neighbours; where a neighbour is an end of the window or beyond a
                  cliff, a quarter of the score below, there is none and it stays where it is */
    double width;  /* then half the distance to the nearer neighbour, to which `at` is known; else 0 */
    double height; /* the best score that was measured */
    int best;      /* its index */
    int edge;      /* 1: it is at the upper end of the window, -1: the lower, 0: inside */
};
/* Of n scores y at ascending x (logarithms of rates). Of equal scores the first is the best. NaN for n < 1. */
struct peak peak_of(const double *x, const double *y, int n);
/* What is lost at the point that lies `above` beyond the best one, to 5 % of `above`; NaN where nothing was measured there. */
double peak_loss(struct peak p, const double *x, const double *y, int n, double above);

#endif
