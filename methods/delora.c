/* DeLoRA: LoRA whose r components have unit size, so that one trained number, lambda, bounds the whole update.
 *
 *     y = x W0' + b + ((x~ o w) A' o c) B',   A (r, in),  B (out, r),  c_k = lambda / (r |a_k| |b_k|),  norms >= 1e-4
 *     a_k row k of A, b_k column k of B;  w_j = |W0[:, j]|, constant;  so ||D diag(w)^-1||_F <= lambda
 *     A ~ U(+-1/sqrt(in)),  B = 0,  lambda as the option says
 *
 * Bini, Girrbach, Akata, ICLR 2025 (arXiv 2503.18225), started as HF PEFT does: the paper draws B too and subtracts its
 * start from W0. While B = 0 the floor makes dB 10^4 times too large, which Adam does not see. There is no alpha. */
#include "core/rng.h"
#include "math/linalg.h"
#include "tune/method.h"
#include "tune/peft.h"

#include <math.h>

static const double floor_of_norms = 1e-4;
struct options {
    double lambda;
};
static const struct option options[] = {
    OPTION_R(options, lambda, 15, 1e-6, 1e6, "starting value of lambda, the bound of the update"),
    OPTION_END,
};

struct state {
    struct param *A, *B, *lambda, *w; /* (r, in), (out, r), (1, 1), (1, in) */
    struct mat u;                     /* (N, r) = (x~ o w) A', kept from forward to backward */
};

static void attach(struct tuning *t, struct site *s)
{
    struct state *d = s->state;
    d->A = tuning_param(t, s, "delora_A", s->rank, s->in);
    d->B = tuning_param(t, s, "delora_B", s->out, s->rank);
    d->lambda = tuning_vector(t, s, "delora_lambda", 1, 1);
    d->w = tuning_vector(t, s, "delora_w_norm", 1, s->in);
    tuning_train(d->A, 1);
    tuning_train(d->B, 1);
    tuning_train(d->lambda, 1);
}

static double norm(struct mat v)
{
    return sqrt(mat_dot(v, v));
}

static void init(struct tuning *t, struct site *s)
{
    const struct state *d = s->state;
    struct rng r = tuning_rng(t, s, 0);
    rng_fill_uniform(&r, d->A->w, -1 / sqrt(s->in), 1 / sqrt(s->in));
    mat_fill(d->lambda->w, ((const struct options *)t->opts)->lambda);
    for (int j = 0; j < s->in; j++)
        d->w->w.v[j] = (real)norm(mat_cols(s->W->w, j, 1));
}

/* xi_k = 1 / (|a_k| |b_k|), norms not below their floor */
static double xi(const struct state *d, int k)
{
    double a = norm(mat_rows(d->A->w, k, 1)), b = norm(mat_cols(d->B->w, k, 1));
    return 1 / (fmax(a, floor_of_norms) * fmax(b, floor_of_norms));
}

/* Z o c, columns scaled by c_k = lambda xi_k / r, in scratch */
static struct mat scaled(const struct state *d, const struct pass *p, struct mat Z)
{
    struct mat c = arena_mat_raw(p->scratch, 1, Z.cols), out = arena_mat_raw(p->scratch, Z.rows, Z.cols);
    for (int k = 0; k < Z.cols; k++)
        c.v[k] = (real)((double)d->lambda->w.v[0] * xi(d, k) / Z.cols);
    mat_scale_cols(Z, c, out);
    return out;
}

/* x~ o w (N, in), in scratch */
static struct mat weighted(struct site *s, const struct pass *p, struct mat x)
{
    const struct state *d = s->state;
    struct mat z = arena_mat_raw(p->scratch, x.rows, x.cols);
    mat_scale_cols(pass_dropout(p, s, x), d->w->w, z);
    return z;
}

/* u = (x~ o w) A';  y += (u o c) B' */
static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *d = s->state;
    site_plain_forward(s, x, y);
    d->u = arena_mat_raw(p->keep ? p->saved : p->scratch, x.rows, s->rank);
    gemm_nt(1, weighted(s, p, x), d->A->w, 0, d->u);
    gemm_nt(1, scaled(d, p, d->u), d->B->w, 1, y);
}

