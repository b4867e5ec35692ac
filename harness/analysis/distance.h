/* How far methods are from a reference along an axis, seed by seed, and how the distance grows. */
#ifndef ANALYSIS_DISTANCE_H
#define ANALYSIS_DISTANCE_H

#include "analysis/along.h"

struct distances {
    struct along a, search; /* the reported runs; those of the search */
    int seeds;              /* from a.least on, that may have runs */
};
struct distances distances_make(const struct groups *g, const struct display *d);
void distances_free(struct distances *s);

/* Test score less the reference's, per seed the mean over the tasks that both have at the place, of the seeds that have all of
 * them, into v (seeds); returns how many. */
int distances_at(const struct distances *s, int series, int x, double *v);
/* The slope of that on log2 of the place, over tasks that both have at every place: v (seeds), NaN for seeds that lack one. */
void distances_slopes(const struct distances *s, int series, double *v);
/* The distance as the first seed of the search has it, both at the rate that the reference chose, on validation; NaN where the
 * line was not tried at that rate. */
double distances_alone(const struct distances *s, int series, int x);

#endif
