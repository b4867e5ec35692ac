/* Lab rsLoRA: your LoRA with another scale. docs/teach/check lab rslora compares it with the real PEFT's numbers.
 *
 *     y = x W0' + b + s (x~ A') B',   s = alpha / sqrt(r)
 *
 * Kalajdzievski, 2023 (arXiv 2312.03732). */
#include "tune/lowrank.h"

#include <math.h>

static void attach(struct tuning *t, struct site *s)
{
    struct lowrank *l = s->state;
    lowrank_attach(t, s, l); /* sets l->s = tuning_scale(t) = alpha / r, r being t->common->rank */
    /* HOLE 1: make l->s what the equation says. */
    l->s = tuning_scale(t) * sqrt(t->common->rank);
    /* END */
    tuning_train(l->A, 1);
    tuning_train(l->B, 1);
}

static void init(struct tuning *t, struct site *s)
{
    lowrank_init(t, s, s->state);
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    return lowrank_count(a->rank, in, out);
}

const struct method method_rslora = {
    .name = "rslora",
    .title = "rsLoRA",
    .equation = "W = W0 + (alpha/sqrt r) B A",
    .site_size = sizeof(struct lowrank),
    .facts = NEEDS_INPUT,
    .attach = attach,
    .init = init,
    .ops = {lowrank_forward, lowrank_backward, lowrank_weight},
    .count = count,
    .style = {"#56B4E9", 5},
};
