/* A head with a rate of its own trains at that rate, whatever the adapter's is, in every phase. */
/* precision: float */
#include "experiment/executor.h"
#include "tests/scratch.h"

/* Hash of the weights after a few steps. */
static void weights(const char *options, char hash[HASH_HEX])
{
    const char *a[32];
    char text[512];
    int n = 0;
    snprintf(text, sizeof text,
             "task=cola base=tiny-random rank=2 steps=8 batch=8 ntrain=64 nvalid=16 ntest=16 evals=1 probes=0 %s",
             options);
    for (char *rest = text, *word; (word = strsep(&rest, " "));)
        a[n++] = word;
    struct session *s = session_open(scratch);
    struct identity p;
    struct run r;
    identity_make(s, &p, n, a);
    struct run_needs needs = executor_load(s, &p);
    run_execute(&r, &p.spec, p.base, needs.splits, needs.env, NULL);
    memcpy(hash, r.check.weights_hash, HASH_HEX);
    run_free(&r);
    identity_free(&p);
    session_close(s);
}

/* Catches: a rate that is ignored, that multiplies lr or that reaches the adapter. Factors are powers of two, so equal rates
 * are equal bits. */
static void the_heads_rate_is_its_own(void **state)
{
    (void)state;
    static const char *const same[][2] = {
        {"method=head lr=0.25 head_rate=0.0625", "method=head lr=0.0625"},
        {"method=lora lr=0.015625 head_rate=0.0625", "method=lora lr=0.015625 head_lr=4"},
        {"method=lora lr=0.015625 head_rate=0.0625 head_lr=9", "method=lora lr=0.015625 head_lr=4"},
        {"method=lora_drop lr=0.015625 head_rate=0.0625", "method=lora_drop lr=0.015625 head_lr=4"},
        {"method=full head=pooler lr=0.015625 head_rate=0.0625", "method=full head=pooler lr=0.015625 head_lr=4"},
    };
    char a[HASH_HEX], b[HASH_HEX], tied[HASH_HEX];
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        weights(same[i][0], a);
        weights(same[i][1], b);
        if (strcmp(a, b) != 0)
            fail_msg("%s is not %s", same[i][0], same[i][1]);
    }
    weights("method=lora lr=0.015625", tied);
    assert_string_not_equal(a, tied);
}

static void a_multiple_of_nothing_is_refused(void **state)
{
    (void)state;
    const char *a[] = {"task=cola", "base=tiny-random", "method=lora", "lr=0", "head_rate=0.1"};
    struct session *s = session_open(scratch);
    struct identity p;
    refused(identity_make(s, &p, 5, a), EXIT_USAGE, "head_rate=0.1 stands beside lr=0");
    session_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_heads_rate_is_its_own, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(a_multiple_of_nothing_is_refused, scratch_open, scratch_close),
    };
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
