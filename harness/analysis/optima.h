/* Best rates along an axis: for every line and place, by each pair of a task and a seed by itself. */
#ifndef ANALYSIS_OPTIMA_H
#define ANALYSIS_OPTIMA_H

#include "analysis/along.h"

/* Decades above the best rate at which losses are looked up: half a decade and a whole one, 3 and 10 times the rate. */
enum { OPTIMA_LOSSES = 2 };

/* What one unit, a pair of a task and a seed, says of one line at one place. NaN: it has no runs there, or fewer rates than
 * other seeds of the task have, so that its best one may be missing. */
struct optimum {
    double at, height, loss[OPTIMA_LOSSES]; /* log10 of the best rate, and the score there; loss: score lost above it */
    double width;                           /* as in struct peak */
    int edge;                               /* as in struct peak */
};
struct optima {
    struct along a;
    struct optimum *found; /* (nseries, nx, units) */
    int units, seeds;      /* units = tasks x seeds, the seeds of a task side by side */
};
struct optima optima_make(const struct groups *g, const struct display *d);
void optima_free(struct optima *s);
struct optimum *optima_at(const struct optima *s, int series, int x, int unit);

/* Of each the values of all units into v (units), NaN where one has none; they return how many have. *width, unless NULL: to how
 * much a rate, a ratio or a slope is known by the ladder, the mean over units. */
int optima_rates(const struct optima *s, int series, int x, double *v, double *width); /* log10 of the best rate */
int optima_times(const struct optima *s, int series, int x, double *v,
                 double *width); /* the same less the reference's at that place */
int optima_losses(const struct optima *s, int series, int x, int k, double *v);
/* Of units with every place: slopes of log best rate on log place, and how much the score at the best place is ahead of that at
 * the worst, each at its own best rate; the two places are those of the highest and the lowest mean over the other units, so that
 * no unit is asked about what it chose. */
int optima_slopes(const struct optima *s, int series, double *slope, double *spread, double *width);

#endif
