/* LoRA+: LoRA whose B learns faster than its A.
 *
 *     y = x W0' + b + s (x~ A') B',   eta_A = eta,   eta_B = ratio eta
 *
 * Hayou, Ghosh, Yu, ICML 2024 (arXiv 2402.12354). Deviations from the authors' code: the head keeps its own learning
 * rate (there, one-dimensional tensors such as the classifier's bias go with B), and weight decay is the run's for both
 * factors. Under Adam without decay or clipping this is LoRA with alpha multiplied by ratio, up to Adam's eps. */
#include "tune/lowrank.h"
#include "tune/peft.h"

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
    tuning_train(l->B, o->ratio);
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

static const struct peft peft = {.type = "LORA", .tensor = {PEFT_LORA_PAIR}, .key = {PEFT_LORA_KEYS}};

const struct method method_lora_plus = {
    .name = "lora_plus",
    .title = "LoRA+",
    .cite = "Hayou, Ghosh, Yu, ICML 2024, arXiv 2402.12354",
    .equation = "W = W0 + (alpha/r) B A, eta_B = ratio x eta_A",
    .claim = "a learning rate for B sixteen times that of A gains about 2 % accuracy and halves the training time",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct lowrank),
    .facts = NEEDS_INPUT,
    .attach = attach,
    .init = init,
    .ops = {lowrank_forward, lowrank_backward, lowrank_weight},
    .count = count,
    .style = {"#0A8FA3", 7},
    .peft = &peft,
};
