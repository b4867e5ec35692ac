/* The sentences of a comparison, from made-up scores: who is tied, who is worse, who is cheapest, what cannot be seen. */
/* precision: float */
#include "analysis/advice.h"

#include "experiment/search.h"
#include "tests/fake.h"
#include "tests/scratch.h"

#include <math.h>
#include <string.h>

static const char grids[] =
    "[experiment]\ntitle = t\n[grid methods]\nbase = tiny-random\nmethod = lora dora head vera\n"
    "task = cola\nntrain = 40\nnvalid = 10\nntest = 10\nrank = 2\nlr = 3e-3\nlr.dora = 1e-2\n"
    "seeds = 100..104\n[table score]\n";

/* Seeds move all methods by up to 4 points; DoRA is best by nothing that shows, VeRA is 10 points worse, head 20. */
static double hand(const struct spec *s)
{
    static const double own[] = {0.003, -0.002, 0.001, -0.003, 0.002};
    int seed = s->train.seed - 100;
    const char *m = s->method->name;
    double base = 0.8 + 0.01 * seed;
    return strcmp(m, "dora") == 0   ? base + own[seed] + 0.001
           : strcmp(m, "vera") == 0 ? base - 0.1 - own[seed]
           : strcmp(m, "head") == 0 ? base - 0.2
                                    : base;
}

static double one_left(const struct spec *s)
{
    return strcmp(s->method->name, "lora") == 0 && s->train.seed == 100 ? 0.8
           : strcmp(s->method->name, "lora")                            ? hand(s) - 0.05
                                                                        : NAN;
}

static struct tested split; /* of the test split, whose size is not known unless a test says it */

static char *advice(const char *ini)
{
    struct experiment e;
    struct plan p;
    struct results rows;
    struct groups g;
    struct session *s = session_open(scratch);
    experiment_read(&e, ini);
    plan_open(&p, s, &e);
    search_all(&p);
    results_read(&rows, &p);
    groups_make(&g, &rows, NULL);
    char *text = advice_make(&g, &split);
    groups_free(&g);
    results_free(&rows);
    plan_close(&p);
    experiment_free(&e);
    session_close(s);
    return text;
}

static void says(const char *text, const char *words)
{
    if (!strstr(text, words))
        fail_msg("\"%s\" does not say \"%s\"", text, words);
}

/* Catches: a best that is called better though its interval has 0 in it; a method that is told apart and recommended since it is cheap;
 * the rate of another method. */
static void tied_and_worse(void **state)
{
    (void)state;
    const char *ini = scratch_text("hand.ini", grids);
    fake_results(scratch, ini, hand);
    char *text = advice(ini);
    says(text, "DoRA and LoRA cannot be told apart on your data");
    says(text, "; use ");
    says(text, "Worse than DoRA, the best at 82.1: VeRA and Head only, by 10.1 to 20.1 points.");
    says(text, "With 5 seeds, differences below about 3.2 points cannot be seen.");
    assert_true(strstr(text, "use DoRA at rate 1e-2.") || strstr(text, "use LoRA at rate 3e-3."));
    free(text);
}

/* Catches: words about differences where there are none to speak of. */
static void runs_that_failed(void **state)
{
    (void)state;
    const char *ini = scratch_text("left.ini", grids);
    fake_results(scratch, ini, one_left);
    char *text = advice(ini);
    says(text,
         "DoRA is better than all others on your data (77.1, 10.1 more than VeRA, the next); use DoRA at rate 1e-2.");
    says(text, " Not judged, with less than three good runs: LoRA. ");
    says(text, " 4 of 20 runs failed: they broke off, collapsed, or learned next to nothing beyond the head alone.");
    free(text);
}

/* DoRA is best by what does not show, and learned nothing in one run; or no method but the head has only good runs. */
static double one_fails(const struct spec *s)
{
    return strcmp(s->method->name, "dora") == 0 && s->train.seed == 103 ? NAN : hand(s);
}

