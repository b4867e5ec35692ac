/* DEFT: a few directions of the layer's output are taken out of W0 and trained anew; and PaRa, which only takes them out.
 *
 *     y = x W0' + b + (x~ K') Q',   K = s R - T' W0,   P (out, r), R (r, in) trained,  s = alpha / r
 *     projector=relu: Q = P, T = max(P, 0);   qr: Q = T = the Q of P's QR (Householder's, signs as they come)
 *     P ~ N(0, 0.02^2),  R = T' W0 / s: step 0 is the base up to rounding.   para=1: no R, K = -T' W0: not the base
 *
 * Kumar et al., NeurIPS 2025; PaRa: Chen, Pan, Cai, Phung, ICLR 2025; both as HF PEFT does them (its alpha is r by
 * default). With M = dL/dW:  dK = Q' M,  dR = s dK;  relu: dP = M K' - [P > 0] o (W0 dK');  qr: dQ = M K' - W0 dK',
 * dP = (dQ + Q sym(-dQ' Q)) Z^-T,  P = Q Z, sym(X) = strict lower part of X, its transpose and the diagonal. */
#include "core/rng.h"
#include "math/lapack.h"
#include "math/linalg.h"
#include "tune/formed.h"
#include "tune/peft.h"

#include <stdlib.h>

enum { RELU, QR };
struct options {
    int projector, para;
};
static const struct option options[] = {
    OPTION_C(options, projector, RELU, "relu|qr", "how P projects: cut at 0, or made orthonormal"),
    OPTION_B(options, para, 0, "PaRa: the directions are only taken out of W0"),
    OPTION_END,
};

struct state {
    struct formed pair;  /* A is K, B is Q */
    struct param *P, *R; /* (out, r), (r, in), or NULL */
    struct mat T, Z;     /* (out, r), (r, r): kept from forward to backward */
    int projector;
    double s;
};

static unsigned declared(const void *opts)
{
    return ((const struct options *)opts)->para ? STARTS_ELSEWHERE : STARTS_NEAR;
}

static void attach(struct tuning *t, struct site *s)
{
    const struct options *o = t->opts;
    struct state *d = s->state;
    d->projector = o->projector;
    d->s = tuning_scale(t);
    d->P = tuning_trained(t, s, "deft_P", s->out, s->rank);
    d->R = o->para ? NULL : tuning_trained(t, s, "deft_R", s->rank, s->in);
}

/* T (out, r), and of qr P = T Z */
static void project(const struct state *d, struct mat T, struct mat Z)
{
    if (d->projector == QR)
        lapack_qr(d->P->w, T, Z);
    else
        for (size_t i = 0; i < mat_size(T); i++)
            T.v[i] = d->P->w.v[i] > 0 ? d->P->w.v[i] : 0;
}

static void init(struct tuning *t, struct site *s)
{
    const struct state *d = s->state;
    struct arena *scratch = &t->model->mem->scratch;
    size_t mark = arena_mark(scratch);
    struct rng r = tuning_rng(t, s, 0);
    struct mat T = arena_mat_raw(scratch, s->out, s->rank), Z = arena_mat_raw(scratch, s->rank, s->rank);
    rng_fill_normal(&r, d->P->w, 0.02);
    project(d, T, Z);
    if (d->R)
        gemm_tn(1 / d->s, T, s->W->w, 0, d->R->w);
    arena_release(scratch, mark);
}

static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *d = s->state;
    struct arena *kept = p->keep ? p->saved : p->scratch;
    const int r = d->P->w.cols;
    d->T = arena_mat_raw(kept, s->out, r);
    d->Z = arena_mat_raw(kept, r, r);
    project(d, d->T, d->Z);
    formed_room(&d->pair, s, p, r, 1);
    gemm_tn(-1, d->T, s->W->w, 0, d->pair.A.w);
    if (d->R)
        mat_add(d->s, d->R->w, d->pair.A.w);
    mat_copy(d->projector == QR ? d->T : d->P->w, d->pair.B.w);
    lowrank_forward(s, p, x, y);
}

