/* A report keeps the page that an earlier one made of other experiments. */
/* precision: float */
#include "core/file.h"
#include "report/earlier.h"
#include "tests/scratch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void make(void)
{
    mkdir(scratch_path("tables"), 0777);
    scratch_text("tables/experiments-inventory.csv", "experiment,search\nmain,3\nbudgets,4\n");
    scratch_text("report.html", "the old page");
    scratch_text("runs.csv", "the old list");
}

static void holds(const char *name, const char *wanted)
{
    char *text = file_read(scratch_path(name), 1000, NULL);
    assert_string_equal(text, wanted);
    free(text);
}

/* Catches: a page that is replaced by one of another experiment; a list of runs that goes with it; one that is kept
 * although the new page shows all that it showed. */
static void test_kept(void **state)
{
    static const char *const same[] = {"budgets", "main", "more"}, *const other[] = {"main"};
    (void)state;
    earlier_keep(scratch, 1, other);
    make();
    earlier_keep(scratch, 3, same);
    holds("report.html", "the old page");
    earlier_keep(scratch, 1, other);
    assert_false(file_exists(scratch_path("report.html")));
    holds("report-main+budgets.html", "the old page");
    holds("runs-main+budgets.csv", "the old list");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kept, scratch_open, scratch_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
