/* How the mean test score of a group's runs moves over the steps. */
#ifndef ANALYSIS_CURVE_H
#define ANALYSIS_CURVE_H

#include "analysis/groups.h"

/* At every evaluation the mean over the sampled runs that have it; n = 0 when no run has a record. */
struct curve {
    double *step, *score; /* (n,) */
    int n;
};
struct curve curve_of(const struct group *g);
void curve_free(struct curve *c);
/* The score after `step` steps, between evaluations on a line; after the last one the last, for nothing is trained on.
 * NaN before the first. */
double curve_at(const struct curve *c, double step);
/* The first evaluation that has `goal`: its step; NaN when none has. */
double curve_evaluation(const struct curve *c, double goal);
/* The first step that has `goal`, between evaluations on a line; NaN when none has. */
double curve_reaches(const struct curve *c, double goal);

#endif
