/* What tables ask of a run's measured weight changes, in one number each. */
#ifndef RECORD_WEIGHT_FACTS_H
#define RECORD_WEIGHT_FACTS_H

#include "train/run.h"

/* NaN where the run has not measured it. */
struct weight_facts {
    double change_norm;   /* Frobenius norm of all changes, from their spectra (up to 64 singular values each) */
    double change_rank;   /* mean numerical rank over changed sites at the last checkpoint */
    double later_rank;    /* mean rank in the later half of the layers less that in the earlier half, there */
    double planted_share; /* share of the direction change of q and v that lies in sites which the teacher changed */
};

struct weight_facts weight_facts_of(const struct run *r);
/* Intruder dimensions (model/weightstat.h) per matrix of the final weights, of its LEADING first left singular vectors,
 * and rank90 of its change, means over the run's spectra; NaN without any. */
double summary_intruders(const struct run *r, double epsilon);
double summary_rank90(const struct run *r);

#endif
