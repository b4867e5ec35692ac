/* C3A: the update is made of circulant blocks, so that b numbers stand for a block of b x b and its rank may be full.
 *
 *     y = x W0' + b + x~ D',   block (m, n) of D is C / in,  C_jt = w_mn[(t - j) mod b];   w (out/b, in/b, b) = 0
 *     b: block=, or the greatest common divisor of in and out over the rank, which then buys lcm(in, out) numbers each
 *
 * Chen et al., ACL Findings 2025 (arXiv 2407.19342), as HF PEFT computes it: divided by in, which the paper is not, so
 * that rates near 0.3 are usual. Deviations: w starts at 0 (PEFT's init_weights=True) and not uniform, so that step 0 is
 * the base; dx is the true gradient, where PEFT and the paper's section 3.3 turn a block the other way. There is no
 * Fourier transform, which pays for large b alone, and no alpha. */
#include "math/linalg.h"
#include "tune/dense.h"
#include "tune/peft.h"

#include <assert.h>

struct options {
    int block;
};
static const struct option options[] = {
    OPTION_I(options, block, 0, 0, 65536, "side of a block, a divisor of inputs and outputs; 0: the rank says"),
    OPTION_END,
};

struct state {
    struct param *w; /* (out/b in/b, b): a row is a block, block (m, n) in row m in/b + n */
    struct mat D;    /* (out, in), kept from forward to backward */
};

/* The side of a block, or 0 if there is none. */
static int side(const struct options *o, int rank, int in, int out)
{
    int d = in, rest = out;
    while (rest) { /* Euclid */
        int next = d % rest;
        d = rest;
        rest = next;
    }
    if (o->block)
        return d % o->block ? 0 : o->block;
    return d % rank ? 0 : d / rank;
}

static void check(const struct adapter *common, const void *opts, int in, int out)
{
    const struct options *o = opts;
    if (side(o, common->rank, in, out) == 0)
        die(EXIT_USAGE, "c3a: %s=%d does not divide both sides of a %d x %d matrix", o->block ? "block" : "rank",
            o->block ? o->block : common->rank, out, in);
}

static void attach(struct tuning *t, struct site *s)
{
    struct state *c = s->state;
    int b = side(t->opts, s->rank, s->in, s->out);
    c->w = tuning_param(t, s, "c3a_kernel", s->out / b * (s->in / b), b);
    tuning_train(c->w, 1);
}

/* The row of D that is output i meets a row of w for each block n: D_i,(n b + t) = w_mn[(t - j) mod b] / in, i = m b +
 * j. Both directions walk it: with to_D, D is written from w; else w is dL/dw and gets += what D, dL/dD, holds. */
static void walk(const struct site *s, struct mat w, struct mat D, bool to_D)
{
    const int b = w.cols, blocks = s->in / b;
    for (int i = 0; i < s->out; i++)
        for (int k = 0; k < s->in; k++) {
            real *number = mat_at(w, i / b * blocks + k / b, (k % b - i % b + b) % b), *entry = mat_at(D, i, k);
            if (to_D)
                *entry = *number / (real)s->in;
            else
                *number += *entry / (real)s->in;
        }
}

/* y = x W0' + b + x~ D' */
static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *c = s->state;
    c->D = dense_room(s, p);
    walk(s, c->w->w, c->D, true);
    dense_forward(s, p, c->D, x, y);
}

/* dw_mn[k] += sum_j M_(m b + j),(n b + (j + k) mod b) / in;  dx += mask o (dy D) */
static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    const struct state *c = s->state;
    walk(s, c->w->g, dense_backward(s, p, c->D, x, dy, dx), false);
}

/* Row j of a block is its first row shifted right j times. */
static void weight(const struct site *s, struct mat W, struct mat bias)
{
    const struct state *c = s->state;
    const int b = c->w->w.cols;
    const real *w = c->w->w.v;
    (void)bias;
    for (int m = 0; m < s->out; m += b)
        for (int n = 0; n < s->in; n += b, w += b)
            for (int j = 0; j < b; j++)
                for (int k = 0; k < b; k++)
                    W.v[(size_t)(m + j) * W.ld + n + (j + k) % b] += w[k] / (real)s->in;
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    const int b = side(opts, a->rank, in, out);
    assert(b > 0); /* check refuses what has no side */
    return (long)in * out / b;
}

static const struct peft peft = {
    .type = "C3A",
    .tensor = {{"c3a_kernel", "c3a_kernel", RANKS_IN_COLUMNS, PEFT_STACK_OF_OUTPUTS}},
    .key = {{"block_size", PEFT_LARGEST, "block", 0}, {"bias", PEFT_NONE, NULL, 0}},
};

const struct method method_c3a = {
    .name = "c3a",
    .title = "C3A",
    .cite = "Chen et al., ACL Findings 2025, arXiv 2407.19342",
    .equation = "W = W0 + D / in, D of circulant blocks",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct state),
    .facts = NEEDS_INPUT,
    .check = check,
    .attach = attach,
    .ops = {forward, backward, weight},
    .count = count,
    .style = {"#0072B2", 3},
    .peft = &peft,
};
