/* The report on made-up records: numbers by hand, names that attack, figures byte for byte, and what happens without
 * gnuplot. */
/* precision: float */
#include "tests/scratch.h"

#include "core/arena.h"
#include "core/file.h"
#include "core/h5.h"
#include "experiment/search.h"
#include "report/report.h"
#include "table/kind.h"
#include "tests/fake.h"
#include "tests/near.h"

#include <fcntl.h>
#include <math.h>

struct world {
    struct session *session;
    struct experiment experiment;
    struct plan plan;
    struct results rows;
    struct groups groups;
};

static void open_world(struct world *w, const char *ini, fake_score *score)
{
    fake_results(scratch, ini, score);
    w->session = session_open(scratch);
    experiment_read(&w->experiment, ini);
    plan_open(&w->plan, w->session, &w->experiment);
    search_all(&w->plan);
    results_read(&w->rows, &w->plan);
    groups_make(&w->groups, &w->rows, NULL);
}

static void close_world(struct world *w)
{
    groups_free(&w->groups);
    results_free(&w->rows);
    plan_close(&w->plan);
    session_close(w->session);
    experiment_free(&w->experiment);
}

/* More than a figure can show is refused; a figure that left some out would not say so. */
static void crowds(void **state)
{
    (void)state;
    for (int n = SERIES_MOST; n <= SERIES_MOST + 1; n++) {
        char ini[512];
        snprintf(ini, sizeof ini, "%s/crowd%d.ini", scratch, n);
        FILE *f = fopen(ini, "w");
        fprintf(f, "[report]\ntables = score\n[grid g]\nmethod = lora\ntask = majority\nbase = tiny-random\nsteps = 5\n"
                   "seeds = 0\nalpha =\n");
        for (int i = 1; i <= n; i++)
            fprintf(f, "    %d\n", i);
        fclose(f);
        if (n > SERIES_MOST)
            dies(fake_report(scratch, ini), EXIT_USAGE, "256 are shown: name fewer grids");
        else
            assert_int_equal(fake_report(scratch, ini), EXIT_RUNS);
    }
}

static double number_at(const struct table *s, int row, const char *column)
{
    for (int i = 0; i < s->columns; i++)
        if (strcmp(s->column[i].name, column) == 0)
            return table_entry(s, row, i)->value;
    fail_msg("no column %s", column);
    return NAN;
}

static const char *text_at(const struct table *s, int row, const char *column)
{
    for (int i = 0; i < s->columns; i++)
        if (strcmp(s->column[i].name, column) == 0)
            return table_entry(s, row, i)->text ? table_entry(s, row, i)->text : "";
    fail_msg("no column %s", column);
    return "";
}

static int row_of(const struct table *s, const char *method)
{
    for (int i = 0; i < s->rows; i++)
        if (strcmp(text_at(s, i, "method"), method) == 0)
            return i;
    fail_msg("no row %s", method);
    return -1;
}

/* Catches: equal variances taken for granted, t with n degrees of freedom, diverged runs counted as ok, labels that drop a variant.
 */