/* dP += (dQ + Q sym(-dQ' Q)) Z^-T, Q Z a QR; dQ is spoiled */
static void through_qr(struct arena *a, struct mat Q, struct mat Z, struct mat dQ, struct mat dP)
{
    const int r = Q.cols;
    struct mat S = arena_mat_raw(a, r, r);
    gemm_tn(-1, dQ, Q, 0, S);
    for (int i = 0; i < r; i++)
        for (int j = i + 1; j < r; j++)
            S.v[i * S.ld + j] = S.v[j * S.ld + i];
    gemm_nn(1, Q, S, 1, dQ);
    for (int i = 0; i < Q.rows; i++) { /* each row x of X Z' = dQ, from its end */
        real *x = mat_at(dQ, i, 0);
        for (int j = r - 1; j >= 0; j--) {
            for (int k = j + 1; k < r; k++)
                x[j] -= x[k] * Z.v[j * Z.ld + k];
            x[j] /= Z.v[j * Z.ld + j];
        }
    }
    mat_add(1, dQ, dP);
}

static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    struct state *d = s->state;
    struct mat WK = arena_mat_raw(p->scratch, s->out, d->P->w.cols);
    formed_backward(s, p, x, dy, dx);
    struct mat dK = d->pair.A.g, dQ = d->pair.B.g; /* dQ = M K' so far */
    if (d->R)
        mat_add(d->s, dK, d->R->g);
    gemm_nt(1, s->W->w, dK, 0, WK);
    if (d->projector == QR) {
        mat_add(-1, WK, dQ);
        through_qr(p->scratch, d->T, d->Z, dQ, d->P->g);
        return;
    }
    for (size_t i = 0; i < mat_size(dQ); i++)
        d->P->g.v[i] += dQ.v[i] - (d->P->w.v[i] > 0 ? WK.v[i] : 0);
}

/* W + Q (s R - T' W) */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *d = s->state;
    const int r = d->P->w.cols;
    real *room = mem_alloc(((size_t)r * (size_t)(s->out + s->in) + (size_t)(r * r)) * sizeof *room);
    struct mat T = mat_of(room, s->out, r), K = mat_of(T.v + mat_size(T), r, s->in),
               Z = mat_of(K.v + mat_size(K), r, r);
    (void)b;
    project(d, T, Z);
    gemm_tn(-1, T, W, 0, K);
    if (d->R)
        mat_add(d->s, d->R->w, K);
    gemm_nn(1, d->projector == QR ? T : d->P->w, K, 1, W);
    free(room);
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    return ((const struct options *)opts)->para ? (long)a->rank * out
                                                : lowrank_count(a->rank, in, out); /* r out, r (in + out) */
}

static const struct peft peft = {
    .type = "DEFT",
    .tensor = {{"deft_P", "deft_P", RANKS_IN_COLUMNS, PEFT_MATRIX}, {"deft_R", "deft_R", RANKS_IN_ROWS, PEFT_MATRIX}},
    .key = {{"r", PEFT_RANK, "rank", 0},
            {"alpha", PEFT_ALPHA, "alpha", 0},
            {"decomposition_method=relu|qr", PEFT_WORDS, "projector", 0},
            {"para", PEFT_OPTION, "para", 0},
            {"deft_dropout", PEFT_DROPOUT, NULL, 0},
            {"bias", PEFT_NONE, NULL, 0},
            {"fan_in_fan_out", PEFT_FALSE, NULL, 0},
            {"init_weights", PEFT_TRUE, NULL, 0}},
};

const struct method method_deft = {
    .name = "deft",
    .title = "DEFT",
    .cite = "Kumar et al., NeurIPS 2025; PaRa: Chen, Pan, Cai, Phung, ICLR 2025",
    .equation = "W = W0 + Q (s R - T' W0), Q and T from P",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct state),
    .facts = NEEDS_INPUT,
    .declared = declared,
    .attach = attach,
    .init = init,
    .ops = {forward, backward, weight},
    .count = count,
    .style = {"#332288", 7},
    .peft = &peft,
};
