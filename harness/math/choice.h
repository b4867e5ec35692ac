/* Decisions about the order of work, one of which a benchmark takes back to measure what it saves. */
#ifndef MATH_CHOICE_H
#define MATH_CHOICE_H

#include <stdbool.h>

/* As CHOICE_NAMES has them. */
enum choice {
    CHOICE_NONE,
    CHOICE_TILES,    /* large products in tiles that BLAS does not pack (math/linalg.c) */
    CHOICE_LOOPS,    /* attention's products by own loops (math/tile.c) */
    CHOICE_CLS,      /* [CLS] rows alone in the last layer (model/encoder.c) */
    CHOICE_CUT,      /* backward stops at the lowest tensor that trains (model/encoder.c) */
    CHOICE_BIAS,     /* a product starts from the bias (model/site.c) */
    CHOICE_RESIDUAL, /* the residual is added while its sum is normalised (model/layers.c) */
    CHOICE_GELU,     /* GELU and its slope share one exponential (model/layers.c) */
    CHOICE_FEATURES, /* features of a frozen encoder are computed once (check/step_time.c) */
};
#define CHOICE_NAMES \
    "nothing|tiles|own-loops|cls-rows|backward-cut|bias-in-product|residual-in-norm|slope-with-gelu|cached-features"

/* The decision that is taken back; CHOICE_NONE outside benchmarks and tests. */
extern enum choice choice_without;

static inline bool choice_holds(enum choice c)
{
    return choice_without != c;
}

#endif
