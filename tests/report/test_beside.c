/* What stands beside a list of runs is taken as it is, and only from there. */
/* precision: float */
#include "tests/scratch.h"

#include "core/arena.h"
#include "core/file.h"
#include "report/beside.h"
#include "table/write.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void write_as(const struct table *s, enum table_format format, const char *path)
{
    FILE *f = fopen(scratch_path(path), "w");
    assert_non_null(f);
    table_write(s, format, f);
    assert_int_equal(fclose(f), 0);
}

static void same_file(const char *a, const char *b)
{
    char *x = file_read(scratch_path(a), 1 << 20, NULL), *y = file_read(scratch_path(b), 1 << 20, NULL);
    assert_string_equal(x, y);
    free(x);
    free(y);
}

static void made(struct table *s)
{
    table_open(s, "e", "t");
    table_column(s, "Name|of a", "name", EVERYONE, false);
    table_column(s, "r", "r", EVERYONE, true);
    table_column(s, "95 % interval", "interval", READERS, true);
    table_column(s, "", "low", PROGRAMS, true);
    table_row(s);
    table_text(s, 0, "a_b <c> & *d*, \"e\" | `f` \\ [0, 1](x");
    table_number(s, 1, 0.123456789, 2);
    table_text(s, 2, "[0.1, 0.2]");
    table_number(s, 3, 0.1, 3);
    table_row(s);
    table_text(s, 2, "–");
    table_number(s, 3, -0.0105, 2);
    table_caption(s, "e: what_it is, *said*");
    table_note(s, "one <note>");
    table_note(s, "another");
}

/* Catches: a cell, title, caption or note that comes back as another, an empty cell that moves the rest, numbers rounded for
 * programs as for readers, a number below zero that becomes a text, columns of a kind that found no run standing before those of the file. */
static void a_table_comes_back(void **state)
{
    (void)state;
    struct table s, again;
    assert_int_equal(mkdir(scratch_path("tables"), 0777), 0);
    made(&s);
    write_as(&s, TABLE_MARKDOWN, "tables/e-t.md");
    write_as(&s, TABLE_CSV, "tables/e-t.csv");
    table_open(&again, "e", "t");
    table_column(&again, "of a kind that found no run", "left", EVERYONE, true);
    table_caption(&again, "left as well");
    assert_true(beside_table(scratch, &again));
    write_as(&again, TABLE_MARKDOWN, "again.md");
    write_as(&again, TABLE_CSV, "again.csv");
    same_file("tables/e-t.md", "again.md");
    same_file("tables/e-t.csv", "again.csv");
    assert_string_equal(table_entry(&again, 0, 0)->text, table_entry(&s, 0, 0)->text);
    assert_string_equal(table_entry(&again, 0, table_find_column(&again, "low"))->text, "0.1");
    assert_string_equal(table_entry(&again, 1, table_find_column(&again, "low"))->text, "-0.0105");
    assert_string_equal(again.note[0], "one <note>");
    table_free(&again);
    table_open(&again, "e", "other");
    assert_false(beside_table(scratch, &again));
    assert_false(beside_table(NULL, &again));
    table_row(&s);
    write_as(&s, TABLE_CSV, "tables/e-t.csv");
    table_free(&again);
    table_open(&again, "e", "t");
    dies(beside_table(scratch, &again), EXIT_DATA, "has 2 rows and");
    table_free(&again);
    table_row(&s);
    table_row(&s);
    write_as(&s, TABLE_MARKDOWN, "tables/e-t.md");
    table_open(&again, "e", "t");
    dies(beside_table(scratch, &again), EXIT_DATA, "has more rows than the 3 of");
    table_free(&again);
    scratch_text("tables/e-t.md", "| a |\n\n*\n-");
    table_open(&again, "e", "t");
    dies(beside_table(scratch, &again), EXIT_DATA, "has 0 rows and");
    table_free(&again);
    table_free(&s);
}

/* Catches: a figure of another display whose name begins alike, a caption cut at its first line, data without a drawing. */
static void figures_are_copied(void **state)
{
    (void)state;
    static const char *const file[] = {"e-f1-a.svg", "e-f1-a.dat", "e-f1-a.html", "e-f1.svg", "e-f1.dat",
                                       "e-f12.svg",  "e-f12.dat",  "e-f1-b.dat",  "o-f1.svg", "o-f1.dat"};
    assert_int_equal(mkdir(scratch_path("figures"), 0777), 0);
    assert_int_equal(mkdir(scratch_path("here"), 0777), 0);
    for (size_t i = 0; i < sizeof file / sizeof *file; i++) {
        char *name = mem_text("figures/%s", file[i]),
             *text = mem_text("1 2\n# figure_title: %s\n# figure_caption: two words\n", file[i]);
        scratch_text(name, text);
        free(name);
        free(text);
    }
    char *here = mem_text("%s/here", scratch);
    struct gallery g = {.folder = here, .id = "e"};
    assert_int_equal(beside_figures(NULL, &g, "f1"), 0);
    assert_int_equal(beside_figures(scratch, &g, "f1"), 2);
    assert_string_equal(g.drawing[0].name, "f1-a");
    assert_string_equal(g.drawing[1].name, "f1");
    assert_string_equal(g.drawing[1].title, "e-f1.dat");
    assert_string_equal(g.drawing[1].caption, "two words");
    assert_non_null(g.drawing[0].html);
    assert_null(g.drawing[1].html);
    same_file("figures/e-f1-a.svg", "here/e-f1-a.svg");
    same_file("figures/e-f1-a.html", "here/e-f1-a.html");
    assert_false(file_exists(scratch_path("here/e-f12.svg")));
    gallery_free(&g);
    free(here);
}

/* Catches: what an earlier report left in the same folder, of other runs, taken for what the list's runs show. */
static void not_from_the_results(void **state)
{
    (void)state;
    char *list = mem_text("%s/runs.csv", scratch), *same = mem_text("%s/.", scratch);
    assert_null(beside_folder(NULL, scratch));
    assert_null(beside_folder(list, same));
    char *folder = beside_folder(list, "/");
    assert_string_equal(folder, scratch);
    free(folder);
    free(same);
    free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_table_comes_back, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(figures_are_copied, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(not_from_the_results, scratch_open, scratch_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
