/* Lab LoRA+: your LoRA, and one line. docs/teach/check lab lora_plus says what is missing.
 *
 *     y = x W0' + b + s (x~ A') B',   eta_A = eta,   eta_B = ratio eta
 *
 * lowrank.h is the LoRA that you have written, kept for the methods that share it. Hayou, Ghosh, Yu, ICML 2024. */
#include "tune/lowrank.h"

/* One row gives the command line, the bounds, the help and the record: method.ratio=16. */
struct options {
    double ratio;
};
static const struct option options[] = {
    OPTION_R(options, ratio, 16, 1e-6, 1e6, "learning rate of B as a multiple of that of A"),
    OPTION_END,
};

static void attach(struct tuning *t, struct site *s)
{
    const struct options *o = t->opts;
    struct lowrank *l = s->state;
    lowrank_attach(t, s, l);
    tuning_train(l->A, 1);
    /* HOLE 1: B learns at o->ratio times the rate of A. No law can know this: a golden file of the real PEFT does. */
    /*= tuning_train(l->B, 1); */
    tuning_train(l->B, o->ratio);
    /* END */
}

static void init(struct tuning *t, struct site *s)
{
    lowrank_init(t, s, s->state);
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    return lowrank_count(a->rank, in, out);
}

const struct method method_lora_plus = {
    .name = "lora_plus",
    .title = "LoRA+",
    .equation = "W = W0 + (alpha/r) B A, eta_B = ratio x eta_A",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct lowrank),
    .facts = NEEDS_INPUT,
    .attach = attach,
    .init = init,
    .ops = {lowrank_forward, lowrank_backward, lowrank_weight},
    .count = count,
    .style = {"#0A8FA3", 7},
};
