/* Associative recall: pairs of a key and a value, then one of the keys; the class is its value. */
#include "data/task.h"
#include "language/symbols.h"

#include <stdio.h>

enum { KEYS = 16, VALUES = 4 }; /* values are the symbols after the keys */

static bool draw(const struct task_env *env, struct rng *r, struct example *out)
{
    static const int pairs[] = {2, 3, 4};
    int n = pairs[env->common->difficulty], asked = (int)rng_below(r, (uint32_t)n), key[KEYS], value = 0;
    for (int k = 0; k < KEYS; k++)
        key[k] = k;
    rng_shuffle(r, key, KEYS);
    out->n = 0;
    example_put(out, TOKEN_CLS, 0);
    for (int i = 0; i < n; i++) {
        int v = (int)rng_below(r, VALUES);
        example_put(out, symbol(key[i]), 0);
        example_put(out, symbol(KEYS + v), 0);
        if (i == asked)
            value = v;
    }
    example_put(out, TOKEN_SEP, 0);
    example_put(out, symbol(key[asked]), 1);
    example_put(out, TOKEN_SEP, 1);
    out->label = value;
    snprintf(out->note, EXAMPLE_NOTE, "%s: %s", lexicon_words[symbol(key[asked])], lexicon_words[symbol(KEYS + value)]);
    return true;
}

const struct task task_recall = {.name = "recall",
                                 .title = "associative recall: which of four values belongs to the key asked for",
                                 .kind = TASK_CLASSES,
                                 .classes = VALUES,
                                 .primary = METRIC_ACCURACY,
                                 .draw = draw};
