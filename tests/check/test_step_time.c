/* What a benchmark says of a step is of the work it did: tokens of the batches that it saw, products that it called. */
#include "check/step_time.h"
#include "tests/fixture.h"
#include "tune/method_words.h"

#include <stdlib.h>

static const struct bench_size size = {"tiny", 16, 2, 2, 32, 4, 12, 0};

static struct bench_result measured(enum bench_kind kind, const char *method)
{
    struct bench b = {.size = size, .kind = kind, .ragged = true, .parts = true, .method = method_find(method)};
    struct bench_result r;
    void *opts = method_words(b.method, &b.common, 0, NULL, "");
    b.opts = opts;
    bench_run(&b, &r);
    free(opts);
    assert_true(r.steps > 0 && r.step > 0 && r.bare > 0 && r.products > 0);
    return r;
}

static void counts(void **state)
{
    (void)state;
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
        examples += bench_length(&ragged, 0, i);
    struct bench_result train = measured(BENCH_TRAIN, "lora"), evaluate = measured(BENCH_EVALUATE, "lora");
    assert_true(train.tokens == examples && evaluate.tokens == examples);
    assert_true(measured(BENCH_PRETRAIN, "full").tokens == documents / BENCH_BATCHES);
    assert_true(evaluate.flops < train.flops && evaluate.products < train.products);
    /* a head step takes a quarter of a batch's features from the frozen encoder, and no backward */
    assert_true(2 * measured(BENCH_TRAIN, "head").flops < evaluate.flops);
}

/* Lengths that are given are those of the batches. */
static void given_lengths(void **state)
{
    (void)state;
    int length[BENCH_BATCHES * 4], all = 0;
    for (int i = 0; i < BENCH_BATCHES * size.batch; i++)
        all += length[i] = 1 + i % size.length;
    struct bench b = {.size = size, .length = length, .method = method_find("lora")};
    struct bench_result r;
    void *opts = method_words(b.method, &b.common, 0, NULL, "");
    b.opts = opts;
    bench_run(&b, &r);
    free(opts);
    assert_int_equal(bench_length(&b, 1, 2), length[size.batch + 2]);
    assert_float_equal(r.tokens, all / (double)BENCH_BATCHES, 1e-9);
}

int main(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    const struct CMUnitTest tests[] = {cmocka_unit_test(counts), cmocka_unit_test(given_lengths)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
