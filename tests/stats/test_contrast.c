/* Welch, Dunnett, verdicts and pooling over tasks, against scipy, printed tables, simulation, and what a reviewer counted. */
/* precision: float */
#include "stats/contrast.h"
#include "stats/distribution.h"
#include "stats/meta.h"

#include "tests/near.h"

#include <string.h>

/* scipy.stats.ttest_ind(a, b, equal_var=False) */
static void welch_as_scipy_has_it(void **state)
{
    (void)state;
    const double a[] = {.81, .83, .79, .85, .84, .80}, b[] = {.78, .80, .82, .77};
    struct contrast c = contrast_of(a, 6, b, 4);
    near(c.difference / c.error, 1.8700561025246265, 1e-12);
    near(c.p, 0.10428562063753741, 1e-10);
    near(c.df, 6.898991382269022, 1e-10);
    near(c.low, -0.007376315584716658, 1e-10);
    near(c.high, 0.062376315584716596, 1e-10);
    near(probability_ahead(a, 6, b, 4), 19.5 / 24, 1e-12);
}

/* Catches: an interval of two runs, as wide as the sky. */
static void two_runs_have_no_interval(void **state)
{
    (void)state;
    const double a[] = {.5, .9, .7}, same[] = {.5, .5, .5};
    assert_true(isnan(contrast_of(a, 2, a, 3).low) && isnan(contrast_of(a, 3, a, 2).p));
    assert_true(!isnan(contrast_of(a, 3, a, 3).low));
    /* Catches: certainty of scores that few test rows have rounded to one. */
    assert_true(isnan(contrast_of(same, 3, same, 3).p) && isnan(contrast_of(same, 3, same, 3).low));
    assert_true(!isnan(contrast_of(same, 3, a, 3).low));
    assert_true(isnan(contrast_paired(same, 3).high) && contrast_paired(same, 3).error == 0);
    assert_true(isnan(detectable_difference(0, 4)));
    assert_true(verdict_of(NAN, NAN, NAN, 0.01) == VERDICT_NONE);
    assert_string_equal(verdict_names[VERDICT_NONE], "");
}

/* Two-sided 5 % points of Dunnett (1964), table II: k treatments against one control, all variances and sizes alike. */
static void dunnett_as_printed(void **state)
{
    (void)state;
    static const struct {
        int k;
        double df, point;
    } cases[] = {{1, 20, 2.09}, {2, 20, 2.38},  {4, 20, 2.65},  {9, 20, 2.95}, {2, 10, 2.57},
                 {5, 10, 2.99}, {2, 1e4, 2.21}, {5, 1e4, 2.51}, {9, 1e4, 2.69}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct contrast c[9];
        double adjusted[9];
        for (int k = 0; k < cases[i].k; k++)
            c[k] = (struct contrast){.difference = cases[i].point,
                                     .error = 1,
                                     .df = cases[i].df,
                                     .p = 2 * student_cdf(-cases[i].point, cases[i].df),
                                     .own = 0.5,
                                     .common = 0.5};
        contrast_adjust(c, NULL, cases[i].k, adjusted);
        near(adjusted[0], 0.05, 0.0015); /* what the table rounds away */
        assert_true(adjusted[0] >= c[0].p);
    }
}

/* Catches: NaN that counts as a hypothesis, or an adjustment that depends on the order. */
static void absent_contrasts_do_not_count(void **state)
{
    (void)state;
    const struct contrast one = {.difference = 2.2, .error = 1, .df = 20, .p = 0.04, .own = 0.3, .common = 0.7};
    const struct contrast none = {.difference = NAN, .error = NAN, .df = NAN, .p = NAN, .own = NAN, .common = NAN};
    const struct contrast list[] = {none, one, none};
    double alone[1], among[3];
    contrast_adjust(&one, NULL, 1, alone);
    contrast_adjust(list, NULL, 3, among);
    near(among[1], alone[0], 1e-12);
    assert_true(isnan(among[0]) && isnan(among[2]));
}

/* Two pairs, each with a b of its own, are independent: 1 - (1 - p of a pair)^2 (Sidak 1967), which is more than for four with
 * one b. Catches: references of two sizes taken for one. */
static void contrasts_with_other_references(void **state)
{
    (void)state;
    const int own[] = {0, 1, 0, 1};
    struct contrast c[4];
    double pair[2], two[4], one[4];
    for (int i = 0; i < 4; i++)
        c[i] = (struct contrast){.difference = 2.3, .error = 1, .df = 1e6, .p = 0.0214, .own = 0.5, .common = 0.5};
    contrast_adjust(c, NULL, 2, pair);
    contrast_adjust(c, own, 4, two);
    contrast_adjust(c, NULL, 4, one);
    near(two[0], 1 - (1 - pair[0]) * (1 - pair[0]), 1e-6);
    assert_true(two[0] > one[0] + 1e-3);
}

/* The intervals and adjusted p of 48 comparisons of nine methods on six tasks with 29 seeds, once decided by another rule
 * as "not significant" in most rows; and what one verdict from one interval makes of them. */
