/* LoRA-FA: LoRA with A frozen at its random start. Backward then reads u = x~ A' (N, r) and never x (N, in).
 *
 *     y = x W0' + b + s (x~ A') B',   dB = s dy' u,   A does not train
 *     projected=1:  dB <- (1/s^2) dB (A A' + 1e-8 I)^-1 before the optimizer: then s dB A is as near to the gradient of
 *                   the dense W as a change of B can be
 *
 * Zhang et al., 2023 (arXiv 2308.03303); the projection is HF PEFT's LoraFAOptimizer. Deviations: A is LoRA's uniform,
 * not normal; the inverse is a Cholesky solve, not a pseudo-inverse; Adam's eps is the run's, not 1e-6. */
#include "math/lapack.h"
#include "math/linalg.h"
#include "tune/lowrank.h"
#include "tune/peft.h"

struct options {
    int projected;
};
static const struct option options[] = {
    OPTION_B(options, projected, 0, "replace B's gradient by the projection of the dense weight's gradient"),
    OPTION_END,
};

static void attach(struct tuning *t, struct site *s)
{
    struct lowrank *l = s->state;
    lowrank_attach(t, s, l);
    tuning_train(l->B, 1);
}

static void init(struct tuning *t, struct site *s)
{
    lowrank_init(t, s, s->state);
}

static void transpose(struct mat from, struct mat to)
{
    for (int i = 0; i < to.rows; i++)
        for (int j = 0; j < to.cols; j++)
            to.v[(size_t)i * to.ld + j] = from.v[(size_t)j * from.ld + i];
}

/* dB' <- (1/s^2) (A A' + 1e-8 I)^-1 dB' */
static void project(struct arena *scratch, const struct site *s)
{
    const struct lowrank *l = s->state;
    size_t mark = arena_mark(scratch);
    struct mat S = arena_mat_raw(scratch, s->rank, s->rank), g = arena_mat_raw(scratch, s->rank, s->out);
    gemm_nt(1, l->A->w, l->A->w, 0, S);
    for (int k = 0; k < s->rank; k++)
        S.v[(size_t)k * S.ld + k] += (real)1e-8;
    if (lapack_cholesky(S) != 0)
        die(EXIT_USAGE,
            "lora_fa: A A' of %s is singular, so nothing can be projected: use a smaller rank or projected=0", s->name);
    transpose(l->B->g, g);
    lapack_cholesky_solve(S, g);
    mat_scale(1 / (l->s * l->s), g);
    transpose(g, l->B->g);
    arena_release(scratch, mark);
}

static void before_step(struct tuning *t)
{
    const struct options *o = t->opts;
    for (int i = 0; o->projected && i < t->nsites; i++)
        project(&t->model->mem->scratch, t->site[i]);
}

static long stored(const struct tuning *t)
{
    long n = 0;
    for (int i = 0; i < t->nsites; i++)
        n += lowrank_count(t->site[i]->rank, t->site[i]->in, t->site[i]->out); /* a file holds the frozen A too */
    return n;
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    (void)opts, (void)in;
    return (long)a->rank * out; /* r out */
}

static const struct peft peft = {.type = "LORA", .tensor = {PEFT_LORA_PAIR}, .key = {PEFT_LORA_KEYS}};

const struct method method_lora_fa = {
    .name = "lora_fa",
    .title = "LoRA-FA",
    .cite = "Zhang et al., 2023, arXiv 2308.03303",
    .equation = "W = W0 + (alpha/r) B A, A frozen",
    .claim = "freezing the random A halves the trained parameters at the performance of LoRA",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct lowrank),
    .attach = attach,
    .init = init,
    .ops = {lowrank_forward, lowrank_backward, lowrank_weight},
    .before_step = before_step,
    .stored = stored,
    .count = count,
    .style = {"#8A8500", 9},
    .peft = &peft,
};
