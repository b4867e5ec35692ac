/* Tables in their four formats: what comes from files stays what it is, and numbers read the same everywhere. */
/* precision: float */
#include "tests/scratch.h"

#include "analysis/words.h"
#include "table/write.h"

#include <math.h>

static char *written(const struct table *s, enum table_format format)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    table_write(s, format, f);
    fclose(f);
    return text;
}

/* Catches: a cell that ends a table's row, runs as a formula, or becomes markup. */
static void hostile_cells(void **state)
{
    (void)state;
    struct table s;
    table_open(&s, "x", "y");
    table_column(&s, "A|B", "a,b", EVERYONE, false);
    table_column(&s, "N", "n", EVERYONE, true);
    table_row(&s);
    table_text(&s, 0, "a|b<script>\"\n$x_1%% \\input{/etc/passwd} [c](http://d)");
    table_number(&s, 1, 0.1, 2);
    table_row(&s);
    table_text(&s, 0, "=cmd()");
    char *md = written(&s, TABLE_MARKDOWN), *csv = written(&s, TABLE_CSV), *tex = written(&s, TABLE_LATEX),
         *html = written(&s, TABLE_HTML);
    assert_non_null(strstr(md, "| a\\|b&lt;script>\" $x\\_1% \\\\input{/etc/passwd} [c\\](http://d) | 0.10 |\n"));
    assert_non_null(
        strstr(csv, "\"a,b\",n\n\"a|b<script>\"\"\n$x_1% \\input{/etc/passwd} [c](http://d)\",0.1\n\"'=cmd()\",\n"));
    assert_non_null(strstr(tex, "\\$x\\_1\\% \\textbackslash{}input\\{/etc/passwd\\}"));
    assert_non_null(strstr(html, "a|b&lt;script&gt;&quot; $x_1% "));
    free(md), free(csv), free(tex), free(html);
    table_free(&s);
}

/* Catches: "not worse" in the colour of "worse"; a sentence that ends in a verdict's word as a verdict. */
static void verdicts_have_a_colour(void **state)
{
    (void)state;
    static const char *const tile[][2] = {{"-1.0 not worse", "lean"}, {"not better", "lean"}, {"better", "better"},
                                          {"+2.0 worse", "worse"},    {"is better", NULL},    {"", NULL}};
    for (size_t i = 0; i < sizeof tile / sizeof *tile; i++) {
        struct table s;
        table_open(&s, "x", "y");
        table_column(&s, "A", "a", EVERYONE, false);
        table_row(&s);
        table_text(&s, 0, "%s", tile[i][0]);
        char *html = written(&s, TABLE_HTML), wanted[64];
        snprintf(wanted, sizeof wanted, "<td class=\"%s\">%s</td>", tile[i][1] ? tile[i][1] : "", tile[i][0]);
        if (tile[i][1])
            assert_non_null(strstr(html, wanted));
        else
            assert_null(strstr(html, "<td class="));
        free(html);
        table_free(&s);
    }
}

static void numbers_read_the_same_everywhere(void **state)
{
    (void)state;
    assert_string_equal(percent_text(0.8525), "85.3");
    assert_string_equal(points_text(0.0123), "+1.2");
    assert_string_equal(points_text(-0.0004), "0.0");
    assert_string_equal(range_text(-0.01, 0.02, true), "[-1.0, +2.0]");
    assert_string_equal(range_text(NAN, 1, false), "");
    assert_string_equal(count_text(252288), "252,288");
    assert_string_equal(count_text(999), "999");
    assert_string_equal(p_text(0.0123), "0.012");
    assert_string_equal(p_text(0.0000123), "< 0.001");
    assert_string_equal(rate_text(0.01), "1e-2");
    assert_string_equal(rate_text(0.003), "3e-3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(hostile_cells, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(verdicts_have_a_colour, scratch_open, scratch_close),
        cmocka_unit_test(numbers_read_the_same_everywhere),
    };
    return cmocka_run_group_tests_name("write", tests, NULL, NULL);
}
