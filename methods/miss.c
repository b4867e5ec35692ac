/* MiSS: one small matrix D serves every block of r inputs.
 *
 *     y = x W0' + b + S D,   S_nk = sum_j x~_n,(j r + k) (N, r),   D (r, out) = 0;   so dW = D' tiled along the inputs
 *
 * Kang and Yin, 2024 (arXiv 2409.15371), as HF PEFT computes it; the last block is short where r does not divide in.
 * There is no alpha. Backward reads S, not x. */
#include "math/linalg.h"
#include "tune/method.h"

struct state {
    struct param *D;
    struct mat S; /* (N, r) block sums, kept from forward to backward */
};

static void attach(struct tuning *t, struct site *s)
{
    struct state *m = s->state;
    m->D = tuning_param(t, s, "miss_block", s->rank, s->out);
    tuning_train(m->D, 1);
}

/* S_nk = sum_j x_n,(j r + k);  y += S D */
static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *m = s->state;
    struct mat dropped = pass_dropout(p, s, x);
    site_plain_forward(s, x, y);
    m->S = arena_mat(p->keep ? p->saved : p->scratch, x.rows, s->rank);
    for (int n = 0; n < x.rows; n++)
        for (int j = 0; j < x.cols; j++)
            m->S.v[(size_t)n * m->S.ld + j % s->rank] += dropped.v[(size_t)n * dropped.ld + j];
    gemm_nn(1, m->S, m->D->w, 1, y);
}

/* dD += S' dy;  dx_n,(j r + k) += mask o (dy D')_nk */
static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    struct state *m = s->state;
    site_plain_backward(s, x, dy, dx);
    gemm_tn(1, m->S, dy, 1, m->D->g);
    if (!dx.v)
        return;
    struct mat e = arena_mat_raw(p->scratch, dy.rows, s->rank), tiled = arena_mat_raw(p->scratch, dy.rows, s->in);
    gemm_nt(1, dy, m->D->w, 0, e);
    for (int n = 0; n < e.rows; n++)
        for (int j = 0; j < s->in; j++)
            tiled.v[(size_t)n * tiled.ld + j] = e.v[(size_t)n * e.ld + j % s->rank];
    pass_dropout_add(p, s, tiled, dx);
}

/* W_ij + D_(j mod r),i */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *m = s->state;
    const struct mat D = m->D->w;
    (void)b;
    for (int i = 0; i < s->out; i++)
        for (int j = 0; j < s->in; j++)
            W.v[(size_t)i * W.ld + j] += D.v[(size_t)(j % s->rank) * D.ld + i];
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    (void)opts, (void)in;
    return (long)a->rank * out; /* r out */
}

const struct method method_miss = {
    .name = "miss",
    .title = "MiSS",
    .cite = "Kang and Yin, 2024, arXiv 2409.15371",
    .equation = "W = W0 + tile(D')",
    .site_size = sizeof(struct state),
    .attach = attach,
    .ops = {forward, backward, weight},
    .count = count,
    .style = {"#009E73", 5},
};
