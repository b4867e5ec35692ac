/* Synthetic tasks: balance, disjoint splits, stable streams, labels recomputed from words, the bag-of-words bounds. */
/* precision: float */
#include "core/die.h"
#include "data/bow.h"
#include "data/task.h"
#include "language/language.h"
#include "language/symbols.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

extern const struct task task_cola, task_sst, task_mrpc, task_mnli, task_qnli, task_sts;
extern const struct task task_majority, task_parity, task_copy, task_recall, task_planted;

enum { TASKS = 11 };
static const struct task *const tasks[TASKS] = {&task_cola, &task_sst,    &task_mrpc,     &task_mnli,
                                                &task_qnli, &task_sts,    &task_majority, &task_parity,
                                                &task_copy, &task_recall, &task_planted};

/* Splits at difficulty 1. A change here changes every result: raise PEFTLAB_ABI with it. */
static const char *const pinned[TASKS] = {"d1e93169463f0ac6de3781b0124872fc0e8628787f6471b985c4b2d3792e305f",
                                          "72330d03ee0b7e332cde8bc7f1f8f5c48e076da33a943034b90602983cec7a06",
                                          "d0f78f98d7132488301f8fe75c311e548e433d5d6c28eb04d0cb0430a09cd3ec",
                                          "153c93bce28771e80989e0235c37e38d02fed79513408bcbc04281e569681295",
                                          "0bdb4ca305e5fe22c1d58b8274562ceb3d51d0817db6894a9cd5fe672db7dff5",
                                          "0f59e63172846f8f6e847ca88ea942144ec0d089b857785a05b9dd67231327b3",
                                          "129923d03be63d5987c514eb5007a3493d3663a92787a9b5a04df128f6b5d6e7",
                                          "02e661ad316b999b729a7c8b5cfbd6eeed51fc8fce73a5513a122894bde7bf8f",
                                          "bd175606f63138843e9795b9e39dea01fcb0dc2016ae51a859c8fd44b11dd059",
                                          "da15ede94dbfe176e507153f44703c9f2834dc63687d5f1a1d7e6846a1d6c654",
                                          "045efdd785f7ef0fd2947a0de87774027f53f3019afca28dc2574596a9ac08cc"};

struct made {
    struct task_common common;
    union {
        double align;
        char bytes[2048];
    } opts;
    struct task_env env;
    struct dataset splits[SPLITS];
};

/* Defaults, then "name", "value" pairs of common or own options up to NULL, then the splits. */
static void make(struct made *m, const struct task *t, const char *const *set)
{
    memset(m, 0, sizeof *m);
    option_defaults(task_common_options, &m->common);
    if (t->options) {
        assert_true(t->options_size <= sizeof m->opts);
        option_defaults(t->options, &m->opts);
    }
    for (; set && *set; set += 2) {
        const struct option *o = option_find(task_common_options, set[0]);
        option_set(o ? o : option_find(t->options, set[0]), o ? (void *)&m->common : &m->opts, set[1]);
    }
    m->env = (struct task_env){.common = &m->common, .opts = &m->opts, .max_len = DOCUMENT_TOKENS};
    task_make(t, &m->env, m->splits);
}

#define MAKE(m, t, ...) make(m, t, (const char *const[]){__VA_ARGS__, NULL})

static void unmake(struct made *m)
{
    for (int s = 0; s < SPLITS; s++)
        dataset_free(&m->splits[s]);
}

static void hash(const struct made *m, char hex[65])
{
    const struct dataset *const all[SPLITS] = {&m->splits[0], &m->splits[1], &m->splits[2]};
    dataset_hash(all, SPLITS, hex);
}

static int length(const struct dataset *d, int i)
{
    return d->start[i + 1] - d->start[i];
}

static bool equal(const struct dataset *a, int i, const struct dataset *b, int j)
{
    return length(a, i) == length(b, j) &&
           memcmp(a->ids + a->start[i], b->ids + b->start[j], sizeof *a->ids * (size_t)length(a, i)) == 0;
}

