/* What single runs would have said: one run of each of two methods, at one rate that both have been run at. */
#ifndef ANALYSIS_ALONE_H
#define ANALYSIS_ALONE_H

#include "analysis/groups.h"

/* A run of a group's training at any rate: of its search, of other grids, or reported. */
struct lone {
    double rate, score; /* the validation score; the test score of runs that have no other */
    int seed;
};
/* All runs that ended and differ from the group's in nothing but rate, seed and the split that is evaluated, into *runs for
 * free(); returns how many. With any validation score among them, those without one are left out: the two splits are not
 * compared with each other. */
int lone_runs(const struct results *rows, const struct group *a, struct lone **runs);
/* The mean over tasks of a[t] - b[t] for every rate and pair of seeds at which both have a run on every one of the `tasks`
 * tasks, into *draw for free(); returns how many. */
int lone_differences(const struct results *rows, const struct group *const *a, const struct group *const *b, int tasks,
                     double **draw);

#endif
