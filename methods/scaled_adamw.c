/* Scaled AdamW: LoRA whose gradients are preconditioned, so that a step does not depend on how B A is split into two.
 *
 *     before each step:  gA <- (B'B + d I)^-1 gA,   gB <- gB (A A' + d I)^-1,   with the A and B of before the step
 *
 * Zhang, Pilanci, "Riemannian preconditioned LoRA", ICML 2024 (arXiv 2402.02347), as HF PEFT does it, with d = 0.01; the
 * authors' code has 1e-6 and lets the new A precondition gB. Moments are those of the changed gradients. */
#include "math/lapack.h"
#include "math/linalg.h"
#include "tune/lowrank.h"
#include "tune/peft.h"

struct options {
    double damping;
};
static const struct option options[] = {
    OPTION_R(options, damping, 0.01, 1e-9, 1e6, "d, added to the diagonal of B'B and A A'"),
    OPTION_END,
};

static void attach(struct tuning *t, struct site *s)
{
    struct lowrank *l = s->state;
    lowrank_attach(t, s, l);
    tuning_train(l->A, 1);
    tuning_train(l->B, 1);
}

static void init(struct tuning *t, struct site *s)
{
    lowrank_init(t, s, s->state);
}

/* P := (P + d I)^-1 for a Gram matrix P (r, r) */
static void invert(struct arena *scratch, struct mat P, double d)
{
    struct mat L = arena_mat_raw(scratch, P.rows, P.cols);
    mat_copy(P, L);
    mat_fill(P, 0);
    for (int k = 0; k < P.rows; k++) {
        L.v[k * L.ld + k] += (real)d;
        P.v[k * P.ld + k] = 1;
    }
    if (lapack_cholesky(L))
        die(EXIT_DATA, "scaled_adamw: a Gram matrix plus damping=%g is not positive definite: take more", d);
    lapack_cholesky_solve(L, P);
}

static void before_step(struct tuning *t)
{
    const struct options *o = t->opts;
    struct arena *scratch = &t->model->mem->scratch;
    for (int i = 0; i < t->nsites; i++) {
        const struct lowrank *l = t->site[i]->state;
        size_t mark = arena_mark(scratch);
        const int r = l->A->w.rows;
        struct mat P = arena_mat_raw(scratch, r, r), N = arena_mat_raw(scratch, r, r);
        struct mat gA = arena_mat_raw(scratch, r, l->A->g.cols), gB = arena_mat_raw(scratch, l->B->g.rows, r);
        gemm_tn(1, l->B->w, l->B->w, 0, P);
        gemm_nt(1, l->A->w, l->A->w, 0, N);
        invert(scratch, P, o->damping);
        invert(scratch, N, o->damping);
        mat_copy(l->A->g, gA);
        mat_copy(l->B->g, gB);
        gemm_nn(1, P, gA, 0, l->A->g);
        gemm_nn(1, gB, N, 0, l->B->g);
        arena_release(scratch, mark);
    }
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    (void)opts;
    return lowrank_count(a->rank, in, out); /* r (in + out) */
}

static const struct peft peft = {.type = "LORA", .tensor = {PEFT_LORA_PAIR}, .key = {PEFT_LORA_KEYS}};

const struct method method_scaled_adamw = {
    .name = "scaled_adamw",
    .title = "Scaled AdamW",
    .cite = "Zhang, Pilanci, ICML 2024, arXiv 2402.02347",
    .equation = "W = W0 + s B A, gA and gB preconditioned by (B'B)^-1 and (A A')^-1",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct lowrank),
    .facts = NEEDS_INPUT,
    .declares = SEES_SIZE, /* through the damping */
    .attach = attach,
    .init = init,
    .ops = {lowrank_forward, lowrank_backward, lowrank_weight},
    .before_step = before_step,
    .count = count,
    .style = {"#E69F00", 11},
    .peft = &peft,
};
