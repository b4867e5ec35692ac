/* The file that authors copy, methods/template.c, obeys every law although it is in no registry. */
#include "methods/template.c"

#include "check/variants.h"

#include "tests/near.h"

#include <stdlib.h>
#include <string.h>

static void template_obeys_the_laws(void **state)
{
    (void)state;
    int tried, refused;
    assert_int_equal(laws_check_variants(&method_template, NULL, &tried, &refused, NULL), 0);
    assert_true(tried > 8 && refused == 0);
}

static void template_is_not_registered(void **state)
{
    (void)state;
    for (int i = 0; i < method_registry_size; i++)
        assert_true(strcmp(method_registry[i]->name, "template") != 0);
}

int main(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    const struct CMUnitTest tests[] = {cmocka_unit_test(template_obeys_the_laws),
                                       cmocka_unit_test(template_is_not_registered)};
    return cmocka_run_group_tests_name("template", tests, NULL, NULL);
}
