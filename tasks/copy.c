/* Copy: is the second segment the first one again? Half of the time one word, at a random position, differs. */
#include "data/task.h"
#include "language/symbols.h"

#include <stdio.h>

enum { WORDS = 32 };

static bool draw(const struct task_env *env, struct rng *r, struct example *out)
{
    static const int lengths[] = {3, 5, 8};
    int n = lengths[env->common->difficulty], changed = (int)rng_below(r, 2) ? (int)rng_below(r, (uint32_t)n) : -1;
    int words[8];
    out->n = 0;
    out->label = changed < 0;
    example_put(out, TOKEN_CLS, 0);
    for (int i = 0; i < n; i++) {
        words[i] = (int)rng_below(r, WORDS);
        example_put(out, symbol(words[i]), 0);
    }
    example_put(out, TOKEN_SEP, 0);
    for (int i = 0; i < n; i++) {
        int other = i == changed ? 1 + (int)rng_below(r, WORDS - 1) : 0;
        example_put(out, symbol((words[i] + other) % WORDS), 1);
    }
    example_put(out, TOKEN_SEP, 1);
    if (changed >= 0)
        snprintf(out->note, EXAMPLE_NOTE, "word %d changed", changed + 1);
    return true;
}

const struct task task_copy = {.name = "copy",
                               .title = "copy detection: one word differs (0), the same again (1)",
                               .kind = TASK_CLASSES,
                               .classes = 2,
                               .primary = METRIC_ACCURACY,
                               .draw = draw};
