/* Rules between steps and phases: AdaLoRA's budget and LoRA-drop's verdict, which no gradient check can see. */
#include "tests/fixture.h"

#include "core/arena.h"
#include "core/linalg.h"
#include "core/rng.h"
#include "tune/lowrank.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- AdaLoRA */

/* Fills every diagonal: distinct values, or all equal. */
static void fill_diagonals(struct fixture *f, bool equal, uint32_t id)
{
    struct rng r = rng_stream(3, RNG_TEST, id, 0);
    for (int i = 0; i < f->tiny.tuning.nsites; i++) {
        struct mat E = fixture_site_param(f, i, "lora_E")->w;
        for (int k = 0; k < E.rows; k++)
            E.v[k] = equal ? 1 : (real)((rng_uniform(&r) + 0.1) * (k % 2 ? 1 : -1));
    }
}

static int alive(struct fixture *f)
{
    int n = 0;
    for (int i = 0; i < f->tiny.tuning.nsites; i++) {
        struct mat E = fixture_site_param(f, i, "lora_E")->w;
        for (int k = 0; k < E.rows; k++)
            n += E.v[k] != 0;
    }
    return n;
}

/* 12 sites of rank 9: 108 triplets fall to 72 between steps 100 and 700 of 1000. */
static void open_long(struct fixture *f, const char *more)
{
    char options[256];
    snprintf(options, sizeof options,
             "targets=q,k,v,o,up,down layers=0,1 init_rank=9 target_rank=6 tinit=0.1 tfinal=0.3 importance=singular %s",
             more);
    fixture_open(f, "adalora", options);
    tuning_set_steps(&f->tiny.tuning, 1000);
}

static int alive_after(struct fixture *f, int step, bool equal)
{
    fill_diagonals(f, equal, (uint32_t)step);
    f->tiny.tuning.step = step;
    tuning_after_step(&f->tiny.tuning);
    return alive(f);
}

static void adalora_follows_the_cubic_budget(void **state)
{
    (void)state;
    static const int want[][2] = {{0, 108},  {100, 108}, {101, 107}, {150, 99}, {300, 82},
                                  {500, 73}, {600, 72},  {700, 72},  {999, 72}};
    struct fixture f;
    open_long(&f, "delta_t=1");
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        assert_int_equal(alive_after(&f, want[i][0], false), want[i][1]);
    fixture_close(&f);
}

/* After T - t_f the verdict stands: what comes back is cut again, and nothing else. */
static void adalora_keeps_its_last_pattern(void **state)
{
    (void)state;
    struct fixture f;
    open_long(&f, "delta_t=1");
    alive_after(&f, 700, false);
    struct mat E = fixture_site_param(&f, 0, "lora_E")->w;
    bool pattern[9];
    for (int k = 0; k < 9; k++)
        pattern[k] = E.v[k] != 0;
    for (int step = 701; step < 760; step += 7) {
        assert_int_equal(alive_after(&f, step, false), 72);
        for (int k = 0; k < 9; k++)
            assert_int_equal(E.v[k] != 0, pattern[k]);
    }
    assert_int_equal(tuning_count_active(&f.tiny.tuning) > 0, 1);
    fixture_close(&f);
}

static void adalora_cuts_the_smallest_and_all_that_tie(void **state)
{
    (void)state;
    struct fixture f;
    open_long(&f, "delta_t=1");
    fill_diagonals(&f, false, 1);
    fixture_site_param(&f, 3, "lora_E")->w.v[4] = (real)-0.001;
    f.tiny.tuning.step = 101;
    tuning_after_step(&f.tiny.tuning);
    assert_true(fixture_site_param(&f, 3, "lora_E")->w.v[4] == 0);
    assert_int_equal(alive(&f), 107);
    assert_int_equal(alive_after(&f, 102, true), 0); /* all equal: none is above the threshold */
    fixture_close(&f);
}

static void remember(void *to, const char *name, double value)
{
    if (strcmp(name, "allocations") == 0)
        *(double *)to = value;
}