static void retrospective_counts(void **state)
{
    (void)state;
    static const struct {
        const char *task, *method;
        double low, high, p;
    } rows[] = {
        {"cola", "LoRA+", -0.033382, -0.021052, 7.82311e-08},
        {"cola", "DoRA", -0.007916, 0.002785, 0.884041},
        {"cola", "LoRA twin", -0.009075, 0.004316, 0.884041},
        {"cola", "VeRA", -0.022282, -0.009372, 0.000589348},
        {"cola", "LoRA-FA", -0.056476, -0.045410, 2.98023e-08},
        {"cola", "LoRA-drop", -0.012053, 0.000076, 0.403458},
        {"cola", "AdaLoRA", -0.001082, 0.008455, 0.559288},
        {"cola", "Delta-LoRA", -0.017916, -0.007318, 0.000871457},
        {"sst", "LoRA+", -0.035357, -0.019045, 1.45286e-06},
        {"sst", "DoRA", -0.102296, 0.000000, 1},
        {"sst", "LoRA twin", -0.000828, 0.008793, 0.407309},
        {"sst", "VeRA", 0.001276, 0.013241, 0.160057},
        {"sst", "LoRA-FA", -0.063191, -0.046586, 2.98023e-08},
        {"sst", "LoRA-drop", -0.011690, 0.001284, 0.904264},
        {"sst", "AdaLoRA", 0.025517, 0.036276, 1.30385e-07},
        {"sst", "Delta-LoRA", -0.006793, 0.005310, 1},
        {"mrpc", "LoRA+", -0.043052, -0.031990, 2.98023e-08},
        {"mrpc", "DoRA", 0.007863, 0.016036, 5.13904e-05},
        {"mrpc", "LoRA twin", -0.003721, 0.006154, 0.962392},
        {"mrpc", "VeRA", -0.040166, -0.032257, 2.98023e-08},
        {"mrpc", "LoRA-FA", -0.069137, -0.061628, 2.98023e-08},
        {"mrpc", "LoRA-drop", -0.009696, 0.001436, 0.648652},
        {"mrpc", "AdaLoRA", -0.008113, 0.001611, 0.648652},
        {"mrpc", "Delta-LoRA", -0.008200, 0.002655, 0.962392},
        {"mnli", "LoRA+", -0.051830, -0.027448, 2.98023e-08},
        {"mnli", "DoRA", -0.000517, 0.005690, 0.681417},
        {"mnli", "LoRA twin", -0.006897, 0.001517, 0.864048},
        {"mnli", "VeRA", -0.019241, -0.011000, 3.1963e-06},
        {"mnli", "LoRA-FA", -0.046524, -0.037188, 2.98023e-08},
        {"mnli", "LoRA-drop", -0.004793, 0.004379, 0.864048},
        {"mnli", "AdaLoRA", -0.007966, 0.000276, 0.307044},
        {"mnli", "Delta-LoRA", -0.018552, -0.009724, 3.70666e-06},
        {"qnli", "LoRA+", -0.058641, -0.024034, 2.88934e-05},
        {"qnli", "DoRA", 0.010724, 0.021759, 2.32458e-06},
        {"qnli", "LoRA twin", -0.007172, 0.022382, 1},
        {"qnli", "VeRA", -0.002517, 0.034379, 1},
        {"qnli", "LoRA-FA", -0.032414, -0.011700, 4.37424e-05},
        {"qnli", "LoRA-drop", 0.001353, 0.023552, 0.188813},
        {"qnli", "AdaLoRA", 0.006974, 0.037586, 0.000175219},
        {"qnli", "Delta-LoRA", -0.002966, 0.006653, 0.858715},
        {"sts", "LoRA+", -0.146985, -0.028977, 9.31323e-08},
        {"sts", "DoRA", 0.011714, 0.015953, 2.98023e-08},
        {"sts", "LoRA twin", -0.003161, 0.002713, 0.717209},
        {"sts", "VeRA", -0.009509, -0.004487, 3.0309e-05},
        {"sts", "LoRA-FA", -0.034609, -0.029909, 2.98023e-08},
        {"sts", "LoRA-drop", -0.002784, 0.000847, 0.650002},
        {"sts", "AdaLoRA", 0.013294, 0.017583, 2.98023e-08},
        {"sts", "Delta-LoRA", 0.000234, 0.003562, 0.0646595},
    };
    int count[7] = {0}, placebo[7] = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const enum verdict v = verdict_of(rows[i].low, rows[i].high, rows[i].p, 0.01);
        count[v]++;
        placebo[v] += strcmp(rows[i].method, "LoRA twin") == 0;
    }
    assert_int_equal(count[VERDICT_BETTER], 6);
    assert_int_equal(count[VERDICT_WORSE], 17);
    assert_int_equal(count[VERDICT_EQUIVALENT], 18);
    assert_int_equal(count[NOT_WORSE] + count[NOT_BETTER] + count[VERDICT_OPEN], 7);
    assert_int_equal(placebo[VERDICT_EQUIVALENT], 5);
    assert_int_equal(placebo[VERDICT_BETTER] + placebo[VERDICT_WORSE], 0);
}

