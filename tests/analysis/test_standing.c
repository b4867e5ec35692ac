/* How methods stand to LoRA: the list of their times and the verb that makes it, ratios of time, and LoRA at several sizes. */
/* precision: float */
#include "analysis/standing.h"
#include "experiment/search.h"
#include "record/times.h"

#include "core/arena.h"
#include "core/file.h"
#include "tests/fake.h"
#include "tests/process.h"
#include "tests/scratch.h"

#include <math.h>
#include <string.h>

static const char key[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

static void read_text(const char *text)
{
    struct timing_list l;
    timings_read(&l, scratch_text("times.csv", text));
    timings_free(&l);
}

/* Catches: a row that is passed over or read as another one. */
static void lists_are_read_or_refused(void **state)
{
    (void)state;
    struct timing_list l;
    char text[512];
    timings_read(&l, scratch_path("nowhere.csv"));
    assert_int_equal(timings_repeats(&l), 0);
    dies(read_text("key,repeat\n"), EXIT_DATA, "has no column seconds");
    dies(read_text("key,repeat,seconds\nabc,0,1\n"), EXIT_DATA, "times.csv:2: key is \"abc\", not a SHA-256");
    static const char *const bad[][2] = {{"-1,1", "repeat is \"-1\""},    {"0.5,1", "repeat is \"0.5\""},
                                         {"1e9,1", "repeat is \"1e9\""},  {"0,0", "seconds is \"0\""},
                                         {"0,inf", "seconds is \"inf\""}, {"0,soon", "seconds is \"soon\""},
                                         {"0", "seconds is \"\""}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, "key,repeat,seconds\n%s,%s\n", key, bad[i][0]);
        dies(read_text(text), EXIT_DATA, bad[i][1]);
    }
    snprintf(text, sizeof text, "seconds,key,repeat\n1.5,%s,0\n2.5,%s,2\n", key, key);
    timings_read(&l, scratch_text("times.csv", text));
    timings_write(&l, scratch_path("again.csv"));
    timings_free(&l);
    timings_read(&l, scratch_path("again.csv"));
    assert_int_equal(timings_repeats(&l), 3);
    assert_true(timings_find(&l, key, 0) == 1.5 && timings_find(&l, key, 2) == 2.5);
    assert_true(isnan(timings_find(&l, key, 1)));
    timings_free(&l);
}

static const char grids[] = "[experiment]\ntitle = t\n[grid methods]\nbase = tiny-random\nmethod = lora dora vera\n"
                            "task = cola sst\nntrain = 40\nnvalid = 10\nntest = 10\nrank = 2\nlr = 3e-3\nsteps = 3\n"
                            "seeds = 100..104\n[table decision]\n";

static double same_score(const struct spec *s)
{
    return 0.8 + 0.001 * s->train.seed;
}

/* Two repeats on two tasks; the machine is twice as slow in the second. DoRA takes 1.5 and 1.7 times LoRA's time on cola,
 * 1.1 and 1.1 on sst: 1.3 and 1.4. VeRA was timed on one task alone. */
static double seconds(const struct plan_run *r, const struct cell *c, int repeat)
{
    const bool cola = strcmp(cell_get(c, "task"), "cola") == 0;
    const double lora = (cola ? 2 : 5) * (1 + repeat);
    (void)r;
    return strcmp(cell_get(c, "method"), "lora") == 0   ? lora
           : strcmp(cell_get(c, "method"), "dora") == 0 ? lora * (cola ? 1.5 + 0.2 * repeat : 1.1)
                                                        : (cola ? 3 : NAN);
}

