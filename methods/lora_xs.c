/* LoRA-XS: an r x r matrix between frozen singular vectors of W0.
 *
 *     W0 = U S V' (SVD),  B = U_r,  A = S_r V_r',  y = x W0' + b + s (x~ A') R' B',   R (r, r) ~ N(0, (1e-5)^2)
 *
 * Balazy et al., 2024 (arXiv 2405.17604). Deviation from the authors' code: the exact SVD instead of a randomised one.
 * A and B follow from W0, so only R is stored. Backward reads u = x~ A', not x. */
#include "core/rng.h"
#include "math/lapack.h"
#include "math/linalg.h"
#include "tune/lowrank.h"

#include <stdlib.h>

struct state {
    struct lowrank l;
    struct param *R; /* (r, r) */
};

static void attach(struct tuning *t, struct site *s)
{
    struct state *a = s->state;
    lowrank_attach(t, s, &a->l);
    a->R = tuning_param(t, s, "lora_latent_mapping.weight", s->rank, s->rank);
    tuning_train(a->R, 1);
}

static void init(struct tuning *t, struct site *s)
{
    const struct state *a = s->state;
    struct arena *scratch = &t->model->mem->scratch;
    size_t mark = arena_mark(scratch);
    int p = s->in < s->out ? s->in : s->out;
    struct mat U = arena_mat_raw(scratch, s->out, p), Vt = arena_mat_raw(scratch, p, s->in);
    double *S = arena_take(scratch, (size_t)p * sizeof *S);
    struct rng r = tuning_rng(t, s, 0);
    lapack_svd(s->W->w, U, S, Vt);
    mat_copy(mat_block(U, s->out, s->rank), a->l.B->w);
    for (int k = 0; k < s->rank; k++) {
        mat_copy(mat_rows(Vt, k, 1), mat_rows(a->l.A->w, k, 1));
        mat_scale(S[k], mat_rows(a->l.A->w, k, 1));
    }
    rng_fill_normal(&r, a->R->w, 1e-5);
    arena_release(scratch, mark);
}

/* y += s (u R') B' */
static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *a = s->state;
    struct mat uR = arena_mat_raw(p->scratch, x.rows, s->rank);
    site_plain_forward(s, x, y);
    a->l.u = arena_mat_raw(p->keep ? p->saved : p->scratch, x.rows, s->rank);
    gemm_nt(1, pass_dropout(p, s, x), a->l.A->w, 0, a->l.u);
    gemm_nt(1, a->l.u, a->R->w, 0, uR);
    gemm_nt(a->l.s, uR, a->l.B->w, 1, y);
}

/* e = dy B;  dR += s e' u;  dx += mask o s (e R) A */
static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    const struct state *a = s->state;
    struct mat e = arena_mat_raw(p->scratch, dy.rows, s->rank), eR = arena_mat_raw(p->scratch, dy.rows, s->rank);
    site_plain_backward(s, x, dy, dx);
    gemm_nn(1, dy, a->l.B->w, 0, e);
    gemm_tn(a->l.s, e, a->l.u, 1, a->R->g);
    gemm_nn(1, e, a->R->w, 0, eR);
    pass_dropout_gemm(p, s, a->l.s, eR, a->l.A->w, dx);
}

/* W + s B R A */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *a = s->state;
    struct mat RA = mat_of(mem_alloc((size_t)s->rank * (size_t)s->in * sizeof(real)), s->rank, s->in);
    (void)b;
    gemm_nn(1, a->R->w, a->l.A->w, 0, RA);
    gemm_nn(a->l.s, a->l.B->w, RA, 1, W);
    free(RA.v);
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    (void)opts, (void)in, (void)out;
    return (long)a->rank * a->rank; /* r^2 */
}

const struct method method_lora_xs = {
    .name = "lora_xs",
    .title = "LoRA-XS",
    .cite = "Balazy et al., 2024, arXiv 2405.17604",
    .equation = "W = W0 + s B R A, B = U_r, A = S_r V_r' of W0 frozen",
    .site_size = sizeof(struct state),
    .attach = attach,
    .init = init,
    .ops = {forward, backward, weight},
    .count = count,
    .start_tol = 1e-3,
    .style = {"#CC79A7", 9},
};