static void adalora_counts_its_allocations(void **state)
{
    (void)state;
    struct fixture f;
    double calls = -1;
    open_long(&f, "delta_t=10");
    for (int step = 0; step < 1000; step++)
        alive_after(&f, step, false);
    f.tiny.tuning.method->report(&f.tiny.tuning, remember, &calls);
    assert_true(calls == 60); /* at 110, 120, ..., 690, and at 700 */
    fixture_close(&f);
}

static void adalora_ends_with_the_planned_ranks(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "adalora", "rank=4 tinit=1 tfinal=2 delta_t=1");
    fixture_train(&f, TINY_STEPS);
    assert_int_equal(alive(&f), 4 * f.tiny.tuning.nsites);
    assert_int_equal(tuning_count_active(&f.tiny.tuning), 4 * f.tiny.tuning.nsites * (16 + 16 + 1));
    fixture_close(&f);
}

static void adalora_with_nothing_to_take_keeps_all(void **state)
{
    (void)state;
    struct fixture a, b;
    fixture_open(&a, "adalora", "init_rank=4 target_rank=4 tinit=1 tfinal=2 delta_t=1");
    fixture_open(&b, "adalora", "init_rank=4 target_rank=4 delta_t=0");
    fixture_train(&a, TINY_STEPS);
    fixture_train(&b, TINY_STEPS);
    assert_int_equal(alive(&a), 4 * a.tiny.tuning.nsites);
    fixture_same_weights(&a, &b, 0);
    fixture_close(&a);
    fixture_close(&b);
}

/* I and U by hand for one entry over two steps, through the one triplet that they decide about. */
static void sensitivity_is_smoothed_as_the_paper_says(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "adalora", "rank=2");
    struct lowrank *l = f.tiny.tuning.site[0]->state;
    struct importance m;
    importance_attach(&f.tiny.tuning, l, &m);
    l->E->w.v[1] = 2;
    l->E->g.v[1] = -3;
    importance_update(l, &m, 0.85, 0.6);
    near((double)m.I[1].v[1], 0.15 * 6, 1e-6);
    near((double)m.U[1].v[1], 0.4 * (6 - 0.9), 1e-6);
    l->E->g.v[1] = 1;
    importance_update(l, &m, 0.85, 0.6);
    double I = 0.85 * 0.9 + 0.15 * 2, U = 0.6 * 2.04 + 0.4 * fabs(2 - I);
    near((double)m.I[1].v[1], I, 1e-6);
    near((double)m.U[1].v[1], U, 1e-6);
    mat_fill(m.I[0], 1);
    mat_fill(m.U[0], 0.5);
    mat_fill(m.I[2], 2);
    mat_fill(m.U[2], 3);
    near(importance_of_triplet(&m, 1), I * U + 0.5 + 6, 1e-6);
    fixture_close(&f);
}

/* ---- LoRA-drop */

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

int main(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adalora_follows_the_cubic_budget),
        cmocka_unit_test(adalora_keeps_its_last_pattern),
        cmocka_unit_test(adalora_cuts_the_smallest_and_all_that_tie),
        cmocka_unit_test(adalora_counts_its_allocations),
        cmocka_unit_test(adalora_ends_with_the_planned_ranks),
        cmocka_unit_test(adalora_with_nothing_to_take_keeps_all),
        cmocka_unit_test(sensitivity_is_smoothed_as_the_paper_says),
        cmocka_unit_test(lora_drop_that_keeps_all_is_lora),
        cmocka_unit_test(lora_drop_frozen_is_not_none),
        cmocka_unit_test(lora_drop_sums_the_shared_gradient),
        cmocka_unit_test(lora_drop_keeps_what_reaches_the_threshold),
        cmocka_unit_test(lora_drop_controls_keep_as_many),
        cmocka_unit_test(lora_drop_spends_its_budget_after_the_verdict),
        cmocka_unit_test(phases_do_not_add_up_in_memory),
    };
    return cmocka_run_group_tests_name("schedules", tests, NULL, NULL);
}
