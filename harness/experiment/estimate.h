/* What runs will take: seconds and memory from the spec and the base's sizes, and seconds as measured on this machine. */
#ifndef EXPERIMENT_ESTIMATE_H
#define EXPERIMENT_ESTIMATE_H

#include "experiment/plan.h"

struct estimate {
    double seconds, bytes; /* of one run on one core; of the process that makes it */
};

/* Of one run of a cell: high rather than exact, for time limits and memory requests. Neither base nor data need exist; epochs
 * of a file that is there are counted. Dies as
 * a run of it would. */
struct estimate estimate_cell(const struct plan *p, const struct cell *c);

/* How the seconds of up to `most` runs of the plan that exist compare with the estimate: the ratio corrects it for this
 * machine. Returns how many were read; the ratio is 1 when there is none. */
int estimate_measured(struct plan *p, int most, double *ratio);

/* Where the seconds of estimate_here are from: runs of the plan that exist, and kinds of run that were timed. */
struct speeds {
    int runs, timed;
};

/* Seconds that one run of a cell takes on an idle core of this machine, neither high nor low: those of the plan's runs
 * with the same method, task and base; where there is none, those of a run of the cell that is broken off after a few
 * steps, on random weights of the base's size (once for a method, task and base: some hundredths of a second, seconds
 * for a large base). Cells that are like these in so far differ by their products. Each source adds to *from when it is
 * used first. Where not even that can be run, as without the data, a warning says so and the estimate is the high one. */
double estimate_here(struct plan *p, const struct cell *c, struct speeds *from);

#endif
