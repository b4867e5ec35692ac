/* peftlab check from outside: one line per law in both precisions, the last line's counts, and a missing twin. */
#include "core/real.h"
#include "tests/process.h"
#include "tests/scratch.h"

static const char *program(void)
{
    const char *given = getenv("PEFTLAB");
    return given ? given : "./peftlab";
}

static int check(const char *binary, const char *words, char *text, size_t size)
{
    char line[1024];
    snprintf(line, sizeof line, "'%s' check %s 2>&1", binary, words);
    return process_shell(line, text, size);
}

static void both_precisions(void **state)
{
    char text[8192];
    (void)state;
    if (!process_twins())
        skip();
    assert_int_equal(check(program(), "lora", text, sizeof text), 0);
    assert_non_null(strstr(text, "ok   3  backward = central differences     "));
    assert_non_null(strstr(text, "double "));
    assert_null(strstr(text, "BAD"));
    assert_non_null(strstr(text, "lora: 12 of 12 laws, "));
    assert_non_null(strstr(text, " variants, float and double\n"));
    assert_non_null(strstr(text, "golden numbers of PEFT: "));
    assert_non_null(strstr(text, " files, 0 tensors disagree\n"));
    assert_int_equal(check(program(), "shira", text, sizeof text), 0);
    assert_non_null(strstr(text, "not proved: scale, sign"));
}

/* The worst tensor and where, on request; options that are given are checked as given. */
static void worst(void **state)
{
    char text[8192];
    (void)state;
    if (!process_twins())
        skip();
    assert_int_equal(check(program(), "dora rank=2 dropout=0.3 --worst", text, sizeof text), 0);
    assert_non_null(strstr(text, "double: phase 0: input of bert."));
    assert_non_null(strstr(text, " laws, 1 variant, float and double\n"));
}

/* Without its twin the program says that law 3 is not checked, and does not end well. */
static void no_twin(void **state)
{
    char line[1024], alone[SCRATCH_PATH], text[8192];
    (void)state;
    snprintf(alone, sizeof alone, "%s/alone", scratch);
    snprintf(line, sizeof line, "cp '%s' '%s'", program(), alone);
    assert_int_equal(process_shell(line, text, sizeof text), 0);
    assert_int_equal(check(alone, "lora rank=2", text, sizeof text), 7);
    assert_non_null(strstr(text, "law 3 is not checked: there is no peftlab"));
}

/* A twin that dies before its proof is whole is a failure, not a silence. */
static void broken_twin(void **state)
{
    char line[2048], text[8192], alone[SCRATCH_PATH];
    const char *other = sizeof(real) == sizeof(float) ? "peftlab-double" : "peftlab";
    (void)state;
    snprintf(alone, sizeof alone, "%s/pair/this", scratch);
    snprintf(line, sizeof line, "mkdir -p '%s/pair' && cp '%s' '%s' && cp /bin/false '%s/pair/%s'", scratch, program(),
             alone, scratch, other);
    assert_int_equal(process_shell(line, text, sizeof text), 0);
    assert_int_equal(check(alone, "lora rank=2", text, sizeof text), 5);
    assert_non_null(strstr(text, "ended before its proof did"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(both_precisions), cmocka_unit_test(worst),
                                       cmocka_unit_test(no_twin), cmocka_unit_test(broken_twin)};
    return cmocka_run_group_tests_name("check", tests, scratch_open, scratch_close);
}
