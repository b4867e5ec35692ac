/* Another parametrisation of a base is the same function, to the bit, with other weights. */
#include "base/gauge.h"
#include "experiment/executor.h"
#include "math/linalg.h"
#include "tests/scratch.h"

/* What a run of no rate learns: nothing; its test loss is the base's. */
static double untrained(const char *gauge, const char *method, struct run *r)
{
    char word[32], name[32];
    snprintf(word, sizeof word, "gauge=%s", gauge);
    snprintf(name, sizeof name, "method=%s", method);
    const char *a[] = {"task=cola", "base=tiny-random", "rank=2",   "steps=1", "batch=8", "ntrain=64", "nvalid=32",
                       "ntest=32",  "evals=1",          "probes=0", "lr=0",    word,      name};
    struct session *s = session_open(scratch);
    struct identity p;
    identity_make(s, &p, sizeof a / sizeof *a, a);
    struct run_needs needs = executor_load(s, &p);
    run_execute(r, &p.spec, p.base, needs.splits, needs.env, NULL);
    identity_free(&p);
    session_close(s);
    return r->test[0].loss;
}

/* Catches: a bias that is forgotten, a factor that is not undone, a frozen base that is taken for changed. */
static void the_function_is_the_same(void **state)
{
    (void)state;
    static const char *const method[] = {"head", "full", "lora"};
    for (int i = 0; i < 3; i++) {
        struct run plain, rising, falling;
        const double loss = untrained("none", method[i], &plain);
        assert_true(untrained("rising", method[i], &rising) == loss);
        assert_true(untrained("falling", method[i], &falling) == loss);
        assert_true(rising.check.frozen_unchanged && falling.check.frozen_unchanged);
        run_free(&plain);
        run_free(&rising);
        run_free(&falling);
    }
}

/* Catches: layers that share a factor, or a factor that the pretrained values do not have. */
static void the_weights_are_others(void **state)
{
    (void)state;
    static const struct model_config sizes = {
        .vocab = 16, .d = 8, .layers = 4, .heads = 2, .ffn = 16, .positions = 8, .types = 2, .eps = 1e-12};
    static const double factor[] = {0.25, 0.5, 2, 4};
    struct memory mem;
    struct model a, b;
    memory_open(&mem);
    model_open(&a, &sizes, &mem);
    model_open(&b, &sizes, &mem);
    model_map_anonymous(&a);
    model_map_anonymous(&b);
    model_init(&a, 3);
    model_init(&b, 3);
    for (int l = 0; l < 4; l++)
        for (int k = 0; k < TARGETS; k++) /* an untrained base has no biases */
            a.layer[l].site[k].b->w.v[3] = b.layer[l].site[k].b->w.v[3] = (real)0.5;
    base_regauge(&b, GAUGE_RISING);
    for (int l = 0; l < 4; l++) {
        const struct site *x = a.layer[l].site, *y = b.layer[l].site;
        for (int k = 0; k < TARGETS; k++) {
            const bool up = k == TARGET_Q || k == TARGET_V, down = k == TARGET_K || k == TARGET_O;
            const double c = up ? factor[l] : down ? 1 / factor[l] : 1;
            assert_true((double)y[k].W->w.v[5] == c * (double)x[k].W->w.v[5]);
            assert_true((double)y[k].W->w0.v[5] == c * (double)x[k].W->w.v[5]);
            assert_true((double)y[k].b->w0.v[3] == (k == TARGET_O ? 1 : c) * (double)x[k].b->w.v[3]);
        }
    }
    model_close(&a);
    model_close(&b);
    memory_close(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_function_is_the_same, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(the_weights_are_others, scratch_open, scratch_close),
    };
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
