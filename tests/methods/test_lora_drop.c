/* LoRA-drop's rules between phases: what is measured, its verdict, and what the dropped sites share, which no gradient
 * check can see. */
#include "tests/fixture.h"

#include "core/arena.h"
#include "data/dataset.h"
#include "math/linalg.h"
#include "tune/lowrank.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Stage 1, the verdict, and the start of stage 2. */
static void first_stage(struct fixture *f)
{
    fixture_train(f, 3);
    tiny_measure(&f->tiny);
    tuning_end_phase(&f->tiny.tuning);
    tiny_begin(&f->tiny, 1);
}

static void lora_drop_that_keeps_all_is_lora(void **state)
{
    (void)state;
    struct fixture a, b;
    fixture_open(&a, "lora_drop", "threshold=1 dropout=0.2");
    fixture_open(&b, "lora", "dropout=0.2");
    first_stage(&a);
    fixture_train(&a, TINY_STEPS);
    fixture_train(&b, TINY_STEPS);
    fixture_same_weights(&a, &b, 0);
    fixture_close(&a);
    fixture_close(&b);
}

static void lora_drop_frozen_is_not_none(void **state)
{
    (void)state;
    struct fixture a, b, c;
    fixture_open(&a, "lora_drop", "select=fixed n=1 shared=frozen");
    fixture_open(&b, "lora_drop", "select=fixed n=1 shared=none");
    fixture_open(&c, "head", "");
    first_stage(&a);
    first_stage(&b);
    fixture_same_weights(&b, &c, 0);
    assert_true(fixture_weight_distance(&a, &c) > 1e-5); /* the dropped sites start where stage 1 left their mean */
    assert_int_equal(tuning_count_trained(&a.tiny.tuning), tuning_count_trained(&b.tiny.tuning));
    fixture_close(&a);
    fixture_close(&b);
    fixture_close(&c);
}

/* Catches: the pair that dropped sites share trains although it is to stand. */
static void lora_drop_frozen_stands(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "lora_drop", "select=fixed n=1 targets=q shared=frozen");
    first_stage(&f);
    const struct lowrank *pair = f.tiny.tuning.site[0]->state, *last = f.tiny.tuning.site[1]->state;
    pair = pair->B == last->B ? pair : f.tiny.tuning.site[2]->state; /* one site of three is kept: two share */
    struct mat was = mat_of(mem_alloc(mat_size(pair->B->w) * sizeof(real)), pair->B->w.rows, pair->B->w.cols);
    mat_copy(pair->B->w, was);
    fixture_train(&f, TINY_STEPS);
    assert_memory_equal(pair->B->w.v, was.v, mat_size(was) * sizeof(real));
    assert_false(pair->A->trains || pair->B->trains);
    free(was.v);
    fixture_close(&f);
}

/* Catches: an importance that is the last batch's alone. The sample is measured batch by batch. */
static void lora_drop_importance_adds_up(void **state)
{
    (void)state;
    struct fixture f;
    double once[3] = {1, 1, 1};
    fixture_open(&f, "lora_drop", "targets=q");
    fixture_train(&f, 3);
    for (int pass = 0; pass < 2; pass++) {
        tiny_measure(&f.tiny);
        for (int i = 0; i < f.tiny.tuning.nsites; i++) {
            double g; /* stands behind the pair in the site's state */
            memcpy(&g, (const char *)f.tiny.tuning.site[i]->state + sizeof(struct lowrank), sizeof g);
            assert_true(g > 0);
            if (pass)
                near(g / once[i], 2, 1e-12);
            once[i] = g;
        }
    }
    fixture_close(&f);
}

