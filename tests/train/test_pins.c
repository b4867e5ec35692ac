/* A tiny run of every method has the curve it had: a change of the core's arithmetic cannot pass without raising
 * PEFTLAB_ABI, which starts a new file of pins. Other BLAS kernels round otherwise: their pins are not known, and
 * skipped. So are all on processors of another maker: OpenBLAS's Haswell kernels gave other last bits on an AMD EPYC,
 * where ours gave the same. */
#include "core/build.h"
#include "experiment/executor.h"
#include "math/linalg.h"
#include "tests/scratch.h"
#include "tune/method.h"

#include <unistd.h>

enum { HASH_DIGITS = 16 };

/* "tests/pins/abi4.txt": lines "core precision method hash". PEFTLAB_PIN=1 appends what is missing. */
static void pins_path(char *path, size_t size)
{
    snprintf(path, size, "tests/pins/abi%d.txt", PEFTLAB_ABI);
}

static bool pins_are_of_this_maker(void)
{
#ifdef __x86_64__
    return __builtin_cpu_is("intel");
#else
    return false;
#endif
}

static bool pinned(const char *method, char hash[HASH_DIGITS + 1])
{
    char path[64], core[64], precision[16], name[64];
    pins_path(path, sizeof path);
    FILE *f = fopen(path, "r");
    bool found = false, known = pins_are_of_this_maker();
    while (known && f && !found && fscanf(f, "%63s %15s %63s %16s", core, precision, name, hash) == 4)
        found = strcmp(core, blas_core()) == 0 && strcmp(precision, REAL_NAME) == 0 && strcmp(name, method) == 0;
    if (f)
        fclose(f);
    return found;
}

/* Loss curve and final weights of eight steps. */
static void run_hash(const char *method, char hash[HASH_DIGITS + 1])
{
    char option[64];
    snprintf(option, sizeof option, "method=%s", method);
    const char *a[] = {option,      "task=cola", "base=tiny-random", "rank=2",  "steps=8", "batch=8",
                       "ntrain=64", "nvalid=16", "ntest=16",         "evals=1", "probes=0"};
    struct session *s = session_open(scratch);
    struct identity p;
    struct run r;
    identity_make(s, &p, sizeof a / sizeof *a, a);
    struct run_needs needs = executor_load(s, &p);
    run_execute(&r, &p.spec, p.base, needs.splits, needs.env, NULL);
    snprintf(hash, HASH_DIGITS + 1, "%.8s%.8s", r.check.curve_hash, r.check.weights_hash);
    run_free(&r);
    identity_free(&p);
    session_close(s);
}

static void test_pin(void **state)
{
    const char *method = *state;
    char now[HASH_DIGITS + 1], then[HASH_DIGITS + 1];
    run_hash(method, now);
    if (pinned(method, then))
        assert_string_equal(now, then);
    else if (pins_are_of_this_maker() && getenv("PEFTLAB_PIN")) {
        char path[64];
        pins_path(path, sizeof path);
        FILE *f = fopen(path, "a");
        assert_non_null(f);
        fprintf(f, "%s %s %s %s\n", blas_core(), REAL_NAME, method, now);
        fclose(f);
    } else
        skip();
}

int main(void)
{
    struct CMUnitTest *tests = calloc((size_t)method_registry_size, sizeof *tests);
    for (int i = 0; i < method_registry_size; i++)
        tests[i] = (struct CMUnitTest){
            .name = method_registry[i]->name, .test_func = test_pin, .initial_state = (void *)method_registry[i]->name};
    int failed = _cmocka_run_group_tests("pins", tests, (size_t)method_registry_size, scratch_open, scratch_close);
    free(tests);
    return failed;
}