static double all_fail(const struct spec *s)
{
    return s->train.seed == 103 && strcmp(s->method->name, "head") ? NAN : hand(s);
}

static double far_ahead_fails(const struct spec *s)
{
    return one_fails(s) + (strcmp(s->method->name, "dora") == 0 ? 0.1 : 0);
}

/* Catches: a method that is recommended though more than one run in twenty failed; a crash where that is the only best. */
static void failing_is_not_recommended(void **state)
{
    static const struct {
        fake_score *score;
        const char *words;
    } cases[] = {
        {one_fails,
         "; use LoRA at rate 3e-3. Not to be recommended at its rate, since more than one run in twenty failed: DoRA."},
        {all_fail, "; none of the best can be recommended at its rate"},
        {far_ahead_fails, "DoRA is better than all others on your data"}};
    const char *text =
        "[experiment]\ntitle = t\n[grid methods]\nbase = tiny-random\nmethod = lora dora\ntask = cola\n"
        "ntrain = 40\nnvalid = 10\nntest = 10\nrank = 2\nlr = 3e-3\nlr.dora = 1e-2\nseeds = 100..104\n[table score]\n";
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scratch_close(state);
        scratch_open(state);
        const char *ini = scratch_text("fails.ini", text);
        fake_results(scratch, ini, cases[i].score);
        char *said = advice(ini);
        says(said, cases[i].words);
        free(said);
    }
}

/* Constant answers, as correlations see them: scores on both sides of 0; and a head that stands far behind a best which
 * varies so much that nothing is told apart. */
static double guesses(const struct spec *s)
{
    static const double own[] = {-0.03, 0.02, 0.01, -0.01, 0.03};
    return own[s->train.seed - 100] / (1 + (s->method->name[0] == 'l'));
}

static double far_and_wide(const struct spec *s)
{
    static const double own[] = {-0.3, 0.3, 0.1, -0.1, 0.25};
    return strcmp(s->method->name, "head") == 0
               ? 0.35
               : 0.5 + own[s->train.seed - 100] * (s->method->name[0] == 'd' ? 1 : 0.9);
}

/* DoRA is best and varies; LoRA stands two points above the head in every run, and VeRA below all. */
static double wild_best(const struct spec *s)
{
    static const double own[] = {-0.1, 0.1, 0.05, -0.05, 0.02};
    const char *m = s->method->name;
    return strcmp(m, "dora") == 0   ? 0.83 + own[s->train.seed - 100]
           : strcmp(m, "lora") == 0 ? 0.82 + 0.001 * (s->train.seed - 100)
           : strcmp(m, "vera") == 0 ? 0.4
                                    : 0.8;
}

/* BitFit's steps take half of LoRA's. It is as good, or 20 points behind. */
static double behind;

static double half_price(const struct spec *s)
{
    return strcmp(s->method->name, "bitfit") == 0 ? 0.5 : 1;
}

static double cheap_one(const struct spec *s)
{
    static const double own[] = {0.003, -0.002, 0.001, -0.003, 0.002};
    return 0.8 + own[s->train.seed - 100] - (strcmp(s->method->name, "bitfit") == 0 ? behind : 0);
}

/* Catches: a cheaper method that is not recommended though nothing tells it from the best, or is though it is worse. */
static void the_cheapest_of_equals(void **state)
{
    (void)state;
    const char *text =
        "[experiment]\ntitle = t\n[grid methods]\nbase = tiny-random\nmethod = lora bitfit\ntask = cola\n"
        "ntrain = 40\nnvalid = 10\nntest = 10\nrank = 2\nlr = 3e-3\nseeds = 100..104\n[table score]\n";
    behind = 0.001;
    fake_price = half_price;
    const char *ini = scratch_text("equal.ini", text);
    fake_results(scratch, ini, cheap_one);
    char *said = advice(ini);
    says(said, "; a step of BitFit costs ");
    says(said, "use BitFit at rate");
    free(said);
    behind = 0.2;
    scratch_close(state);
    scratch_open(state);
    ini = scratch_text("equal.ini", text);
    fake_results(scratch, ini, cheap_one);
    said = advice(ini);
    says(said, "use LoRA at rate");
    free(said);
    fake_price = NULL;
}

