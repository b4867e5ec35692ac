/* Distances from expected numbers: what is not a number agrees with nothing, and a dataset of another length is refused,
 * where it would otherwise be read past its end. */
#include "check/agreement.h"

#include "check/golden.h"
#include "check/golden_base.h"
#include "core/file.h"
#include "tests/scratch.h"

#include <math.h>

static void largest_difference_over_largest_value(void **state)
{
    real v[] = {1, 2, 99, 3, 4.5F, 99};
    const double want[] = {1, 2, 3, 4}, zero[] = {0, 0};
    struct agreement a = agreement_of((struct mat){v, 2, 2, 3}, want);
    (void)state;
    assert_true(a.error == 0.5 && a.largest == 4 && agreement_error(&a) == 0.125);
    a = agreement_of(mat_of(v, 1, 2), zero);
    assert_true(agreement_error(&a) == 2); /* nothing to divide by */
}

static void no_number_agrees_with_nothing(void **state)
{
    (void)state;
    for (int place = 0; place < 3; place++)
        for (int ours = 0; ours < 2; ours++) {
            real v[] = {1, 2, 3};
            double want[] = {1, 2, 3};
            if (ours)
                v[place] = NAN;
            else
                want[place] = NAN;
            struct agreement a = agreement_of(mat_of(v, 1, 3), want);
            assert_true(isinf(a.error) && isinf(agreement_error(&a)));
        }
}

static void another_length_is_refused(void **state)
{
    const char *path = scratch_path("values.h5");
    struct h5 *h = h5_create(path);
    const size_t three = 3;
    (void)state;
    h5_write(h, "v", H5_F64, 1, &three, (double[]){1, 2, 3}, NULL);
    h5_close(h);
    h = h5_open(path);
    double *v = agreement_read(h, "v", 3);
    assert_true(v[2] == 3);
    free(v);
    refused(agreement_read(h, "v", 2), EXIT_DATA, "v holds 3 values where 2 belong");
    refused(agreement_read(h, "v", 4), EXIT_DATA, "v holds 3 values where 4 belong");
    h5_close(h);
}

/* A copy of a golden file, the first value of whose dataset is no number. */
static const char *spoiled(const char *path, const char *dataset)
{
    size_t n, size;
    struct h5 *h = h5_open(path);
    double *v = h5_read_f64(h, dataset, &n);
    h5_close(h);
    char *bytes = file_read(path, 1 << 26, &size), *at = memmem(bytes, size, v, n * sizeof *v);
    assert_non_null(at);
    memcpy(at, &(double){NAN}, sizeof(double));
    const char *copy = scratch_bytes("golden.h5", bytes, size);
    free(bytes);
    free(v);
    return copy;
}

static void no_number_in_a_golden_file_disagrees(void **state)
{
    FILE *nowhere = fopen("/dev/null", "w");
    struct trap t;
    (void)state;
    if (trap_set(&t))
        fail_msg("%s", t.text);
    assert_int_equal(golden_check(spoiled("tests/golden/pissa.h5", "/expect/logits"), nowhere), 1);
    const char *base = spoiled("tests/golden/bases/albert/golden.h5", "/expect/pooled");
    assert_int_equal(golden_base_check(base, "tests/golden/bases/albert", nowhere), 1);
    trap_end(&t);
    fclose(nowhere);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(largest_difference_over_largest_value),
        cmocka_unit_test(no_number_agrees_with_nothing),
        cmocka_unit_test(another_length_is_refused),
        cmocka_unit_test(no_number_in_a_golden_file_disagrees),
    };
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
