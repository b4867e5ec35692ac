/* The sizes of an encoder, and what its configuration decides beside them. */
#ifndef MODEL_CONFIG_H
#define MODEL_CONFIG_H

#include "model/activation.h"

#include <stdbool.h>

enum { MODEL_LAYERS_MAX = 200 };

struct architecture;
/* Which vector of an example the head reads: its first token's, its last one's, or the mean of all. */
enum pooling { POOL_FIRST, POOL_LAST, POOL_MEAN };

/* Fields below `mlm` are 0 for BERT; base.c puts every field into the hash of a base. */
struct model_config {
    int vocab, d, layers, heads, ffn, positions, types;
    double eps;                      /* of every LayerNorm */
    bool mlm;                        /* carries the masked-language and coherence heads of pretraining */
    const struct architecture *arch; /* NULL: BERT */
    int embedding;                   /* width of the embeddings; 0: d */
    int depth; /* layers that a token goes through, where they share weights; 0: `layers`, one after the other */
    int first_position; /* row of the first token's position */
    enum activation act;
    enum pooling pooling;
    int pad;          /* with POOL_LAST: tokens of this id are not the last one; -1: all tokens count */
    int outputs;      /* of a classifier that the base brings along; 0: none */
    int buckets, far; /* of a table of distances */
    int window;       /* local layers: a token sees others up to so many places away; 0: there are none */
    int global_every; /* layers 0, n, 2n, ... are global */
    double theta[2];  /* rotary bases of global and local layers; 0: no rotation */
};

#endif
