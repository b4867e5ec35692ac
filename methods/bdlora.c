/* BD-LoRA: LoRA with one block-diagonal factor, so that each of several devices holds its blocks and needs no other's.
 *
 *     y = x W0' + b + s (x~ A') B',  s = alpha / r;   q, k, v, up: B is block-diagonal (kept as (out, r / blocks)), A is
 *     LoRA's;   o, down: A is block-diagonal (kept as (r, in / blocks)), B is LoRA's
 *     block i: inputs i in/blocks .., components i r/blocks .., outputs i out/blocks ..
 *     A ~ U(+-1/sqrt(in)), of blocks U(+-sqrt(6 blocks / in)) as in HF PEFT;  B = 0
 *
 * Wang, Kuebler et al., 2025 (arXiv 2510.23346), which factor where as tensor parallelism splits a transformer. */
#include "core/rng.h"
#include "math/linalg.h"
#include "tune/lowrank.h"
#include "tune/peft.h"

#include <math.h>

struct options {
    int blocks;
};
static const struct option options[] = {
    OPTION_I(options, blocks, 2, 1, 65536, "blocks of the block-diagonal factor, a divisor of the rank"),
    OPTION_END,
};

struct state {
    struct lowrank l;
    int of_A, of_B; /* into how many blocks either factor falls */
};

/* The square q and o have one count whichever factor is split, and up and down are split along their longer side. */
static void check(const struct adapter *common, const void *opts, int in, int out)
{
    const struct options *o = opts;
    const int longer = in > out ? in : out;
    if (common->rank % o->blocks || longer % o->blocks)
        die(EXIT_USAGE, "bdlora: blocks=%d divides not both rank=%d and the longer side of a %d x %d matrix", o->blocks,
            common->rank, out, in);
}

static void attach(struct tuning *t, struct site *s)
{
    const struct options *o = t->opts;
    struct state *d = s->state;
    const bool splits_A = s->target == TARGET_O || s->target == TARGET_DOWN;
    d->of_A = splits_A ? o->blocks : 1;
    d->of_B = splits_A ? 1 : o->blocks;
    d->l.s = tuning_scale(t);
    d->l.A = tuning_trained(t, s, "lora_A.weight", s->rank, s->in / d->of_A);
    d->l.B = tuning_trained(t, s, "lora_B.weight", s->out, s->rank / d->of_B);
}

static void init(struct tuning *t, struct site *s)
{
    const struct state *d = s->state;
    struct rng r = tuning_rng(t, s, 0);
    double bound = d->of_A > 1 ? sqrt(6.0 * d->of_A / s->in) : 1 / sqrt(s->in);
    rng_fill_uniform(&r, d->l.A->w, -bound, bound);
}

/* Part i of n of a matrix's columns, and of its rows. */
static struct mat cols(struct mat m, int i, int n)
{
    return mat_cols(m, i * (m.cols / n), m.cols / n);
}
static struct mat rows(struct mat m, int i, int n)
{
    return mat_rows(m, i * (m.rows / n), m.rows / n);
}

/* y = x W0' + b + s u B',  u = x~ A', block by block */
static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *d = s->state;
    struct mat z = pass_dropout(p, s, x);
    site_plain_forward(s, x, y);
    d->l.u = arena_mat_raw(p->keep ? p->saved : p->scratch, x.rows, d->l.A->w.rows);
    for (int i = 0; i < d->of_A; i++)
        gemm_nt(1, cols(z, i, d->of_A), rows(d->l.A->w, i, d->of_A), 0, cols(d->l.u, i, d->of_A));
    for (int i = 0; i < d->of_B; i++)
        gemm_nt(d->l.s, cols(d->l.u, i, d->of_B), rows(d->l.B->w, i, d->of_B), 1, cols(y, i, d->of_B));
}

/* e = dy B;  dB += s dy' u,  dA += s e' x~,  dx += mask o s e A, of the blocks */
static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    const struct state *d = s->state;
    struct mat z = pass_dropout(p, s, x), e = arena_mat_raw(p->scratch, dy.rows, d->l.u.cols);
    struct mat D = arena_mat_raw(p->scratch, x.rows, s->in);
    site_plain_backward(s, x, dy, dx);
    for (int i = 0; i < d->of_B; i++) {
        struct mat out = cols(dy, i, d->of_B);
        gemm_nn(1, out, rows(d->l.B->w, i, d->of_B), 0, cols(e, i, d->of_B));
        gemm_tn(d->l.s, out, cols(d->l.u, i, d->of_B), 1, rows(d->l.B->g, i, d->of_B));
    }
    for (int i = 0; i < d->of_A; i++) {
        struct mat part = cols(e, i, d->of_A);
        gemm_tn(d->l.s, part, cols(z, i, d->of_A), 1, rows(d->l.A->g, i, d->of_A));
        gemm_nn(d->l.s, part, rows(d->l.A->w, i, d->of_A), 0, cols(D, i, d->of_A));
    }
    pass_dropout_add(p, s, D, dx);
}

/* W_ij + s sum over the k that i and j have in common */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *d = s->state;
    const int r = d->l.A->w.rows, wide = d->l.A->w.cols, deep = d->l.B->w.cols;
    (void)b;
    for (int i = 0; i < s->out; i++)
        for (int k = i / (s->out / d->of_B) * deep; k < i / (s->out / d->of_B) * deep + deep; k++)
            for (int j = 0; j < s->in; j++)
                if (d->of_A == 1 || k / (r / d->of_A) == j / wide)
                    *mat_at(W, i, j) +=
                        (real)(d->l.s * mat_get(d->l.B->w, i, k % deep) * mat_get(d->l.A->w, k, j % wide));
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    const struct options *o = opts;
    const int longer = in > out ? in : out;
    return (long)a->rank * (in + out - longer + longer / o->blocks); /* r (shorter + longer / blocks) */
}

static const struct peft peft = {
    .type = "LORA",
    .use = "use_bdlora",
    .tensor = {{"lora_A.weight", "lora_A.weight", RANKS_IN_ROWS, PEFT_MATRIX},
               {"lora_B.weight", "lora_B.weight", RANKS_NOWHERE, PEFT_MATRIX}},
    .key = {PEFT_LORA_KEYS,
            {"use_bdlora.nblocks", PEFT_OPTION, "blocks", 0},
            {"use_bdlora.target_modules_bd_a", PEFT_SPLIT_A, NULL, 0},
            {"use_bdlora.target_modules_bd_b", PEFT_SPLIT_B, NULL, 0}},
};

const struct method method_bdlora = {
    .name = "bdlora",
    .title = "BD-LoRA",
    .cite = "Wang, Kuebler et al., 2025, arXiv 2510.23346",
    .equation = "W = W0 + s B A, B or A block-diagonal",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct state),
    .facts = NEEDS_INPUT,
    .check = check,
    .attach = attach,
    .init = init,
    .ops = {forward, backward, weight},
    .count = count,
    .style = {"#117733", 5},
    .peft = &peft,
};
