/* Multi-head self-attention over a batch without padding: every example attends to its own rows only. */
#ifndef MODEL_ATTENTION_H
#define MODEL_ATTENTION_H

#include "core/arena.h"

/* The score of a key that a query does not see. */
#define HIDDEN ((real)-1e30)

/* Which rows ask: all rows of each example, or one alone (then q and ctx have B rows). */
struct attention {
    int heads, B;
    const int *start; /* B + 1: example b is rows start[b] .. start[b+1]-1 of k and v */
    const int *ask;   /* B: the row of each example that asks; NULL: all rows do */
    /* Unless bias.v is NULL, bias(head, span + j - i) is added to the score of key j for query i, (heads, 2 span + 1);
     * HIDDEN: i does not see j, and some key is seen by every i. dbias, unless .v is NULL, takes up its gradient (+=). */
    int span;
    struct mat bias, dbias;
    /* Unless it is NULL, distances have keys and queries of their own, in the `table` rows of q and k behind the others: the
     * one of key j for query i is row(span + j - i), and scores are divided by sqrt(3 head size). */
    const int *row;
    int table;
};

/* Reals needed to keep the probabilities of a whole batch. */
size_t attention_probs_size(const struct attention *a);
/* ctx = softmax(q k' / sqrt(head size)) v per example and head. q (Q + table, C); k (N + table, C); v (N, C); ctx (Q, C). probs receives the
 * probabilities for backward; scratch is working space. */
void attention_forward(const struct attention *a, struct mat q, struct mat k, struct mat v, real *probs, struct mat ctx,
                       struct arena *scratch);
/* dq, dk, dv are overwritten. */
void attention_backward(const struct attention *a, struct mat q, struct mat k, struct mat v, const real *probs,
                        struct mat dctx, struct mat dq, struct mat dk, struct mat dv, struct arena *scratch);

#endif
