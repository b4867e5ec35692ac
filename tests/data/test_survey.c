/* What is counted of a stranger's data. */
/* precision: float */
#include "data/survey.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void fill(struct dataset *d, int n, int from, int length)
{
    for (int i = 0; i < n; i++) {
        struct example e = {.n = length, .label = i % 3 == 0 ? 0 : 1, .ids = {1, from + i}};
        dataset_add(d, &e);
    }
}

static void counts(void **state)
{
    (void)state;
    struct dataset splits[SPLITS] = {{0}};
    struct class_names names = {.n = 2, .name = {"good", "bad"}};
    struct survey v;
    fill(&splits[SPLIT_TRAIN], 199, 0, 5);
    fill(&splits[SPLIT_TRAIN], 1, 500, 90);
    fill(&splits[SPLIT_TRAIN], 2, 7, 5); /* two that were there */
    fill(&splits[SPLIT_VALID], 4, 700, 5);
    fill(&splits[SPLIT_TEST], 10, 190, 5); /* 190 .. 199, of which 190 .. 198 train */
    survey_make(&v, splits, &names, 3);
    assert_true(v.rows[SPLIT_TRAIN] == 202 && v.rows[SPLIT_VALID] == 4 && v.rows[SPLIT_TEST] == 10);
    assert_true(v.tokens == 5 && v.longest == 90);
    assert_true(v.repeated == 2 && v.leaked[SPLIT_TEST] == 9);
    assert_true(v.most == 133 && v.least == 0 && v.classes == 3); /* the third class has no row */
    assert_false(v.numbers);
    assert_true(survey_effective(&splits[SPLIT_TEST], 3, METRIC_ACCURACY) == 10);
    assert_true(survey_effective(&splits[SPLIT_TEST], 3, METRIC_F1) == 6); /* four of class 0, six of class 1 */
    assert_true(fabs(survey_effective(&splits[SPLIT_TEST], 3, METRIC_MACRO_F1) - 9.6) < 1e-12);
    snprintf(names.name[0], CLASS_NAME, "4");
    snprintf(names.name[1], CLASS_NAME, "4.5");
    survey_make(&v, splits, &names, 2);
    assert_true(v.numbers);
    snprintf(names.name[1], CLASS_NAME, "5");
    survey_make(&v, splits, &names, 2);
    assert_false(v.numbers); /* stars */
    for (int s = 0; s < SPLITS; s++)
        dataset_free(&splits[s]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(counts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
