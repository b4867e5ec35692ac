/* Delta-LoRA: after each step the frozen matrix follows the change of B A.
 *
 *     y = x W_t' + b + s (x A') B',   W_{t+1} = W_t + lambda s (B_{t+1} A_{t+1} - B_t A_t) from step K on
 *
 * Zi et al., 2023 (arXiv 2309.02411); no official code exists. W gets no gradient and no optimizer state; B_t and A_t
 * are kept. There is no dropout: with it, the gradient of B A would not be that of W. The sum telescopes, so the
 * effective weight is W0 + (1 + lambda) s B A - lambda s B_K A_K: at K = 0, LoRA with alpha (1 + lambda). The papers' K
 * is the warm-up. */
#include "math/linalg.h"
#include "tune/lowrank.h"

struct options {
    double lambda, start;
};
static const struct option options[] = {
    OPTION_R(options, lambda, 0.5, 0, 1e3, "how much of the change of B A goes into W"),
    OPTION_R(options, start, 0.06, 0, 1e9, "K, steps before W follows; below 1: a share of the run"),
    OPTION_END,
};

struct state {
    struct lowrank l;
    struct mat A, B; /* as before the step */
};

static void check(const struct adapter *common, const void *opts, int in, int out)
{
    (void)opts, (void)in, (void)out;
    if (common->dropout > 0)
        die(EXIT_USAGE, "delta_lora: dropout=%g must be 0: with dropout, W and B A would have different gradients",
            common->dropout);
}

static void attach(struct tuning *t, struct site *s)
{
    struct state *d = s->state;
    lowrank_attach(t, s, &d->l);
    tuning_train(d->l.A, 1);
    tuning_train(d->l.B, 1);
    d->A = tuning_buffer(t, s->rank, s->in);
    d->B = tuning_buffer(t, s->out, s->rank);
}

static void init(struct tuning *t, struct site *s)
{
    lowrank_init(t, s, s->state);
}

static bool follows(const struct tuning *t)
{
    const struct options *o = t->opts;
    return t->step >= tuning_steps(o->start, t->steps);
}

static void before_step(struct tuning *t)
{
    for (int i = 0; follows(t) && i < t->nsites; i++) {
        struct state *d = t->site[i]->state;
        mat_copy(d->l.A->w, d->A);
        mat_copy(d->l.B->w, d->B);
    }
}

/* W += lambda s (B A - B_t A_t) */
static void after_step(struct tuning *t)
{
    const struct options *o = t->opts;
    for (int i = 0; follows(t) && i < t->nsites; i++) {
        struct site *s = t->site[i];
        const struct state *d = s->state;
        gemm_nn(o->lambda * d->l.s, d->l.B->w, d->l.A->w, 1, s->W->w);
        gemm_nn(-o->lambda * d->l.s, d->B, d->A, 1, s->W->w);
    }
}

/* W_eff - W0 has rank 2 r, or r where K = 0: an export against the pretrained base needs as many factors. */
static long stored(const struct tuning *t)
{
    const struct options *o = t->opts;
    long n = 0;
    for (int i = 0; i < t->nsites; i++)
        n += (o->start > 0 ? 2 : 1) * lowrank_count(t->site[i]->rank, t->site[i]->in, t->site[i]->out);
    return n;
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    (void)opts;
    return lowrank_count(a->rank, in, out); /* r (in + out) */
}

const struct method method_delta_lora = {
    .name = "delta_lora",
    .title = "Delta-LoRA",
    .cite = "Zi et al., 2023, arXiv 2309.02411",
    .equation = "W_t+1 = W_t + lambda s (B_t+1 A_t+1 - B_t A_t), y uses W_t + s B A",
    .claim = "moving W by the change of B A trains more parameters at almost no cost and beats LoRA",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct state),
    .facts = NEEDS_INPUT | MOVES_BASE,
    .check = check,
    .attach = attach,
    .init = init,
    .ops = {lowrank_forward, lowrank_backward, lowrank_weight},
    .before_step = before_step,
    .after_step = after_step,
    .stored = stored,
    .count = count,
    .style = {"#7B5CC9", 7},
};
