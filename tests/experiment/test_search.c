/* The search for learning rates by hand: made-up scores, and what the plan must choose, extend, count and report. */
/* precision: float */
#include "experiment/search.h"
#include "tests/fake.h"
#include "tests/scratch.h"

#include <math.h>

static const char ini[] =
    "[experiment]\ntitle = Search\n"
    "[grid a]\nbase = tiny-random\nmethod = lora full\ntask = cola\nntrain = 40\nnvalid = 10\nntest = 10\n"
    "rank = 2\nlr = 1e-3 3e-3 1e-2\nladder = 1e-4 3e-4 1e-3 3e-3 1e-2 3e-2 1e-1\n"
    "tune_seeds = 0..1\nseeds = 100..102\n";

struct search {
    struct experiment e;
    struct session *s;
    struct plan p;
    int extended[3]; /* runs that each call of search_extend added */
};

/* Reads the records of the search, extends three times, and plans what is reported. */
static void open_search(struct search *x, const char *text, fake_score *score)
{
    const char *path = scratch_text("search.ini", text);
    fake_results(scratch, path, score);
    x->s = session_open(scratch);
    experiment_read(&x->e, path);
    plan_open(&x->p, x->s, &x->e);
    search_window(&x->p);
    for (int i = 0; i < 3; i++)
        x->extended[i] = search_extend(&x->p);
    assert_int_equal(search_report(&x->p), 0);
}

static void close_search(struct search *x)
{
    plan_close(&x->p);
    experiment_free(&x->e);
    session_close(x->s);
}

static bool is(const char *rate, double lr)
{
    return fabs(strtod(rate, NULL) / lr - 1) < 1e-6;
}

static bool has_rate(const struct spec *s, double lr)
{
    return fabs(s->train.lr / lr - 1) < 1e-6;
}

static const struct choice *choice_of(const struct search *x, const char *method)
{
    for (int i = 0; i < x->p.cells; i++)
        if (strcmp(cell_get(&x->p.cell[i], "method"), method) == 0)
            return &x->p.choice[i];
    fail_msg("no cell of %s", method);
    return NULL;
}

/* LoRA is best in the middle, full fine-tuning at the lowest rate, beyond which it is worse. */
static double peaks(const struct spec *s)
{
    bool full = strcmp(s->method->name, "full") == 0;
    return 0.8 - 0.1 * fabs(log10(s->train.lr / (full ? 1e-3 : 3e-3))) + 0.001 * s->train.seed / 100;
}

/* Catches: rates chosen by test scores (which the search does not have), one method's rate reported for another, an
 * optimum at the lower edge that is taken for inside, a window that is extended again and again, an edge after the
 * extension that is not said. */
static void methods_have_their_own_rates(void **state)
{
    (void)state;
    struct search x;
    open_search(&x, ini, peaks);
    const struct choice *lora = choice_of(&x, "lora"), *full = choice_of(&x, "full");
    assert_true(is(lora->rate, 3e-3) && !lora->edge && !lora->extended);
    assert_true(is(full->rate, 1e-3) && !full->edge && full->extended);
    assert_true(x.extended[0] == 2 && x.extended[1] == 0 && x.extended[2] == 0);
    /* the mean over both tuning seeds, of validation: a hundredth below the test score */
    assert_true(fabs(lora->score - (0.8 + 0.001 * 0.5 / 100 - 0.01)) < 1e-12);
    int reported = 0;
    for (int i = 0; i < x.p.runs; i++) {
        const struct plan_run *r = &x.p.run[i];
        bool of_full = strcmp(cell_get(&x.p.cell[r->cell], "method"), "full") == 0;
        bool blind = false;
        for (int k = 0; k < r->assignments; k++)
            blind |= strcmp(r->assignment[k], "evaluate=valid") == 0;
        assert_int_equal(blind, r->tuning); /* the search never touches the test split */
        assert_true(r->tuning ? r->seed < 2 : r->seed >= 100);
        assert_true(r->tuning || is(r->rate, of_full ? 1e-3 : 3e-3));
        reported += !r->tuning;
    }
    assert_int_equal(reported, 6);
    close_search(&x);
}

