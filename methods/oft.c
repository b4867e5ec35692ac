/* OFT: the layer's inputs are turned, block by block, by orthogonal matrices.
 *
 *     y = (x R) W0' + b,   R = diag(R_1, R_2, ...), R_k (m, m);   Q_k = -Q_k' holds m (m - 1) / 2 trained numbers, 0 at
 *     the start;   cayley=neumann: R = I + 2Q + 2Q^2 + ... + Q^(terms-1);   cayley=exact: R = (I - Q) (I + Q)^-1
 *
 * Qiu et al., NeurIPS 2023 (arXiv 2306.07280); OFT v2, 2025 (arXiv 2506.19847), as HF PEFT computes it: the series, its
 * default, is that of (I + Q) (I - Q)^-1, so the two turn in opposite directions for the same numbers, and it is
 * orthogonal only near the start. m is the largest divisor of in up to the rank, or block=. There is no scale and no
 * dropout (PEFT's drops whole blocks). */
#include "math/linalg.h"
#include "tune/method.h"
#include "tune/peft.h"
#include "tune/rotation.h"

struct options {
    int block, cayley, terms, share;
};
static const struct option options[] = {
    OPTION_I(options, block, 0, 0, 65536, "side of a block, a divisor of the layer's inputs; 0: the rank says"),
    OPTION_C(options, cayley, ROTATION_SERIES, "neumann|exact", "how a rotation comes from its numbers"),
    OPTION_I(options, terms, 5, 3, ROTATION_TERMS, "length of the series"),
    OPTION_B(options, share, 0, "one rotation for all blocks of a layer"),
    OPTION_END,
};

struct state {
    struct param *q; /* (blocks, m (m - 1) / 2), or one row when shared; row by row of the upper triangle */
    struct rotation r;
    bool share;
    struct mat R; /* (in, m): the blocks below one another, kept from forward to backward */
};

static int side(const struct options *o, int rank, int in)
{
    int m = rank < in ? rank : in;
    if (o->block)
        return o->block;
    while (m > 1 && in % m)
        m--;
    for (m = m < 2 ? 2 : m; in % m;) /* an odd number of inputs has no smaller one */
        m++;
    return m;
}

static void check(const struct adapter *common, const void *opts, int in, int out)
{
    int m = side(opts, common->rank, in);
    if (m < 2 || in % m)
        die(EXIT_USAGE, "oft: block=%d does not divide the %d inputs of a %d x %d matrix, or is below 2", m, in, out,
            in);
}

static void attach(struct tuning *t, struct site *s)
{
    const struct options *o = t->opts;
    struct state *a = s->state;
    a->r = (struct rotation){(enum rotation_kind)o->cayley, side(o, s->rank, s->in), o->terms};
    a->share = o->share;
    a->q = tuning_param(t, s, "oft_R.weight", o->share ? 1 : s->in / a->r.m, rotation_size(a->r.m));
    tuning_train(a->q, 1);
}

/* The numbers of block k in q or in its gradient. */
static real *block(const struct state *a, struct mat q, int k)
{
    return mat_at(q, a->share ? 0 : k, 0);
}

/* y = (x R) W0' + b */
static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *a = s->state;
    const int m = a->r.m;
    struct mat u = arena_mat_raw(p->scratch, x.rows, x.cols);
    a->R = arena_mat_raw(p->keep ? p->saved : p->scratch, s->in, m);
    for (int j = 0; j < s->in; j += m) {
        rotation_form(&a->r, p->scratch, block(a, a->q->w, j / m), mat_rows(a->R, j, m));
        gemm_nn(1, mat_cols(x, j, m), mat_rows(a->R, j, m), 0, mat_cols(u, j, m));
    }
    site_plain_forward(s, u, y);
}

/* e = dy W0;  dR_k = x_k' e_k;  dx_k += e_k R_k' */
static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    const struct state *a = s->state;
    const int m = a->r.m;
    struct mat e = arena_mat_raw(p->scratch, dy.rows, s->in), D = arena_mat_raw(p->scratch, m, m);
    gemm_nn(1, dy, s->W->w, 0, e);
    for (int j = 0; j < s->in; j += m) {
        gemm_tn(1, mat_cols(x, j, m), mat_cols(e, j, m), 0, D);
        rotation_gradient(&a->r, p->scratch, block(a, a->q->w, j / m), D, block(a, a->q->g, j / m));
        if (dx.v)
            gemm_nt(1, mat_cols(e, j, m), mat_rows(a->R, j, m), 1, mat_cols(dx, j, m));
    }
}

/* W R', one row of W and one block after the other */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *a = s->state;
    const int m = a->r.m;
    struct arena own;
    (void)b;
    arena_open(&own, "rotation", (size_t)(ROTATION_TERMS + 8) * (size_t)m * (size_t)m * sizeof(real));
    struct mat R = arena_mat(&own, m, m), w = arena_mat(&own, 1, m);
    for (int j = 0; j < s->in; j += m) {
        size_t mark = arena_mark(&own);
        rotation_form(&a->r, &own, block(a, a->q->w, j / m), R);
        arena_release(&own, mark);
        for (int i = 0; i < s->out; i++) {
            mat_copy(mat_cols(mat_rows(W, i, 1), j, m), w);
            for (int k = 0; k < m; k++)
                *mat_at(W, i, j + k) = (real)mat_dot(w, mat_rows(R, k, 1));
        }
    }
    arena_close(&own);
}

static long count(const struct adapter *common, const void *opts, int in, int out)
{
    const struct options *o = opts;
    (void)out;
    int m = side(o, common->rank, in), blocks = o->share ? 1 : in / m;
    return (long)blocks * rotation_size(m); /* in (m - 1) / 2 */
}

static const struct peft peft = {
    .type = "OFT",
    .tensor = {{"oft_R.weight", "oft_R.weight", RANKS_IN_PAIRS, PEFT_MATRIX}},
    .key = {{"r", PEFT_NUMBER, NULL, 0},
            {"oft_block_size", PEFT_LARGEST, "block", 0},
            {"use_cayley_neumann=true|false", PEFT_WORDS, "cayley", 0},
            {"num_cayley_neumann_terms", PEFT_OPTION, "terms", 0},
            {"block_share", PEFT_OPTION, "share", 0},
            {"coft", PEFT_FALSE, NULL, 0},
            {"module_dropout", PEFT_NUMBER, NULL, 0},
            {"bias", PEFT_NONE, NULL, 0},
            {"fan_in_fan_out", PEFT_FALSE, NULL, 0}},
};

const struct method method_oft = {
    .name = "oft",
    .title = "OFT",
    .cite = "Qiu et al., NeurIPS 2023, arXiv 2306.07280; Qiu, Liu, Weller, Schoelkopf, 2025, arXiv 2506.19847",
    .equation = "W = W0 R', R block-diagonal and orthogonal",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct state),
    .facts = NEEDS_INPUT,
    .declares = NO_DROPOUT,
    .rank_free = true,
    .check = check,
    .attach = attach,
    .ops = {forward, backward, weight},
    .count = count,
    .style = {"#56B4E9", 9},
    .peft = &peft,
};
