/* Orthogonal matrices from the numbers above the diagonal of a skew Q = -Q', for methods that turn something.
 *
 *     ROTATION_SERIES: R = I + 2Q + 2Q^2 + ... + Q^(terms-1), orthogonal to the order of the last term; near
 *     (I + Q) (I - Q)^-1. ROTATION_EXACT: R = (I - Q) (I + Q)^-1. The two turn in opposite directions, as HF PEFT's do. */
#ifndef TUNE_ROTATION_H
#define TUNE_ROTATION_H

#include "core/arena.h"

#include <stdbool.h>

enum rotation_kind { ROTATION_SERIES, ROTATION_EXACT };
enum { ROTATION_TERMS = 16 }; /* at most */
struct rotation {
    enum rotation_kind kind;
    int m, terms; /* side; length of the series: three are four, as in PEFT */
};

/* How many numbers one takes. */
static inline int rotation_size(int m)
{
    return m * (m - 1) / 2;
}
/* R (m, m) from q: the entries above the diagonal, row by row. Takes memory of the arena. */
void rotation_form(const struct rotation *, struct arena *, const real *q, struct mat R);
/* g += dL/dq from D = dL/dR, which it spoils. */
void rotation_gradient(const struct rotation *, struct arena *, const real *q, struct mat D, real *g);

#endif
