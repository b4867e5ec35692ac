/* Colour is for terminals alone, and only where it is wanted. */
/* precision: float */
#include "tests/process.h"
#include "tests/scratch.h"

#include <stdbool.h>

/* What `peftlab check head` prints with `settings`, on a terminal that script(1) makes or into a pipe. */
static bool colored(const char *settings, bool terminal)
{
    char command[1024], text[1 << 14];
    const char *program = getenv("PEFTLAB");
    assert_non_null(program);
    snprintf(command, sizeof command,
             terminal ? "env -u NO_COLOR TERM=xterm %s script -qec \"'%s' check head\" /dev/null"
                      : "env -u NO_COLOR TERM=xterm %s '%s' check head",
             settings, program);
    process_shell(command, text, sizeof text);
    return strstr(text, "\033[") != NULL;
}

/* Catches: colour in a pipe or a file; NO_COLOR that is not honoured; no colour at all. */
static void test_where(void **state)
{
    (void)state;
    assert_true(colored("", true));
    assert_false(colored("NO_COLOR=1", true));
    assert_true(colored("NO_COLOR=", true));
    assert_false(colored("TERM=dumb", true));
    assert_false(colored("", false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_where, scratch_open, scratch_close)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
