/* peftlab count: how many parameters a method trains on a shape. */
#include "cli/verb.h"

#include "base/base.h"
#include "cli/nearest.h"
#include "core/die.h"
#include "tune/budget.h"
#include "tune/method_words.h"
#include "tune/shapes.h"
#include "tune/tuning.h"

#include <stdio.h>
#include <stdlib.h>

static int run(const struct words *w)
{
    const char *base = words_text(w, "base", "bert-base");
    nearest_method(w->word[0]);
    const struct method *m = method_find(w->word[0]);
    nearest_shape(base);
    struct model_config config;
    if (!shape_find(base, &config)) {
        struct base b;
        base_open(&b, base, 1);
        config = b.config;
        base_close(&b);
    }
    struct adapter common;
    void *opts = method_words(m, &common, w->n - 1, w->word + 1, "");
    int extra = budget_solve(m, opts, &common, &config);
    struct counts c = budget_count(m, opts, &common, &config, extra);
    printf("%s on %s: rank %d%s", m->name, base, common.rank, extra ? "" : "\n");
    if (extra)
        printf(" (+1 on %d sites)\n", extra);
    printf("  trained %ld, in use at the end %ld, stored %ld (the task's head apart)\n", c.trained, c.active, c.stored);
    if (common.budget)
        printf("  budget %d, off by %+.2f %%\n", common.budget,
               100.0 * (double)(budget_counted(&common, c) - common.budget) / common.budget);
    free(opts);
    return EXIT_OK;
}

const struct verb verb_count = {
    .name = "count",
    .group = VERB_LOOK,
    .summary = "count a method's parameters on a published model",
    .usage = "METHOD [key=value ...]",
    .least = 1,
    .help = "Keys are those of the method (`peftlab explain METHOD`) and of adapters: rank=,\n"
            "budget=, targets=, layers= and so on (`peftlab list options`).",
    .example = "count lora base=gpt3 rank=16",
    .options = {{"base", "SHAPE", "bert-base (unless given), roberta-large, gpt3, ..., or a base of yours"}},
    .run = run,
};
