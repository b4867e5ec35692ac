/* Names that are commands elsewhere: in titles, labels, tables and paths they arrive as text and nothing is run. */
/* precision: float */
#include "tests/scratch.h"

#include "core/csv.h"
#include "core/file.h"
#include "core/h5.h"
#include "figure/plot.h"
#include "report/report.h"
#include "table/write.h"
#include "tests/fake.h"

static const char *const hostile[] = {
    "<script>alert(\"x\")</script>",
    "'; system \"touch ran\"; a='",
    "`touch ran`",
    "$(touch ran)",
    "\n!touch ran\n",
    "\"\nEOD\n!touch ran\n",
    "\\input{/etc/passwd} & % $x$ _{a}^b",
    "=HYPERLINK(\"x\"),\"b\"\r\n",
    "../../ran",
};
enum { HOSTILE = sizeof hostile / sizeof *hostile };

static char home[SCRATCH_PATH];

/* In the scratch folder, so that what is run would leave its file there. */
static int enter(void **state)
{
    return !getcwd(home, sizeof home) || scratch_open(state) || chdir(scratch);
}

static int leave(void **state)
{
    return chdir(home) || scratch_close(state);
}

static bool was_run(void)
{
    return access("ran", F_OK) == 0 || access("../ran", F_OK) == 0 || access("../../ran", F_OK) == 0;
}

/* Catches: a label that ends gnuplot's string, line or datablock, and a path that ends the string it stands in. */
static void gnuplot(void **state)
{
    (void)state;
    struct plot p;
    scratch_text("it's `touch ran`/style.gp", "set key off\n");
    scratch_text("it's `touch ran`/t.gp", "set title label_0\nplot $a using 1:2:3 with labels\n");
    setenv("PEFTLAB_PLOTS", scratch_path("it's `touch ran`"), 1);
    scratch_path("$(touch ran) 'out'/x");
    for (int i = 0; i < HOSTILE; i++) {
        plot_open(&p, "t.gp", "hostile", "t");
        plot_text_i(&p, "label", 0, "%s", hostile[i]);
        plot_block(&p, "a", "x y word");
        plot_put(&p, 1), plot_put(&p, 2), plot_word(&p, hostile[i]);
        plot_line(&p);
        plot_draw(&p, "$(touch ran) 'out'");
        plot_close(&p);
        if (was_run() || !file_exists("$(touch ran) 'out'/hostile-t.svg"))
            fail_msg("drawing \"%s\" ran a command, or drew nothing", hostile[i]);
    }
    plot_open(&p, "t.gp", "hostile", "t");
    plot_text_i(&p, "label", 0, "x");
    scratch_path("a\n!touch ran\n/x");
    refused(plot_draw(&p, "a\n!touch ran\n"), EXIT_USAGE, "a line break has no place");
    plot_close(&p);
    assert_false(was_run());
    unsetenv("PEFTLAB_PLOTS");
}

static char *table(enum table_format format, const char *text)
{
    struct table s;
    char *out = NULL;
    size_t size = 0;
    table_open(&s, "hostile", "t");
    table_caption(&s, "%s", text);
    int column = table_column(&s, text, "name", EVERYONE, false);
    table_row(&s);
    table_text(&s, column, "%s", text);
    table_note(&s, "%s", text);
    FILE *f = open_memstream(&out, &size);
    table_write(&s, format, f);
    fclose(f);
    table_free(&s);
    return out;
}

/* The CSV field reads back as what was written, but for the quote that keeps a spreadsheet from running it. */
static void read_back(const char *csv, const char *text)
{
    struct csv_row row;
    struct csv_reader *f = csv_open(scratch_text("t.csv", csv), FORMAT_CSV);
    assert_true(csv_next(f, &row) && row.n == 1);
    assert_true(csv_next(f, &row) && row.n == 1);
    assert_true(!strchr("=+-@", row.field[0][0]));
    assert_non_null(strstr(row.field[0], text[0] == '=' ? "=HYPERLINK" : text[0] == '\n' ? "!touch" : text));
    assert_false(csv_next(f, &row));
    csv_close(f);
}

/* Catches: markup or a formula of a name's own in any of the four forms of a table. */
static void tables(void **state)
{
    (void)state;
    for (int i = 0; i < HOSTILE; i++) {
        char *html = table(TABLE_HTML, hostile[i]), *latex = table(TABLE_LATEX, hostile[i]);
        char *markdown = table(TABLE_MARKDOWN, hostile[i]), *csv = table(TABLE_CSV, hostile[i]);
        assert_null(strstr(html, "<script"));
        assert_null(strstr(latex, "\\input"));
        assert_null(strstr(latex, "$x$"));
        assert_null(strstr(markdown, "<script"));
        read_back(csv, hostile[i]);
        free(html), free(latex), free(markdown), free(csv);
    }
}

/* Catches: title, question or claim of an experiment file as markup of the page; its file's name as anything but a
 * name. */
static void page(void **state)
{
    (void)state;
    char ini[4096];
    snprintf(ini, sizeof ini,
             "[experiment]\ntitle = <script>title</script>\nquestion = <script>question</script>\n"
             "claim = \"><script>claim</script>\n%s[table t]\nkind = score\n",
             strstr(fake_experiment, "[grid"));
    refused(fake_report(scratch, scratch_text("h'`touch ran`$(touch ran).ini", ini)), EXIT_USAGE, "letters, digits");
    const char *path = scratch_text("h.ini", ini);
    fake_results(scratch, path, fake_by_hand);
    fake_report(scratch, path);
    char *html = file_read(scratch_path("report.html"), 1 << 24, NULL);
    const char *own = strstr(html, "<script"); /* the page's own is the only one */
    assert_non_null(own);
    assert_null(strstr(own + 1, "<script"));
    assert_null(strstr(html, "<script>title"));
    assert_non_null(strstr(html, "&lt;script&gt;title"));
    assert_non_null(strstr(html, "&lt;script&gt;question"));
    free(html);
    assert_false(was_run());
}

/* Catches: what a record says about itself as a command to the terminal that shows it, and its key as a path. */
static void records(void **state)
{
    (void)state;
    static const char *const words[] = {"method=lora", "task=cola", "base=tiny-random", "rank=1", "steps=1"};
    struct spec s;
    struct record rec;
    struct run r = {.status = RUN_FAILED, .nreported = 1, .message = "\033[2J\n\033]0;`touch ran`\a"};
    struct reported fact = {"\033[2J\r", 1};
    char key[HASH_HEX], path[SCRATCH_PATH];
    r.reported = &fact;
    hash_bytes("a", 1, key);
    spec_parse(&s, 5, words);
    record_write(scratch, &s, &r, key, key, key);
    record_path(scratch, key, path, sizeof path);
    record_read(&rec, path);
    assert_string_equal(rec.run.message, "?[2J??]0;`touch ran`?");
    assert_string_equal(rec.run.reported[0].name, "?[2J?");
    record_free(&rec);
    spec_free(&s);
    struct h5 *h = h5_create("key.h5");
    h5_set_text(h, "/", "schema", "peftlab-run");
    h5_set_text(h, "/", "schema_version", SCHEMA_VERSION);
    h5_set_text(h, "/", "key", "../../../../ran");
    h5_close(h);
    refused(record_read(&rec, "key.h5"), EXIT_CORRUPT, "its key is no hash");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(gnuplot, enter, leave),
        cmocka_unit_test_setup_teardown(tables, enter, leave),
        cmocka_unit_test_setup_teardown(page, enter, leave),
        cmocka_unit_test_setup_teardown(records, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
