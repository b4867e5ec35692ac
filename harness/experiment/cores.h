/* Which kernels of OpenBLAS made the runs of a plan: other kernels round otherwise, so a mixture is said. */
#ifndef EXPERIMENT_CORES_H
#define EXPERIMENT_CORES_H

#include "experiment/plan.h"

enum { CORES_MAX = 16 };
struct cores {
    char name[CORES_MAX][32]; /* "Haswell", "SkylakeX" ... in order of appearance */
    long runs[CORES_MAX];
    int n;
};

/* Counts the runs of the plan that exist by the `blas_core` of their record, through the index. */
void cores_count(struct plan *p, struct cores *c);
/* "Haswell (120 runs), SkylakeX (4 runs)" */
const char *cores_text(const struct cores *c, char *text, unsigned size);
/* Warns on stderr when there is more than one. */
void cores_warn(struct plan *p);

#endif
