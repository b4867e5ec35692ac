/* One tensor of a model: its live value, where it came from, its gradient and its optimizer state. */
#ifndef MODEL_PARAM_H
#define MODEL_PARAM_H

#include "core/real.h"

#include <stdbool.h>

/* What a tensor is in the network; a method's `trains` is a set of these. */
enum role {
    ROLE_WEIGHT = 1,    /* matrices of linear layers, the pooler's included */
    ROLE_BIAS = 2,      /* biases of linear layers and betas of layer norms */
    ROLE_NORM = 4,      /* gammas of layer norms */
    ROLE_EMBED = 8,     /* word, position and segment tables */
    ROLE_HEAD = 16,     /* the task's classifier */
    ROLE_ADAPTER = 32,  /* declared by a method */
    ROLE_PRETRAIN = 64, /* heads that only pretraining uses */
    ROLE_BETA = 128     /* betas of layer norms, which are ROLE_BIAS too */
};

/* Where a tensor of a base lies in its file: in `tensor`, alone or as number `part` of `parts` that stand in it one after the
 * other along their outputs. */
struct stored {
    const char *tensor; /* NULL: in no file; it is zero and stays so */
    int part, parts;    /* parts 0: alone */
    bool transposed;    /* (in, out) there */
};

struct param {
    const char *name;    /* Hugging Face's name */
    struct stored place; /* base parameters only */
    enum role role;
    int depth;         /* how deep backward must reach for it: see encoder.h */
    struct mat w;      /* live value */
    struct mat w0;     /* pretrained value, read-only; base parameters only */
    struct mat g;      /* gradient; g.v == NULL means frozen */
    struct mat m1, m2; /* AdamW moments */
    real lr_scale;     /* multiplies the learning rate */
    bool vector;       /* a bias, gain or magnitude; a matrix may have one row, too */
    bool decay;        /* weight decay applies */
    bool trains;       /* asked for by the method; storage follows */
};

#endif