/* Catches: seconds that are averaged before the ratio is taken, a method that is missing on a task, an interval over tasks. */
static void ratios_are_taken_within_a_repeat(void **state)
{
    (void)state;
    struct experiment e;
    struct plan p;
    struct results rows;
    struct groups g;
    struct timing_list l = {0};
    const char *ini = scratch_text("t.ini", grids);
    fake_results(scratch, ini, same_score);
    struct session *s = session_open(scratch);
    experiment_read(&e, ini);
    plan_open(&p, s, &e);
    search_all(&p);
    l.row = calloc(2 * (size_t)p.runs, sizeof *l.row);
    for (int i = 0; i < p.runs; i++)
        for (int k = 0; k < 2; k++) {
            const double took = seconds(&p.run[i], &p.cell[p.run[i].cell], k);
            if (p.run[i].seed != 102 || isnan(took)) /* one run of a method stands for it, whichever */
                continue;
            l.row[l.n] = (struct timing){.repeat = k, .seconds = took};
            memcpy(l.row[l.n++].key, p.run[i].key, HASH_HEX);
        }
    timings_write(&l, scratch_path("times.csv"));
    timings_free(&l);
    results_read(&rows, &p);
    groups_make(&g, &rows, NULL);
    struct standings all = standings_make(&g, &e.display[0], "");
    assert_int_equal(all.n, 3);
    for (int i = 0; i < all.n; i++) {
        const char *name = all.row[i].series.method->name;
        const struct interval t = all.row[i].time;
        if (strcmp(name, "vera") == 0) {
            assert_true(isnan(t.estimate));
            continue;
        }
        const bool dora = strcmp(name, "dora") == 0;
        assert_true(fabs(t.estimate - (dora ? 1.35 : 1)) < 1e-9);
        /* t of one degree of freedom, 12.706, times sd / sqrt(2) = .05 */
        assert_true(fabs(t.high - t.low - (dora ? 2 * 12.7062 * 0.05 : 0)) < 1e-3);
    }
    standings_free(&all);
    /* Another folder knows them by the list of runs that they stand beside. */
    rename(scratch_path("times.csv"), scratch_path("list/times.csv"));
    all = standings_make(&g, &e.display[0], "");
    assert_true(isnan(all.row[0].time.estimate));
    standings_free(&all);
    session_set_list(s, scratch_path("list/runs.csv"));
    all = standings_make(&g, &e.display[0], "");
    assert_false(isnan(all.row[0].time.estimate));
    standings_free(&all);
    groups_free(&g);
    results_free(&rows);
    plan_close(&p);
    experiment_free(&e);
    session_close(s);
}

static const char sizes[] = "[experiment]\ntitle = t\n[defaults]\nbase = tiny-random\ntask = cola sst\nntrain = 40\n"
                            "nvalid = 10\nntest = 10\nlr = 3e-3\nsteps = 3\nseeds = 100..104\n"
                            "[grid full]\nmethod = full\n[grid small]\nmethod = lora dora\nbudget = 512\n"
                            "[grid large]\nmethod = lora\nbudget = 1024\n%s[table decision]\n";

/* The row of a name, which says its size where it must. */
static const struct standing *named(const struct standings *all, const char *wanted)
{
    const struct standing *found = NULL;
    for (int i = 0; i < all->n; i++) {
        char *name = standing_name(&all->row[i]);
        if (strcmp(name, wanted) == 0)
            found = &all->row[i];
        free(name);
    }
    if (!found)
        fail_msg("there is no row %s", wanted);
    return found;
}

static void with_standings_of(const char *text, void (*check)(const struct standings *all))
{
    struct experiment e;
    struct plan p;
    struct results rows;
    struct groups g;
    const char *ini = scratch_text("sizes.ini", text);
    fake_results(scratch, ini, same_score);
    struct session *s = session_open(scratch);
    experiment_read(&e, ini);
    plan_open(&p, s, &e);
    search_all(&p);
    results_read(&rows, &p);
    groups_make(&g, &rows, NULL);
    struct standings all = standings_make(&g, &e.display[0], "");
    check(&all);
    standings_free(&all);
    groups_free(&g);
    results_free(&rows);
    plan_close(&p);
    experiment_free(&e);
    session_close(s);
}

static void with_standings(const char *more, void (*check)(const struct standings *all))
{
    char text[1024];
    snprintf(text, sizeof text, sizes, more);
    with_standings_of(text, check);
}

