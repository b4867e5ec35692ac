/* Experiment files: defaults of all grids, the list of what a report shows, and values with blanks. */
/* precision: float */
#include "experiment/experiment.h"
#include "tests/scratch.h"

static const char head[] = "[grid a]\nmethod = lora\ntask = cola\nseeds = 0..1\n";

/* The cells of a file, each its assignments, rates, seeds of search and report. */
static const char *cells_of(const char *path, const char *setting)
{
    static char text[4000];
    struct experiment e;
    size_t used = 0;
    experiment_read(&e, path);
    if (setting)
        experiment_set(&e, setting);
    for (int i = 0; i < e.grids; i++) {
        const struct grid *g = &e.grid[i];
        int n;
        struct cell *cell = grid_cells(g, &n);
        for (int k = 0; k < n; k++) {
            for (int a = 0; a < cell[k].assignments; a++)
                used += (size_t)snprintf(text + used, sizeof text - used, "%s|", cell[k].assignment[a]);
            for (int r = 0; r < cell[k].rates; r++)
                used += (size_t)snprintf(text + used, sizeof text - used, "%s ", cell[k].rate[r]);
            used += (size_t)snprintf(text + used, sizeof text - used, "%d..%d %d..%d %s %d\n", g->tune_first,
                                     g->tune_last, g->seed_first, g->seed_last, g->tune_evals, g->rungs);
        }
        cells_free(cell, n);
    }
    experiment_free(&e);
    return text;
}

/* Catches: a default that overrules a grid, or that a grid with a key of its own for all methods keeps for one. */
static void defaults(void **state)
{
    (void)state;
    const char *path =
        scratch_text("defaults.ini",
                     "[grid a]\nmethod = lora full\n[defaults]\ntask = cola\nrank = 4\nlr = 1e-3 1e-2\nlr.full = 1e-4\n"
                     "tune_seeds = 0..1\ntune_evals = 1\nseeds = 5..6\nladder = 1e-4 1e-3\n"
                     "[grid b]\nmethod = full lora\nlr = 1e-1\nrank.lora = 2\ntune_seeds = 2..3\nseeds = 7..7\n"
                     "[grid c]\nmethod = lora\ntune_seeds = none\ntask = sst\n");
    assert_string_equal(cells_of(path, NULL), "method=lora|task=cola|rank=4|1e-3 1e-2 0..1 5..6 1 2\n"
                                              "method=full|task=cola|rank=4|1e-4 0..1 5..6 1 2\n"
                                              "method=full|task=cola|rank=4|1e-1 2..3 7..7 1 2\n"
                                              "method=lora|task=cola|rank=2|1e-1 2..3 7..7 1 2\n"
                                              "method=lora|rank=4|task=sst|1e-3 0..-1 5..6  0\n"
                                              "method=lora|rank=4|task=sst|1e-2 0..-1 5..6  0\n");
    path = scratch_text("none.ini", "[defaults]\ntask = cola\nseeds = 0..1\n");
    dies(cells_of(path, NULL), EXIT_USAGE, "has no [grid NAME]");
    path = scratch_text("twice.ini", "[defaults]\ntask = cola\n[grid a]\nmethod = lora\nseeds = 0..1\nmethod = full\n");
    dies(cells_of(path, NULL), EXIT_USAGE, "twice.ini:6: method stands there twice: line 4 has it already");
}