static void score_by_hand(void **state)
{
    (void)state;
    struct world w;
    struct table s;
    struct display d = {.name = "score", .kind = "score"};
    open_world(&w, scratch_text("hand.ini", fake_experiment), fake_by_hand);
    table_open(&s, "hand", "score");
    table_find("score")->fill(&s, &w.groups, &d);
    assert_int_equal(s.rows, 3);
    int lora = row_of(&s, "LoRA"), full = row_of(&s, "Full fine-tuning"), alpha = row_of(&s, "LoRA alpha x16");
    near(number_at(&s, lora, "mean"), 0.82, 1e-12);
    near(number_at(&s, lora, "median"), 0.82, 1e-12);
    double half = 2.7764451051977987 * 0.015811388300841896 / sqrt(5); /* t(0.975, 4) sd / sqrt n */
    near(number_at(&s, lora, "low"), 0.82 - half, 1e-12);
    near(number_at(&s, lora, "high"), 0.82 + half, 1e-12);
    near(number_at(&s, full, "difference"), 0.024, 1e-12); /* (0.03 x 4 + 0) / 5 */
    near(number_at(&s, full, "difference_low"), 0.0035423613919737217,
         1e-9); /* scipy.stats.ttest_ind, equal_var=False */
    near(number_at(&s, full, "ahead"), 0.9, 1e-12);
    assert_true(isnan(number_at(&s, lora, "difference")));
    near(number_at(&s, alpha, "ok"), 4, 0);
    near(number_at(&s, alpha, "runs"), 5, 0);
    near(number_at(&s, alpha, "failed"), 2, 0); /* one diverged, one collapsed: without a head there is no scale */
    near(number_at(&s, alpha, "mean"), (0.7 * 3 + 0.33) / 4, 1e-12);
    assert_non_null(strstr(s.caption, "Student t"));
    assert_non_null(strstr(s.caption, "n = 5"));
    table_free(&s);
    close_world(&w);
}

/* Catches: pairs formed by position instead of seed. */
static void pairs_follow_seeds(void **state)
{
    (void)state;
    struct world w;
    double a[8], b[8];
    open_world(&w, scratch_text("hand.ini", fake_experiment), fake_by_hand);
    const struct group *lora = groups_find(&w.groups, "cola", "LoRA", 0);
    const struct group *alpha = groups_find(&w.groups, "cola", "LoRA alpha x16", 0);
    assert_non_null(lora);
    assert_non_null(alpha);
    assert_int_equal(group_pairs(lora, alpha, FACT_test_metric, a, b), 4); /* seed 3 diverged */
    near(a[3], 0.84, 1e-12);
    near(b[3], 0.33, 1e-12);
    assert_ptr_equal(groups_reference(&w.groups, alpha, ""), lora);
    assert_null(groups_reference(&w.groups, lora, ""));
    close_world(&w);
}

/* Catches: a record of another schema read as if its parts meant the same, or called damaged. */
static void another_schema(void **state)
{
    (void)state;
    struct record rec;
    const char *path = scratch_path("later.h5");
    struct h5 *h = h5_create(path);
    h5_set_text(h, "/", "schema", "peftlab-run");
    h5_set_text(h, "/", "schema_version", "9.0");
    h5_close(h);
    dies(record_read(&rec, path), EXIT_CORRUPT, "schema version 9.0; this program reads " SCHEMA_VERSION);
    h = h5_create(path);
    h5_set_text(h, "/", "schema", "peftlab-run");
    h5_set_text(h, "/", "schema_version", "1.1");
    h5_close(h);
    dies(record_read(&rec, path), EXIT_CORRUPT, "schema version 1.1; this program reads " SCHEMA_VERSION);
    h = h5_create(path);
    h5_set_text(h, "/", "schema", "other-lab");
    h5_close(h);
    dies(record_read(&rec, path), EXIT_CORRUPT, "schema is \"other-lab\", not peftlab-run");
}

/* Catches: an entry of the index that is believed although its file was written again since, at the same size. */
static void the_index_reads_what_changed(void **state)
{
    (void)state;
    struct index x;
    char file[32];
    fake_results(scratch, scratch_text("index.ini", fake_experiment), fake_by_hand);
    index_open(&x, scratch);
    int runs = x.n;
    snprintf(file, sizeof file, "runs/%s", x.entry[0].file);
    index_close(&x);
    index_open(&x, scratch);
    assert_true(runs >= 15 && x.n == runs && x.read == 0);
    index_close(&x);
    const struct timespec later[2] = {{.tv_sec = 2000000000}, {.tv_sec = 2000000000}};
    assert_int_equal(utimensat(AT_FDCWD, scratch_path(file), later, 0), 0);
    index_open(&x, scratch);
    assert_int_equal(x.read, 1);
    index_close(&x);
}

/* ---- Figures */

