/* Decisions that a benchmark takes back: training goes the same way without them, to the bit where sums keep their
 * order. */
#include "core/choice.h"
#include "core/linalg.h"
#include "tests/fixture.h"

#include <stdlib.h>

enum { STEPS = 6 };

/* Trains with the decision and without it; the weights agree to `tolerance`. Returns how many operations of products
 * going without adds, as a share. */
static double trained_without(enum choice c, const char *method, double tolerance)
{
    struct fixture with, without;
    double start = gemm_flops();
    fixture_open(&with, method, "");
    fixture_train(&with, STEPS);
    double flops = gemm_flops() - start;
    start = gemm_flops();
    fixture_open(&without, method, "");
    choice_without = c;
    fixture_train(&without, STEPS);
    choice_without = CHOICE_NONE;
    double more = (gemm_flops() - start) / flops - 1;
    fixture_same_weights(&with, &without, tolerance);
    fixture_close(&with);
    fixture_close(&without);
    return more;
}

/* The same sums in the same order: a residual added in a pass of its own, GELU's value computed twice, gradients of
 * what does not train. Tiles are too large for a tiny model: tests/test_linalg has them. */
static void same_bits(void **state)
{
    (void)state;
    static const char *const methods[] = {"lora", "dora", "full", "head"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        assert_true(trained_without(CHOICE_RESIDUAL, methods[i], 0) == 0);
        assert_true(trained_without(CHOICE_GELU, methods[i], 0) == 0);
        double more = trained_without(CHOICE_CUT, methods[i], 0);
        assert_true(i == 2 ? more == 0 : more > 0.01); /* full trains the embeddings anyway */
    }
}

/* Sums in another order: all rows where [CLS] rows do, BLAS in attention, a bias added last. */
static void same_to_rounding(void **state)
{
    (void)state;
    const double allowed = sizeof(real) == sizeof(double) ? 1e-11 : 1e-4;
    static const char *const methods[] = {"lora", "full"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        assert_true(trained_without(CHOICE_CLS, methods[i], allowed) > 0.1);
        assert_true(trained_without(CHOICE_LOOPS, methods[i], allowed) > 0.01); /* own loops are not counted */
        assert_true(trained_without(CHOICE_BIAS, methods[i], allowed) == 0);
    }
}

int main(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_bits), cmocka_unit_test(same_to_rounding)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
