/* A new verb, kind of table and kind of figure are one file each: the examples of the three pages in docs/ are added to a copy
 * of the tree, built and made. */
/* precision: float */
#include "tests/scratch.h"

#include "tests/process.h"

/* Catches: an example that no longer compiles or draws; a list that must be kept by hand beside the new file. */
static void the_examples_of_the_pages(void **state)
{
    char said[4096];
    (void)state;
    if (access("/usr/bin/gnuplot", X_OK))
        skip();
    int code = process_shell("env -u MAKEFLAGS -u MAKELEVEL scripts/try-kinds", said, sizeof said);
    if (code)
        fail_msg("exit %d: %s", code, said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_examples_of_the_pages, scratch_open, scratch_close)};
    return cmocka_run_group_tests_name("added_kinds", tests, NULL, NULL);
}