static bool label_is_valid(const struct task *t, int classes, double label)
{
    if (t->kind == TASK_CLASSES)
        return label >= 0 && label < classes && label == floor(label);
    return t->kind == TASK_SCORE ? label >= 0 && label <= 1 && 4 * label == floor(4 * label) : label == 0;
}

static void test_form(void **state)
{
    static const char *const difficulty[] = {"0", "1", "2"};
    (void)state;
    for (int k = 0; k < TASKS; k++)
        for (int hard = 0; hard < 3; hard++) {
            struct made m;
            MAKE(&m, tasks[k], "difficulty", difficulty[hard]);
            assert_int_equal(m.splits[SPLIT_TRAIN].n, tasks[k]->streams ? 0 : 3000);
            assert_int_equal(m.splits[SPLIT_VALID].n, 1000);
            assert_int_equal(m.splits[SPLIT_TEST].n, 1000);
            for (int s = 0; s < SPLITS; s++) {
                const struct dataset *d = &m.splits[s];
                int count[8] = {0};
                for (int i = 0; i < d->n; i++) {
                    assert_true(length(d, i) <= DOCUMENT_TOKENS);
                    assert_int_equal(d->ids[d->start[i]], TOKEN_CLS);
                    assert_int_equal(d->ids[d->start[i + 1] - 1], TOKEN_SEP);
                    assert_true(label_is_valid(tasks[k], m.env.classes, d->label[i]));
                    count[(int)d->label[i]]++;
                    if (m.env.classes && (i + 1) % m.env.classes == 0) /* balanced in every prefix */
                        for (int c = 0; c < m.env.classes; c++)
                            assert_int_equal(count[c], (i + 1) / m.env.classes);
                }
                for (int t = 0; t < d->tokens; t++)
                    assert_true(d->ids[t] >= 0 && d->ids[t] < LEXICON_SIZE && d->types[t] <= 1);
            }
            unmake(&m);
        }
}

/* A test item seen in training makes memory look like skill. */
static void test_disjoint(void **state)
{
    (void)state;
    for (int k = 0; k < TASKS; k++) {
        struct made m;
        MAKE(&m, tasks[k], "ntrain", "600", "nvalid", "300", "ntest", "300");
        for (int s = 0; s < SPLITS; s++)
            for (int u = s; u < SPLITS; u++)
                for (int i = 0; i < m.splits[s].n; i++)
                    for (int j = u == s ? i + 1 : 0; j < m.splits[u].n; j++)
                        assert_false(equal(&m.splits[s], i, &m.splits[u], j));
        unmake(&m);
    }
}

static void test_pinned(void **state)
{
    (void)state;
    for (int k = 0; k < TASKS; k++) {
        struct made m;
        char hex[65];
        make(&m, tasks[k], NULL);
        hash(&m, hex);
        assert_string_equal(hex, pinned[k]);
        unmake(&m);
    }
}

static void test_prefix(void **state)
{
    (void)state;
    for (int k = 0; k < TASKS; k++) {
        struct made all, some;
        if (tasks[k]->streams)
            continue;
        make(&all, tasks[k], NULL);
        MAKE(&some, tasks[k], "ntrain", "250");
        assert_int_equal(some.splits[SPLIT_TRAIN].n, 250);
        for (int i = 0; i < 250; i++) {
            assert_true(equal(&all.splits[0], i, &some.splits[0], i));
            assert_true(all.splits[0].label[i] == some.splits[0].label[i]);
        }
        for (int s = SPLIT_VALID; s < SPLITS; s++)
            for (int i = 0; i < 1000; i++)
                assert_true(equal(&all.splits[s], i, &some.splits[s], i));
        unmake(&all);
        unmake(&some);
    }
}

static void test_seed(void **state)
{
    struct made a, b;
    char one[65], other[65];
    (void)state;
    make(&a, &task_sst, NULL);
    MAKE(&b, &task_sst, "task_seed", "12");
    hash(&a, one);
    hash(&b, other);
    assert_string_not_equal(one, other);
    unmake(&a);
    unmake(&b);
}

