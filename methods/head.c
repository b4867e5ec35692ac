/* Head only: the frozen encoder is a feature extractor and the task's head alone trains. The floor of every comparison.
 *
 *     theta = {classifier}
 *
 * The papers of the LoRA family do not count the head; neither do the budgets here, and every table prints it apart. */
#include "tune/method.h"

const struct method method_head = {
    .name = "head",
    .title = "Head only",
    .cite = "linear probe; the frozen baseline of Ben Zaken et al., BitFit, ACL 2022",
    .equation = "y = W0 x + b0; only the classifier trains",
    .targets = "",
    .no_rank = true,
    .style = {"#767676", 2},
};
