/* A LoRA pair that starts from training data: phase 0 looks at some batches through the base, phase 1 starts from what
 * was seen. The data are the run's first training batches; nothing trains meanwhile. */
#ifndef TUNE_LOOK_H
#define TUNE_LOOK_H

#include "tune/lowrank.h"

/* State of a site. Its hooks add to `sum` when pass->measure says so. */
struct look {
    struct lowrank l;
    struct mat sum; /* phase 0: what is seen, zeroed; empty afterwards */
    double n;       /* of how many rows of x, or whatever the method counts */
};

/* The method's .shared_size: what phase 0 decided for each site; empty where there was none. */
struct looked {
    struct mat A[MODEL_LAYERS_MAX * TARGETS], B[MODEL_LAYERS_MAX * TARGETS];
};

/* The pair, which trains; in phase 0 with room for a sum (rows, cols) beside it, which counts as optimizer state. */
void look_attach(struct tuning *, struct site *, int rows, int cols);
/* The pair's values for phase 1, of rank A.rows, which becomes the site's: A (r, in); B (out, r), or empty for 0. */
void look_decide(struct tuning *, struct site *, struct mat A, struct mat B);
/* Phase 0, or no verdict: LoRA's start. Phase 1: the verdict; a B that is not 0 is taken out of W, W -= s B A, so that
 * step 0 is the base up to rounding (then the method says MOVES_BASE). */
void look_init(struct tuning *, struct site *);
/* The .stored of those: W - W0 = s (B A - B_0 A_0), so an export against the pretrained base needs both pairs. */
long look_stored(const struct tuning *);

#endif
