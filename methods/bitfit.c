/* BitFit: only biases train.
 *
 *     theta = {b of every linear layer, beta of every layer norm, the pooler's bias}
 *
 * Ben Zaken, Goldberg, Ravfogel, ACL 2022 (arXiv 2106.10199). As in the authors' code, "bias" includes layer-norm betas
 * and the embedding norm. The key bias has gradient zero: it adds the same number to a row of scores, and softmax
 * ignores that. */
#include "tune/method.h"

const struct method method_bitfit = {
    .name = "bitfit",
    .title = "BitFit",
    .cite = "Ben Zaken, Goldberg, Ravfogel, ACL 2022, arXiv 2106.10199",
    .equation = "y = W0 x + b, only b (and layer-norm beta) trains",
    .targets = "",
    .trains = ROLE_BIAS,
    .no_rank = true,
    .style = {"#999999", 4},
};
