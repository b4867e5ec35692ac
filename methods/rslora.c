/* rsLoRA: LoRA whose scale shrinks with the root of the rank, so that outputs and gradients keep their size as r grows.
 *
 *     y = x W0' + b + s (x~ A') B',   s = alpha / sqrt(r)
 *
 * Kalajdzievski, 2023 (arXiv 2312.03732). Identical to LoRA at alpha sqrt(r). alpha = 0 means twice the rank, as for
 * LoRA. */
#include "tune/lowrank.h"
#include "tune/peft.h"

#include <math.h>

static void attach(struct tuning *t, struct site *s)
{
    struct lowrank *l = s->state;
    lowrank_attach(t, s, l);
    l->s = tuning_scale(t) * sqrt(t->common->rank); /* alpha / r * sqrt(r) */
    tuning_train(l->A, 1);
    tuning_train(l->B, 1);
}

static void init(struct tuning *t, struct site *s)
{
    lowrank_init(t, s, s->state);
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    (void)opts;
    return lowrank_count(a->rank, in, out); /* r (in + out) */
}

static const struct peft peft = {
    .type = "LORA",
    .use = "use_rslora",
    .divisor = BY_ROOT_OF_RANK,
    .tensor = {PEFT_LORA_PAIR},
    .key = {PEFT_LORA_KEYS},
};

const struct method method_rslora = {
    .name = "rslora",
    .title = "rsLoRA",
    .cite = "Kalajdzievski, 2023, arXiv 2312.03732",
    .equation = "W = W0 + (alpha/sqrt r) B A",
    .site_size = sizeof(struct lowrank),
    .facts = NEEDS_INPUT,
    .attach = attach,
    .init = init,
    .ops = {lowrank_forward, lowrank_backward, lowrank_weight},
    .count = count,
    .style = {"#56B4E9", 5},
    .peft = &peft,
};
