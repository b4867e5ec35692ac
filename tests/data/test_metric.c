/* Metrics at values worked out by hand, and at the edges: ties, constants, NaN, nothing. */
/* precision: float */
#include "data/metric.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define N(a) ((int)(sizeof(a) / sizeof *(a)))

static void near(double got, double want)
{
    if (!(fabs(got - want) < 1e-12))
        fail_msg("got %.17g, want %.17g", got, want);
}

/* TP 3, FP 1, FN 2, TN 4; catches swapped margins. */
static const double predicted[] = {1, 1, 1, 1, 0, 0, 0, 0, 0, 0}, actual[] = {1, 1, 1, 0, 1, 1, 0, 0, 0, 0};

static void test_classes(void **state)
{
    (void)state;
    near(metric_value(METRIC_ACCURACY, predicted, actual, 10), .7);
    near(metric_value(METRIC_F1, predicted, actual, 10), 2. * 3 / (2 * 3 + 1 + 2));
    near(metric_value(METRIC_MCC, predicted, actual, 10), (3. * 4 - 1 * 2) / sqrt(4. * 5 * 5 * 6));
}

static void test_class_edges(void **state)
{
    const double zero[] = {0, 0, 0, 0}, one[] = {1, 1, 1, 1}, mixed[] = {0, 1, 0, 1}, three[] = {0, 1, 2, 2};
    (void)state;
    near(metric_value(METRIC_MCC, zero, mixed, 4), 0);
    near(metric_value(METRIC_MCC, mixed, one, 4), 0);
    near(metric_value(METRIC_MCC, mixed, mixed, 4), 1);
    near(metric_value(METRIC_F1, zero, zero, 4), 0);
    near(metric_value(METRIC_F1, one, one, 4), 1);
    /* Classes 0 (F1 2/3), 1 (1) and 2, which is never predicted; a class 3 that nobody has does not count. */
    const double some[] = {0, 1, 0, 1, 1}, those[] = {0, 1, 2, 1, 1}, last[] = {4, 4};
    near(metric_value(METRIC_MACRO_F1, some, those, 5), (2. / 3 + 1 + 0) / 3);
    near(metric_value(METRIC_MACRO_F1, last, last, 2), 1);
    near(metric_value(METRIC_ACCURACY, mixed, three, 4), .5);
}

/* x = 1..4, y = 1, 3, 2, 5: means 2.5 and 2.75, sxy = 5.5, sxx = 5, syy = 8.75. */
static void test_pearson(void **state)
{
    const double x[] = {1, 2, 3, 4}, y[] = {1, 3, 2, 5}, down[] = {8, 6, 4, 2},
                 far[] = {1e9 + 1, 1e9 + 2, 1e9 + 3, 1e9 + 4};
    (void)state;
    near(metric_value(METRIC_PEARSON, x, y, 4), 5.5 / sqrt(5 * 8.75));
    near(metric_value(METRIC_PEARSON, x, down, 4), -1);
    near(metric_value(METRIC_PEARSON, x, far, 4), 1);
}

/* Without ties 1 - 6 sum d^2 / (n (n^2 - 1)); with ties average ranks: y ranks 1.5, 1.5, 3.5, 3.5 against 1..4. */
static void test_spearman(void **state)
{
    const double x[] = {10, 20, 30, 40}, y[] = {1, 300, 20, 5000}, ties[] = {7, 7, 9, 9};
    (void)state;
    near(metric_value(METRIC_SPEARMAN, x, y, 4), 1 - 6. * 2 / (4 * 15));
    near(metric_value(METRIC_SPEARMAN, x, ties, 4), 4 / sqrt(5. * 4));
    near(metric_value(METRIC_SPEARMAN, ties, x, 4), 4 / sqrt(5. * 4));
}

static void test_edges(void **state)
{
    const double constant[] = {.1, .1, .1}, x[] = {1, 2, 3}, broken[] = {1, NAN, 3};
    const enum metric all[] = {METRIC_ACCURACY, METRIC_F1, METRIC_MCC, METRIC_PEARSON, METRIC_SPEARMAN};
    (void)state;
    near(metric_value(METRIC_PEARSON, constant, x, 3), 0);
    near(metric_value(METRIC_PEARSON, x, constant, 3), 0);
    near(metric_value(METRIC_SPEARMAN, constant, x, 3), 0);
    near(metric_value(METRIC_PEARSON, x, x, 1), 0);
    for (int k = 0; k < N(all); k++) {
        assert_true(isnan(metric_value(all[k], broken, x, 3)));
        assert_true(isnan(metric_value(all[k], x, broken, 3)));
        assert_true(isnan(metric_value(all[k], x, x, 0)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_classes), cmocka_unit_test(test_class_edges),
                                       cmocka_unit_test(test_pearson), cmocka_unit_test(test_spearman),
                                       cmocka_unit_test(test_edges)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
