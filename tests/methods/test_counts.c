/* Parameter counts at the papers' shapes, from the code that attaches; budgets met; options that cannot work refused.
 */
/* precision: float */
#include "tests/fixture.h"

#include "core/arena.h"
#include "core/die.h"
#include "tune/budget.h"
#include "tune/shapes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct counts counts_of(const char *shape, const char *method, const char *options)
{
    const struct method *m = method_find(method);
    struct model_config config;
    struct adapter common;
    void *opts = mem_alloc(m->options_size);
    struct trap t;
    if (trap_set(&t))
        fail_msg("%s %s %s: %s", shape, method, options, t.text);
    assert_true(shape_find(shape, &config));
    option_defaults(adapter_options, &common);
    option_defaults(m->options, opts);
    fixture_options(options, &common, m, opts);
    struct counts c = budget_count(m, opts, &common, &config, 0);
    trap_end(&t);
    free(opts);
    return c;
}

/* Counts in print, of the papers named beside them. */
static void counts_are_the_published_ones(void **state)
{
    (void)state;
    static const struct {
        const char *shape, *method, *options;
        long want;
    } published[] = {
        {"roberta-base", "lora", "rank=8", 294912},
        {"roberta-large", "lora", "rank=8", 786432},
        {"deberta-xxl", "lora", "rank=16", 4718592},
        {"gpt3", "lora", "rank=1", 4718592},
        {"gpt3", "lora", "rank=4", 18874368},
        {"gpt3", "lora", "rank=8", 37748736},
        {"gpt3", "lora", "rank=16", 75497472}, /* VeRA's table 1: 75.5M */
        {"vit-base", "lora", "rank=16", 589824},
        {"deberta-v3-base", "lora", "rank=2 targets=q,k,v,o,up,down", 331776},
        {"deberta-v3-base", "lora", "rank=4 targets=q,k,v,o,up,down", 663552},
        {"deberta-v3-base", "lora", "rank=8 targets=q,k,v,o,up,down", 1327104},
        {"roberta-base", "vera", "rank=1", 18456},
        {"roberta-base", "vera", "rank=16", 18816},
        {"roberta-base", "vera", "rank=256", 24576},
        {"roberta-base", "vera", "rank=1024", 43008},
        {"roberta-large", "vera", "rank=1", 49200},
        {"roberta-large", "vera", "rank=16", 49920},
        {"roberta-large", "vera", "rank=256", 61440},
        {"gpt3", "vera", "rank=16", 2362368},
        {"roberta-base", "dora", "rank=8", 313344},
        {"roberta-base", "lora_fa", "rank=8", 147456},
        {"deberta-v3-base", "adalora", "init_rank=12 target_rank=8 targets=q,k,v,o,up,down", 1991520},
        {"vit-base", "adalora", "init_rank=12 target_rank=8", 442656}, /* 520,325 with a head of 77,669 */
        {"bert-base", "bitfit", "", 102912},
        {"bert-base", "bitfit", "head=pooler", 102144},
        {"bert-large", "bitfit", "", 272384},
        {"bert-base", "ia3", "", 55296},
        {"roberta-large", "lora_xs", "rank=16 targets=q,v,o,down", 24576},
        {"roberta-large", "lora_xs", "rank=25 targets=q,v,o,down", 60000},
        {"bert-base", "full_qv", "", 14155776},
        {"bert-base", "lora", "rank=8 layers=01,+2", 49152},
        {"gpt3", "svft", "",
         16512768}, /* 192 matrices of 12288 + 2 (12287 + 12286 + 12285), on orthogonal frames of their size */
        {"roberta-base", "lora_plus", "rank=8", 294912},
        {"roberta-base", "rslora", "rank=8", 294912},
        {"roberta-base", "delta_lora", "rank=8", 294912},
        {"roberta-base", "pissa", "rank=8", 294912},
        {"roberta-base", "olora", "rank=8", 294912},
        {"roberta-base", "lora_ga", "rank=8", 294912},
        {"roberta-base", "eva", "rank=8", 294912},
        {"roberta-base", "corda", "rank=8", 294912},
        {"roberta-base", "lora_pro", "rank=8", 294912},
        {"roberta-base", "deft", "rank=8", 294912},
        {"roberta-base", "bdlora", "rank=8 blocks=2", 221184},
        {"roberta-base", "glora", "rank=4", 368784},                    /* 24 (8 1536 + 4 769 + 2) */
        {"roberta-base", "unilora", "length=23040", 23040},             /* its table 1: 0.023M */
        {"roberta-base", "vblora", "rank=90 pair=4 length=256", 74880}, /* 90 256, of which 0.023M; and all logits */
        {"roberta-base", "tinylora", "rank=13 tying=1", 13},
        {"roberta-base", "hira", "rank=8", 294912},
        {"roberta-base", "shira", "rank=8", 294912},
        {"roberta-base", "miss", "rank=8", 147456},
        {"roberta-base", "c3a", "block=768", 18432},
        {"roberta-base", "c3a", "block=128", 110592},
        {"roberta-base", "delora", "rank=8", 294936},
        {"deberta-v3-base", "hra", "rank=8 targets=q,k,v,o,up,down", 663552},
        {"roberta-base", "randlora", "rank=24", 460800}, /* PEFT's r = 32: 24 sites of 24 (32 + 768) */
        {"roberta-base", "fourierft", "rank=1", 36864},  /* 24 sites of n = 1,536; the paper's n = 1000 is no rank */
        {"roberta-base", "waveft", "rank=1", 36864},
        {"roberta-base", "svft", "rank=1", 18432},   /* its "plain": 24 x 768 */
        {"roberta-base", "svft", "rank=3", 92016},   /* 24 (768 x 5 - 2 x 3) */
        {"roberta-base", "psoft", "rank=46", 27048}, /* 24 x 46 x 49 / 2 */
        {"roberta-base", "kasa", "rank=8", 295104},  /* LoRA's and 24 x 8 */
        {"roberta-base", "moslora", "rank=8", 296448},
        {"roberta-base", "road", "", 18432},
        {"roberta-base", "road", "variant=4", 73728},
        {"roberta-base", "miss", "variant=mini rank=16 mini=32", 12288},
        {"roberta-base", "miss", "variant=bat rank=8", 147456},
        {"roberta-base", "shira", "rank=8 mask=magnitude", 294912},
        {"bert-base", "ln_tuning", "", 38400}, /* 2 x 768 x 25 norms */
        {"bert-base", "beft", "", 9216},
        {"bert-base", "head", "", 0},
    };
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        long got = counts_of(published[i].shape, published[i].method, published[i].options).trained;
        if (got != published[i].want)
            fail_msg("%s %s %s: %ld, published %ld", published[i].shape, published[i].method, published[i].options, got,
                     published[i].want);
    }
}

