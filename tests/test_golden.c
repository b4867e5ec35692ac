/* Golden vectors of real HF PEFT: every method that has one must agree, tensor by tensor. */
#include "core/die.h"
#include "train/golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the headers above first */
#include <cmocka.h>
#include <glob.h>
#include <stdio.h>

static void agrees(void **state)
{
    struct trap t;
    if (trap_set(&t))
        fail_msg("%s", t.text);
    assert_int_equal(golden_check(*state, NULL), 0);
    trap_end(&t);
}

int main(void)
{
    glob_t files;
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    if (glob("tests/golden/*.h5", 0, NULL, &files) || files.gl_pathc == 0) {
        fprintf(stderr, "tests/golden/*.h5 not found: run from the top of the tree\n");
        return 1;
    }
    struct CMUnitTest *tests = calloc(files.gl_pathc, sizeof *tests);
    for (size_t i = 0; i < files.gl_pathc; i++)
        tests[i] =
            (struct CMUnitTest){.name = files.gl_pathv[i], .test_func = agrees, .initial_state = files.gl_pathv[i]};
    int failed = _cmocka_run_group_tests("golden", tests, files.gl_pathc, NULL, NULL);
    free(tests);
    globfree(&files);
    return failed;
}
