/* How magnitude and direction of weight matrices change together in training. */
#ifndef ANALYSIS_COUPLING_H
#define ANALYSIS_COUPLING_H

#include "analysis/groups.h"
#include "stats/bootstrap.h"

enum axis { AXIS_ROWS, AXIS_COLUMNS, AXIS_NULL }; /* per output row; per input column; random updates, per row */

/* One point is one weight matrix of one run at one checkpoint. */
struct cloud {
    double *direction, *magnitude; /* dD and dM */
    int *layer, *step, *run;       /* step: optimizer step; run: 0..runs-1 */
    int n, runs, layers;
};
/* Adds all checkpoints of a group's runs, for one target (enum of model/site.h; -1: all that changed; CLOUD_QV: queries and
 * values, as the article has them). */
enum { CLOUD_QV = -2 };
void cloud_add(struct cloud *c, const struct group *g, int target, enum axis axis);
void cloud_free(struct cloud *c);
/* The checkpoints that occur, ascending, at most `max`; returns how many. */
int cloud_steps(const struct cloud *c, int *step, int max);
/* Only the points of one step; free with cloud_free. */
struct cloud cloud_at(const struct cloud *c, int step);
/* Only the points of one run; free with cloud_free. */
struct cloud cloud_of_run(const struct cloud *c, int run);
/* dM as a share of what it changes: over the pretrained matrix's mean row norm, norm[layer]. */
struct cloud cloud_relative(const struct cloud *c, const double *norm);
/* Logarithms of both; points with a zero are left out. */
struct cloud cloud_log(const struct cloud *c);
/* Of logarithms: what is left of both after least squares on the log size of the update. `size` holds as many points, those
 * of random updates of the same norm: their dM is in proportion to the norm. */
struct cloud cloud_given_size(const struct cloud *c, const struct cloud *size);
/* Every step's means taken out of both: what is left is not the clock. */
struct cloud cloud_without_time(const struct cloud *c);

struct coupling {
    struct interval r, slope; /* runs resampled */
    int points, runs;
};
struct coupling coupling_of(const struct cloud *c, unsigned id);
/* r (or slope), mean over `tasks` clouds, of a less that of b (NULL: of a alone); with `to`, how far a's is from to's
 * less how far b's is: below zero where a is the closer. Runs of equal index are drawn together in all clouds. Pooling
 * tasks instead would inflate r: they differ in how far weights move. */
struct interval coupling_over(const struct cloud *a, const struct cloud *b, const struct cloud *to, int tasks,
                              bool slope, unsigned id);

#endif