/* The encoder of BERT-base has 101,376 biases; the embedding norm's and the pooler's make 102,912. */
static void bitfit_of_the_layers_alone(void **state)
{
    (void)state;
    assert_int_equal(counts_of("bert-base", "bitfit", "").trained - 2 * 768, 101376);
}

/* The article's slip: rank-16 LoRA on GPT-3 has 75.5 million parameters, not 755 thousand; VeRA's "2.8M" counts the
 * frozen pair that all layers share, but not d; what trains is 2.36 million. */
static void the_article_s_755_thousand(void **state)
{
    (void)state;
    struct counts vera = counts_of("gpt3", "vera", "rank=16");
    assert_int_equal(vera.trained, 2362368);
    assert_int_equal(vera.stored - 192 * 16, 2752512);
    near(1 - 2752512.0 / 75497472.0, 0.9635, 1e-4);
}

static void final_and_stored_counts(void **state)
{
    (void)state;
    struct counts c = counts_of("deberta-v3-base", "adalora", "init_rank=12 target_rank=8 targets=q,k,v,o,up,down");
    assert_int_equal(c.active, 1327104 + 72 * 8); /* E is counted */
    c = counts_of("deberta-v3-base", "adalora", "init_rank=12 target_rank=8 delta_t=0");
    assert_int_equal(c.active, c.trained);
    c = counts_of("roberta-base", "lora_drop", "rank=8 select=fixed n=10");
    assert_int_equal(c.active, 147456);  /* half of LoRA's: 10 sites and a pair each for q and v */
    assert_int_equal(c.trained, 294912); /* while stage 1 measures */
    assert_int_equal(counts_of("roberta-base", "lora_drop", "rank=8 n=10 shared=none").active, 122880);
    assert_int_equal(counts_of("roberta-base", "lora_fa", "rank=8").stored, 294912);
    assert_int_equal(counts_of("roberta-base", "pissa", "rank=8").stored, 2 * 294912);
    assert_int_equal(counts_of("roberta-base", "delta_lora", "rank=8").stored, 2 * 294912);
    assert_int_equal(counts_of("roberta-base", "delta_lora", "rank=8 start=0").stored, 294912);
}