static double flat(const struct spec *s)
{
    return has_rate(s, 1e-2) ? 0.5 : 0.7; /* 1e-3 and 3e-3 tie, and so does the rung below */
}

/* Catches: of rates that tie the larger, which is nearer to where training breaks down. */
static void a_tie_goes_to_the_smaller_rate(void **state)
{
    (void)state;
    struct search x;
    open_search(&x, ini, flat);
    const struct choice *c = choice_of(&x, "lora");
    assert_true(c->extended && is(c->rate, 3e-4) && c->edge);
    close_search(&x);
}

/* At 1e-2 one seed of two diverges, the other is the best of all; at 3e-3 one run collapses to chance. */
static double breaks(const struct spec *s)
{
    if (has_rate(s, 1e-2))
        return s->train.seed == 0 ? NAN : 0.9;
    if (has_rate(s, 3e-3))
        return s->train.seed == 0 ? 0.333 : 0.85;
    return 0.8;
}

/* Catches: a diverged run that drops out of the mean and so makes its rate the best; collapses that are not counted. */
static void failures_count_against_a_rate(void **state)
{
    (void)state;
    struct search x;
    open_search(&x, ini, breaks);
    const struct choice *c = choice_of(&x, "lora");
    const struct cell *cell = &x.p.cell[0];
    assert_false(is(c->rate, 1e-2));
    for (int k = 0; k < cell->rates; k++) {
        assert_int_equal(c->failed[k], is(cell->rate[k], 1e-2) || is(cell->rate[k], 3e-3) ? 1 : 0);
        if (is(cell->rate[k], 1e-2)) /* nothing in place of the lost one */
            assert_true(fabs(c->mean[k] - (0 + 0.9 - 0.01) / 2) < 1e-12);
    }
    close_search(&x);
}

static double rising(const struct spec *s)
{
    return 0.8 + 0.05 * log10(s->train.lr);
}

/* Catches: an optimum at the upper edge that is not followed upwards. */
static void the_upper_edge_is_extended(void **state)
{
    (void)state;
    struct search x;
    open_search(&x, ini, rising);
    const struct choice *c = choice_of(&x, "lora");
    assert_true(c->extended && is(c->rate, 3e-2) && c->edge);
    close_search(&x);
}

/* Catches: a rate that is reported on the seeds that chose it. */
static void seeds_stay_apart(void **state)
{
    (void)state;
    static const char *const tuning[] = {"tune_seeds=100..101", "tune_seeds=99..100", "tune_seeds=102..109",
                                         "tune_seeds=0..200"};
    struct experiment e;
    int n;
    for (size_t i = 0; i < sizeof tuning / sizeof *tuning; i++) {
        experiment_read(&e, scratch_text("search.ini", ini));
        experiment_set(&e, tuning[i]);
        refused(grid_cells(&e.grid[0], &n), EXIT_USAGE, "and seeds 100..102 overlap");
        experiment_free(&e);
    }
}

/* Catches: a search that is evaluated as often or as long as what is reported, or reported runs as a search. */
static void a_search_has_its_own_evaluations(void **state)
{
    (void)state;
    static const struct {
        const char *set;
        int search, reported, search_epochs, epochs;
    } cases[] = {{NULL, 4, 4, 0, 0},
                 {"tune_evals=1", 1, 4, 0, 0},
                 {"evals=3", 1, 3, 0, 0},
                 {"epochs=5", 1, 3, 5, 5},
                 {"tune_epochs=2", 1, 3, 2, 5}};
    struct experiment e;
    experiment_read(&e, scratch_text("search.ini", ini));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int cells;
        if (cases[i].set)
            experiment_set(&e, cases[i].set);
        struct cell *c = grid_cells(&e.grid[0], &cells);
        for (int tuning = 0; tuning < 2; tuning++) {
            struct spec s;
            int n;
            char **a = cell_assignments(&c[0], "1e-3", tuning ? 0 : 100, tuning, &n);
            spec_parse(&s, n, (const char *const *)a);
            assert_int_equal(s.train.evals, tuning ? cases[i].search : cases[i].reported);
            assert_int_equal(s.train.evaluate, !tuning);
            assert_int_equal(s.train.epochs, tuning ? cases[i].search_epochs : cases[i].epochs);
            spec_free(&s);
            mem_free_list(a);
        }
        cells_free(c, cells);
    }
    experiment_free(&e);
}