static void test_label_noise(void **state)
{
    struct made clean, noisy;
    int flipped = 0, kind[3][3] = {{0}};
    (void)state;
    make(&clean, &task_mnli, NULL);
    MAKE(&noisy, &task_mnli, "label_noise", "0.3");
    for (int s = 0; s < SPLITS; s++)
        for (int i = 0; i < clean.splits[s].n; i++) {
            int was = (int)clean.splits[s].label[i], is = (int)noisy.splits[s].label[i];
            assert_true(equal(&clean.splits[s], i, &noisy.splits[s], i));
            if (s == SPLIT_TRAIN) {
                flipped += was != is;
                kind[was][is]++;
            } else {
                assert_int_equal(was, is);
            }
        }
    assert_true(fabs(flipped / 3000. - .3) < 5 * sqrt(.21 / 3000));
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++)
            assert_true(kind[a][b] > 100); /* every other class is hit */
    unmake(&clean);
    unmake(&noisy);
}

/* ---- Labels recomputed from the words alone */

static int bit(int token)
{
    return (token - symbol(0)) / (symbol(1) - symbol(0)) % 2;
}

static void test_mechanism_labels(void **state)
{
    struct made m;
    (void)state;
    make(&m, &task_parity, NULL);
    for (int i = 0; i < 1000; i++) {
        const int *ids = m.splits[2].ids + m.splits[2].start[i];
        assert_int_equal(m.splits[2].label[i], bit(ids[1]) ^ bit(ids[2]));
    }
    unmake(&m);
    make(&m, &task_majority, NULL);
    for (int i = 0; i < 1000; i++) {
        int lead = 0;
        for (int t = m.splits[2].start[i]; t < m.splits[2].start[i + 1]; t++)
            lead += (m.splits[2].ids[t] == symbol(1)) - (m.splits[2].ids[t] == symbol(0));
        assert_true(lead != 0 && m.splits[2].label[i] == (lead > 0));
    }
    unmake(&m);
    make(&m, &task_copy, NULL);
    for (int i = 0; i < 1000; i++) {
        const int *ids = m.splits[2].ids + m.splits[2].start[i];
        int half = (length(&m.splits[2], i) - 3) / 2, differ = 0;
        for (int j = 1; j <= half; j++)
            differ += ids[j] != ids[j + half + 1];
        assert_int_equal(m.splits[2].label[i], differ == 0);
        assert_true(differ <= 1);
    }
    unmake(&m);
    make(&m, &task_recall, NULL);
    for (int i = 0; i < 1000; i++) {
        const int *ids = m.splits[2].ids + m.splits[2].start[i];
        int n = length(&m.splits[2], i), j = 1;
        while (ids[j] != ids[n - 2])
            j += 2;
        assert_int_equal(ids[j + 1], symbol(16 + (int)m.splits[2].label[i]));
    }
    unmake(&m);
}

/* Sentiment of a sentence without negation, "but" or quantifier: adding up the polarity of its words gives the same
 * sign. */
static void test_sst_labels(void **state)
{
    struct made m;
    const struct dataset *d = &m.splits[SPLIT_TEST];
    int checked = 0;
    (void)state;
    MAKE(&m, &task_sst, "difficulty", "0");
    for (int i = 0; i < d->n; i++) {
        int positive = 0, negative = 0;
        bool plain = true;
        for (int t = d->start[i]; t < d->start[i + 1]; t++) {
            int id = d->ids[t], p = 0;
            if (id >= ADJECTIVE_FIRST && id < DEGREE_FIRST)
                p = adjective_polarity(id - ADJECTIVE_FIRST);
            else if (id >= ADVERB_FIRST)
                p = adverb_polarity(id - ADVERB_FIRST);
            else if (id >= TRANSITIVE_FIRST && id < INTRANSITIVE_FIRST)
                p = verb_polarity((id - TRANSITIVE_FIRST) / 3);
            positive += p > 0;
            negative += p < 0;
            plain = plain && id != WORD_NOT;
            assert_true(id != WORD_NO && id != WORD_FEW);
        }
        if (plain && (positive == 0) != (negative == 0)) {
            assert_int_equal(d->label[i], positive > 0);
            checked++;
        }
    }
    assert_true(checked > 200);
    unmake(&m);
}

