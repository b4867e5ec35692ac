/* LoRA: a trained low-rank update beside a frozen matrix.
 *
 *     y = x W0' + b + s (x~ A') B',   s = alpha / r,   A (r, in) ~ U(-1/sqrt(in), 1/sqrt(in)),   B (out, r) = 0
 *
 * Hu et al., ICLR 2022 (arXiv 2106.09685). Deviation from the paper's text, shared with its code and with HF PEFT: A is
 * kaiming-uniform, not Gaussian. Both A and B are decayed, as the authors' scripts do. */
#include "tune/lowrank.h"
#include "tune/peft.h"

static void attach(struct tuning *t, struct site *s)
{
    struct lowrank *l = s->state;
    lowrank_attach(t, s, l);
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

static const struct peft peft = {.type = "LORA", .tensor = {PEFT_LORA_PAIR}, .key = {PEFT_LORA_KEYS}};

const struct method method_lora = {
    .name = "lora",
    .title = "LoRA",
    .cite = "Hu et al., ICLR 2022, arXiv 2106.09685",
    .equation = "W = W0 + (alpha/r) B A",
    .claim = "matches full fine-tuning with far fewer trained parameters",
    .site_size = sizeof(struct lowrank),
    .facts = NEEDS_INPUT,
    .attach = attach,
    .init = init,
    .ops = {lowrank_forward, lowrank_backward, lowrank_weight},
    .count = count,
    .dora_r = 0.83,
    .style = {"#0072B2", 5},
    .peft = &peft,
};
