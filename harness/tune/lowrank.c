/* LoRA's pair: forward, gradients, effective weight (Hu et al. 2021, eq. 3), and what ranks triplets (Zhang et al.
 * 2023). */
#include "tune/lowrank.h"

#include "core/linalg.h"
#include "core/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void lowrank_attach(struct tuning *t, struct site *s, struct lowrank *l)
{
    l->A = tuning_param(t, s, "lora_A.weight", s->rank, s->in);
    l->B = tuning_param(t, s, "lora_B.weight", s->out, s->rank);
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

void importance_attach(struct tuning *t, const struct lowrank *l, struct importance *m)
{
    const struct param *const w[3] = {l->A, l->E, l->B};
    m->keep = tuning_buffer(t, 1, l->A->w.rows);
    for (int k = 0; k < 3; k++) {
        m->I[k] = tuning_buffer(t, w[k]->w.rows, w[k]->w.cols);
        m->U[k] = tuning_buffer(t, w[k]->w.rows, w[k]->w.cols);
    }
}

void importance_update(const struct lowrank *l, struct importance *m, double b1, double b2)
{
    const struct param *const w[3] = {l->A, l->E, l->B};
    for (int k = 0; k < 3; k++) {
        real *I = m->I[k].v, *U = m->U[k].v;
        for (size_t j = 0; j < mat_size(m->I[k]); j++) {
            double now = fabs((double)w[k]->w.v[j] * (double)w[k]->g.v[j]);
            I[j] = (real)(b1 * (double)I[j] + (1 - b1) * now);
            U[j] = (real)(b2 * (double)U[j] + (1 - b2) * fabs(now - (double)I[j]));
        }
    }
}

double importance_of_triplet(const struct importance *m, int k)
{
    struct mat IB = {m->I[2].v + k, m->I[2].rows, 1, m->I[2].ld}, UB = {m->U[2].v + k, m->U[2].rows, 1, m->U[2].ld};
    return (double)m->I[1].v[k] * (double)m->U[1].v[k] +
           mat_dot(mat_rows(m->I[0], k, 1), mat_rows(m->U[0], k, 1)) / m->I[0].cols + mat_dot(IB, UB) / IB.rows;
}

static int ascending(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

double importance_threshold(const double *score, int count, int n)
{
    if (n < 1)
        return -INFINITY;
    double *sorted = mem_alloc((size_t)count * sizeof *sorted);
    memcpy(sorted, score, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, ascending);
    double value = sorted[n - 1];
    free(sorted);
    return value;
}