/* ---- Budgets */

static const struct model_config synthetic = {
    .vocab = 1000, .d = 64, .layers = 4, .heads = 4, .ffn = 256, .positions = 64, .types = 2, .eps = 1e-12};

static long solved(const struct method *m, const char *options, struct adapter *common, int *extra)
{
    void *opts = mem_alloc(m->options_size);
    option_defaults(adapter_options, common);
    option_defaults(m->options, opts);
    fixture_options(options, common, m, opts);
    *extra = budget_solve(m, opts, common, &synthetic);
    long counted = budget_counted(common, budget_count(m, opts, common, &synthetic, *extra));
    free(opts);
    return counted;
}

/* A method whose knob is coarse (blocks) may miss: then the remark says so, and no neighbouring rank does better. */
static void remarked(const struct method *m, const char *options, const struct adapter *common, int extra, long got)
{
    void *opts = mem_alloc(m->options_size);
    struct adapter c = *common;
    char text[512] = "", number[32];
    option_defaults(m->options, opts);
    if (!budget_remark(m, opts, common, &synthetic, extra, text, sizeof text))
        fail_msg("%s %s: %ld parameters and no remark", m->name, options, got);
    snprintf(number, sizeof number, "%ld", got);
    assert_non_null(strstr(text, number));
    for (int step = -1; step <= 1; step += 2) {
        struct trap t;
        c.rank = common->rank + step;
        if (c.rank >= 1 && !trap_set(&t)) {
            long other = budget_count(m, opts, &c, &synthetic, 0).trained;
            if (labs(other - common->budget) < labs(got - common->budget) && !budget_missed(common->budget, other))
                fail_msg("%s %s: %ld at rank %d, though rank %d has %ld", m->name, options, got, common->rank, c.rank,
                         other);
        }
        trap_end(&t);
    }
    free(opts);
}

static void every_knob_meets_every_budget(void **state)
{
    (void)state;
    static const int budgets[] = {2048, 4096, 8192, 16384};
    static const char *const where[] = {"", "targets=q,k,v,o,up,down"};
    volatile int *tried = mem_alloc((size_t)method_registry_size * sizeof *tried);
    for (int i = 0; i < method_registry_size; i++)
        for (int k = 0; k < 8; k++) {
            const struct method *m = method_registry[i];
            struct adapter common;
            char options[128];
            int extra;
            struct trap t;
            if (m->no_rank)
                continue;
            snprintf(options, sizeof options, "budget=%d %s", budgets[k % 4], where[k / 4]);
            if (trap_set(&t)) { /* a floor may lie above, and then it says so */
                trap_end(&t);
                const char *floor = strstr(t.text, "here: ");
                if (!floor || strtol(floor + 6, NULL, 10) * 50 <= budgets[k % 4] * 51L)
                    fail_msg("%s %s: %s", m->name, options, t.text);
                continue;
            }
            long got = solved(m, options, &common, &extra);
            trap_end(&t);
            tried[i] = tried[i] + 1;
            if (budget_missed(budgets[k % 4], got))
                remarked(m, options, &common, extra, got);
        }
    for (int i = 0; i < method_registry_size; i++)
        if (!method_registry[i]->no_rank && !tried[i])
            fail_msg("%s meets none of the budgets", method_registry[i]->name);
    free((void *)tried);
}

