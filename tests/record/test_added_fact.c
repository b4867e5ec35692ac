/* A new fact of a run is one line of one list: scripts/try-fact puts one into a copy of it. */
/* precision: float */
#include "tests/scratch.h"

#include "tests/process.h"

/* Catches: a part of the program, such as a reader of lists, that names the facts one by one. */
static void one_line_is_a_fact(void **state)
{
    char said[8192];
    (void)state;
    if (access("build/gcc-release/float/libpeftlab.a", R_OK)) /* as under a sanitizer in a fresh clone */
        skip();
    int code = process_shell("env -u MAKEFLAGS -u MAKELEVEL -u CC scripts/try-fact", said, sizeof said);
    if (code)
        fail_msg("exit %d: %s", code, said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_line_is_a_fact, scratch_open, scratch_close)};
    return cmocka_run_group_tests_name("added_fact", tests, NULL, NULL);
}