/* The pair's gradient is the sum over the sites that use it: those of LoRA's own pairs at the same values. */
static void lora_drop_sums_the_shared_gradient(void **state)
{
    (void)state;
    struct fixture a, b;
    fixture_open(&a, "lora_drop", "select=fixed n=1 targets=q,o");
    fixture_open(&b, "lora", "targets=q,o");
    first_stage(&a);
    tiny_perturb(&a.tiny, 7, 0.1);
    mat_copy(a.tiny.model.classifier_W->w, b.tiny.model.classifier_W->w);
    mat_copy(a.tiny.model.classifier_b->w, b.tiny.model.classifier_b->w);
    for (int i = 0; i < b.tiny.tuning.nsites; i++) {
        const struct lowrank *from = a.tiny.tuning.site[i]->state, *to = b.tiny.tuning.site[i]->state;
        mat_copy(from->A->w, to->A->w);
        mat_copy(from->B->w, to->B->w);
    }
    tiny_objective(&a.tiny, true);
    tiny_objective(&b.tiny, true);
    int shared = 0;
    for (int i = 0; i < a.tiny.tuning.nsites; i++) {
        const struct lowrank *one = a.tiny.tuning.site[i]->state;
        struct mat sum = mat_of(mem_alloc(mat_size(one->B->w) * sizeof(real)), one->B->w.rows, one->B->w.cols);
        int users = 0;
        for (int j = 0; j < a.tiny.tuning.nsites; j++)
            if (((struct lowrank *)a.tiny.tuning.site[j]->state)->B == one->B) {
                mat_add(1, ((struct lowrank *)b.tiny.tuning.site[j]->state)->B->g, sum);
                users++;
            }
        shared += users > 1;
        for (size_t k = 0; k < mat_size(sum); k++)
            near((double)one->B->g.v[k], (double)sum.v[k], sizeof(real) == sizeof(double) ? 1e-14 : 1e-6);
        free(sum.v);
    }
    assert_int_equal(shared, a.tiny.tuning.nsites - 1);
    fixture_close(&a);
    fixture_close(&b);
}

struct verdict {
    double share[16], kept[16];
    int n;
};

static void collect(void *to, const char *name, double value)
{
    struct verdict *v = to;
    if (strncmp(name, "importance.", 11) == 0)
        v->share[v->n] = value;
    else
        v->kept[v->n++] = value;
}

static struct verdict verdict_of(const char *options)
{
    struct fixture f;
    struct verdict v = {.n = 0};
    fixture_open(&f, "lora_drop", options);
    first_stage(&f);
    f.tiny.tuning.method->report(&f.tiny.tuning, collect, &v);
    fixture_close(&f);
    return v;
}

/* Kept are the fewest of every `stride`-th site from `first` on whose shares reach T: all larger than those dropped. */
static void check_group(const struct verdict *v, int first, int stride, double T)
{
    double sum = 0, kept = 0, least = 2, dropped = 0;
    for (int i = first; i < v->n; i += stride) {
        sum += v->share[i];
        kept += v->kept[i] * v->share[i];
        least = fmin(least, v->kept[i] == 1 ? v->share[i] : 2);
        dropped = fmax(dropped, v->kept[i] == 1 ? 0 : v->share[i]);
    }
    near(sum, 1, 1e-12);
    assert_true(kept >= T - 1e-12 && kept - least < T && dropped <= least);
}

