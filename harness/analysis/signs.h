/* What the sign of the correlation of dM with dD depends on: every way of looking at it, for every condition. */
#ifndef ANALYSIS_SIGNS_H
#define ANALYSIS_SIGNS_H

#include "analysis/coupling.h"

/* One matrix (q or v), or all that changed, under one condition. Intervals: BCa bootstrap over runs. */
struct sign {
    const struct group *group;
    int target;             /* TARGET_Q, TARGET_V, or -1: all that changed */
    struct interval pooled; /* all layers, checkpoints and runs */
    struct interval still;  /* partial correlation given the checkpoint: its means taken out of both */
    struct interval last;   /* the last checkpoint alone */
    struct interval sized;  /* partial correlation of the logarithms given the log size of the update */
    /* Of logarithms: as seen, and as random updates of the same sizes have it. dM goes with the size |d|, dD with
     * (|d| / |w|)^2, so their covariance is about 2 (Var log|d| - Cov(log|d|, log|w|)): positive where updates vary more
     * than the norms of what they change, negative where all layers get one step and norms differ. */
    double seen, predicted;
    double columns;     /* pooled, per input column instead of per output row */
    double relative;    /* pooled, dM over the pretrained matrix's mean row norm; NaN for all matrices */
    double single;      /* within one run, as the paper's figure has it: mean over runs */
    int negative, runs; /* runs whose own r is negative, and all */
};

/* Every group that has measured dM and dD of q or v, in order; malloc'd, *n of them. */
struct sign *signs_make(const struct groups *g, int *n);
/* "q", "v" or "all". */
const char *signs_matrix(const struct sign *s);
/* The paper's r for a method (Liu et al. 2024, VL-BART), NaN for those it does not show. */
double signs_paper(const struct method *m);
/* "lr=1e-3, on deep": what tells a group's condition from others of its method, but the default base and number of
 * steps; the caller frees. */
char *signs_condition(const struct group *g);

#endif