/* Nothing but LoRA has 1,024 parameters: that is LoRA of another size, and full fine-tuning is compared with the LoRA of all. */
static void one_reference(const struct standings *all)
{
    const struct standing *lora = named(all, "LoRA"), *large = named(all, "LoRA with 1,024"), *full = &all->row[0];
    assert_int_equal(all->n, 4);
    assert_string_equal(all->reference, "LoRA");
    assert_true(lora->is_lora && !large->is_lora && large->part == PART_SIZE);
    assert_ptr_equal(large->on[0].reference, lora->on[0].group);
    assert_ptr_equal(named(all, "DoRA")->on[0].reference, lora->on[0].group);
    assert_string_equal(full->series.method->name, "full");
    assert_ptr_equal(full->on[0].reference, lora->on[0].group);
}

/* With LoRA-FA at 1,024 there are two comparisons, and every name says in which it stands. */
static void two_references(const struct standings *all)
{
    const struct standing *small = named(all, "LoRA with 512"), *large = named(all, "LoRA with 1,024");
    assert_true(small->is_lora && large->is_lora);
    assert_ptr_equal(named(all, "DoRA with 512")->on[0].reference, small->on[0].group);
    assert_ptr_equal(named(all, "LoRA-FA with 1,024")->on[0].reference, large->on[0].group);
    named(all, "Full fine-tuning");
}

static void searched(const struct standings *all)
{
    const struct standing *r = named(all, "LoRA-FA");
    assert_int_equal(r->runs, 10);
    assert_int_equal(r->failed, 0);
    assert_true(isnan(r->over.here.estimate)); /* nothing to compare */
}

/* No LoRA as it comes: that of rank 4 stands for it, under its own name. */
static void stand_in(const struct standings *all)
{
    assert_string_equal(all->reference, "LoRA r=4 on q,k,v,o");
    assert_true(named(all, "LoRA r=4 on q,k,v,o")->is_lora);
    assert_false(named(all, "LoRA r=2 on all matrices")->is_lora);
}

/* Catches: a figure that says LoRA and shows differences to something else. */
static void the_reference_has_its_name(void **state)
{
    (void)state;
    const char *ini =
        "[experiment]\ntitle = t\n[defaults]\nbase = tiny-random\ntask = cola sst\nntrain = 40\nnvalid = 10\n"
        "ntest = 10\nlr = 3e-3\nsteps = 3\nseeds = 100..104\nmethod = lora\n[grid some]\nrank = 4\n"
        "targets = q,k,v,o\n[grid all]\nrank = 2\ntargets = q,k,v,o,up,down\n[table decision]\n";
    with_standings_of(ini, stand_in);
}

static void one_lora(const struct standings *all)
{
    assert_int_equal(all->tasks, 2);
    assert_string_equal(all->task[0], "cola");
    assert_string_equal(all->task[1], "sst");
    assert_int_equal(all->n, 2);
    assert_true(named(all, "LoRA")->is_lora);
    assert_true(named(all, "DoRA")->whole && named(all, "DoRA")->tasks == 2);
}

/* DoRA lacks one task and LoRA+ another: neither mean stands beside the other's. */
static void other_tasks(const struct standings *all)
{
    assert_int_equal(all->tasks, 3);
    assert_true(named(all, "VeRA")->whole);
    assert_true(!named(all, "DoRA")->whole && isnan(named(all, "DoRA")->over.here.low));
    assert_true(!named(all, "LoRA+")->whole && named(all, "LoRA+")->tasks == named(all, "DoRA")->tasks);
}

static void two_ranks(const struct standings *all)
{
    assert_int_equal(all->n, 2);
    assert_int_equal(all->tasks, 2);
    assert_true(named(all, "LoRA r=4")->is_lora);
    assert_true(named(all, "LoRA r=2")->on[0].group && !named(all, "LoRA r=2")->on[1].group);
}

