/* A site: one linear layer y = x W' + b of the encoder, as it is or as a method changes it. */
#ifndef MODEL_SITE_H
#define MODEL_SITE_H

#include "core/arena.h"
#include "model/param.h"

#include <stdint.h>

enum target { TARGET_Q, TARGET_K, TARGET_V, TARGET_O, TARGET_UP, TARGET_DOWN, TARGETS };
extern const char *const target_names[TARGETS]; /* "q", "k", "v", "o", "up", "down" */

/* One forward (and backward) through the model. */
struct pass {
    bool train;    /* dropout is on */
    bool keep;     /* backward will follow: save what it needs */
    bool measure;  /* sites add up what their method measures: an importance, a covariance, a gradient */
    bool all_rows; /* compute every row of the last layer, not only the [CLS] rows */
    int step;      /* optimizer step: keys the dropout masks */
    uint64_t seed;
    double dropout;
    struct arena *saved, *scratch; /* saved: until backward is done; scratch: until the hook returns */
};

struct site;
struct site_ops { /* a NULL hook means "as the plain layer" */
    /* y (N, out) := the layer's output for x (N, in) */
    void (*forward)(struct site *, const struct pass *, struct mat x, struct mat y);
    /* dy (N, out) is dL/dy; adds to the gradients; dx (N, in) += dL/dx unless dx.v is NULL.
     * x is readable only when facts has NEEDS_INPUT. */
    void (*backward)(struct site *, const struct pass *, struct mat x, struct mat dy, struct mat dx);
    /* in: the live base (W, b); out: the effective weight and bias */
    void (*weight)(const struct site *, struct mat W, struct mat b);
};

enum site_flag {
    NEEDS_INPUT = 1, /* backward reads x */
    MOVES_BASE = 2   /* the live base weight changes during training or at attach */
};

struct site {
    const char *name; /* "bert.encoder.layer.0.attention.self.query" */
    int layer, index; /* index counts all sites of the model: keys its random streams */
    int use;          /* in layers that share it: how many of them came before in this pass */
    enum target target;
    int in, out;
    int nth;                    /* among the adapted sites */
    int rank;                   /* the rank the budget gave this site */
    struct param *W, *b;        /* (out, in), (1, out) */
    const struct site_ops *ops; /* NULL: not adapted */
    unsigned facts;
    void *state; /* the method's, site_size bytes */
};

/* y = x W' + b, the layer as pretrained (or as W, b have moved). */
void site_plain_forward(const struct site *s, struct mat x, struct mat y);
/* dW += dy' x, db += colsum(dy), dx += dy W: what trains gets its gradient; dx.v may be NULL. */
void site_plain_backward(const struct site *s, struct mat x, struct mat dy, struct mat dx);

void site_forward(struct site *s, const struct pass *p, struct mat x, struct mat y);
void site_backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx);
/* The effective weight (out, in) and bias (1, out), copied from the live base and passed through the method. */
void site_weight(const struct site *s, struct mat W, struct mat b);
/* Does backward read this site's input? */
bool site_needs_input(const struct site *s);

/* x with inverted dropout (entries kept with 1 - p, scaled by 1/(1 - p)), in scratch; x itself when dropout is off.
 * The mask depends on (seed, site, step, element) alone, so backward calls this again instead of storing it. */
struct mat pass_dropout(const struct pass *p, const struct site *s, struct mat x);
/* Is there dropout in this pass? No second branch, so that compilers take the question out of a loop that asks it. */
static inline bool pass_drops(const struct pass *p)
{
    return p->train & (p->dropout > 0);
}
/* dx += mask o D / (1 - p): D, a gradient in the shape of x, back through pass_dropout. dx.v may be NULL. */
void pass_dropout_add(const struct pass *p, const struct site *s, struct mat D, struct mat dx);
/* dx += mask o (a E A) / (1 - p): the gradient a E A, E (N, r), A (r, in), back through pass_dropout. dx.v may be NULL.
 */
void pass_dropout_gemm(const struct pass *p, const struct site *s, double a, struct mat E, struct mat A, struct mat dx);

#endif
