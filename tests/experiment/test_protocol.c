/* How much of a comparison fits into some time. */
/* precision: float */
#include "experiment/protocol.h"
#include "tests/scratch.h"
#include "tune/tuning.h"

/* Catches: time that was given and is left over, since a level takes half of it; a plan that takes more than the time there
 * is; runs of a given length that are made longer. The kinds of run are timed once, so that the seconds of several plans
 * compare exactly: 3 rates and a rung on 3 seeds, and 10 reported, are 22 runs, and 7 with one seed of search and 3 reported. */
static void the_time_is_used(void **state)
{
    (void)state;
    char *setting[] = {"base=tiny-random", "task=sst", "ntrain=64", "nvalid=32", "ntest=32", "budget=512", "steps=4"};
    const struct method *method[] = {method_find("lora")};
    char trial[SCRATCH_PATH];
    snprintf(trial, sizeof trial, "%s/trial.ini", scratch);
    struct session *s = session_open(scratch);
    struct comparison c = {.id = "t",
                           .on = "t",
                           .method = method,
                           .methods = 1,
                           .setting = setting,
                           .settings = 6,
                           .d = 64,
                           .steps = 50000};
    struct protocol most, p;
    protocol_fit(&most, &c, s, 1e15, 1, trial);
    assert_int_equal(most.rates, 3);
    assert_int_equal(most.tune_seeds, 3);
    assert_int_equal(most.seeds, 10);
    assert_true(most.length == 1);
    double seven = most.seconds * 7 / 22;
    for (double share = .6; share < 1; share += .1) {
        protocol_fit(&p, &c, s, share * seven, 1, trial);
        assert_int_equal(p.rates, 3);
        assert_int_equal(p.tune_seeds, 1);
        assert_int_equal(p.seeds, 3);
        assert_in_range((long)(1e4 * p.length), (long)(1e4 * share - 100), (long)(1e4 * share + 1));
        assert_true(p.seconds <= share * seven && p.seconds >= .99 * share * seven);
    }
    protocol_fit(&p, &c, s, seven * 1e-3, 1, trial);
    assert_true(p.seconds > seven * 1e-3); /* not even the least */
    assert_true(p.length == .1);
    c.settings = 7;
    protocol_fit(&p, &c, s, 1e-3, 1, trial);
    assert_true(p.length == 1);
    session_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_time_is_used, scratch_open, scratch_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