/* q0, v0, q1, v1, q2, v2: shares sum to 1 within q and within v, or over all six. */
static void lora_drop_keeps_what_reaches_the_threshold(void **state)
{
    (void)state;
    static const double T[] = {0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
    for (size_t k = 0; k < sizeof T / sizeof *T; k++) {
        char options[64];
        snprintf(options, sizeof options, "threshold=%g", T[k]);
        struct verdict v = verdict_of(options);
        assert_int_equal(v.n, 6);
        check_group(&v, 0, 2, T[k]);
        check_group(&v, 1, 2, T[k]);
        snprintf(options, sizeof options, "threshold=%g per_type=0", T[k]);
        v = verdict_of(options);
        check_group(&v, 0, 1, T[k]);
    }
}

static void lora_drop_controls_keep_as_many(void **state)
{
    (void)state;
    struct verdict last = verdict_of("layers=0,1 select=fixed n=3 keep=last"),
                   chance = verdict_of("layers=0,1 select=fixed n=3 keep=random");
    struct verdict best = verdict_of("layers=0,1 select=fixed n=3"),
                   one = verdict_of("layers=0,1 select=fixed n=1 per_type=0");
    assert_true(last.kept[0] == 0 && last.kept[1] == 1 && last.kept[2] == 1 && last.kept[3] == 1);
    int n = 0, m = 0, first = 0;
    for (int i = 0; i < 4; i++) {
        n += chance.kept[i] == 1;
        m += best.kept[i] == 1;
        first = one.share[i] > one.share[first] ? i : first;
    }
    assert_int_equal(n, 3);
    assert_int_equal(m, 3);
    assert_true(one.kept[first] == 1);
}

/* With a budget, stage 2 spends it on what was kept, whatever was planned. */
static void lora_drop_spends_its_budget_after_the_verdict(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "lora_drop", "rank=2 budget=384 threshold=0.05 shared=none");
    first_stage(&f);
    assert_int_equal(tuning_count_trained(&f.tiny.tuning), 384); /* two sites of 32 per rank: 6 each */
    fixture_close(&f);
}

/* A phase begins in empty arenas: memory measured in the second is the second's. */
static void phases_do_not_add_up_in_memory(void **state)
{
    (void)state;
    struct fixture a, b;
    fixture_open(&a, "lora_drop", "threshold=1");
    fixture_open(&b, "lora", "");
    first_stage(&a);
    assert_int_equal(a.tiny.mem.weights.used, b.tiny.mem.weights.used);
    assert_int_equal(a.tiny.mem.grads.used, b.tiny.mem.grads.used);
    assert_int_equal(a.tiny.mem.moments.used, b.tiny.mem.moments.used);
    fixture_close(&a);
    fixture_close(&b);
}

/* Catches: a sample that is a prefix, which has one class where a table is sorted by label. */
static void lora_drop_sees_every_class_by_its_share(void **state)
{
    (void)state;
    struct dataset d = {0};
    struct example e = {.n = 1};
    int n, of[3] = {0};
    for (int i = 0; i < 1000; i++) {
        e.label = i < 500 ? 2 : i < 900 ? 0 : 1;
        dataset_add(&d, &e);
    }
    int *item = dataset_sample(&d, 0.1, &n);
    assert_int_equal(n, 100);
    for (int k = 0; k < n; k++) {
        assert_true(k == 0 || item[k] > item[k - 1]);
        of[(int)d.label[item[k]]]++;
    }
    assert_int_equal(of[0], 40);
    assert_int_equal(of[1], 10);
    assert_int_equal(of[2], 50);
    free(item);
    item = dataset_sample(&d, 1, &n); /* every example once */
    assert_int_equal(n, 1000);
    for (int k = 0; k < n; k++)
        assert_int_equal(item[k], k);
    free(item);
    free(dataset_sample(&d, 1e-6, &n));
    assert_int_equal(n, 1);
    dataset_free(&d);
    free(dataset_sample(&d, 0.1, &n)); /* a streamed task has none */
    assert_int_equal(n, 0);
}

int main(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lora_drop_that_keeps_all_is_lora),
        cmocka_unit_test(lora_drop_frozen_is_not_none),
        cmocka_unit_test(lora_drop_frozen_stands),
        cmocka_unit_test(lora_drop_importance_adds_up),
        cmocka_unit_test(lora_drop_sums_the_shared_gradient),
        cmocka_unit_test(lora_drop_keeps_what_reaches_the_threshold),
        cmocka_unit_test(lora_drop_controls_keep_as_many),
        cmocka_unit_test(lora_drop_spends_its_budget_after_the_verdict),
        cmocka_unit_test(lora_drop_sees_every_class_by_its_share),
        cmocka_unit_test(phases_do_not_add_up_in_memory),
    };
    return cmocka_run_group_tests_name("lora_drop", tests, NULL, NULL);
}
