/* What runs will take before any has run: seconds and memory, from the spec and the base's sizes. */
#ifndef EXPERIMENT_ESTIMATE_H
#define EXPERIMENT_ESTIMATE_H

#include "experiment/plan.h"

struct estimate {
    double seconds, bytes; /* of one run on one core; of the process that makes it */
};

/* High rather than exact, for time limits and memory requests: products at ESTIMATE_FLOPS, every parameter trained.
 * The spec is resolved; neither base nor data need exist. */
#define ESTIMATE_FLOPS 4e9
struct estimate estimate_run(const struct spec *s, const struct model_config *c, int real_text);

/* The same for one run of a cell: parses and resolves its first rate and seed. Dies as a run of it would. */
struct estimate estimate_cell(const struct cell *c);

/* How the seconds of up to `most` runs of the plan that exist compare with the estimate: the ratio corrects it for this
 * machine. Returns how many were read; the ratio is 1 when there is none. */
int estimate_measured(struct plan *p, int most, double *ratio);

/* The same from all runs of a folder, whatever they are, by the products that they computed. Their evaluations are not
 * counted as products, so that the corrected estimate is still high. */
int estimate_elsewhere(const struct index *x, double *ratio);

#endif
