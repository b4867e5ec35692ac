/* What tables ask of a run's measured weight changes, in one number each. */
#ifndef RECORD_WEIGHT_FACTS_H
#define RECORD_WEIGHT_FACTS_H

#include "train/run.h"

/* NaN where the run has not measured it. */
double change_norm(const struct run *r); /* Frobenius norm of the changes that have spectra (up to 64 values each) */
double change_rank(const struct run *r); /* mean numerical rank over changed sites at the last probe */
double later_rank(const struct run *r);  /* mean rank in the later half of the layers less that in the earlier, there */
double
planted_share(const struct run *r); /* share of the direction change of q and v in sites that the teacher changed */
/* Intruder dimensions (model/weightstat.h) per matrix of the final weights, of its LEADING first left singular vectors,
 * and rank90 of its change, means over the run's spectra; NaN without any. */
double summary_intruders(const struct run *r, double epsilon);
double summary_rank90(const struct run *r);

#endif
