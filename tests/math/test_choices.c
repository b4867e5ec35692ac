/* Decisions that a benchmark takes back: training goes the same way without them, to the bit where sums keep their
 * order. */
#include "check/step_time.h"
#include "math/choice.h"
#include "math/linalg.h"
#include "tests/fixture.h"

#include <stdlib.h>

enum { STEPS = 6 };

/* The gradients of both at the same weights agree to `tolerance`, relative to the largest. */
static void same_gradients(struct fixture *with, struct fixture *without, enum choice c, double tolerance)
{
    double largest = 0, distance = 0;
    model_zero_grads(&with->tiny.model);
    tiny_objective(&with->tiny, true);
    model_zero_grads(&without->tiny.model);
    choice_without = c;
    tiny_objective(&without->tiny, true);
    choice_without = CHOICE_NONE;
    for (int i = 0; i < with->tiny.model.nparam; i++) {
        const struct mat a = with->tiny.model.param[i]->g, b = without->tiny.model.param[i]->g;
        for (size_t k = 0; a.v && k < mat_size(a); k++) {
            largest = fmax(largest, fabs((double)a.v[k]));
            distance = fmax(distance, fabs((double)a.v[k] - (double)b.v[k]));
        }
    }
    if (!(distance <= tolerance * largest))
        fail_msg("gradients differ by %.3g of the largest; %.3g is allowed", distance / largest, tolerance);
}

/* Trains with the decision and without it: gradients agree to `tolerance`; where that is 0 the weights at the end are
 * the same. (Otherwise they need not be close: of a gradient that is nothing but rounding, a key's bias, AdamW makes
 * whole steps.) Returns how many operations of products going without adds, as a share. */
static double trained_without(enum choice c, const char *method, double tolerance)
{
    struct fixture with, without;
    fixture_open(&with, method, "");
    fixture_open(&without, method, "");
    same_gradients(&with, &without, c, tolerance);
    double start = gemm_flops();
    fixture_train(&with, STEPS);
    double flops = gemm_flops() - start;
    start = gemm_flops();
    choice_without = c;
    fixture_train(&without, STEPS);
    choice_without = CHOICE_NONE;
    double more = (gemm_flops() - start) / flops - 1;
    if (tolerance == 0)
        fixture_same_weights(&with, &without, 0);
    fixture_close(&with);
    fixture_close(&without);
    return more;
}

/* The same sums in the same order: a residual added in a pass of its own, GELU's value computed twice, gradients of
 * what does not train. Tiles are too large for a tiny model: tests/math/test_linalg has them. */
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
    const double allowed = sizeof(real) == sizeof(double) ? 1e-13 : 1e-5;
    static const char *const methods[] = {"lora", "full"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        assert_true(trained_without(CHOICE_CLS, methods[i], allowed) > 0.1);
        assert_true(trained_without(CHOICE_LOOPS, methods[i], allowed) > 0.01); /* own loops are not counted */
        assert_true(trained_without(CHOICE_BIAS, methods[i], allowed) == 0);
    }
}

static struct bench_result measured(enum bench_kind kind, const char *method, enum choice without)
{
    struct bench b = {.size = {"tiny", 16, 2, 2, 32, 4, 12}, .kind = kind, .ragged = true, .parts = true};
    struct bench_result r;
    b.method = method_find(method);
    b.without = without;
    option_defaults(adapter_options, &b.common);
    bench_run(&b, &r);
    assert_true(r.steps > 0 && r.step > 0 && r.bare > 0 && r.products > 0 &&
                choice_holds(without ? without : CHOICE_CUT));
    return r;
}

/* What a benchmark says of a step is of the work it did: tokens of the batches that it saw, products that it called. */
static void benchmark(void **state)
{
    (void)state;
    const struct bench_size size = {"tiny", 16, 2, 2, 32, 4, 12};
    const struct bench ragged = {.size = size, .ragged = true};
    struct masked_batch batch = {0};
    double documents = 0, examples = 0;
    for (int k = 0; k < BENCH_BATCHES; k++) {
        bench_masked(&batch, &size, k);
        assert_int_equal(batch.B, size.batch);
        documents += batch.N;
    }
    masked_free(&batch);
    for (int i = 0; i < size.batch; i++)
        examples += bench_length(&ragged, i);
    struct bench_result train = measured(BENCH_TRAIN, "lora", CHOICE_NONE);
    struct bench_result evaluate = measured(BENCH_EVALUATE, "lora", CHOICE_NONE);
    assert_true(train.tokens == examples && evaluate.tokens == examples);
    assert_true(measured(BENCH_PRETRAIN, "full", CHOICE_NONE).tokens == documents / BENCH_BATCHES);
    assert_true(evaluate.flops < train.flops && evaluate.products < train.products);
    assert_true(measured(BENCH_TRAIN, "lora", CHOICE_CLS).flops > train.flops);
    assert_true(measured(BENCH_TRAIN, "lora", CHOICE_CUT).products > train.products);
    assert_true(measured(BENCH_TRAIN, "head", CHOICE_FEATURES).flops >
                2 * measured(BENCH_TRAIN, "head", CHOICE_NONE).flops);
}

int main(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_bits), cmocka_unit_test(same_to_rounding),
                                       cmocka_unit_test(benchmark)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
