/* What single runs would have said: one run of each of two methods, at one rate that both have been run at. */
#ifndef ANALYSIS_ALONE_H
#define ANALYSIS_ALONE_H

#include "analysis/groups.h"

/* The mean over tasks of a[t] - b[t] for every rate and pair of seeds at which both have a run on every one of the `tasks`
 * tasks, into *draw for free(); returns how many. */
int lone_differences(const struct results *rows, const struct group *const *a, const struct group *const *b, int tasks,
                     double **draw);

#endif
