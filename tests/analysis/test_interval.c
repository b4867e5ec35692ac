/* Intervals of means: none of two runs, none outside the scale of a score, tasks and not their seeds counted. */
/* precision: float */
#include "analysis/interval.h"
#include "tests/near.h"

#include <math.h>
#include <stdlib.h>

static void two_runs_say_nothing(void **state)
{
    (void)state;
    const double v[] = {0.5, 1, 0.75};
    char words[256];
    assert_true(isnan(mean_interval(v, 2, 1).low) && mean_interval(v, 2, 1).kind == INTERVAL_NONE);
    near(mean_interval(v, 2, 1).estimate, 0.75, 1e-15);
    assert_false(isnan(mean_interval(v, 3, 1).low));
    interval_words(2, words, sizeof words);
    assert_string_equal(words, "no interval (n = 2)");
}

/* Catches: an accuracy above 1, a correlation below -1, an interval inside the scale that is changed, a recovered share,
 * which has no lowest value, that is cut. */
static void scores_keep_to_their_scale(void **state)
{
    (void)state;
    const double high[] = {0.9, 1, 1}, low[] = {-0.95, -1, -0.6}, inside[] = {0.5, 0.52, 0.51}, ones[] = {1, 1, 1};
    const struct interval plain = mean_interval(high, 3, 1), kept = score_interval(high, 3, METRIC_ACCURACY, 1);
    assert_true(plain.high > 1 && kept.high < 1 && kept.low > 0 && kept.low < kept.estimate &&
                kept.estimate < kept.high);
    const struct interval r = score_interval(low, 3, METRIC_PEARSON, 1);
    assert_true(mean_interval(low, 3, 1).low < -1 && r.low > -1 && r.high < 1);
    near(score_interval(inside, 3, METRIC_ACCURACY, 1).low, mean_interval(inside, 3, 1).low, 0);
    near(score_interval(low, 3, METRIC_RECOVERED, 1).low, mean_interval(low, 3, 1).low, 0);
    near(score_interval(ones, 3, METRIC_ACCURACY, 1).high, 1, 0);
}

/* Catches: seeds that are taken for tasks, holes for zeros, certainty of values that are all one. */
static void seeds_are_no_tasks(void **state)
{
    (void)state;
    const double four[] = {4, 5, 2.5, NAN, 23.7, 23.7, 30, 32.8}, two[] = {1, 2, 3, 11, 12, 13},
                 same[] = {2, 2, 2, 2, 2, 2};
    struct interval v = nested_interval(four, 4, 2, 0); /* means 4.5, 2.5, 23.7, 31.4; t of 3 degrees: 3.1824 */
    near(v.estimate, 15.525, 1e-12);
    near(v.high - v.estimate, 3.182446305284263 * sqrt(610.0475 / 3) / 2, 1e-6);
    v = nested_interval(two, 2, 3, 0); /* errors 1 / sqrt 3 of either mean, 4 degrees: 2.7764 */
    near(v.estimate, 7, 1e-12);
    near(v.estimate - v.low, 2.7764451051977987 / sqrt(6), 1e-6);
    near(nested_interval(two, 2, 3, 0.25).low, v.low - 0.25, 1e-12);
    near(nested_interval(two, 2, 3, 0.25).high, v.high + 0.25, 1e-12);
    assert_true(isnan(nested_interval(same, 2, 3, 0).low) && isnan(nested_interval(same, 3, 2, 0).high));
    near(nested_interval(same, 2, 3, 0.25).high, 2.25, 1e-12);
    assert_true(isnan(nested_interval(two, 2, 1, 0).low));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(two_runs_say_nothing),
                                       cmocka_unit_test(scores_keep_to_their_scale),
                                       cmocka_unit_test(seeds_are_no_tasks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
