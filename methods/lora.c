/* LoRA: a trained low-rank update beside a frozen matrix.
 *
 *     y = x W0' + b + s (x~ A') B',   s = alpha / r,   A (r, in) ~ U(-1/sqrt(in), 1/sqrt(in)),   B (out, r) = 0
 *     init=orthogonal: A = O' G / 10, B = H' E / 10, with G (r/2, in), H (r/2, out) ~ N(0, 1), and O, E every other row
 *     of a random orthogonal matrix, so that B A = 0 though neither is;   init=uniform: B ~ U(-1/sqrt r, 1/sqrt r) too
 *
 * Hu et al., ICLR 2022 (arXiv 2106.09685). Deviation from the paper's text, shared with its code and with HF PEFT: A is
 * kaiming-uniform, not Gaussian. Both A and B are decayed, as the authors' scripts do. The other starts are HF PEFT's
 * init_lora_weights="orthogonal" (after a note by datta0, 2024) and False, which is not the base. */
#include "core/rng.h"
#include "math/lapack.h"
#include "math/linalg.h"
#include "tune/lowrank.h"
#include "tune/peft.h"

enum { ZERO, ORTHOGONAL, UNIFORM };
struct options {
    int init;
};
static const struct option options[] = {
    OPTION_C(options, init, ZERO, "zero|orthogonal|uniform", "start: B = 0; B A = 0 alone; both uniform, not the base"),
    OPTION_END,
};

static unsigned declared(const void *opts)
{
    const struct options *o = opts;
    return o->init == ORTHOGONAL ? STARTS_NEAR : o->init == UNIFORM ? STARTS_ELSEWHERE : 0;
}

static void check(const struct adapter *common, const void *opts, int in, int out)
{
    const struct options *o = opts;
    if (o->init == ORTHOGONAL && common->rank % 2)
        die(EXIT_USAGE, "lora: with init=orthogonal rank=%d of a %d x %d matrix must be even", common->rank, out, in);
}

static void attach(struct tuning *t, struct site *s)
{
    struct lowrank *l = s->state;
    lowrank_attach(t, s, l);
    tuning_train(l->A, 1);
    tuning_train(l->B, 1);
}

static void init_orthogonal(struct tuning *t, struct site *s)
{
    const struct lowrank *l = s->state;
    struct arena *scratch = &t->model->mem->scratch;
    size_t mark = arena_mark(scratch);
    const int r = s->rank;
    struct mat X = arena_mat_raw(scratch, r, r), Q = arena_mat_raw(scratch, r, r), R = arena_mat_raw(scratch, r, r);
    struct mat G = arena_mat_raw(scratch, r / 2, s->in), H = arena_mat_raw(scratch, r / 2, s->out);
    struct mat *const random[] = {&X, &G, &H};
    for (int i = 0; i < 3; i++) {
        struct rng stream = tuning_rng(t, s, i);
        rng_fill_normal(&stream, *random[i], 1);
    }
    lapack_qr(X, Q, R);
    struct mat O = {Q.v, r / 2, r, 2 * Q.ld}, E = {Q.v + Q.ld, r / 2, r, 2 * Q.ld};
    gemm_tn(0.1, O, G, 0, l->A->w);
    gemm_tn(0.1, H, E, 0, l->B->w);
    arena_release(scratch, mark);
}

static void init(struct tuning *t, struct site *s)
{
    const struct options *o = t->opts;
    struct lowrank *l = s->state;
    if (o->init == ORTHOGONAL) {
        init_orthogonal(t, s);
        return;
    }
    lowrank_init(t, s, l);
    if (o->init == UNIFORM)
        tuning_kaiming(t, s, 1, l->B->w, s->rank);
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    (void)opts;
    return lowrank_count(a->rank, in, out); /* r (in + out) */
}

static const struct peft peft = {.type = "LORA", .tensor = {PEFT_LORA_PAIR}, .key = {PEFT_LORA_KEYS}};

const struct method method_lora = {
    .name = "lora",
    .title = "LoRA",
    .cite = "Hu et al., ICLR 2022, arXiv 2106.09685",
    .equation = "W = W0 + (alpha/r) B A",
    .claim = "matches full fine-tuning with far fewer trained parameters",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct lowrank),
    .facts = NEEDS_INPUT,
    .declared = declared,
    .check = check,
    .attach = attach,
    .init = init,
    .ops = {lowrank_forward, lowrank_backward, lowrank_weight},
    .count = count,
    .dora_r = 0.83,
    .style = {"#0072B2", 5},
    .peft = &peft,
};