/* Catches: methods that are said not to be told apart, of which one is seen to be better than another. */
static void told_from_each_other(void **state)
{
    (void)state;
    const char *ini = scratch_text("wild.ini", grids);
    fake_results(scratch, ini, wild_best);
    char *text = advice(ini);
    says(text, "LoRA and Head only cannot be told from the best, DoRA, on your data");
    assert_null(strstr(text, "told apart"));
    free(text);
}

/* Catches: a method that is recommended where none has learned anything. */
static void nothing_learned(void **state)
{
    (void)state;
    const char *ini = scratch_text("guess.ini", grids);
    fake_results(scratch, ini, guesses);
    char *text = advice(ini);
    says(text, "No method is seen to do better than a guess (the best, ");
    assert_null(strstr(text, "; use "));
    free(text);
}

/* Catches: the cheapest that is recommended though it may be 15 points behind, since three wild runs tell nothing apart. */
static void cheap_is_not_near(void **state)
{
    (void)state;
    const char *ini = scratch_text("wide.ini", grids);
    fake_results(scratch, ini, far_and_wide);
    char *text = advice(ini);
    says(text, "Head only cannot be told apart on your data");
    assert_null(strstr(text, "use Head only"));
    free(text);
}

/* Catches: a best that is above 0, but not above what answering one class has, or not by more than the test rows' own chance. */
static void a_guess_is_no_success(void **state)
{
    (void)state;
    const char *ini = scratch_text("hand.ini", grids);
    fake_results(scratch, ini, hand);
    split = (struct tested){100, 100, 0.5}; /* 82.1 is 6 errors above it */
    char *text = advice(ini);
    says(text, "cannot be told apart on your data");
    says(text, " With 100 other test rows a score would change by about ");
    free(text);
    split = (struct tested){100, 100, 0.75}; /* 4.3 a standard error */
    text = advice(ini);
    says(text, "test rows are too few to tell");
    free(text);
    split = (struct tested){0};
}

static double without_noise(const struct spec *s)
{
    return strcmp(s->method->name, "head") == 0 ? 0.5 : 0.8;
}

/* Nobody learns more than the head, full fine-tuning by a tenth of what seeds do. */
static double all_alike(const struct spec *s)
{
    return 0.8 + 0.01 * (s->train.seed - 102) + (strcmp(s->method->name, "full") == 0 ? 0.001 : 0);
}

/* Catches: runs called failed since they are a seed's chance below a quarter of the way between two equal scores. */
static void no_scale_no_failure(void **state)
{
    (void)state;
    const char *ini = scratch_text("alike.ini", "[experiment]\ntitle = t\n[grid methods]\nbase = tiny-random\n"
                                                "method = lora full head\ntask = cola\nntrain = 40\nnvalid = 10\n"
                                                "ntest = 10\nrank = 2\nlr = 3e-3\nseeds = 100..104\n[table score]\n");
    fake_results(scratch, ini, all_alike);
    char *text = advice(ini);
    says(text, "cannot be told apart on your data");
    assert_null(strstr(text, "failed or learned"));
    free(text);
}

/* Catches: "differences below 0.0 points are not seen" where all runs agree, and so say nothing of other rows. */
static void no_width_is_not_said(void **state)
{
    (void)state;
    const char *ini = scratch_text("same.ini", grids);
    fake_results(scratch, ini, without_noise);
    char *text = advice(ini);
    assert_null(strstr(text, "are not seen"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tied_and_worse, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(runs_that_failed, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(failing_is_not_recommended, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(the_cheapest_of_equals, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(told_from_each_other, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(nothing_learned, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(cheap_is_not_near, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(a_guess_is_no_success, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(no_scale_no_failure, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(no_width_is_not_said, scratch_open, scratch_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
