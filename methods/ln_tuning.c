/* LN tuning: only the layer norms train.
 *
 *     theta = {gamma and beta of every layer norm, the embeddings' included}
 *
 * Qi et al., 2022 (arXiv 2211.08682); Zhao et al., ICLR 2024 (arXiv 2312.11420) train those of attention blocks. With
 * decay=all AdamW pulls gamma to 0, not to the 1 about which it was pretrained. */
#include "tune/method.h"
#include "tune/peft.h"

static const struct peft peft = {
    .why_not = "PEFT keeps the tuned layer norms, and an adapter here holds what belongs to matrices",
};

const struct method method_ln_tuning = {
    .name = "ln_tuning",
    .title = "LN tuning",
    .cite = "Qi et al., 2022, arXiv 2211.08682; Zhao et al., ICLR 2024, arXiv 2312.11420",
    .equation = "gamma and beta of the layer norms train",
    .targets = "",
    .trains = ROLE_NORM | ROLE_BETA,
    .no_rank = true,
    .style = {"#999999", 10},
    .peft = &peft,
};
