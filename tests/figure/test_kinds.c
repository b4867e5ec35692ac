/* Kinds of tables and figures: every one is made from records, and says what it lacks where there are none. */
/* precision: float */
#include "tests/scratch.h"

#include "core/arena.h"
#include "core/file.h"
#include "record/altered.h"
#include "record/runs_csv.h"
#include "record/sharpness.h"
#include "report/report.h"
#include "table/kind.h"
#include "tests/fake.h"

#include <sys/stat.h>

static const char grids[] =
    "[experiment]\ntitle = x\n[grid a]\nbase = tiny-random\ntask = cola\nntrain = 40\nnvalid = 10\nntest = 10\n"
    "method = head full lora dora adalora lora_drop delta_lora\nmethod.select.lora_drop = fixed\nrank = 2\n"
    "forgetting = 2\nprobes = 20\nmethod.importance.adalora = sensitivity singular\nlr = 3e-3 1e-2\ntune_seeds = 0..1\n"
    "seeds = 100..101\n"
    "[grid p]\nbase = tiny-random\ntask = planted\ntask.layers = 0\nnvalid = 4\nntest = 4\nmethod = lora full\n"
    "rank = 1 4\nlr = 1e-2\nseeds = 0..1\n"
    "[grid r]\nbase = tiny-random\ntask = cola\nntrain = 40\nnvalid = 10\nntest = 10\nmethod = lora_plus\n"
    "rank = 2\nmethod.ratio = 1 4\nlr = 3e-3 1e-2\nevals = 3\nseeds = 0..1\n"
    "[grid v]\nbase = tiny-random\ntask = cola\nntrain = 40\nnvalid = 10\nntest = 10\nmethod = lora\nrank = 2\n"
    "lr = 1e-2\ntask.task_seed = 1 2\ninit_seed = 1 2\norder_seed = 1 2\nseeds = 0..0\n"
    "[grid s]\nbase = tiny-random\ntask = cola\nntrain = 40\nnvalid = 10\nntest = 10\nmethod = head full lora\nrank = "
    "2\n"
    "lr = 3e-3 1e-2\ntune_seeds = 0..1\nseeds = 100..115\n";

/* Adds a section for every kind, on the grids it is about, or on all of them. */
static char *every_kind(bool about)
{
    char *ini = NULL;
    size_t size;
    FILE *f = open_memstream(&ini, &size);
    fputs(grids, f);
    for (int i = 0; i < table_registry_size + figure_registry_size; i++) {
        const bool table = i < table_registry_size;
        const char *kind = table ? table_registry[i]->name : figure_registry[i - table_registry_size]->name;
        const char *grid = strcmp(kind, "planted") == 0      ? "p"
                           : strcmp(kind, "rate_pairs") == 0 ? "r"
                           : strcmp(kind, "variance") == 0   ? "v"
                           : strcmp(kind, "protocol") == 0   ? "s"
                                                             : "a";
        fprintf(f, "[%s %s]\nkind = %s\n", table ? "table" : "figure", kind, kind);
        if (about)
            fprintf(f, "grids = %s\n%s", grid, *grid == 's' ? "single = s\n" : "");
    }
    fclose(f);
    scratch_text("published.ini",
                 "[printed a]\ncount = lora rank=8\nshape = roberta-base\nprinted = 0.3M\nsource = x\n"
                 "[score b]\nmethod = LoRA\nbase = b\nsuite = s\nscores = 1 2\nprotocol = p\nsource = x\n");
    scratch_text("claims.ini",
                 "[claim a]\nclaim = c\nkind = difference\nexperiment = draw\na = DoRA\nb = LoRA\nabove = 0\n");
    return ini;
}

/* Every change of every run that the report has just listed, a little worse the smaller it is; and how sharply it began. */
static void alter_runs(void)
{
    struct runs_list runs;
    struct altered_list l = {0};
    runs_list_read(&runs, scratch_path("runs.csv"));
    for (int i = 0; i < runs.n; i++)
        for (int k = 0; k < altered_steps_size; k++) {
            struct altered *a = &PUSH(l.row, l.n);
            *a = (struct altered){.step = altered_steps[k],
                                  .valid = 0.5,
                                  .test = 0.4 + 0.1 * altered_steps[k].amount,
                                  .forgetting = 0.1 * altered_steps[k].amount,
                                  .rank90 = 2};
            snprintf(a->key, sizeof a->key, "%s", runs.row[i].facts.key);
        }
    altered_write(&l, scratch_path("altered.csv"));
    altered_free(&l);
    struct sharp_list sharp = {0};
    for (int i = 0; i < runs.n; i++) {
        struct sharp *s = &PUSH(sharp.row, sharp.n);
        *s = (struct sharp){.adapter = 2 + i, .whole = 9 + i, .off = 0.01};
        snprintf(s->key, sizeof s->key, "%s", runs.row[i].facts.key);
    }
    sharp_write(&sharp, scratch_path("sharpness.csv"));
    sharp_free(&sharp);
    runs_list_free(&runs);
}

static void all_there(void)
{
    for (int i = 0; i < figure_registry_size; i++) {
        char name[64];
        snprintf(name, sizeof name, "figures/draw-%s.svg", figure_registry[i]->name);
        if (!file_exists(scratch_path(name)))
            fail_msg("%s was not drawn", name);
        char *text = file_read(scratch_path(name), 64 << 20, NULL), *caption = strstr(text, "<text>draw: ");
        if (!caption || strstr(caption + 1, "<text>draw: ")) /* of several panels only the first has the labels */
            fail_msg("%s has its caption %s", name, caption ? "more than once" : "nowhere");
        free(text);
    }
    for (int i = 0; i < table_registry_size; i++) {
        char name[64];
        snprintf(name, sizeof name, "tables/draw-%s.csv", table_registry[i]->name);
        if (!file_exists(scratch_path(name)))
            fail_msg("%s was not made", name);
    }
}

