/* Intervals of means: none of two runs, none outside the scale of a score. */
/* precision: float */
#include "analysis/interval.h"
#include "tests/near.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(two_runs_say_nothing),
                                       cmocka_unit_test(scores_keep_to_their_scale)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
