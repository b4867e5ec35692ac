/* AdaLoRA's budget of ranks between steps, and which tensors weight decay reaches: what no gradient check can see. */
#include "tests/fixture.h"

#include "core/arena.h"
#include "core/rng.h"
#include "math/linalg.h"
#include "tune/importance.h"
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

/* Catches: a matrix of one row that counts as a vector, so that decay vanishes at rank 1. */
static void decay_reaches_matrices_of_any_rank(void **state)
{
    (void)state;
    static const struct {
        const char *method, *suffix;
        bool decays;
    } of[] = {{"lora", "lora_A.weight", true}, {"lora", "lora_B.weight", true},
              {"dora", "lora_A.weight", true}, {"dora", "lora_magnitude_vector.weight", false},
              {"adalora", "lora_E", false},    {"adalora", "lora_B", true}};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        struct fixture f;
        fixture_open(&f, of[i].method, "rank=1");
        assert_int_equal(fixture_site_param(&f, 0, of[i].suffix)->decay, of[i].decays);
        fixture_close(&f);
    }
}

/* Catches: a share of the steps that rounds to none, by which the step is then divided. */
static void a_share_of_steps_is_at_least_one(void **state)
{
    (void)state;
    assert_int_equal(tuning_steps(1e-12, 400), 1);
    assert_int_equal(tuning_steps(0.01, 400), 4);
    assert_int_equal(tuning_steps(0, 400), 0);
    assert_int_equal(tuning_steps(7, 400), 7);
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
        cmocka_unit_test(decay_reaches_matrices_of_any_rank),
        cmocka_unit_test(a_share_of_steps_is_at_least_one),
        cmocka_unit_test(sensitivity_is_smoothed_as_the_paper_says),
    };
    return cmocka_run_group_tests_name("schedules", tests, NULL, NULL);
}