/* Catches: a margin that is taken for zero, a boundary that counts as inside, better for worse. */
static void each_verdict(void **state)
{
    (void)state;
    static const struct {
        double low, high, p;
        enum verdict wanted;
    } cases[] = {
        {-.009, .009, .9, VERDICT_EQUIVALENT}, {.001, .009, .01, VERDICT_EQUIVALENT}, {-.01, .009, .9, NOT_BETTER},
        {-.009, .01, .9, NOT_WORSE},           {.001, .02, .05, VERDICT_BETTER},      {.001, .02, .051, NOT_WORSE},
        {-.02, -.001, .05, VERDICT_WORSE},     {-.02, -.001, .051, NOT_BETTER},       {-.02, .02, 1, VERDICT_OPEN}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(verdict_of(cases[i].low, cases[i].high, cases[i].p, 0.01), cases[i].wanted);
}

/* With equal errors the random-effects centre is the mean and tau^2 = s^2 - error^2 exactly. */
static void pooling_by_hand(void **state)
{
    (void)state;
    const double d[] = {0.01, 0.03, -0.02, 0.04};
    struct contrast c[4];
    for (int i = 0; i < 4; i++)
        c[i] = (struct contrast){.difference = d[i], .error = 0.01, .df = 20, .own = 5e-5, .common = 5e-5};
    const struct pooled p = pool(c, 4);
    const double s2 = (0.005 * 0.005 + 0.015 * 0.015 + 0.035 * 0.035 + 0.025 * 0.025) / 3;
    near(p.here.estimate, 0.015, 1e-12);
    near(p.here.high - p.here.estimate, student_quantile(0.975, 80) * 0.005, 1e-10);
    near(p.tau, sqrt(s2 - 1e-4), 1e-6);
    near(p.like.estimate, 0.015, 1e-9);
    near(p.like.high - p.like.estimate, student_quantile(0.975, 3) * sqrt(s2 / 4), 1e-6);
    near(p.next.high - p.next.estimate, student_quantile(0.975, 2) * sqrt(s2 / 4 + s2 - 1e-4), 1e-6);
    assert_true(isnan(pool(c, 2).like.low) && !isnan(pool(c, 2).here.low));
}

/* Catches: seeds taken for tasks (which covers half of the time when tasks differ), or a prediction that is an interval
 * of a mean. */
static void pooled_intervals_hold_the_truth(void **state)
{
    (void)state;
    enum { TRIALS = 1000 };
    static const double tau[] = {0, 0.3, 1};
    for (int i = 0; i < 3; i++)
        for (int tasks = 4; tasks <= 6; tasks += 2) {
            assert_true(fabs(pooled_coverage(POOLED_HERE, tasks, 10, 20, tau[i], TRIALS) - 0.95) < 0.025);
            const double like = pooled_coverage(POOLED_LIKE, tasks, 10, 20, tau[i], TRIALS);
            const double next = pooled_coverage(POOLED_NEXT, tasks, 10, 20, tau[i], TRIALS);
            if (like < 0.93 || next < 0.9)
                fail_msg("tau %g, %d tasks: %g and %g", tau[i], tasks, like, next);
        }
}

/* Differences of pairs: scipy.stats.ttest_1samp([1, 2, 4], 0) has t = 2.6458 with 2 degrees of freedom, p = 0.1181. */
static void pairs(void **state)
{
    (void)state;
    const double d[] = {1, 2, 4};
    const struct contrast c = contrast_paired(d, 3);
    near(c.difference, 7.0 / 3, 1e-12);
    near(c.difference / c.error, 2.6457513, 1e-6);
    near(c.df, 2, 0);
    near(c.p, 0.1180829, 1e-6);
    assert_true(isnan(contrast_paired(d, 2).low));
}

/* The difference that is found with power 0.8 at n = 10 against 20: about 2.9 standard errors. */
static void detectable(void **state)
{
    (void)state;
    near(detectable_difference(1, 1e6), 2.8016, 1e-3);
    near(detectable_difference(2, 1e6), 2 * detectable_difference(1, 1e6), 1e-4);
    assert_true(detectable_difference(1, 20) > 2.9);
    assert_true(isnan(detectable_difference(NAN, NAN)));
    const struct contrast c[] = {
        {.error = 3, .df = 1e6}, {.error = NAN, .df = NAN}, {.error = 1, .df = 1e6}, {.error = 2, .df = 1e6}};
    near(detectable_median(c, 4), 2 * 2.8016, 1e-3);
    assert_true(isnan(detectable_median(c + 1, 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(welch_as_scipy_has_it),
        cmocka_unit_test(two_runs_have_no_interval),
        cmocka_unit_test(dunnett_as_printed),
        cmocka_unit_test(absent_contrasts_do_not_count),
        cmocka_unit_test(contrasts_with_other_references),
        cmocka_unit_test(retrospective_counts),
        cmocka_unit_test(each_verdict),
        cmocka_unit_test(pooling_by_hand),
        cmocka_unit_test(pooled_intervals_hold_the_truth),
        cmocka_unit_test(pairs),
        cmocka_unit_test(detectable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
