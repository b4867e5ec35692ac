/* Multi-head self-attention over a batch without padding: every example attends to its own rows only. */
#ifndef MODEL_ATTENTION_H
#define MODEL_ATTENTION_H

#include "core/arena.h"

/* Which rows ask: all rows of each example, or its [CLS] row alone (then q and ctx have B rows). */
struct attention {
    int heads, B;
    const int *start; /* B + 1: example b is rows start[b] .. start[b+1]-1 of k and v */
    int cls_only;
};

/* Reals needed to keep the probabilities of a whole batch. */
size_t attention_probs_size(const struct attention *a);
/* ctx = softmax(q k' / sqrt(head size)) v per example and head. q (Q, C); k, v (N, C); ctx (Q, C). probs receives the
 * probabilities for backward; scratch is working space. */
void attention_forward(const struct attention *a, struct mat q, struct mat k, struct mat v, real *probs, struct mat ctx,
                       struct arena *scratch);
/* dq, dk, dv are overwritten. */
void attention_backward(const struct attention *a, struct mat q, struct mat k, struct mat v, const real *probs,
                        struct mat dctx, struct mat dq, struct mat dk, struct mat dv, struct arena *scratch);

#endif
