/* LoRA's pair: forward, gradients, effective weight (Hu et al. 2021, eq. 3), and what ranks triplets (Zhang et al.
 * 2023). */
#include "tune/lowrank.h"

#include "core/rng.h"
#include "math/lapack.h"
#include "math/linalg.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void lowrank_attach(struct tuning *t, struct site *s, struct lowrank *l)
{
    l->A = tuning_param(t, s, "lora_A.weight", s->rank, s->in);
    l->B = tuning_param(t, s, "lora_B.weight", s->out, s->rank);
    l->s = tuning_scale(t);
}

void lowrank_attach_shared(struct tuning *t, const struct site *s, struct lowrank *l)
{
    char name[MODEL_NAME];
    snprintf(name, sizeof name, "shared.%s.lora_A.weight", target_names[s->target]);
    l->A = tuning_shared_param(t, name, s->rank, s->in);
    snprintf(name, sizeof name, "shared.%s.lora_B.weight", target_names[s->target]);
    l->B = tuning_shared_param(t, name, s->out, s->rank);
    l->s = tuning_scale(t);
}

void lowrank_init(const struct tuning *t, const struct site *s, struct lowrank *l)
{
    struct rng r = tuning_rng(t, s, 0);
    rng_fill_uniform(&r, l->A->w, -1 / sqrt(s->in), 1 / sqrt(s->in));
}

/* u o E', or u itself where there is no E */
static struct mat scaled(const struct pass *p, const struct lowrank *l, struct mat u)
{
    if (!l->E)
        return u;
    struct mat v = arena_mat_raw(p->scratch, u.rows, u.cols);
    mat_scale_cols(u, mat_of(l->E->w.v, 1, u.cols), v);
    return v;
}

void lowrank_forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct lowrank *l = s->state;
    site_plain_forward(s, x, y);
    l->u = arena_mat_raw(p->keep ? p->saved : p->scratch, x.rows, l->A->w.rows);
    gemm_nt(1, pass_dropout(p, s, x), l->A->w, 0, l->u); /* u = x~ A' */
    gemm_nt(l->s, scaled(p, l, l->u), l->B->w, 1, y);    /* y += s (u o E') B' */
}

void lowrank_backward_delta(struct site *s, const struct pass *p, struct lowrank *l, struct mat x, struct mat dy,
                            struct mat dx)
{
    struct mat e = arena_mat_raw(p->scratch, dy.rows, l->A->w.rows);
    gemm_nn(1, dy, l->B->w, 0, e); /* e = dy B, (N, r) */
    if (l->B->g.v)
        gemm_tn(l->s, dy, scaled(p, l, l->u), 1, l->B->g); /* dB += s dy' (u o E') */
    if (l->E && l->E->g.v) {
        struct mat dE = arena_mat(p->scratch, 1, e.cols);
        mat_add_coldot(e, l->u, dE);
        mat_add(l->s, dE, mat_of(l->E->g.v, 1, e.cols)); /* dE += s colsum(e o u) */
    }
    e = scaled(p, l, e);
    if (l->A->g.v)
        gemm_tn(l->s, e, pass_dropout(p, s, x), 1, l->A->g); /* dA += s (e o E')' x~ */
    pass_dropout_gemm(p, s, l->s, e, l->A->w, dx);           /* dx += mask o s (e o E') A */
}

void lowrank_backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    site_plain_backward(s, x, dy, dx);
    lowrank_backward_delta(s, p, s->state, x, dy, dx);
}

void lowrank_weight(const struct site *s, struct mat W, struct mat b)
{
    const struct lowrank *l = s->state;
    const struct mat A = l->A->w, B = l->B->w;
    (void)b;
    if (!l->E)
        gemm_nn(l->s, B, A, 1, W);           /* W + s B A */
    for (int k = 0; l->E && k < A.rows; k++) /* W + s sum_k E_k b_k a_k' */
        gemm_nn(l->s * (double)l->E->w.v[k], (struct mat){B.v + k, B.rows, 1, B.ld}, mat_rows(A, k, 1), 1, W);
}

