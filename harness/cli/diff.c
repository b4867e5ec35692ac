/* peftlab diff: what two runs differ in, and which of config, code, data, kernel or noise it is. */
#include "cli/verb.h"

#include "core/die.h"
#include "record/compare.h"

#include <stdio.h>
#include <string.h>

struct causes {
    int config, code, data, kernel, seed_only;
};

static void print_key(const char *key, const char *a, const char *b, void *data)
{
    struct causes *c = data;
    bool seed = strcmp(key, "seed") == 0 || strcmp(key, "init_seed") == 0 || strcmp(key, "order_seed") == 0 ||
                strcmp(key, "twin") == 0;
    c->seed_only = (c->config == 0 || c->seed_only) && seed;
    c->config++;
    printf("  config   %s: %s against %s\n", key, a ? a : "(none)", b ? b : "(none)");
}

static void print_text(const char *kind, const char *what, const char *a, const char *b, int *count)
{
    if (strcmp(a, b) == 0)
        return;
    printf("  %-8s %s: %.60s against %.60s\n", kind, what, *a ? a : "(not recorded)", *b ? b : "(not recorded)");
    (*count)++;
}

static void print_result(const char *what, const char *how, void *data)
{
    int *n = data;
    if ((*n)++ < 12)
        printf("  result   %s: %s\n", what, how);
}

static struct causes find_causes(const struct record *a, const struct record *b)
{
    struct causes c = {0};
    char x[16], y[16];
    int commit = 0;
    config_compare(a->config, b->config, print_key, &c);
    print_text("code", "method", a->method_source, b->method_source, &c.code);
    print_text("code", "task", a->task_source, b->task_source, &c.code);
    snprintf(x, sizeof x, "%d", a->abi);
    snprintf(y, sizeof y, "%d", b->abi);
    print_text("code", "PEFTLAB_ABI", x, y, &c.code);
    print_text("code", "number type", a->number_type, b->number_type, &c.code);
    print_text("data", "data", a->data_hash, b->data_hash, &c.data);
    print_text("data", "base", a->base_hash, b->base_hash, &c.data);
    print_text("kernel", "BLAS", a->core, b->core, &c.kernel);
    print_text("kernel", "compiler", a->compiler, b->compiler, &c.kernel);
    print_text("commit", a->dirty || b->dirty ? "(with changes)" : "", a->commit, b->commit, &commit);
    return c;
}

static int run(const struct words *w)
{
    const char *results = words_results(w);
    struct record a, b;
    int shown = 0;
    record_find(&a, results, w->word[0]);
    record_find(&b, results, w->word[1]);
    printf("%.12s against %.12s\n", a.key, b.key);
    struct causes c = find_causes(&a, &b);
    int n = record_compare(&a, &b, print_result, &shown);
    if (n > 12)
        printf("  result   and %d more\n", n - 12);
    printf("  measured step %.3f ms against %.3f, training %.2f s against %.2f\n", a.run.cost.step_ms,
           b.run.cost.step_ms, a.run.cost.train, b.run.cost.train);
    if (!n)
        printf("same results, bit for bit%s\n", c.config || c.code || c.data || c.kernel ? " in spite of that" : "");
    else if (c.config || c.code || c.data)
        printf("the runs differ in%s%s%s%s, so other results are expected\n", c.config ? " configuration" : "",
               c.code ? " code" : "", c.data ? " data" : "",
               c.config && c.seed_only && !c.code && !c.data ? " (seeds only: this is the noise between runs)" : "");
    else if (c.kernel)
        printf("same configuration, code and data; the kernel or compiler rounds differently\n");
    else
        printf(
            "UNEXPLAINED: same configuration, code, data and kernel, other results (`peftlab blame` goes further)\n");
    int code = n && !c.config && !c.code && !c.data && !c.kernel ? EXIT_MISMATCH : EXIT_OK;
    record_free(&a);
    record_free(&b);
    return code;
}

const struct verb verb_diff = {
    .name = "diff",
    .group = VERB_PROVE,
    .summary = "say what two runs differ in, and why",
    .usage = "RUN RUN",
    .least = 2,
    .most = 2,
    .help = "RUN is a key or the beginning of one, or a file.",
    .example = "diff 3f2a91c07d5e 88d0c3a1b2f4",
    .options = {VERB_RESULTS},
    .run = run,
};
