/* Majority: which of two words is the more frequent one among distractors? Solved by averaging, without order. */
#include "data/task.h"
#include "language/symbols.h"

#include <stdio.h>

enum { WORDS = 8 }; /* symbols 0 and 1 are counted, the others distract */

static bool draw(const struct task_env *env, struct rng *r, struct example *out)
{
    static const int lengths[] = {8, 12, 20};
    int count[WORDS] = {0}, n = lengths[env->common->difficulty];
    out->n = 0;
    example_put(out, TOKEN_CLS, 0);
    for (int i = 0; i < n; i++) {
        int k = (int)rng_below(r, WORDS);
        count[k]++;
        example_put(out, symbol(k), 0);
    }
    example_put(out, TOKEN_SEP, 0);
    out->label = count[1] > count[0];
    snprintf(out->note, EXAMPLE_NOTE, "%d %s, %d %s", count[0], lexicon_words[symbol(0)], count[1],
             lexicon_words[symbol(1)]);
    return count[0] != count[1];
}

const struct task task_majority = {.name = "majority",
                                   .title = "majority: the first (0) or the second (1) of two words is more frequent",
                                   .kind = TASK_CLASSES,
                                   .classes = 2,
                                   .primary = METRIC_ACCURACY,
                                   .draw = draw};
