/* Lab LoRA: write the whole method yourself. Six holes; docs/teach/check lab lora says which law the file breaks.
 *
 *     y = x W0' + b + s (x~ A') B',   s = alpha / r,   A (r, in) ~ U(-1/sqrt(in), 1/sqrt(in)),   B (out, r) = 0
 *
 * W0 (out, in), x (N, in), y (N, out): one row per token. gemm_nt(a, X, Y, c, Z) is Z = c Z + a X Y', gemm_nn has X Y
 * and gemm_tn X' Y; so the fourth argument is 0 to overwrite and 1 to add. Hu et al., ICLR 2022 (arXiv 2106.09685). */
#include "core/rng.h"
#include "math/linalg.h"
#include "tune/method.h"

#include <math.h>

struct state {
    struct param *A, *B; /* (r, in), (out, r): ->w is the matrix, ->g its gradient */
    double s;            /* the scale */
    struct mat u;        /* (N, r) = x~ A', kept from forward to backward */
};

/* Declares the tensors, and says which of them train. It runs for counting too, so it touches no value. */
static void attach(struct tuning *t, struct site *s)
{
    struct state *l = s->state;
    l->A = tuning_param(t, s, "lora_A.weight", s->rank, s->in);
    l->B = tuning_param(t, s, "lora_B.weight", s->out, s->rank);
    l->s = tuning_scale(t);
    /* HOLE 1: both A and B train, at the run's own learning rate: tuning_train(PARAM, 1). */
    tuning_train(l->A, 1);
    tuning_train(l->B, 1);
    /* END */
}

/* Tensors come zeroed; `r` is this site's own random stream. */
static void init(struct tuning *t, struct site *s)
{
    const struct state *l = s->state;
    struct rng r = tuning_rng(t, s, 0);
    /* HOLE 2: A is uniform between -1/sqrt(in) and 1/sqrt(in): rng_fill_uniform(&r, MATRIX, LOW, HIGH). Why not B? */
    rng_fill_uniform(&r, l->A->w, -1 / sqrt(s->in), 1 / sqrt(s->in));
    /* END */
}

/* x~ = pass_dropout(p, s, x) is x with dropout, and x itself without. */
static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *l = s->state;
    site_plain_forward(s, x, y); /* y = x W0' + b */
    l->u = arena_mat_raw(p->keep ? p->saved : p->scratch, x.rows, s->rank);
    /* HOLE 3: u = x~ A', then y += s u B'. Two products; they are the method. */
    gemm_nt(1, pass_dropout(p, s, x), l->A->w, 0, l->u);
    gemm_nt(l->s, l->u, l->B->w, 1, y);
    /* END */
}

/* dy (N, out) is the gradient of the loss by y. Gradients add: a step may come through here more than once. */
static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    const struct state *l = s->state;
    struct mat e = arena_mat_raw(p->scratch, dy.rows, s->rank);
    site_plain_backward(s, x, dy, dx); /* dx += dy W0 */
    /* HOLE 4: e = dy B;  dB += s dy' u;  dA += s e' x~;  and what e sends back through A to x:
     * pass_dropout_gemm(p, s, SCALE, e, MATRIX, dx) is dx += mask o SCALE e MATRIX. */
    gemm_nn(1, dy, l->B->w, 0, e);
    gemm_tn(l->s, dy, l->u, 1, l->B->g);
    gemm_tn(l->s, e, pass_dropout(p, s, x), 1, l->A->g);
    pass_dropout_gemm(p, s, l->s, e, l->A->w, dx);
    /* END */
}

/* The same layer said a second time, as a matrix, for merging and export; W comes as W0. */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *l = s->state;
    /* HOLE 5: W += s B A. */
    gemm_nn(l->s, l->B->w, l->A->w, 1, W);
    /* END */
}

/* How many numbers train in one matrix of `in` inputs and `out` outputs. */
static long count(const struct adapter *a, const void *opts, int in, int out)
{
    long n = 0;
    /* HOLE 6: n of the rank a->rank, in and out. */
    n = (long)a->rank * (in + out);
    /* END */
    return n;
}

const struct method method_lora = {
    .name = "lora",
    .title = "LoRA",
    .equation = "W = W0 + (alpha/r) B A",
    .site_size = sizeof(struct state),
    .facts = NEEDS_INPUT,
    .attach = attach,
    .init = init,
    .ops = {forward, backward, weight},
    .count = count,
    .style = {"#0072B2", 5},
};
