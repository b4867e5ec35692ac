/* Parity: is the number of ones among the first words odd? No word alone says anything, so a linear model is at chance.
 */
#include "data/task.h"
#include "language/symbols.h"

#include <stdio.h>

enum { WORDS = 16 }; /* symbol k is the bit k % 2 */

struct parity_options {
    int bits;
};
static const struct option options[] = {
    OPTION_I(parity_options, bits, 2, 1, 8, "leading words that count; every bit more is much harder"), OPTION_END};

static bool draw(const struct task_env *env, struct rng *r, struct example *out)
{
    static const int distractors[] = {2, 4, 8};
    int bits = ((const struct parity_options *)env->opts)->bits, n = bits + distractors[env->common->difficulty],
        ones = 0;
    out->n = 0;
    example_put(out, TOKEN_CLS, 0);
    for (int i = 0; i < n; i++) {
        int k = (int)rng_below(r, WORDS);
        ones += i < bits && k % 2;
        example_put(out, symbol(k), 0);
    }
    example_put(out, TOKEN_SEP, 0);
    out->label = ones % 2;
    snprintf(out->note, EXAMPLE_NOTE, "%d ones in the first %d words", ones, bits);
    return true;
}

const struct task task_parity = {.name = "parity",
                                 .title = "parity of the first words: even (0), odd (1)",
                                 .options = options,
                                 .options_size = sizeof(struct parity_options),
                                 .kind = TASK_CLASSES,
                                 .classes = 2,
                                 .primary = METRIC_ACCURACY,
                                 .draw = draw};