static void budgets_that_need_extra_ranks(void **state)
{
    (void)state;
    struct adapter c;
    int extra;
    assert_int_equal(solved(method_find("lora"), "budget=2048", &c, &extra), 2048);
    assert_true(c.rank == 2 && extra == 0);
    assert_int_equal(solved(method_find("dora"), "budget=2048", &c, &extra), 2048);
    assert_true(c.rank == 1 && extra == 4);
    assert_int_equal(solved(method_find("dora"), "budget=2048 exact=0", &c, &extra), 1536);
    assert_int_equal(solved(method_find("vera"), "budget=2048", &c, &extra), 2048);
    assert_int_equal(c.rank, 192); /* above d, and allowed */
    assert_int_equal(solved(method_find("lora_drop"), "budget=2048", &c, &extra), 2048);
    assert_true(c.rank == 2 && extra == 0); /* stage 1 trains as many; what is kept then spends the budget */
    assert_int_equal(solved(method_find("bdlora"), "budget=4096", &c, &extra), 4032); /* ranks 4 and 6 */
    assert_true(c.rank == 4 && extra == 5);
    assert_true(labs(solved(method_find("lora_xs"), "budget=4096", &c, &extra) - 4096) < 82);
    assert_true(c.rank == 22 && extra == 5);
}

/* Catches: a budget that a method exceeds while it trains, because it has given back parameters by the end. */
static void a_budget_counts_the_peak(void **state)
{
    (void)state;
    const struct method *m = method_find("adalora");
    static const char *const at[] = {"budget=4608", "budget=4608 budget_at=end"};
    for (int i = 0; i < 2; i++) {
        struct adapter c;
        int extra;
        const long counted = solved(m, at[i], &c, &extra);
        void *opts = mem_alloc(m->options_size);
        option_defaults(m->options, opts);
        const struct counts n = budget_count(m, opts, &c, &synthetic, extra);
        free(opts);
        assert_false(budget_missed(4608, counted));
        assert_int_equal(counted, i ? n.active : n.trained);
        assert_true(n.trained > n.active);
    }
}

/* ---- Refusals */

/* What a method and options say when they are refused, by attaching, by counting steps or by solving the budget. */
static void refused(const char *method, const char *options, const char *word, bool budget)
{
    const struct method *m = method_find(method);
    struct adapter common;
    void *opts = mem_alloc(m->options_size);
    struct trap t;
    static struct tiny tiny;
    if (trap_set(&t)) {
        trap_end(&t);
        free(opts);
        if (t.code == EXIT_RESOURCE) /* under valgrind: a trapped death leaves its model's address space taken */
            skip();
        assert_int_equal(t.code, EXIT_USAGE);
        if (!strstr(t.text, word))
            fail_msg("%s %s: \"%s\" does not mention %s", method, options, t.text, word);
        return;
    }
    option_defaults(adapter_options, &common);
    option_defaults(m->options, opts);
    fixture_options(options, &common, m, opts);
    if (budget)
        budget_solve(m, opts, &common, &synthetic);
    tiny_open(&tiny, m, opts, &common, 0, 1);
    tiny_begin(&tiny, 0);
    trap_end(&t);
    fail_msg("%s %s is not refused", method, options);
}