/* Catches: a number of evaluations that is none and stops a sweep halfway, or one for a search that there is not. */
static void evaluations_of_a_search_are_checked(void **state)
{
    (void)state;
    struct experiment e;
    struct plan p;
    struct session *s = session_open(scratch);
    const char *path = scratch_text("search.ini", ini);
    experiment_read(&e, path);
    experiment_set(&e, "tune_evals=0");
    dies(plan_open(&p, s, &e), EXIT_USAGE, "[grid a]: evals");
    experiment_free(&e);
    session_close(s);
    path = scratch_text("none.ini", "[grid a]\nmethod = lora\ntask = cola\ntune_evals = 1\nseeds = 0..1\n");
    dies(experiment_read(&e, path), EXIT_USAGE, "[grid a] has tune_evals but no tune_seeds");
    path = scratch_text("none.ini", "[grid a]\nmethod = lora\ntask = cola\ntune_epochs = 1\nseeds = 0..1\n");
    dies(experiment_read(&e, path), EXIT_USAGE, "[grid a] has tune_epochs but no tune_seeds");
}

/* ENDS: the rates of head and full. */
#define COMMON(ENDS)                                                                                             \
    "[experiment]\ntitle = Common\n"                                                                             \
    "[defaults]\nbase = tiny-random\ntask = cola sst\nntrain = 40\nnvalid = 10\nntest = 10\nrank = 2\nchoose = " \
    "common\n"                                                                                                   \
    "tune_seeds = 0..1\nseeds = 100..101\nladder = 1e-4 3e-4 1e-3 3e-3 1e-2 3e-2 1e-1\n"                         \
    "[grid ends]\nmethod = head full\nlr = " ENDS "\n"                                                           \
    "[grid a]\nmethod = lora dora vera lora_fa\nlr = 1e-3 3e-3 1e-2\nlr.dora = 1e-3 3e-3\n"

/* Head 0.5 and full 0.9 on sst, 0.6 and 0.7 on cola, so a point of cola is worth four of sst. LoRA is best on sst at
 * 1e-2, where it fails once on cola: a mean of raw scores would take it. DoRA rises with the rate on both. VeRA is best
 * at 1e-2, but so little that its seeds do not tell it from 3e-3. */
static double two_tasks(const struct spec *s)
{
    const bool sst = strcmp(s->task->name, "sst") == 0, odd = s->train.seed % 2;
    const double head = sst ? 0.5 : 0.6, way = sst ? 0.4 : 0.1;
    const char *m = s->method->name;
    const int at = has_rate(s, 1e-3) ? 0 : has_rate(s, 3e-3) ? 1 : has_rate(s, 1e-2) ? 2 : 3;
    static const double lora[] = {0.5, 0.7, 1.0, 1.0}, vera[] = {0.4, 0.75, 0.8, 0.3};
    static const double fa_sst[] = {0.4, 0.9, 0.7, 0.3}, fa_cola[] = {0.4, 0.5, 0.8, 0.3};
    double share = strcmp(m, "head") == 0   ? 0
                   : strcmp(m, "full") == 0 ? 1
                   : strcmp(m, "dora") == 0 ? 0.5 + 0.1 * at
                   : strcmp(m, "vera") == 0 ? vera[at] + (odd ? 0.1 : -0.1)
                                            : lora[at];
    if (strcmp(m, "lora_fa") == 0)
        share = sst ? fa_sst[at] : fa_cola[at];
    if (strcmp(m, "lora") == 0 && at == 2 && !sst)
        share = odd ? 0.2 : 1;
    return head + way * share;
}