/* Catches: a key that is read and does nothing. */
static void keys_without_effect(void **state)
{
    static const char *const cases[][2] = {{"lr.dorra = 5e-1", "no method is called \"dorra\"; did you mean dora?"},
                                           {"seed = 0 1 2", "keys.ini:5: seed: all methods of a grid"},
                                           {"seeds.lora = 0..9", "keys.ini:5: seeds.lora: all methods of a grid"},
                                           {"choose = common", "[grid a] has choose but no tune_seeds"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char ini[512];
        snprintf(ini, sizeof ini, "%s%s\n", head, cases[i][0]);
        dies(cells_of(scratch_text("keys.ini", ini), NULL), EXIT_USAGE, cases[i][1]);
    }
    dies(cells_of(scratch_text("keys.ini", head), "lr.lorra=1"), EXIT_USAGE, "lorra");
}

/* Catches: a path with a blank that becomes two, in a file or on the command line. */
static void blanks(void **state)
{
    (void)state;
    char ini[512];
    snprintf(ini, sizeof ini, "%sbase = tiny \"my drive/b\"\ntask.text = '#1 \"String\"'\n", head);
    const char *path = scratch_text("blanks.ini", ini);
    assert_string_equal(cells_of(path, NULL),
                        "method=lora|task=cola|base=tiny|task.text=#1 \"String\"|0.01 0..-1 0..1  0\n"
                        "method=lora|task=cola|base=my drive/b|task.text=#1 \"String\"|0.01 0..-1 0..1  0\n");
    path = scratch_text("blanks.ini", head);
    assert_string_equal(cells_of(path, "base=my drive/b"),
                        "method=lora|task=cola|base=my drive/b|0.01 0..-1 0..1  0\n");
    assert_string_equal(cells_of(path, "task.text=a b"), "method=lora|task=cola|task.text=a b|0.01 0..-1 0..1  0\n");
    assert_string_equal(cells_of(path, "base='my drive/b'"),
                        "method=lora|task=cola|base=my drive/b|0.01 0..-1 0..1  0\n");
    assert_string_equal(cells_of(path, "rank=1 2"), "method=lora|task=cola|rank=1|0.01 0..-1 0..1  0\n"
                                                    "method=lora|task=cola|rank=2|0.01 0..-1 0..1  0\n");
    dies(cells_of(path, "base=\"my drive"), EXIT_USAGE, "a quote is not closed");
    dies(cells_of(path, "rank=1 '2"), EXIT_USAGE, "a quote is not closed");
    snprintf(ini, sizeof ini, "%srank = 1 \"2\n", head);
    dies(cells_of(scratch_text("open.ini", ini), NULL), EXIT_USAGE, "open.ini:5: rank = 1 \"2: a quote is not closed");
}

/* Catches: displays in another order than [report] says, one that stands twice, a section without keys that is lost. */
static void report(void **state)
{
    (void)state;
    char ini[512], all[200] = "";
    struct experiment e;
    snprintf(ini, sizeof ini,
             "[experiment]\ntitle = \"A ; title\"\nquestion = Is it\n  so?\n%s[report]\ntables = score second\nfigures "
             "= f1\n"
             "[table second]\nkind = score\nfile = my claims.ini\n[table seeds]\n[figure f2]\n",
             head);
    experiment_read(&e, scratch_text("report.ini", ini));
    for (int i = 0; i < e.displays; i++) {
        const struct display *d = &e.display[i];
        size_t n = strlen(all);
        snprintf(all + n, sizeof all - n, "%s %s %s;", d->is_figure ? "figure" : "table", d->name, d->kind);
    }
    assert_string_equal(all, "table score score;table second score;figure f1 f1;table seeds seeds;figure f2 f2;");
    assert_string_equal(display_get(&e.display[1], "file", ""), "my claims.ini");
    assert_string_equal(e.title, "A ; title");
    assert_string_equal(e.question, "Is it so?");
    experiment_free(&e);
    snprintf(ini, sizeof ini, "%s[report]\ntable = score\n", head);
    dies(cells_of(scratch_text("report.ini", ini), NULL), EXIT_USAGE, "report.ini:6: [report] has no key \"table\"");
}

/* Catches: two tables, or two members of GLUE, that a dry run, a status or a report calls alike. */
static void tasks_have_names(void **state)
{
    (void)state;
    static const struct {
        const char *task, *member, *file, *want;
    } cases[] = {{"mnli", "", "", "mnli"},
                 {"glue", "cola", "", "cola"},
                 {"table", "", "reviews.csv", "reviews"},
                 {"table", "", "/a/b.c/reviews.tsv.gz", "reviews"},
                 {"table", "", "data/trec/train.tsv", "trec"},
                 {"table", "", "trec/train.tsv", "trec"},
                 {"table", "", "train.tsv", "train"},
                 {"table", "", "x/.hidden", ".hidden"},
                 {"table", "", "x/", "table"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[OPTION_TEXT];
        task_called(cases[i].task, cases[i].member, cases[i].file, name);
        assert_string_equal(name, cases[i].want);
    }
}

/* Catches: a part of an experiment that loses a grid, takes one that was not asked for, or swallows a wrong name. */
static void parts(void **state)
{
    (void)state;
    static const struct {
        const char *list, *want, *fault;
    } cases[] = {{"b", "b", NULL},          {"c,a", "ca", NULL},     {"a,b,c", "abc", NULL},
                 {"a,d", NULL, "[grid d]"}, {"a,", NULL, "[grid ]"}, {"b,b", NULL, "[grid b] is named twice"}};
    const char *path = scratch_text("parts.ini", "[defaults]\nmethod = lora\ntask = cola\nseeds = 0..1\n"
                                                 "[grid a]\nrank = 1\n[grid b]\nrank = 2\n[grid c]\nrank = 3\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct experiment e;
        char names[8] = "";
        experiment_read(&e, path);
        if (cases[i].fault)
            dies(experiment_keep(&e, cases[i].list), EXIT_USAGE, cases[i].fault);
        else {
            experiment_keep(&e, cases[i].list);
            for (int g = 0; g < e.grids; g++)
                names[g] = *e.grid[g].name;
            assert_string_equal(names, cases[i].want);
        }
        experiment_free(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults), cmocka_unit_test(blanks),           cmocka_unit_test(keys_without_effect),
        cmocka_unit_test(report),   cmocka_unit_test(tasks_have_names), cmocka_unit_test(parts)};
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
