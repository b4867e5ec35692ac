/* Every law over every method of the registry and every variant of its options: a new method is tested as soon as it
 * exists. */
#include "check/variants.h"

#include "tests/near.h"

#include <stdlib.h>

static void obeys(void **state)
{
    const struct method *m = *state;
    int tried, refused, broken;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    struct laws worst;
    broken = laws_check_variants(m, &worst, &tried, &refused, out);
    fprintf(out, "%s: %d variants, %d refused\n", m->name, tried, refused);
    laws_print(&worst, false, out);
    fclose(out);
    if (broken || getenv("LAWS_VERBOSE"))
        fputs(text, stderr); /* print_message cuts at 1024 bytes */
    free(text);
    assert_true(tried > 0);
    assert_int_equal(broken, 0);
}

int main(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    struct CMUnitTest *tests = calloc((size_t)method_registry_size, sizeof *tests);
    for (int i = 0; i < method_registry_size; i++)
        tests[i] = (struct CMUnitTest){
            .name = method_registry[i]->name, .test_func = obeys, .initial_state = (void *)method_registry[i]};
    int failed = _cmocka_run_group_tests("laws", tests, (size_t)method_registry_size, NULL, NULL);
    free(tests);
    return failed;
}