static void draw_small(const char *name, const char *label)
{
    struct plot p;
    plot_open(&p, "intervals_profile.gp", "t", name);
    plot_number(&p, "series", 1);
    plot_number(&p, "reference", -1);
    plot_text(&p, "axis", "score");
    plot_text(&p, "figure_title", "%s", label);
    plot_text(&p, "figure_caption", "n = 1");
    plot_number(&p, "caption_lines", 1);
    plot_number(&p, "figure_width", p.width);
    plot_number(&p, "figure_height", p.height);
    plot_style(&p, 0, label, NULL);
    plot_block(&p, "profile", "x y");
    for (int i = 0; i < 5; i++) {
        PLOT_ROW(&p, i, i == 2 ? NAN : i / 5.0);
    }
    plot_draw(&p, scratch);
    plot_close(&p);
}

static bool have_gnuplot(void)
{
    return access("/usr/bin/gnuplot", X_OK) == 0 || access("/usr/local/bin/gnuplot", X_OK) == 0;
}

/* Catches: times or addresses in figures, which would make every reference differ. */
static void figures_are_the_same_bytes(void **state)
{
    (void)state;
    static const char *const suffix[] = {"svg", "png", "dat"};
    if (!have_gnuplot())
        skip();
    char name[2][32];
    for (int i = 0; i < 3; i++) {
        size_t size[2];
        char *bytes[2];
        for (int k = 0; k < 2; k++) {
            draw_small("a", "LoRA");
            snprintf(name[k], sizeof name[k], "t-a.%s", suffix[i]);
            bytes[k] = file_read(scratch_path(name[k]), 1 << 24, &size[k]);
        }
        assert_int_equal(size[0], size[1]);
        assert_true(size[0] > 50);
        assert_memory_equal(bytes[0], bytes[1], size[0]);
        free(bytes[0]), free(bytes[1]);
    }
}

/* Catches: a label that ends its string, or is substituted, and runs what follows. */
static void labels_are_no_commands(void **state)
{
    (void)state;
    char label[512];
    if (!have_gnuplot())
        skip();
    const char *mark = scratch_path("owned");
    snprintf(label, sizeof label,
             "'; sys"
             "tem('touch %s'); '`touch %s`\"; @x $y\\n EOD",
             mark, mark);
    draw_small("b", label);
    assert_false(file_exists(mark));
    char *dat = file_read(scratch_path("t-b.dat"), 1 << 20, NULL);
    assert_null(strchr(dat, '`'));
    assert_null(strchr(dat, '\''));
    free(dat);
}

/* Catches: an empty figure under its final name, a log left behind, another exit code than the documented one. */
static void without_gnuplot(void **state)
{
    (void)state;
    char *path = mem_text("%s", getenv("PATH"));
    setenv("PATH", "/nonexistent", 1);
    dies(draw_small("c", "LoRA"), EXIT_MISSING, "gnuplot is not installed");
    setenv("PATH", path, 1);
    free(path);
    assert_false(file_exists(scratch_path("t-c.svg")));
    assert_false(file_exists(scratch_path("t-c.dat")));
}

/* Catches: a gnuplot built without a terminal that ends in an empty figure, or in words that do not name the lack. */
static void without_a_terminal(void **state)
{
    (void)state;
    char *path = mem_text("%s", getenv("PATH")), *first = mem_text("%s:%s", scratch, path);
    chmod(scratch_text("gnuplot",
                       "#!/bin/sh\necho 'line 9: unknown or ambiguous terminal name; type help' >&2\nexit 1\n"),
          0755);
    setenv("PATH", first, 1);
    dies(draw_small("d", "LoRA"), EXIT_MISSING,
         "gnuplot could not draw t-d with intervals_profile.gp: line 9: unknown or ambiguous terminal");
    setenv("PATH", path, 1);
    free(path);
    free(first);
    assert_false(file_exists(scratch_path("t-d.svg")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(score_by_hand, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(pairs_follow_seeds, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(figures_are_the_same_bytes, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(crowds, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(labels_are_no_commands, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(another_schema, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(the_index_reads_what_changed, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(without_gnuplot, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(without_a_terminal, scratch_open, scratch_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
