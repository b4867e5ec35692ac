/* What the encoder reads of a batch, and what its forward pass leaves for the backward one. */
#ifndef MODEL_ACTIVATIONS_H
#define MODEL_ACTIVATIONS_H

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
    struct mat x;            /* (N, C) input of q, k, v: the stream, or its norm */
    struct mat xq;           /* (Q, C) the rows of x that ask */
    struct mat q, k, v, ctx; /* (Q, C), (N, C), (N, C), (Q, C) */
    real *probs;
    struct mat xhat1, rstd1; /* norm of the attention half */
    struct mat h1;           /* (Q, C) input of up */
    struct mat slope;        /* (Q, F), gated (Q, 2 F): the activation's derivative */
    struct mat act;          /* (Q, F): its value */
    struct mat xhat2, rstd2; /* norm of the feed-forward half */
};
struct activations {
    const struct tokens *tokens;
    int lowest;              /* model_lowest at forward: decides what is kept and where backward stops */
    bool all_rows;           /* of the last layer were computed; else those of `ask` alone */
    int *ask;                /* (B) the row of each example that the head reads */
    struct mat xhat0, rstd0; /* embedding norm */
    struct mat narrow;       /* (N, E) embeddings before they are projected */
    struct mat xhat, rstd;   /* final norm */
    int span;                /* most places between two tokens of an example */
    struct mat bias[2];      /* what distances add to scores, (heads, 2 span + 1), in global and in local layers */
    struct mat dbias;
    struct mat turns[2];      /* (span + 1, head size): by which places turn q and k there */
    struct mat table, dtable; /* (R, C) distances as rows that q and k read behind the tokens'; R = 0 in most models */
    struct mat xhat_table, rstd_table;
    int *row; /* (2 span + 1) of the table, for a key so many places behind its query */
    struct kept_layer layer[MODEL_LAYERS_MAX];
};

#endif
