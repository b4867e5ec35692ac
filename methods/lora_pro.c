/* LoRA-Pro: LoRA whose steps come as near as a pair can to those of Adam on the whole matrix.
 *
 *     from gradients fA, fB of the pair, with P = (B'B + d I)^-1 and N = (A A' + d I)^-1, d = 1e-8, the nearest pair is
 *     gA = P fA / s^2 + X A,   gB = (I - B P B') fB N / s^2 - B X,   X: B'B X + X A A' = -P fA A' / s^2
 *     a step:  E = s B gA + s gB A (out, in), the gradient of W as far as the pair can follow it;  e = Adam's step of E,
 *     moments of full size;  fA = s B' e,  fB = s e A';  solved again;  A -= lr gA,  B -= lr gB
 *
 * Wang, Liang, He, Wang, Tan, ICLR 2025 (arXiv 2407.18242), Adam's form in the authors' code, with this run's s for their
 * 16/8 and the second moment in full precision. X changes neither E nor W to first order, only how A and B share a step.
 * The run's own AdamW then finds rates of 0: A and B have moved, decayed by its decay. Moments cost 2 in out numbers a
 * site, as full fine-tuning's do. */
#include "math/lapack.h"
#include "math/linalg.h"
#include "tune/lowrank.h"
#include "tune/peft.h"

#include <math.h>

struct state {
    struct lowrank l;
    struct mat m1, m2; /* (out, in), Adam's moments of E */
};

static void attach(struct tuning *t, struct site *s)
{
    struct state *p = s->state;
    lowrank_attach(t, s, &p->l);
    tuning_train(p->l.A, 0);
    tuning_train(p->l.B, 0);
    p->m1 = tuning_buffer(t, s->out, s->in);
    p->m2 = tuning_buffer(t, s->out, s->in);
}

static void init(struct tuning *t, struct site *s)
{
    lowrank_init(t, s, s->state);
}

/* K := M' M if B'B is wanted, else M M';  R := (K + d I)^-1 */
static void gram(struct arena *a, struct mat M, bool columns, struct mat K, struct mat R)
{
    struct mat L = arena_mat_raw(a, K.rows, K.rows);
    (columns ? gemm_tn : gemm_nt)(1, M, M, 0, K);
    mat_copy(K, L);
    mat_fill(R, 0);
    for (int k = 0; k < K.rows; k++) {
        L.v[k * L.ld + k] += (real)1e-8;
        R.v[k * R.ld + k] = 1;
    }
    if (lapack_solve(L, R))
        die(EXIT_DATA, "lora_pro: a Gram matrix is singular in spite of its damping");
}

/* X (r, r) with K X + X M = C, K and M symmetric: in their eigenvectors, entry ij divides by k_i + m_j. */
static void sylvester(struct arena *a, struct mat K, struct mat M, struct mat C, struct mat X)
{
    const int r = K.rows;
    struct mat U = arena_mat_raw(a, r, r), V = arena_mat_raw(a, r, r), other = arena_mat_raw(a, r, r);
    struct mat T = arena_mat_raw(a, r, r);
    double *k = arena_take(a, (size_t)r * sizeof *k), *m = arena_take(a, (size_t)r * sizeof *m);
    lapack_svd(K, other, k, U); /* rows of U, of V: eigenvectors */
    lapack_svd(M, other, m, V);
    gemm_nn(1, U, C, 0, T);
    gemm_nt(1, T, V, 0, X);
    for (int i = 0; i < r; i++)
        for (int j = 0; j < r; j++)
            X.v[i * X.ld + j] = k[i] + m[j] > 0 ? (real)((double)X.v[i * X.ld + j] / (k[i] + m[j])) : 0;
    gemm_tn(1, U, X, 0, T);
    gemm_nn(1, T, V, 0, X);
}