/* e = dy B,  p_k = e_k' u_k:  dA += (e o c)' (x~ o w) - c_k p_k a_k / |a_k|^2,  dB += dy' (u o c) - c_k p_k b_k /
 * |b_k|^2, where a norm is above its floor;  dlambda += sum_k p_k xi_k / r;  dx += mask o ((e o c) A) o w */
static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    const struct state *d = s->state;
    struct mat e = arena_mat_raw(p->scratch, dy.rows, s->rank), E = arena_mat_raw(p->scratch, dy.rows, s->in);
    gemm_nn(1, dy, d->B->w, 0, e);
    struct mat ec = scaled(d, p, e);
    site_plain_backward(s, x, dy, dx);
    gemm_tn(1, ec, weighted(s, p, x), 1, d->A->g);
    gemm_tn(1, dy, scaled(d, p, d->u), 1, d->B->g);
    for (int k = 0; k < s->rank; k++) {
        struct mat a = mat_rows(d->A->w, k, 1), b = mat_cols(d->B->w, k, 1), uk = mat_cols(d->u, k, 1);
        double cp = mat_dot(mat_cols(ec, k, 1), uk);
        mat_add(norm(a) > floor_of_norms ? -cp / mat_dot(a, a) : 0, a, mat_rows(d->A->g, k, 1));
        mat_add(norm(b) > floor_of_norms ? -cp / mat_dot(b, b) : 0, b, mat_cols(d->B->g, k, 1));
        d->lambda->g.v[0] += (real)(mat_dot(mat_cols(e, k, 1), uk) * xi(d, k) / s->rank);
    }
    gemm_nn(1, ec, d->A->w, 0, E);
    mat_scale_cols(E, d->w->w, E);
    pass_dropout_add(p, s, E, dx);
}

/* W_ij + (lambda / r) w_j sum_k xi_k B_ik A_kj */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *d = s->state;
    const real *A = d->A->w.v, *B = d->B->w.v, *w = d->w->w.v;
    (void)b;
    for (int k = 0; k < s->rank; k++) {
        const double c = (double)d->lambda->w.v[0] * xi(d, k) / s->rank;
        for (int i = 0; i < s->out; i++)
            for (int j = 0; j < s->in; j++)
                *mat_at(W, i, j) += (real)(c * (double)(B[i * s->rank + k] * A[k * s->in + j] * w[j]));
    }
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    (void)opts;
    return (long)a->rank * (in + out) + 1; /* r (in + out) and lambda */
}

static const struct peft peft = {
    .type = "DELORA",
    .tensor = {{"delora_A", "delora_A", RANKS_IN_ROWS, PEFT_MATRIX},
               {"delora_B", "delora_B", RANKS_IN_COLUMNS, PEFT_MATRIX},
               {"delora_lambda", "delora_lambda", RANKS_NOWHERE, PEFT_VECTOR},
               {"delora_w_norm", "delora_w_norm", RANKS_NOWHERE, PEFT_VECTOR}},
    .key = {{"r", PEFT_RANK, "rank", 0},
            {"delora_lambda", PEFT_OPTION, "lambda", 0},
            {"module_dropout", PEFT_NUMBER, NULL, 0},
            {"bias", PEFT_NONE, NULL, 0},
            {"rank_pattern", PEFT_SITE_RANKS, NULL, 0}},
};

const struct method method_delora = {
    .name = "delora",
    .title = "DeLoRA",
    .cite = "Bini, Girrbach, Akata, ICLR 2025, arXiv 2503.18225",
    .equation = "W = W0 + (lambda/r) B diag(1 / |a_k| |b_k|) A diag(|W0_j|)",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct state),
    .facts = NEEDS_INPUT,
    .declares = SEES_SIZE, /* while B = 0, through the floor */
    .attach = attach,
    .init = init,
    .ops = {forward, backward, weight},
    .count = count,
    .style = {"#D55E00", 3},
    .peft = &peft,
};
