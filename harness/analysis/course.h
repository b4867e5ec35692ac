/* How the mean test score of a group's runs moves over the steps. */
#ifndef ANALYSIS_COURSE_H
#define ANALYSIS_COURSE_H

#include "analysis/rows.h"

/* At every evaluation the mean over the sampled runs that have it; n = 0 when no run has a record. */
struct course {
    double *step, *score; /* (n,) */
    int n;
};
struct course course_of(const struct group *g);
void course_free(struct course *c);
/* The score after `step` steps, between evaluations on a line; after the last one the last, for nothing is trained on.
 * NaN before the first. */
double course_at(const struct course *c, double step);
/* The first evaluation that has `goal`: its step; NaN when none has. */
double course_evaluation(const struct course *c, double goal);
/* The first step that has `goal`, between evaluations on a line; NaN when none has. */
double course_reaches(const struct course *c, double goal);

#endif
