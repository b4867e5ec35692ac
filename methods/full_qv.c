/* Dense training of the adapted matrices alone: what every adapter on the same matrices approximates.
 *
 *     W = W0 + dW, dW free, on the targets (q and v by default); all else, biases included, stays
 *
 * Delta-LoRA's authors report it as the second form of full fine-tuning (Zi et al., 2023, arXiv 2309.02411). */
#include "tune/method.h"

static void attach(struct tuning *t, struct site *s)
{
    (void)t;
    tuning_train(s->W, 1);
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    (void)a, (void)opts;
    return (long)in * out;
}

const struct method method_full_qv = {
    .name = "full_qv",
    .title = "Full, adapted matrices",
    .cite = "Zi et al., 2023, arXiv 2309.02411, section 4",
    .equation = "W = W0 + dW, dW free, on the targets only",
    .facts = MOVES_BASE,
    .declares = NO_DROPOUT,
    .no_rank = true,
    .attach = attach,
    .count = count,
    .style = {"#000000", 5},
};
