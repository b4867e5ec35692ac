/* Lab LoRA-FA: your LoRA with lines taken out. docs/teach/check lab lora_fa says which are still too many.
 *
 *     y = x W0' + b + s (x~ A') B',   dB = s dy' u,   u = x~ A',   A does not train
 *
 * The file starts as LoRA. Zhang et al., 2023 (arXiv 2308.03303). */
#include "tune/lowrank.h"

static void attach(struct tuning *t, struct site *s)
{
    struct lowrank *l = s->state;
    lowrank_attach(t, s, l);
    /* HOLE 1: what trains? */
    /*= tuning_train(l->A, 1); */
    /*= tuning_train(l->B, 1); */
    tuning_train(l->B, 1);
    /* END */
}

static void init(struct tuning *t, struct site *s)
{
    lowrank_init(t, s, s->state);
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    long n = 0;
    /* HOLE 2: what the paper counts. */
    /*= n = lowrank_count(a->rank, in, out); */
    n = (long)a->rank * out;
    /* END */
    return n;
}

/* What a file must hold is more than what trains: the frozen A, too, unless its seed is kept. */
static long stored(const struct tuning *t)
{
    long n = 0;
    for (int i = 0; i < t->nsites; i++)
        n += lowrank_count(t->site[i]->rank, t->site[i]->in, t->site[i]->out);
    return n;
}

const struct method method_lora_fa = {
    .name = "lora_fa",
    .title = "LoRA-FA",
    .equation = "W = W0 + (alpha/r) B A, A frozen",
    .site_size = sizeof(struct lowrank),
    /* HOLE 3: does backward still read the layer's input x? This line is the memory that the method saves. */
    /*= .facts = NEEDS_INPUT, */
    /* END */
    .attach = attach,
    .init = init,
    .ops = {lowrank_forward, lowrank_backward, lowrank_weight},
    .stored = stored,
    .count = count,
    .style = {"#8A8500", 9},
};