static void impossible_options_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[][3] = {
        {"lora", "rank=0", "rank"},
        {"lora", "rank=17", "rank is 1..16"},
        {"dora", "rank=17 targets=down", "rank"},
        {"lora", "alpha=nan", "alpha"},
        {"lora", "alpha=-1", "alpha"},
        {"lora", "dropout=1", "dropout"},
        {"lora", "targets=q,w", "targets"},
        {"lora", "layers=0,7", "layers"},
        {"lora", "ratio=16", "ratio"},
        {"lora_plus", "ratio=0", "ratio"},
        {"lora_fa", "projected=2", "projected"},
        {"vera", "d_initial=0", "d_initial"},
        {"dora", "norm_gradient=none", "norm_gradient"},
        {"pissa", "dropout=0.1", "dropout"},
        {"olora", "dropout=0.1", "dropout"},
        {"delta_lora", "dropout=0.1", "dropout"},
        {"adalora", "tinit=0.6 tfinal=0.4", "overlap"},
        {"adalora", "tinit=4 tfinal=2", "overlap"},
        {"adalora", "tinit=0", "overlap"},
        {"adalora", "init_rank=3 target_rank=4", "target_rank"},
        {"adalora", "init_rank=17", "init_rank"},
        {"adalora", "target_rank=2 budget=4096", "budget"},
        {"lora_drop", "n=99", "n=99"},
        {"lora_drop", "threshold=0", "threshold"},
        {"lora_drop", "sample=0", "sample"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refused(wrong[i][0], wrong[i][1], wrong[i][2], false);
}

static void impossible_budgets_are_refused(void **state)
{
    (void)state;
    refused("dora", "budget=1024", "floor", true);
    refused("lora", "budget=512", "floor", true);
    refused("lora", "budget=512", "1024", true);
    refused("full", "budget=4096", "no rank", true);
    refused("ia3", "budget=4096", "no rank", true);
}

/* ---- A method that takes multiples of four up to twelve, though its rank could exceed the matrix */

static void fours(const struct adapter *common, const void *opts, int in, int out)
{
    (void)opts, (void)in, (void)out;
    if (common->rank % 4 || common->rank > 12)
        die(EXIT_USAGE, "rank=%d: I take 4, 8 and 12", common->rank);
}

static void attach_row(struct tuning *t, struct site *s)
{
    tuning_train(tuning_param(t, s, "row", 64, s->rank), 1);
}

static void refused_ranks_are_too_large(void **state)
{
    (void)state;
    static const struct method picky = {.name = "picky", .check = fours, .attach = attach_row, .rank_free = true};
    static const struct {
        int budget, rank;
        long got;
    } cases[] = {{2048, 4, 2048}, {4096, 8, 4096}, {6144, 12, 6144}, {100000, 12, 6144}, {5000, 8, 5120}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char options[64], text[512];
        struct adapter common;
        int extra;
        snprintf(options, sizeof options, "budget=%d", cases[i].budget);
        assert_int_equal(solved(&picky, options, &common, &extra), cases[i].got);
        assert_int_equal(common.rank, cases[i].rank);
        bool missed = budget_remark(&picky, NULL, &common, &synthetic, extra, text, sizeof text);
        assert_int_equal(missed, budget_missed(cases[i].budget, cases[i].got));
        if (cases[i].budget == 100000)
            assert_non_null(strstr(text, "12 is its largest rank here"));
        if (cases[i].budget == 5000)
            assert_non_null(strstr(text, "4864 and 5120"));
    }
    refused("lora", "budget=4096 targets=z", "no linear layer", true);
}

/* Catches: a search that takes the gap between two divisors for the end of what a method takes. */
static void ranks_far_apart_are_found(void **state)
{
    (void)state;
    struct adapter common;
    int extra;
    assert_int_equal(solved(method_find("c3a"), "budget=32768", &common, &extra), 32768);
    assert_int_equal(common.rank, 64);
    assert_int_equal(solved(method_find("miss"), "budget=65536 variant=bat", &common, &extra), 32768);
    assert_int_equal(common.rank, 64);
}

int main(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_the_published_ones),  cmocka_unit_test(bitfit_of_the_layers_alone),
        cmocka_unit_test(the_article_s_755_thousand),     cmocka_unit_test(final_and_stored_counts),
        cmocka_unit_test(every_knob_meets_every_budget),  cmocka_unit_test(budgets_that_need_extra_ranks),
        cmocka_unit_test(a_budget_counts_the_peak),       cmocka_unit_test(impossible_options_are_refused),
        cmocka_unit_test(impossible_budgets_are_refused), cmocka_unit_test(refused_ranks_are_too_large),
        cmocka_unit_test(ranks_far_apart_are_found),
    };
    return cmocka_run_group_tests_name("counts", tests, NULL, NULL);
}
