/* peftlab count: how many parameters a method trains on a shape. */
#include "cli/verb.h"

#include "base/base.h"
#include "cli/nearest.h"
#include "core/arena.h"
#include "core/die.h"
#include "core/option.h"
#include "tune/budget.h"
#include "tune/method_words.h"
#include "tune/peft.h"
#include "tune/shapes.h"
#include "tune/tuning.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct model_config config_of(const char *base)
{
    struct model_config config;
    nearest_shape(base);
    if (!shape_find(base, &config)) {
        struct base b;
        base_open(&b, base, 1);
        config = b.config;
        base_close(&b);
    }
    return config;
}

/* What a method trains when it is asked for a budget, as a cell of the table: marked when it is off by more than 2 %. */
static void print_landing(const struct method *m, const struct model_config *config, int budget)
{
    struct adapter common;
    struct trap t;
    void *opts = mem_alloc(m->options_size);
    option_defaults(adapter_options, &common);
    option_defaults(m->options, opts);
    common.budget = m->no_rank ? 0 : budget;
    if (trap_set(&t))
        printf(" above it |"); /* its floor is */
    else {
        int extra = budget_solve(m, opts, &common, config);
        long got = budget_counted(&common, budget_count(m, opts, &common, config, extra));
        printf(" %ld%s |", got, common.budget && budget_missed(budget, got) ? "†" : "");
    }
    trap_end(&t);
    free(opts);
}

/* Every method: how it starts, what turns it, and where it lands when it is given a budget. */
static void print_all(const struct model_config *config)
{
    static const int budgets[] = {1024, 4096, 16384};
    enum { BUDGETS = sizeof budgets / sizeof *budgets };
    printf("| method | step 0 is the base | knob | phases | in PEFT's format | 1,024 | 4,096 | 16,384 |\n"
           "|---|---|---|---|---|---:|---:|---:|\n");
    for (int i = 0; i < method_registry_size; i++) {
        const struct method *m = method_registry[i];
        void *opts = mem_alloc(m->options_size);
        option_defaults(m->options, opts);
        unsigned declared = m->declares | (m->declared ? m->declared(opts) : 0);
        printf("| `%s` | %s | %s | %d | %s |", m->name,
               declared & STARTS_ELSEWHERE                  ? "no"
               : declared & STARTS_NEAR || m->start_tol > 0 ? "to rounding"
                                                            : "bit for bit",
               m->no_rank ? "none" : "rank", m->phases ? m->phases : 1, peft_type(m->peft) ? m->peft->type : "no");
        free(opts);
        for (int k = 0; k < BUDGETS; k++)
            print_landing(m, config, budgets[k]);
        putchar('\n');
    }
}

static int run(const struct words *w)
{
    if (strcmp(w->word[0], "all") == 0) {
        if (w->n > 1)
            die(EXIT_USAGE, "count all takes base=SHAPE alone, not \"%.40s\"", w->word[1]);
        struct model_config all = config_of(words_text(w, "base", "synthetic"));
        print_all(&all);
        return EXIT_OK;
    }
    const char *base = words_text(w, "base", "bert-base");
    nearest_method(w->word[0]);
    const struct method *m = method_find(w->word[0]);
    struct model_config config = config_of(base);
    struct adapter common;
    void *opts = method_words(m, &common, w->n - 1, w->word + 1, "");
    int extra = budget_solve(m, opts, &common, &config);
    struct counts c = budget_count(m, opts, &common, &config, extra);
    printf("%s on %s: rank %d%s", m->name, base, common.rank, extra ? "" : "\n");
    if (extra)
        printf(" (the next one on %d sites)\n", extra);
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
    .usage = "METHOD|all [key=value ...]",
    .least = 1,
    .help = "Keys are those of the method (`peftlab explain METHOD`) and of adapters:\n"
            "rank=, budget=, targets=, layers= and so on (`peftlab list options`). `count\n"
            "all` prints the table of methods/README.md: how each starts, and what it\n"
            "trains when it is given 1,024, 4,096 or 16,384; a cross marks what is off by\n"
            "more than 2 %.",
    .example = "count lora base=gpt3 rank=16\ncount all",
    .options = {{"base", "SHAPE", "bert-base (unless given), roberta-large, gpt3, ..., or a base of yours"}},
    .run = run,
};
