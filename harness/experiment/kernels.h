/* Which kernels of OpenBLAS made the runs of a plan: other kernels round otherwise, so a mixture is said. */
#ifndef EXPERIMENT_KERNELS_H
#define EXPERIMENT_KERNELS_H

#include "experiment/plan.h"

enum { KERNELS_MAX = 16 };
struct kernels {
    char name[KERNELS_MAX][32]; /* "Haswell", "SkylakeX" ... in order of appearance */
    long runs[KERNELS_MAX];
    int n;
};

/* Counts the runs of the plan that exist by the `blas_core` of their record, through the index. */
void kernels_count(struct plan *p, struct kernels *c);
/* "Haswell (120 runs), SkylakeX (4 runs)" */
const char *kernels_text(const struct kernels *c, char *text, unsigned size);
/* Warns on stderr when there is more than one. */
void kernels_warn(struct plan *p);

#endif