struct svd lowrank_svd(struct arena *scratch, struct mat W)
{
    struct svd v = {.p = W.rows < W.cols ? W.rows : W.cols};
    v.U = arena_mat_raw(scratch, W.rows, v.p);
    v.Vt = arena_mat_raw(scratch, v.p, W.cols);
    v.S = arena_take(scratch, (size_t)v.p * sizeof *v.S);
    lapack_svd(W, v.U, v.S, v.Vt);
    return v;
}

void lowrank_factor(struct tuning *t, struct mat M, double s, struct mat A, struct mat B)
{
    struct arena *scratch = &t->model->mem->scratch;
    size_t mark = arena_mark(scratch);
    struct svd v = lowrank_svd(scratch, M);
    struct mat root = arena_mat_raw(scratch, 1, A.rows);
    for (int k = 0; k < A.rows; k++)
        root.v[k] = (real)sqrt(v.S[k] / s);
    mat_scale_cols(mat_block(v.U, M.rows, A.rows), root, B);
    mat_scale_rows(mat_rows(v.Vt, 0, A.rows), root, A);
    arena_release(scratch, mark);
}

void lowrank_mean(struct tuning *t, enum target type, const bool *kept, struct mat *A, struct mat *B)
{
    struct arena *scratch = &t->model->mem->scratch;
    size_t mark = arena_mark(scratch);
    struct mat M = {0};
    int n = 0, r = 0;
    for (int i = 0; i < t->nsites; i++) {
        const struct site *s = t->site[i];
        const struct lowrank *l = s->state;
        if (kept[i] || s->target != type)
            continue;
        if (n++ == 0) {
            M = arena_mat(scratch, s->out, s->in);
            r = s->rank;
        }
        gemm_nn(1, l->B->w, l->A->w, 1, M);
    }
    if (n > 0) {
        *A = mat_of(tuning_keep(t, (size_t)r * (size_t)M.cols * sizeof(real)), r, M.cols);
        *B = mat_of(tuning_keep(t, (size_t)r * (size_t)M.rows * sizeof(real)), M.rows, r);
        lowrank_factor(t, M, n, *A, *B);
    }
    arena_release(scratch, mark);
}

double lowrank_output(const struct pass *p, const struct lowrank *l)
{
    int r = l->u.cols;
    struct mat BB = arena_mat_raw(p->scratch, r, r), uu = arena_mat_raw(p->scratch, r, r);
    gemm_tn(1, l->B->w, l->B->w, 0, BB);
    gemm_tn(1, l->u, l->u, 0, uu);
    return l->s * l->s * mat_dot(BB, uu);
}

/* d||C||^2 = 4 C W for rows, 4 W C for columns;  d||C|| = d||C||^2 / (2 ||C||) */
static double orthogonality(struct arena *scratch, const struct param *p, bool rows, bool squared, double c)
{
    size_t mark = arena_mark(scratch);
    int r = rows ? p->w.rows : p->w.cols;
    struct mat C = arena_mat_raw(scratch, r, r);
    if (rows)
        gemm_nt(1, p->w, p->w, 0, C);
    else
        gemm_tn(1, p->w, p->w, 0, C);
    for (int k = 0; k < r; k++)
        C.v[(size_t)k * C.ld + k] -= 1;
    double square = mat_dot(C, C), norm = sqrt(square), factor = squared ? 4 * c : norm > 0 ? 2 * c / norm : 0;
    if (rows)
        gemm_nn(factor, C, p->w, 1, p->g);
    else
        gemm_nn(factor, p->w, C, 1, p->g);
    arena_release(scratch, mark);
    return c * (squared ? square : norm);
}

double lowrank_orthogonality(struct tuning *t, const struct lowrank *l, bool squared, double c)
{
    struct arena *scratch = &t->model->mem->scratch;
    return orthogonality(scratch, l->A, true, squared, c) + orthogonality(scratch, l->B, false, squared, c);
}