/* gA, gB from fA, fB; X stays out unless `share`, since E does not see it. */
static void nearest(struct arena *a, const struct lowrank *l, struct mat fA, struct mat fB, bool share, struct mat gA,
                    struct mat gB)
{
    const int r = fA.rows;
    const double c = 1 / (l->s * l->s);
    struct mat A = l->A->w, B = l->B->w, BB = arena_mat_raw(a, r, r), AA = arena_mat_raw(a, r, r);
    struct mat P = arena_mat_raw(a, r, r), N = arena_mat_raw(a, r, r), T = arena_mat_raw(a, r, r);
    struct mat X = arena_mat_raw(a, r, r), S = arena_mat_raw(a, r, r);
    gram(a, B, true, BB, P);
    gram(a, A, false, AA, N);
    gemm_nn(c, P, fA, 0, gA);
    gemm_nn(c, fB, N, 0, gB);
    gemm_tn(1, B, gB, 0, T);
    gemm_nn(1, P, T, 0, S);
    gemm_nn(-1, B, S, 1, gB); /* (I - B P B') fB N / s^2 */
    if (!share)
        return;
    gemm_nt(-1, gA, A, 0, T); /* -P fA A' / s^2 */
    sylvester(a, BB, AA, T, X);
    gemm_nn(1, X, A, 1, gA);
    gemm_nn(-1, B, X, 1, gB);
}

/* E := Adam's step of E, at rate 1 */
static void adam(const struct tuning *t, const struct state *p, struct mat E)
{
    const struct adamw *o = t->adam;
    const double c1 = 1 - pow(o->beta1, t->step + 1), c2 = 1 - pow(o->beta2, t->step + 1);
    for (size_t i = 0; i < mat_size(E); i++) {
        real *m1 = &p->m1.v[i], *m2 = &p->m2.v[i], g = E.v[i];
        *m1 = (real)(o->beta1 * (double)*m1 + (1 - o->beta1) * (double)g);
        *m2 = (real)(o->beta2 * (double)*m2 + (1 - o->beta2) * (double)(g * g));
        E.v[i] = (real)((double)*m1 / c1 / (sqrt((double)*m2 / c2) + o->eps));
    }
}

static void move(const struct tuning *t, struct param *p, struct mat g)
{
    mat_scale(1 - (p->decay ? t->lr * t->adam->weight_decay : 0), p->w);
    mat_add(-t->lr, g, p->w);
}

static void before_step(struct tuning *t)
{
    struct arena *a = &t->model->mem->scratch;
    for (int i = 0; i < t->nsites; i++) {
        const struct state *p = t->site[i]->state;
        const struct lowrank *l = &p->l;
        size_t mark = arena_mark(a);
        struct mat E = arena_mat_raw(a, p->m1.rows, p->m1.cols);
        struct mat fA = arena_mat_raw(a, l->A->w.rows, E.cols), fB = arena_mat_raw(a, E.rows, l->A->w.rows);
        struct mat gA = arena_mat_raw(a, fA.rows, fA.cols), gB = arena_mat_raw(a, fB.rows, fB.cols);
        nearest(a, l, l->A->g, l->B->g, false, gA, gB);
        gemm_nn(l->s, l->B->w, gA, 0, E);
        gemm_nn(l->s, gB, l->A->w, 1, E);
        adam(t, p, E);
        gemm_tn(l->s, l->B->w, E, 0, fA);
        gemm_nt(l->s, E, l->A->w, 0, fB);
        nearest(a, l, fA, fB, true, gA, gB);
        move(t, l->A, gA);
        move(t, l->B, gB);
        arena_release(a, mark);
    }
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    (void)opts;
    return lowrank_count(a->rank, in, out); /* r (in + out) */
}

static const struct peft peft = {.type = "LORA", .tensor = {PEFT_LORA_PAIR}, .key = {PEFT_LORA_KEYS}};

const struct method method_lora_pro = {
    .name = "lora_pro",
    .title = "LoRA-Pro",
    .cite = "Wang, Liang, He, Wang, Tan, ICLR 2025, arXiv 2407.18242",
    .equation = "W = W0 + s B A, steps nearest to full Adam's",
    .site_size = sizeof(struct state),
    .facts = NEEDS_INPUT,
    .declares = SEES_SIZE, /* X divides a step by the sizes of A and B */
    .attach = attach,
    .init = init,
    .ops = {lowrank_forward, lowrank_backward, lowrank_weight},
    .before_step = before_step,
    .count = count,
    .style = {"#332288", 5},
    .peft = &peft,
};
