/* PiSSA: LoRA that trains the principal part of W0 and freezes the rest.
 *
 *     W0 = U S V' (SVD),  B = U_r sqrt(S_r / s),  A = sqrt(S_r / s) V_r',  W = (W0 - s B A) + s B A
 *
 * Meng, Wang, Zhang, NeurIPS 2024 (arXiv 2404.02948). Exact SVD, not the reference's
 * "fast" randomised one. The live W becomes the residual: step 0 is the base up to rounding. Dropout would break that.
 */
#include "math/linalg.h"
#include "tune/lowrank.h"

static void check(const struct adapter *common, const void *opts, int in, int out)
{
    (void)opts, (void)in, (void)out;
    if (common->dropout > 0)
        die(EXIT_USAGE, "pissa: dropout=%g must be 0: with dropout, step 0 would not be the base", common->dropout);
}

static void attach(struct tuning *t, struct site *s)
{
    struct lowrank *l = s->state;
    lowrank_attach(t, s, l);
    tuning_train(l->A, 1);
    tuning_train(l->B, 1);
}

static void init(struct tuning *t, struct site *s)
{
    const struct lowrank *l = s->state;
    lowrank_factor(t, s->W->w, l->s, l->A->w, l->B->w);
    gemm_nn(-l->s, l->B->w, l->A->w, 1, s->W->w); /* W = W0 - s B A */
}

/* W - W0 = s (B A - B_0 A_0): an export against the pretrained base needs both pairs */
static long stored(const struct tuning *t)
{
    long n = 0;
    for (int i = 0; i < t->nsites; i++)
        n += 2 * lowrank_count(t->site[i]->rank, t->site[i]->in, t->site[i]->out);
    return n;
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    (void)opts;
    return lowrank_count(a->rank, in, out); /* r (in + out) */
}

const struct method method_pissa = {
    .name = "pissa",
    .title = "PiSSA",
    .cite = "Meng, Wang, Zhang, NeurIPS 2024, arXiv 2404.02948",
    .equation = "W = (W0 - s B A) + s B A, B A the r largest singular triplets of W0",
    .site_size = sizeof(struct lowrank),
    .facts = NEEDS_INPUT | MOVES_BASE,
    .check = check,
    .attach = attach,
    .init = init,
    .ops = {lowrank_forward, lowrank_backward, lowrank_weight},
    .stored = stored,
    .count = count,
    .start_tol = sizeof(real) == sizeof(double) ? 1e-12 : 1e-4,
    .style = {"#0072B2", 9},
};
