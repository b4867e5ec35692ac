/* VeRA: one pair of random frozen matrices for all sites; a site trains two vectors.
 *
 *     y = x W0' + b0 + (x~ C') o b,   C = B diag(d) A,   A (r, max in), B (max out, r) shared: a site of (out, in) uses
 *     A[:, :in] and B[:out, :];   A ~ U(+-sqrt(6 / max in)),  B ~ U(+-sqrt(6 / r)),  d = d_initial,  b = 0;  no alpha
 *
 * Kopiczko, Blankevoort, Asano, ICLR 2024 (arXiv 2310.11454), initialised as HF PEFT does. Deviations: A and B come
 * from this program's generator, regenerated from the seed. r may exceed the matrix, and does whenever VeRA has as many
 * parameters as LoRA: so C (out, in) is formed once per pass, where PEFT takes every row of x through r numbers. */
#include "core/rng.h"
#include "math/linalg.h"
#include "tune/lowrank.h"
#include "tune/peft.h"

#include <math.h>
#include <stdlib.h>

struct options {
    double d_initial;
};
static const struct option options[] = {
    OPTION_R(options, d_initial, 0.1, 1e-12, 1e3, "starting value of d; at 0 nothing would ever move"),
    OPTION_END,
};

struct shared {
    struct param *A, *B;
};
struct state {
    struct mat A, B;     /* (r, in), (out, r): this site's blocks of the shared pair */
    struct param *b, *d; /* (1, out), (1, r) */
    struct mat C;        /* (out, in), kept from forward to backward */
};

static void share(struct tuning *t)
{
    struct shared *h = t->shared;
    int in = 0, out = 0, r = 0;
    for (int i = 0; i < t->nsites; i++) {
        const struct site *s = t->site[i];
        in = s->in > in ? s->in : in;
        out = s->out > out ? s->out : out;
        r = s->rank > r ? s->rank : r;
    }
    h->A = tuning_shared_param(t, "vera_A", r, in);
    h->B = tuning_shared_param(t, "vera_B", out, r);
}

static void attach(struct tuning *t, struct site *s)
{
    const struct shared *h = t->shared;
    struct state *v = s->state;
    v->A = mat_block(h->A->w, s->rank, s->in);
    v->B = mat_block(h->B->w, s->out, s->rank);
    v->b = tuning_vector(t, s, "vera_lambda_b", 1, s->out);
    v->d = tuning_vector(t, s, "vera_lambda_d", 1, s->rank);
    tuning_train(v->b, 1);
    tuning_train(v->d, 1);
}

static void init(struct tuning *t, struct site *s)
{
    const struct options *o = t->opts;
    const struct shared *h = t->shared;
    struct state *v = s->state;
    mat_fill(v->d->w, o->d_initial);
    if (s != t->site[0])
        return;
    struct rng a = tuning_shared_rng(t, 0), b = tuning_shared_rng(t, 1);
    rng_fill_uniform(&a, h->A->w, -sqrt(6.0 / h->A->w.cols), sqrt(6.0 / h->A->w.cols));
    rng_fill_uniform(&b, h->B->w, -sqrt(6.0 / h->B->w.cols), sqrt(6.0 / h->B->w.cols));
}

/* y = x W0' + b0 + (x~ C') o b */
static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *v = s->state;
    struct mat Bd = arena_mat_raw(p->scratch, s->out, s->rank), z = arena_mat_raw(p->scratch, x.rows, s->out);
    site_plain_forward(s, x, y);
    v->C = arena_mat_raw(p->keep ? p->saved : p->scratch, s->out, s->in);
    mat_scale_cols(v->B, v->d->w, Bd);
    gemm_nn(1, Bd, v->A, 0, v->C);
    gemm_nt(1, pass_dropout(p, s, x), v->C, 0, z);
    mat_scale_cols(z, v->b->w, z);
    mat_add(1, z, y);
}

/* M = dy' x~ (out, in);  db_i = <M_i, C_i>;  dd_k = sum_i B_ik (diag(b) M A')_ik;  dx += mask o (dy o b) C */
static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    struct state *v = s->state;
    struct mat M = arena_mat_raw(p->scratch, s->out, s->in), T = arena_mat_raw(p->scratch, s->out, s->rank);
    struct mat dyb = arena_mat_raw(p->scratch, dy.rows, s->out);
    site_plain_backward(s, x, dy, dx);
    gemm_tn(1, dy, pass_dropout(p, s, x), 0, M);
    mat_add_rowdot(1, M, v->C, v->b->g);
    mat_scale_rows(M, v->b->w, M);
    gemm_nt(1, M, v->A, 0, T);
    mat_add_coldot(v->B, T, v->d->g);
    mat_scale_cols(dy, v->b->w, dyb);
    pass_dropout_gemm(p, s, 1, dyb, v->C, dx);
}

/* W + diag(b) B diag(d) A */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *v = s->state;
    (void)b;
    struct mat T = mat_of(mem_alloc((size_t)s->out * (size_t)s->rank * sizeof(real)), s->out, s->rank);
    mat_scale_cols(v->B, v->d->w, T);
    mat_scale_rows(T, v->b->w, T);
    gemm_nn(1, T, v->A, 1, W);
    free(T.v);
}

static long stored(const struct tuning *t)
{
    const struct shared *h = t->shared;
    long n = (long)(mat_size(h->A->w) + mat_size(h->B->w)); /* a PEFT file holds the shared pair too */
    for (int i = 0; i < t->nsites; i++)
        n += t->site[i]->out + t->site[i]->rank;
    return n;
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    (void)opts, (void)in;
    return out + a->rank; /* b and d */
}

static const struct peft peft = {
    .type = "VERA",
    .one_rank = true,
    .tensor = {{"vera_lambda_b", "vera_lambda_b", RANKS_NOWHERE, PEFT_VECTOR},
               {"vera_lambda_d", "vera_lambda_d", RANKS_IN_COLUMNS, PEFT_VECTOR}},
    .shared = {{"vera_A"}, {"vera_B"}},
    .key = {{"r", PEFT_LARGEST, "rank", 0},
            {"vera_dropout", PEFT_DROPOUT, NULL, 0},
            {"d_initial", PEFT_NUMBER, NULL, 0.1},
            {"projection_prng_key", PEFT_NUMBER, NULL, 0},
            {"save_projection", PEFT_TRUE, NULL, 0},
            {"bias", PEFT_NONE, NULL, 0},
            {"fan_in_fan_out", PEFT_FALSE, NULL, 0}},
};

const struct method method_vera = {
    .name = "vera",
    .title = "VeRA",
    .cite = "Kopiczko, Blankevoort, Asano, ICLR 2024, arXiv 2310.11454",
    .equation = "W = W0 + diag(b) B diag(d) A, A and B random, frozen, shared",
    .claim = "training two vectors beside shared random matrices loses little against LoRA with 97 % fewer parameters",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct state),
    .shared_size = sizeof(struct shared),
    .facts = NEEDS_INPUT,
    .rank_free = true,
    .share = share,
    .attach = attach,
    .init = init,
    .ops = {forward, backward, weight},
    .stored = stored,
    .count = count,
    .style = {"#00916A", 9},
    .peft = &peft,
};