static const struct choice *choice_on(const struct search *x, const char *method, const char *task)
{
    for (int i = 0; i < x->p.cells; i++)
        if (strcmp(cell_get(&x->p.cell[i], "method"), method) == 0 &&
            strcmp(cell_get(&x->p.cell[i], "task"), task) == 0)
            return &x->p.choice[i];
    fail_msg("no cell of %s on %s", method, task);
    return NULL;
}

/* Catches: a rate per task; raw scores averaged; a rate with a failed run; the best in place of the lowest that is as
 * good; an edge that is extended on one task alone. */
static void one_rate_for_all_tasks(void **state)
{
    (void)state;
    static const char *const task[] = {"cola", "sst"};
    struct search x;
    open_search(&x, COMMON("1e-3"), two_tasks);
    assert_int_equal(x.extended[0], 12); /* DoRA, VeRA, LoRA-FA: one rung, two tasks, two seeds */
    assert_int_equal(x.extended[1], 0);

    for (int t = 0; t < 2; t++) {
        const struct choice *lora = choice_on(&x, "lora", task[t]), *dora = choice_on(&x, "dora", task[t]);
        const struct choice *vera = choice_on(&x, "vera", task[t]);
        assert_true(is(lora->rate, 3e-3) && !lora->edge && !lora->extended);
        assert_true(is(dora->rate, 1e-2) && dora->edge == 1 && dora->extended == 1);
        assert_true(is(vera->rate, 3e-3));
        assert_true(
            is(choice_on(&x, "lora_fa", task[t])->rate, 1e-2)); /* 3e-3 by raw scores, in which sst counts more */
        assert_int_equal(lora->failed[2], t == 0);              /* counted where it failed */
        assert_int_equal(choice_on(&x, "head", task[t])->failed[0], 2);
    }
    close_search(&x);
    experiment_read(&x.e,
                    scratch_text("none.ini", "[grid a]\nbase = tiny-random\nmethod = lora\ntask = cola\nlr = 1e-3\n"
                                             "choose = common\ntune_seeds = 0..1\nseeds = 100..101\n"));
    x.s = session_open(scratch);
    dies(plan_open(&x.p, x.s, &x.e), EXIT_USAGE, "choose=common needs a search of method head on cola");
    experiment_free(&x.e);
    session_close(x.s);
}

/* Full fine-tuning is better than the head on cola only above the window, so that a scale is there only after it was extended, when
 * LoRA's windows have become two. */
static double late_scale(const struct spec *s)
{
    const bool sst = strcmp(s->task->name, "sst") == 0;
    if (strcmp(s->method->name, "head") == 0)
        return 0.5;
    if (strcmp(s->method->name, "full") == 0)
        return sst || has_rate(s, 1e-2) ? 0.9 : 0.4 + s->train.lr;
    return sst ? 0.8 - fabs(s->train.lr - 3e-3) : 0.8 - s->train.lr;
}

/* Catches: one rate for tasks whose windows differ, read past the end of the shorter one. */
static void a_scale_that_comes_late_leaves_each_task_its_rate(void **state)
{
    (void)state;
    struct search x;
    open_search(&x, COMMON("1e-3 3e-3"), late_scale);
    assert_true(is(choice_on(&x, "lora", "sst")->rate, 3e-3) && is(choice_on(&x, "lora", "cola")->rate, 3e-4));
    close_search(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(methods_have_their_own_rates, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(a_tie_goes_to_the_smaller_rate, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(failures_count_against_a_rate, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(the_upper_edge_is_extended, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(seeds_stay_apart, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(a_search_has_its_own_evaluations, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(evaluations_of_a_search_are_checked, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(one_rate_for_all_tasks, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(a_scale_that_comes_late_leaves_each_task_its_rate, scratch_open, scratch_close),
    };
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
