/* Full fine-tuning: every tensor of the encoder trains. The reference that adapters are measured against.
 *
 *     theta = {W, b, gamma, beta, embeddings, pooler}; one AdamW state per parameter */
#include "tune/method.h"

const struct method method_full = {
    .name = "full",
    .title = "Full fine-tuning",
    .cite = "Devlin et al., BERT, NAACL 2019",
    .equation = "W = W0 + dW, dW free",
    .claim = "training millions of parameters: what LoRA is compared with",
    .targets = "",
    .trains = ROLE_WEIGHT | ROLE_BIAS | ROLE_NORM | ROLE_EMBED,
    .no_rank = true,
    .dora_r = -0.62,
    .style = {"#000000", 7},
};
