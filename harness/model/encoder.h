/* The encoder: forward and backward over a batch without padding, no deeper and no wider than the loss needs. */
#ifndef MODEL_ENCODER_H
#define MODEL_ENCODER_H

#include "model/attention.h"
#include "model/model.h"

/* What the encoder reads: B examples, N = start[B] token rows; positions count from 0 within each example. */
struct tokens {
    int B, N;
    const int *start;           /* B + 1 */
    const int *ids;             /* N */
    const unsigned char *types; /* N */
};

/* What forward leaves for backward; a view's v is NULL where nothing needs it. Q = rows that go on after attention. */
struct kept_layer {
    struct mat x;            /* (N, C) input of q, k, v */
    struct mat xq;           /* (Q, C) the rows of x that ask */
    struct mat q, k, v, ctx; /* (Q, C), (N, C), (N, C), (Q, C) */
    real *probs;
    struct mat xhat1, rstd1; /* norm after attention */
    struct mat h1;           /* (Q, C) input of up */
    struct mat slope, act;   /* (Q, F) GELU's derivative and value */
    struct mat xhat2, rstd2; /* norm after the feed-forward */
};
struct activations {
    const struct tokens *tokens;
    int lowest; /* model_lowest at forward: decides what is kept and where backward stops */
    bool all_rows;
    struct mat xhat0, rstd0; /* embedding norm */
    struct kept_layer layer[MODEL_LAYERS_MAX];
};

/* Runs the encoder and returns the last hidden state in the saved arena: (N, C) with pass->all_rows, else the B [CLS]
 * rows (B, C). With pass->keep the activations that backward needs are kept. Token ids must be in range. */
struct mat encoder_forward(struct model *m, const struct pass *p, const struct tokens *t, struct activations *a);
/* dh is dL/d(what forward returned), overwritten. Adds to the gradients of everything that trains. */
void encoder_backward(struct model *m, const struct pass *p, struct activations *a, struct mat dh);

#endif
