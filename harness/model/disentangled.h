/* Disentangled attention (He et al., ICLR 2021, arXiv 2006.03654; DeBERTa-v3 2111.09543): places ask and are asked, too. */
#ifndef MODEL_DISENTANGLED_H
#define MODEL_DISENTANGLED_H

#include "core/arena.h"

/* One head of one example: q_i, k_j (Q, dh), (T, dh); Kr, Qr (2 S, dh) keys and queries of the table of distances; their
 * gradients, when there is a backward. row(span + j - i) is the table's row of key j and query i. */
struct disentangled {
    struct mat q, k, Kr, Qr;
    struct mat dq, dk, dKr, dQr;
    const int *row;
    int span, first; /* `first`: the place of the first query */
    real scale;
};

/* P_ji += scale (q_i . Kr[p] + k_j . Qr[p]), p the row of (i, j); P (T, at least Q). */
void disentangled_add(const struct disentangled *d, struct mat P, struct arena *scratch);
/* dS (T, at least Q), the gradient of the scores times scale: adds to dq, dk, dKr, dQr. */
void disentangled_backward(const struct disentangled *d, struct mat dS, struct arena *scratch);

/* row (2 span + 1) := clamp(S + b(i - j), 0, 2 S - 1); b is the distance itself up to S/2 and grows as its logarithm beyond,
 * so that far - 1 has the last bucket. */
void disentangled_rows(int S, int far, int span, int *row);

#endif
