/* Golden vectors of real HF PEFT: every method that has one must agree, tensor by tensor. */
#include "base/cache.h"
#include "check/golden.h"
#include "check/golden_base.h"
#include "check/golden_text.h"
#include "core/die.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the headers above first */
#include <cmocka.h>
#include <ftw.h>
#include <glob.h>
#include <stdio.h>

static int remove_entry(const char *path, const struct stat *about, int type, struct FTW *walk)
{
    (void)about, (void)type, (void)walk;
    return remove(path);
}

static void agrees(void **state)
{
    struct trap t;
    if (trap_set(&t))
        fail_msg("%s", t.text);
    assert_int_equal(golden_check(*state, NULL), 0);
    trap_end(&t);
}

/* A real base reads the sentences of real tasks token for token; the files lie where PEFTLAB_SHARED says. */
static void reads_text(void **state)
{
    const char *shared = getenv("PEFTLAB_SHARED");
    char path[512], results[] = "/tmp/peftlab-test-XXXXXX";
    glob_t files = {.gl_pathc = 0};
    (void)state;
    snprintf(path, sizeof path, "%s/golden/text/*.h5", shared ? shared : "");
    if (!shared || glob(path, 0, NULL, &files))
        skip();
    struct trap t;
    if (trap_set(&t))
        fail_msg("%s", t.text);
    struct base base;
    snprintf(path, sizeof path, "%s/models/minilm", shared);
    assert_non_null(mkdtemp(results));
    base_open(&base, path, 1);
    base_load(&base, results);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        assert_true(golden_is(files.gl_pathv[i], "peftlab-golden-text"));
        assert_int_equal(golden_text_check(files.gl_pathv[i], &base, NULL), 0);
    }
    base_close(&base);
    trap_end(&t);
    globfree(&files);
    nftw(results, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* Whole models of every architecture, each a folder of a model with a golden.h5: the tree's own, and those where PEFTLAB_SHARED
 * says. */
static void bases(void **state)
{
    const char *shared = getenv("PEFTLAB_SHARED");
    char path[512], folder[512];
    glob_t files = {.gl_pathc = 0};
    (void)state;
    glob("tests/golden/bases/*/golden.h5", 0, NULL, &files);
    snprintf(path, sizeof path, "%s/golden/bases/*/golden.h5", shared ? shared : "");
    if (shared)
        glob(path, GLOB_APPEND, NULL, &files);
    assert_true(files.gl_pathc >= 8);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        const char *file = files.gl_pathv[i];
        struct trap t;
        if (trap_set(&t))
            fail_msg("%s: %s", file, t.text);
        snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(file, '/') - file), file);
        assert_true(golden_is(file, "peftlab-golden-base"));
        assert_int_equal(golden_base_check(file, folder, NULL), 0);
        trap_end(&t);
    }
    globfree(&files);
}

int main(void)
{
    glob_t files;
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    if (glob("tests/golden/*.h5", 0, NULL, &files) || files.gl_pathc == 0) {
        fprintf(stderr, "tests/golden/*.h5 not found: run from the top of the tree\n");
        return 1;
    }
    struct CMUnitTest *tests = calloc(files.gl_pathc + 2, sizeof *tests);
    for (size_t i = 0; i < files.gl_pathc; i++)
        tests[i] =
            (struct CMUnitTest){.name = files.gl_pathv[i], .test_func = agrees, .initial_state = files.gl_pathv[i]};
    tests[files.gl_pathc] = (struct CMUnitTest)cmocka_unit_test(reads_text);
    tests[files.gl_pathc + 1] = (struct CMUnitTest)cmocka_unit_test(bases);
    int failed = _cmocka_run_group_tests("golden", tests, files.gl_pathc + 2, NULL, NULL);
    free(tests);
    globfree(&files);
    return failed;
}
