/* Which kernels of OpenBLAS made the runs of a plan: other kernels round otherwise, so a mixture is said. */
#ifndef EXPERIMENT_KERNELS_H
#define EXPERIMENT_KERNELS_H

#include "experiment/plan.h"

/* Warns on stderr when the runs of the plan that exist are of more than one kernel, by the `blas_core` of their records. */
void kernels_warn(struct plan *p);

#endif