/* ---- Shortcuts */

static double bow(const struct task *t, const char *difficulty)
{
    struct made m;
    struct bow_result result;
    if (t == &task_sts)
        MAKE(&m, t, "difficulty", difficulty, "mode", "classes");
    else
        MAKE(&m, t, "difficulty", difficulty);
    result = bow_baseline(m.splits, m.env.classes, LEXICON_SIZE);
    assert_true(fabs(result.majority - 1. / m.env.classes) < .001); /* 1000 examples of 3 classes: 334, 333, 333 */
    assert_true(result.train >= result.test);
    unmake(&m);
    return result.test;
}

static void test_bag_of_words(void **state)
{
    static const char *const difficulty[] = {"0", "1", "2"};
    (void)state;
    for (int k = 0; k < 3; k++) {
        double cola = bow(&task_cola, difficulty[k]), qnli = bow(&task_qnli, difficulty[k]);
        assert_true(cola > .47 && cola < .58);
        assert_true(qnli > .47 && qnli < .58);
        assert_true(bow(&task_mrpc, difficulty[k]) < .65);
        assert_true(bow(&task_mnli, difficulty[k]) < .65);
        assert_true(bow(&task_sts, difficulty[k]) < .26);
        assert_true(bow(&task_parity, difficulty[k]) < .55);
    }
    assert_true(bow(&task_majority, "1") > .98); /* the baseline does learn what counts can tell */
}

/* ---- The framework's edges */

static void test_exhausted(void **state)
{
    struct trap trap;
    (void)state;
    if (trap_set(&trap)) {
        assert_int_equal(trap.code, EXIT_USAGE);
        assert_non_null(strstr(trap.text, "parity"));
    } else {
        struct made m;
        MAKE(&m, &task_parity, "bits", "1", "difficulty", "0"); /* 16^3 = 4096 sequences for 5000 examples */
        fail_msg("a task of 4096 sequences filled 5000 examples");
    }
    trap_end(&trap);
}

static void test_batches(void **state)
{
    struct made m;
    struct batch b = {0};
    const int order[] = {7, 3, 7};
    struct example e = {.n = 2, .ids = {TOKEN_CLS, TOKEN_SEP}, .label = 5};
    (void)state;
    MAKE(&m, &task_cola, "ntrain", "10");
    const struct dataset *d = &m.splits[SPLIT_TRAIN];
    batch_gather(&b, d, order, 3);
    assert_int_equal(b.B, 3);
    assert_int_equal(b.N, 2 * length(d, 7) + length(d, 3));
    for (int k = 0; k < 3; k++) {
        assert_int_equal(b.item[k], order[k]);
        assert_true(b.label[k] == d->label[order[k]]);
        assert_memory_equal(b.ids + b.start[k], d->ids + d->start[order[k]], sizeof(int) * (size_t)length(d, order[k]));
    }
    batch_add(&b, &e);
    assert_int_equal(b.B, 4);
    assert_int_equal(b.start[4], b.N);
    assert_true(b.label[3] == 5);
    batch_clear(&b);
    for (int k = 0; k < 1000; k++)
        batch_add(&b, &e);
    assert_int_equal(b.N, 2000);
    batch_free(&b);
    unmake(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_form),
                                       cmocka_unit_test(test_disjoint),
                                       cmocka_unit_test(test_pinned),
                                       cmocka_unit_test(test_prefix),
                                       cmocka_unit_test(test_seed),
                                       cmocka_unit_test(test_label_noise),
                                       cmocka_unit_test(test_mechanism_labels),
                                       cmocka_unit_test(test_sst_labels),
                                       cmocka_unit_test(test_bag_of_words),
                                       cmocka_unit_test(test_exhausted),
                                       cmocka_unit_test(test_batches)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
