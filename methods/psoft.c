/* PSOFT: OFT within W0's principal subspace: its r leading components are turned and scaled, the rest stays.
 *
 *     y = x W0' + b + s u (R - I)' B',   u = x~ A',   R = diag(b) C diag(a),   C (r, r) orthogonal,   a = b = 1
 *     W0 = U S V' (SVD),  A = V_r' (r, in),  B = U_r S_r / s (out, r), frozen;   Q = -Q' holds r (r - 1) / 2 trained
 *     numbers, 0 at the start;   cayley=exact: C = (I + Q) (I - Q)^-1;   cayley=neumann: its series, as OFT's
 *
 * Wu et al., ICLR 2026 (arXiv 2505.11235), as HF PEFT computes it; s cancels, and both forms turn the same way. */
#include "math/linalg.h"
#include "tune/lowrank.h"
#include "tune/peft.h"
#include "tune/rotation.h"

struct options {
    int cayley, terms;
};
static const struct option options[] = {
    OPTION_C(options, cayley, ROTATION_EXACT, "neumann|exact", "how the rotation comes from its numbers"),
    OPTION_I(options, terms, 5, 3, ROTATION_TERMS, "length of the series"),
    OPTION_END,
};

struct state {
    struct param *A, *B, *q, *a, *b; /* (r, in), (out, r), (1, r (r - 1) / 2), (1, r), (1, r); at r = 1 there is no q */
    double s;
    struct rotation r;
    struct mat u, C, T; /* (N, r), (r, r), R - I; kept from forward to backward */
};

static void attach(struct tuning *t, struct site *s)
{
    const struct options *o = t->opts;
    struct state *h = s->state;
    const int r = s->rank;
    h->s = tuning_scale(t);
    h->r = (struct rotation){(enum rotation_kind)o->cayley, r, o->terms};
    h->A = tuning_param(t, s, "psoft_A", r, s->in);
    h->B = tuning_param(t, s, "psoft_B", s->out, r);
    h->q = r > 1 ? tuning_trained_vector(t, s, "psoft_R.weight", 1, rotation_size(r)) : NULL;
    h->a = tuning_trained_vector(t, s, "psoft_R.vector_a", 1, r);
    h->b = tuning_trained_vector(t, s, "psoft_R.vector_b", 1, r);
}

static void init(struct tuning *t, struct site *s)
{
    const struct state *h = s->state;
    struct arena *scratch = &t->model->mem->scratch;
    size_t mark = arena_mark(scratch);
    struct svd v = lowrank_svd(scratch, s->W->w);
    mat_copy(mat_rows(v.Vt, 0, s->rank), h->A->w);
    mat_copy(mat_cols(v.U, 0, s->rank), h->B->w);
    for (int k = 0; k < s->rank; k++)
        mat_scale(v.S[k] / h->s, mat_cols(h->B->w, k, 1));
    arena_release(scratch, mark);
    mat_fill(h->a->w, 1);
    mat_fill(h->b->w, 1);
}

/* The numbers of the rotation for rotation.h, whose exact form turns the other way. */
static struct mat numbers(const struct state *h, struct arena *arena)
{
    struct mat q = arena_mat(arena, 1, rotation_size(h->r.m));
    if (h->q)
        mat_add(h->r.kind == ROTATION_EXACT ? -1 : 1, h->q->w, q);
    return q;
}

/* C, and T = diag(b) C diag(a) - I */
static void form(const struct state *h, struct arena *arena, struct mat C, struct mat T)
{
    rotation_form(&h->r, arena, numbers(h, arena).v, C);
    mat_scale_cols(C, h->a->w, T);
    mat_scale_rows(T, h->b->w, T);
    for (int k = 0; k < T.rows; k++)
        *mat_at(T, k, k) -= 1;
}

/* u = x~ A';  y += s (u T') B' */
static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *h = s->state;
    struct arena *keep = p->keep ? p->saved : p->scratch;
    struct mat uT = arena_mat_raw(p->scratch, x.rows, s->rank);
    h->u = arena_mat_raw(keep, x.rows, s->rank);
    h->C = arena_mat_raw(keep, s->rank, s->rank);
    h->T = arena_mat_raw(keep, s->rank, s->rank);
    form(h, p->scratch, h->C, h->T);
    site_plain_forward(s, x, y);
    gemm_nt(1, pass_dropout(p, s, x), h->A->w, 0, h->u);
    gemm_nt(1, h->u, h->T, 0, uT);
    gemm_nt(h->s, uT, h->B->w, 1, y);
}

/* e = dy B,  dR = s e' u;  db_i += sum_j dR_ij C_ij a_j,  da_j += sum_i dR_ij b_i C_ij,  dC = diag(b) dR diag(a);
 * dx += mask o s (e T) A */
static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    const struct state *h = s->state;
    const int r = s->rank;
    struct mat e = arena_mat_raw(p->scratch, dy.rows, r), eT = arena_mat_raw(p->scratch, dy.rows, r);
    struct mat dR = arena_mat_raw(p->scratch, r, r), D = arena_mat_raw(p->scratch, r, r), dq = numbers(h, p->scratch);
    site_plain_backward(s, x, dy, dx);
    gemm_nn(1, dy, h->B->w, 0, e);
    gemm_tn(h->s, e, h->u, 0, dR);
    mat_scale_cols(dR, h->a->w, D);
    mat_add_rowdot(1, D, h->C, h->b->g);
    mat_scale_rows(dR, h->b->w, D);
    mat_add_coldot(D, h->C, h->a->g);
    mat_scale_cols(D, h->a->w, D);
    mat_fill(dq, 0);
    rotation_gradient(&h->r, p->scratch, numbers(h, p->scratch).v, D, dq.v);
    if (h->q)
        mat_add(h->r.kind == ROTATION_EXACT ? -1 : 1, dq, h->q->g);
    gemm_nn(1, e, h->T, 0, eT);
    pass_dropout_gemm(p, s, h->s, eT, h->A->w, dx);
}

/* W + s B (R - I) A */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *h = s->state;
    const int r = s->rank;
    struct arena own;
    (void)b;
    arena_open(&own, "rotation", (size_t)(ROTATION_TERMS + 8) * (size_t)r * (size_t)(r + s->in) * sizeof(real));
    struct mat C = arena_mat(&own, r, r), T = arena_mat(&own, r, r), TA = arena_mat(&own, r, s->in);
    form(h, &own, C, T);
    gemm_nn(1, T, h->A->w, 0, TA);
    gemm_nn(h->s, h->B->w, TA, 1, W);
    arena_close(&own);
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    (void)opts, (void)in, (void)out;
    return rotation_size(a->rank) + 2L * a->rank; /* r (r + 3) / 2 */
}

static const struct peft peft = {
    .why_not = "PEFT's file has no A and B: it takes W0's singular vectors anew, whose signs are anyone's choice",
};

const struct method method_psoft = {
    .name = "psoft",
    .title = "PSOFT",
    .cite = "Wu, Hu, Min, Wang, ICLR 2026, arXiv 2505.11235",
    .equation = "W = W0 + s B (R - I) A, B A = W0's r components / s",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct state),
    .attach = attach,
    .init = init,
    .ops = {forward, backward, weight},
    .count = count,
    .style = {"#56B4E9", 11},
    .peft = &peft,
};
