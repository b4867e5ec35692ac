/* The method that docs/teach/own.md makes obeys every law although it is in no registry. */
#include "docs/teach/labs/gain.c"

#include "check/variants.h"

#include "tests/near.h"

#include <stdlib.h>

static void gain_obeys_the_laws(void **state)
{
    (void)state;
    int tried, refused;
    assert_int_equal(laws_check_variants(&method_gain, NULL, &tried, &refused, NULL), 0);
    assert_true(tried > 8 && refused == 0);
}

int main(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    const struct CMUnitTest tests[] = {cmocka_unit_test(gain_obeys_the_laws)};
    return cmocka_run_group_tests_name("own", tests, NULL, NULL);
}