/* Catches: a script that fails on data of another shape than it was written with; a kind that makes nothing; a script
 * that fails on the runs of a list, which know neither time nor weights, or where no run has been made. */
static void every_kind_is_made(void **state)
{
    (void)state;
    char list[SCRATCH_PATH], path[SCRATCH_PATH];
    if (access("/usr/bin/gnuplot", X_OK))
        skip();
    char *ini = every_kind(true), *mixed = every_kind(false);
    snprintf(path, sizeof path, "%s", scratch_text("draw.ini", ini));
    assert_int_equal(fake_report(scratch, path), EXIT_RUNS);
    fake_results(scratch, path, fake_plausible);
    scratch_text("draw.ini", grids); /* without tables and figures, to list the runs */
    assert_int_equal(fake_report(scratch, path), EXIT_OK);
    alter_runs();
    scratch_text("draw.ini", ini);
    assert_int_equal(fake_report(scratch, path), EXIT_OK);
    all_there();
    char *whole = file_read(scratch_path("report.html"), 64 << 20, NULL);
    const char *film = strstr(whole, "<div class=\"film\" data-steps=\""); /* of the direction figure */
    assert_non_null(film);
    assert_non_null(strstr(film, "<g class=\"track\""));
    assert_non_null(strstr(film, "<g class=\"track random\""));
    const char *r = strstr(film, "data-r=\""), *end = r ? strchr(r + 8, '"') : NULL;
    assert_true(r && end);
    int blanks = 0;
    for (; r < end; r++)
        blanks += *r == ' ';
    assert_int_equal(blanks, 19); /* an r for each of twenty checkpoints */
    assert_true(file_exists(scratch_path("figures/draw-direction.html")));
    free(whole);
    snprintf(list, sizeof list, "%s/lists/list.csv", scratch); /* with nothing beside it */
    assert_int_equal(mkdir(scratch_path("lists"), 0777), 0);
    assert_int_equal(rename(scratch_path("runs.csv"), list), 0);
    fake_age_list(list);
    assert_int_equal(fake_report_list(scratch_path("elsewhere"), path, list), EXIT_OK);
    char *page = file_read(scratch_path("elsewhere/report.html"), 64 << 20, NULL);
    assert_non_null(strstr(page, "figure delta: no run of delta_lora has a record of how far it moved the weights"));
    assert_null(strstr(page, "figure intervals: "));
    free(page);
    scratch_text("draw.ini", mixed); /* methods and ranks that not every task has */
    assert_int_equal(fake_report(scratch, path), EXIT_OK);
    free(ini);
    free(mixed);
}

/* Catches: a key that is read over, so that what is shown is not what was asked for; an alias that is another figure. */
static void keys_are_refused(void **state)
{
    (void)state;
    char ini[4096];
    for (int i = 0; i < table_registry_size + figure_registry_size; i++) {
        const bool table = i < table_registry_size;
        const char *kind = table ? table_registry[i]->name : figure_registry[i - table_registry_size]->name;
        snprintf(ini, sizeof ini, "%s[%s t]\nkind = %s\ngrid = a\n", grids, table ? "table" : "figure", kind);
        char says[256];
        snprintf(says, sizeof says,
                 "has no key \"grid\"; did you mean grids? (a %s of kind %s reads: ", table ? "table" : "figure", kind);
        dies(fake_report(scratch, scratch_text("bad.ini", ini)), EXIT_USAGE, says);
    }
    snprintf(ini, sizeof ini, "%s[figure f6]\nmetric = best\n", grids);
    dies(fake_report(scratch, scratch_text("bad.ini", ini)), EXIT_USAGE, "a figure of kind rates reads: grids task");
    snprintf(ini, sizeof ini, "%s[table t]\nkind = score\nfile = x\n", grids);
    dies(fake_report(scratch, scratch_text("bad.ini", ini)), EXIT_USAGE,
         "a table of kind score reads: grids metric reference");
    for (int i = 0; i < figure_registry_size; i++) {
        assert_ptr_equal(figure_find(figure_registry[i]->name), figure_registry[i]);
        if (figure_registry[i]->alias)
            assert_ptr_equal(figure_find(figure_registry[i]->alias), figure_registry[i]);
    }
    assert_string_equal(figure_find("f10")->name, "planted");
}

/* Catches: a method without runs on a task whose neighbours take its place, colour and label. */
static void an_empty_series_keeps_its_place(void **state)
{
    (void)state;
    struct plot p;
    plot_open(&p, "parameters.gp", "t", "t");
    plot_block(&p, "sizes", "x y");
    plot_gap(&p);
    PLOT_ROW(&p, 1, 2);
    plot_gap(&p);
    fflush(p.dat);
    assert_non_null(strstr(p.data, "# sizes: x y\nNaN NaN NaN NaN NaN NaN NaN NaN NaN\n\n\n1 2\n\n\n"));
    plot_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_kind_is_made, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(keys_are_refused, scratch_open, scratch_close),
        cmocka_unit_test(an_empty_series_keeps_its_place),
    };
    return cmocka_run_group_tests_name("kinds", tests, NULL, NULL);
}