/* Catches: a comparison without LoRA, or without rows over tasks, where each task has a length, a head or a budget of its own; and on the
 * other hand variants that differ on one task alone taken for one. */
static void what_a_task_has_of_its_own_names_no_method(void **state)
{
    (void)state;
    const char *head = "[experiment]\ntitle = t\n[defaults]\nbase = tiny-random\nntrain = 40\nnvalid = 10\n"
                       "ntest = 10\nlr = 3e-3\nseeds = 100..104\nmethod = lora dora\nrank = 4\n",
               *tables = "[table decision]\n";
    char *own = mem_text("%s[grid a]\ntask = cola\nepochs = 2\nhead_rate = 1e-2\n[grid b]\ntask = sst\nepochs = 3\n%s",
                         head, tables);
    with_standings_of(own, one_lora);
    free(own);
    own = mem_text("%s[grid a]\ntask = cola\nbudget = 512\n[grid b]\ntask = sst\nbudget = 1024\n%s", head, tables);
    with_standings_of(own, one_lora);
    free(own);
    own = mem_text(
        "%s[grid a]\ntask = cola sst mnli\nmethod = lora vera\n[grid b]\ntask = cola sst\nmethod = dora\n[grid c]\n"
        "task = sst mnli\nmethod = lora_plus\n%s",
        head, tables);
    with_standings_of(own, other_tasks);
    free(own);
    own = mem_text("%s[grid a]\nmethod = lora\ntask = cola\nrank = 2 4\n[grid b]\ntask = sst\nmethod = lora\n%s", head,
                   tables);
    with_standings_of(own, two_ranks);
    free(own);
}

/* Catches: two rows of one name; a LoRA of which nobody says how it stands; full fine-tuning against the larger of two. */
static void lora_of_several_sizes(void **state)
{
    (void)state;
    with_standings("", one_reference);
    with_standings("[grid other]\nmethod = lora_fa\nbudget = 1024\n", two_references);
}

/* Catches: a search whose runs count as failed since none of them has a test score. */
static void a_search_is_judged_by_validation(void **state)
{
    (void)state;
    with_standings("[grid search]\nmethod = lora_fa\nbudget = 512\nevaluate = valid\nsteps = 4\n", searched);
}

/* Catches: times that are taken again or lost when the command is called again, runs timed twice, a run that has no time. */
static void the_verb_goes_on_from_its_list(void **state)
{
    (void)state;
    struct timing_list l;
    char said[4096], words[1200];
    const char *ini = scratch_text("verb.ini", grids);
    unlink(scratch_path("times.csv"));
    snprintf(words, sizeof words, "time %s results=%s --repeats 1", ini, scratch);
    assert_int_equal(process_run(words, NULL, said, sizeof said), 0);
    timings_read(&l, scratch_path("times.csv"));
    assert_int_equal(l.n, 6); /* three methods, two tasks */
    char first[HASH_HEX];
    const double took = l.row[0].seconds;
    memcpy(first, l.row[0].key, sizeof first);
    timings_free(&l);
    snprintf(words, sizeof words, "time %s results=%s --repeats 2", ini, scratch);
    assert_int_equal(process_run(words, NULL, said, sizeof said), 0);
    timings_read(&l, scratch_path("times.csv"));
    assert_int_equal(l.n, 12);
    assert_true(timings_find(&l, first, 0) == took && timings_find(&l, first, 1) > 0);
    timings_free(&l);
    assert_int_equal(process_run("time experiments/main.ini --repeats 0", NULL, said, sizeof said), 2);
    assert_int_equal(process_run("time", NULL, said, sizeof said), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lists_are_read_or_refused, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(ratios_are_taken_within_a_repeat, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(lora_of_several_sizes, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(the_reference_has_its_name, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(a_search_is_judged_by_validation, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(what_a_task_has_of_its_own_names_no_method, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(the_verb_goes_on_from_its_list, scratch_open, scratch_close),
    };
    return cmocka_run_group_tests_name("standing", tests, NULL, NULL);
}
