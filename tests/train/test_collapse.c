/* Silent collapse is seen where classes are balanced and where they are not, and learning is not taken for it. */
/* precision: float */
#include "train/collapse.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { EXAMPLES = 100, STEPS = 60 };

/* Of EXAMPLES labels the first `ones` are 1, the others 0; the last losses and the final score are given. */
static bool penalised(enum metric metric, int ones, double loss, double score, double penalty)
{
    double label[EXAMPLES], losses[STEPS];
    struct dataset d = {.n = EXAMPLES, .label = label};
    const struct dataset splits[SPLITS] = {d, d, d};
    struct param W = {.w = mat_of(NULL, 2, 4)};
    struct model model = {.classifier_W = &W};
    struct spec spec = {.kind = TASK_CLASSES, .metric = metric, .train = {.evaluate = 1}};
    struct score final[1] = {{loss, score, NAN}};
    struct trainee t = {.spec = &spec, .model = &model, .splits = splits};
    struct run r = {.status = RUN_OK, .steps = STEPS, .evals = 1, .loss = losses, .test = final, .valid = final};
    for (int i = 0; i < EXAMPLES; i++)
        label[i] = i < ones;
    for (int i = 0; i < STEPS; i++)
        losses[i] = i < STEPS - 50 ? 9 : loss;
    return examine_collapse(&t, &r, penalty);
}

static bool collapsed(enum metric metric, int ones, double loss, double score)
{
    return penalised(metric, ones, loss, score, 0);
}

static void balanced(void **state)
{
    (void)state;
    assert_true(collapsed(METRIC_ACCURACY, 50, log(2), 0.51));
    assert_false(collapsed(METRIC_ACCURACY, 50, log(2), 0.54));
    assert_false(collapsed(METRIC_ACCURACY, 50, 0.9 * log(2), 0.51)); /* it learns, and does not generalise */
    assert_true(collapsed(METRIC_MCC, 50, log(2), 0));
}

/* Catches: a model that always names the frequent class has less than ln 2 and more than 1/2, and passed for trained.
 */
static void imbalanced(void **state)
{
    (void)state;
    const double entropy = -0.7 * log(0.7) - 0.3 * log(0.3);
    assert_true(collapsed(METRIC_ACCURACY, 70, entropy, 0.70));
    assert_true(collapsed(METRIC_ACCURACY, 30, entropy, 0.70));
    assert_false(collapsed(METRIC_ACCURACY, 70, entropy, 0.74));
    assert_false(collapsed(METRIC_ACCURACY, 70, 0.9 * entropy, 0.70));
    assert_true(collapsed(METRIC_MCC, 70, entropy, 0));
    assert_true(collapsed(METRIC_F1, 70, entropy, 1.4 / 1.7)); /* all are called 1: 2 TP / (2 TP + FP) */
}

/* Catches: with AdaLoRA's penalty of 0.2 on it the loss is always above the entropy, however much the run has learned. */
static void penalty_is_no_loss(void **state)
{
    (void)state;
    assert_false(penalised(METRIC_ACCURACY, 50, 0.9 * log(2) + 0.2, 0.51, 0.2));
    assert_true(penalised(METRIC_ACCURACY, 50, log(2) + 0.2, 0.51, 0.2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(balanced), cmocka_unit_test(imbalanced),
                                       cmocka_unit_test(penalty_is_no_loss)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
