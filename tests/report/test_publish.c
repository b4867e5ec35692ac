/* From experiment files to a results folder, to a reference, to documents: deterministic, checked first, and true. */
/* precision: float */
#include "tests/scratch.h"

#include "core/arena.h"
#include "core/file.h"
#include "report/compare_reference.h"
#include "report/document.h"
#include "report/report.h"
#include "report/sentences.h"
#include "tests/fake.h"

#include <math.h>
#include <sys/stat.h>

/* Catches: tables or list of runs that depend on when or where they are made; missing runs passed over in silence. */
static void published_twice(void **state)
{
    (void)state;
    static const char *const files[] = {"runs.csv", "tables/hand-main.md", "tables/hand-main.csv",
                                        "tables/hand-main.tex", "report.html"};
    char ini[4096], *first[5];
    snprintf(ini, sizeof ini,
             "%s[table main]\nkind = score\n[table all]\nkind = seeds\n[table spectrum]\n"
             "kind = spectrum\n[table ledger]\nkind = ledger\n",
             fake_experiment);
    const char *path = scratch_text("hand.ini", ini);
    fake_results(scratch, path, fake_by_hand);
    assert_int_equal(fake_report(scratch, path), EXIT_OK);
    for (int i = 0; i < 5; i++)
        first[i] = file_read(scratch_path(files[i]), 1 << 24, NULL);
    assert_int_equal(fake_report(scratch, path), EXIT_OK);
    for (int i = 0; i < 5; i++) {
        char *again = file_read(scratch_path(files[i]), 1 << 24, NULL);
        assert_string_equal(first[i], again);
        free(again);
    }
    char *inventory = file_read(scratch_path("tables/experiments-inventory.md"), 1 << 24, NULL);
    assert_non_null(strstr(inventory, "| hand | 0 | 15 | 0 | "));
    assert_non_null(strstr(inventory, "| tiny-random "));
    free(inventory);
    char *spectrum = file_read(scratch_path("tables/hand-spectrum.md"), 1 << 24, NULL);
    assert_non_null(strstr(spectrum, " | 1.0 [1.0, 1.0] |\n")); /* tests/fake.c: cosines 1, 0.94, ..., 0.46 */
    assert_non_null(strstr(spectrum, "| cola |  | Full fine-tuning | "));
    assert_non_null(strstr(spectrum, " | 0.0 [0.0, 0.0] |\n")); /* 1, 0.98, ..., 0.82 */
    free(spectrum);
    /* tests/fake.c: a step of full fine-tuning takes 2.5056 ms to LoRA's 2.0051, so that LoRA's time ends at .80025 of
     * its run, between scores of .814 at three quarters and .844 at the end; it passes LoRA's .82 at .80; more memory.
     */
    char *ledger = file_read(scratch_path("tables/hand-ledger.md"), 1 << 24, NULL);
    assert_non_null(strstr(ledger, "|  | Full fine-tuning | 1 | 84.4 | 84.4 | 82.0 | – | 1.00 on 1 |\n"));
    assert_non_null(strstr(ledger, "|  | LoRA | 1 | 82.0 | 82.0 | 82.0 | 82.0 | "));
    assert_non_null(strstr(ledger, "|  | LoRA alpha x16 | 1 | 60.7 | 60.7 | 60.7 | 60.7 | never |\n"));
    free(ledger);
    assert_null(strstr(first[4], "http://"));
    assert_non_null(strstr(first[0], "test_metric"));
    for (int i = 0; i < 5; i++)
        free(first[i]);
    snprintf(ini, sizeof ini,
             "%s[grid more]\nbase = tiny-random\nmethod = bitfit\ntask = cola\nlr = 1e-2\nseeds = 0..1\n",
             fake_experiment);
    assert_int_equal(fake_report(scratch, scratch_text("hand.ini", ini)), EXIT_RUNS);
}

/* The copy of `list` with one word replaced by another. */
static const char *list_with(const char *list, const char *word, const char *by)
{
    const char *at = strstr(list, word);
    assert_non_null(at);
    char *text = mem_text("%.*s%s%s", (int)(at - list), list, by, at + strlen(word));
    const char *path = scratch_text("bad.csv", text);
    free(text);
    return path;
}

/* Catches: a list of finished runs that is believed less than their records (other tables, another list), runs that are
 * made up where neither is, figures of runs without records but for those beside the list, a list that is not one. */
static void runs_of_a_list(void **state)
{
    (void)state;
    static const char *const files[] = {"runs.csv", "tables/known-main.md", "tables/known-main.csv"};
    char ini[4096], path[SCRATCH_PATH], there[SCRATCH_PATH], list[SCRATCH_PATH], *first[3];
    snprintf(ini, sizeof ini,
             "%s[table main]\nkind = score\n[figure f9]\nkind = f9\n[figure f1]\nkind = f1\n[figure f12]\nkind = f12\n",
             fake_experiment);
    snprintf(path, sizeof path, "%s", scratch_text("known.ini", ini));
    fake_results(scratch, path, fake_by_hand);
    snprintf(there, sizeof there, "%s/elsewhere", scratch);
    snprintf(list, sizeof list, "%s/lists/list.csv", scratch);
    assert_int_equal(fake_report(scratch, path), EXIT_OK);
    assert_int_equal(fake_report(there, path), EXIT_RUNS); /* nothing is known there */
    assert_int_equal(fake_report_list(there, path, scratch_path("runs.csv")), EXIT_OK);
    char *beside = file_read(scratch_path("elsewhere/report.html"), 1 << 24, NULL);
    assert_non_null(strstr(beside, "<dt>made earlier, with the records</dt><dd>f9, f1</dd>"));
    assert_null(strstr(beside, "figure f9: no run has a spectrum"));
    assert_true(file_exists(scratch_path("elsewhere/figures/known-f9.svg")));
    free(beside);
    assert_int_equal(mkdir(scratch_path("lists"), 0777), 0); /* a list that has nothing beside it */
    assert_int_equal(rename(scratch_path("runs.csv"), list), 0);
    assert_int_equal(fake_report_list(there, path, list), EXIT_OK);
    assert_false(file_exists(scratch_path("elsewhere/figures/known-f9.svg")));
    first[0] = file_read(list, 1 << 24, NULL);
    for (int i = 0; i < 3; i++) {
        char name[64];
        snprintf(name, sizeof name, "elsewhere/%s", files[i]);
        char *again = file_read(scratch_path(name), 1 << 24, NULL);
        first[i] = i ? file_read(scratch_path(files[i]), 1 << 24, NULL) : first[0];
        assert_string_equal(first[i], again);
        free(again);
    }
    char *page = file_read(scratch_path("elsewhere/report.html"), 1 << 24, NULL);
    assert_non_null(strstr(page, "15 of these runs are taken from a list"));
    assert_non_null(strstr(page, "figure f9: no run has a spectrum"));
    free(page);
    dies(fake_report_list(there, path, list_with(first[0], "curve_hash", "curve")), EXIT_DATA,
         "has no column curve_hash");
    dies(fake_report_list(there, path, list_with(first[0], ",diverged,", ",fine,")), EXIT_DATA, "status is \"fine\"");
    dies(fake_report_list(there, path, list_with(first[0], ",ok,0,", ",ok,none,")), EXIT_DATA,
         "bad.csv:2: collapsed is \"none\", not a number");
    dies(fake_report_list(there, path, list_with(first[0], ",0.8,", ",abc,")), EXIT_DATA, "\"abc\", not a number");
    dies(fake_report_list(there, path, list_with(first[0], ",0.8,", ",80,")), EXIT_DATA, "scores are at most 1");
    char *twice = mem_text("%s%s", first[0], strchr(first[0], '\n') + 1);
    char *other = strstr(first[0], ",0.8,"); /* of the first of two equal rows */
    assert_non_null(other);
    assert_int_equal(fake_report_list(there, path, scratch_text("twice.csv", twice)), EXIT_OK);
    twice[other - first[0] + 3] = '9';
    dies(fake_report_list(there, path, scratch_text("twice.csv", twice)), EXIT_DATA, "twice with other numbers");
    free(twice);
    for (int i = 0; i < 3; i++)
        free(first[i]);
}

/* LoRA-drop on seeds `first` to 2, its costs and its importances. */
static const char *drop_experiment(int first)
{
    char ini[1024];
    snprintf(ini, sizeof ini,
             "[experiment]\ntitle = t\n[grid g]\nbase = tiny-random\nmethod = lora_drop\ntask = cola\nntrain = 40\n"
             "nvalid = 10\nntest = 10\nrank = 2\nlr = 1e-2\nmethod.select = fixed\nseeds = %d..2\n"
             "[table cost]\nkind = cost\n[figure f7]\nkind = f7\n",
             first);
    return scratch_text("drop.ini", ini);
}

/* The fields of a table's first row from a column on, as many as `n`; NaN where one is empty. */
static void first_row(const char *table, int column, double *v, int n)
{
    char *csv = file_read(scratch_path(table), 1 << 20, NULL), *at = strchr(csv, '\n') + 1, *end;
    for (int i = 0; i < column + n; i++, at += strcspn(at, ",\n") + 1)
        if (i >= column) {
            double value = strtod(at, &end);
            v[i - column] = end > at ? value : NAN;
        }
    free(csv);
}

/* Catches: kinds of memory in each other's column, a sum that is not theirs; a list that loses them; runs of an old
 * list, which says nothing of memory, taken for runs that need none. */
static void memory_by_kind(void **state)
{
    (void)state;
    enum { BEFORE = 7 };
    double v[MEMORY_KINDS + 1], listed[MEMORY_KINDS + 1];
    char there[SCRATCH_PATH], list[SCRATCH_PATH];
    const char *ini = drop_experiment(0);
    snprintf(there, sizeof there, "%s/elsewhere", scratch);
    snprintf(list, sizeof list, "%s/runs.csv", scratch);
    fake_results(scratch, ini, fake_plausible);
    assert_int_equal(fake_report(scratch, ini), EXIT_OK);
    first_row("tables/drop-cost.csv", BEFORE, v, MEMORY_KINDS + 1);
    for (int i = 1; i < MEMORY_KINDS; i++) /* tests/fake.c: a third of 1 MB apart */
        assert_true(fabs(v[i] - v[i - 1] - 1e6 / 3) < 1);
    assert_true(fabs(v[MEMORY_KINDS] - (v[0] + v[1] + v[2] + v[3] + v[4])) < 1e3); /* the sheet rounds sums */
    assert_int_equal(fake_report_list(there, ini, list), EXIT_OK);
    first_row("elsewhere/tables/drop-cost.csv", BEFORE, listed, MEMORY_KINDS + 1);
    for (int i = 0; i <= MEMORY_KINDS; i++)
        assert_true(listed[i] == v[i]);
    char *old = file_read(list, 1 << 20, NULL);
    for (char *at = old; (at = strstr(at, "bytes")); at++) /* its columns are not those that a reader knows */
        memcpy(at, "BYTES", 5);
    scratch_text("runs.csv", old);
    free(old);
    assert_int_equal(fake_report_list(there, ini, list), EXIT_OK);
    first_row("elsewhere/tables/drop-cost.csv", BEFORE, listed, MEMORY_KINDS + 1);
    for (int i = 0; i <= MEMORY_KINDS; i++)
        assert_true(isnan(listed[i]));
}

/* Catches: a figure that asks a group's first run for what only a record has, where that run is known from a list. */
static void first_seed_from_a_list(void **state)
{
    (void)state;
    char there[SCRATCH_PATH], list[SCRATCH_PATH];
    if (access("/usr/bin/gnuplot", X_OK))
        skip();
    snprintf(there, sizeof there, "%s/elsewhere", scratch);
    snprintf(list, sizeof list, "%s/runs.csv", scratch);
    const char *whole = drop_experiment(0);
    fake_results(scratch, whole, fake_plausible);
    assert_int_equal(fake_report(scratch, whole), EXIT_OK);
    fake_results(there, drop_experiment(1), fake_plausible); /* records of seeds 1 and 2 only */
    assert_int_equal(fake_report_list(there, drop_experiment(0), list), EXIT_OK);
    char *page = file_read(scratch_path("elsewhere/report.html"), 1 << 24, NULL);
    assert_non_null(strstr(page, "LoRA-drop keeps 2 of 4 adapters"));
    free(page);
}

static void displays_are_checked_first(void **state)
{
    (void)state;
    char ini[4096];
    snprintf(ini, sizeof ini, "%s[table main]\nkind = scores\n", fake_experiment);
    dies(fake_report(scratch, scratch_text("bad.ini", ini)), EXIT_USAGE, "no kind of table is called");
    snprintf(ini, sizeof ini, "%s[figure main]\nkind = f13\n", fake_experiment);
    dies(fake_report(scratch, scratch_text("bad.ini", ini)), EXIT_USAGE, "no kind of figure is called");
    snprintf(ini, sizeof ini, "%s[table ../main]\nkind = score\n", fake_experiment);
    dies(fake_report(scratch, scratch_text("bad.ini", ini)), EXIT_USAGE, "a name is made of letters");
    snprintf(ini, sizeof ini, "%s[table main]\nkind = score\ngrids = nowhere\n", fake_experiment);
    dies(fake_report(scratch, scratch_text("bad.ini", ini)), EXIT_USAGE, "names grid nowhere");
    snprintf(ini, sizeof ini, "%s[table main]\nkind = score\nmetrik = best\n", fake_experiment);
    dies(fake_report(scratch, scratch_text("bad.ini", ini)), EXIT_USAGE, "has no key \"metrik\"; did you mean metric?");
    snprintf(ini, sizeof ini, "%s[table t]\nkind = score\n[table u]\nkind = seeds\n[table t]\nkind = seeds\n",
             fake_experiment);
    dies(fake_report(scratch, scratch_text("bad.ini", ini)), EXIT_USAGE, "[table t] stands there twice");
    dies(fake_report(scratch, scratch_text("a,b.ini", fake_experiment)), EXIT_USAGE,
         "letters, digits, blanks, - and _");
}

/* Catches: a table of other runs that stays where this report makes none; an experiment's tables under another's. */
static void what_is_skipped_goes(void **state)
{
    (void)state;
    char ini[4096];
    snprintf(ini, sizeof ini, "%s[table main]\nkind = score\n", fake_experiment);
    const char *path = scratch_text("gone.ini", ini);
    fake_results(scratch, path, fake_by_hand);
    assert_int_equal(fake_report(scratch, path), EXIT_OK);
    assert_int_equal(access(scratch_path("tables/gone-main.md"), F_OK), 0);
    snprintf(ini, sizeof ini, "%s[table main]\nkind = planted\n", fake_experiment);
    scratch_text("gone.ini", ini);
    fake_report(scratch, path);
    assert_int_not_equal(access(scratch_path("tables/gone-main.md"), F_OK), 0);
    assert_int_not_equal(access(scratch_path("tables/gone-main.csv"), F_OK), 0);
    struct report r;
    struct session *s = session_open(scratch);
    FILE *null = fopen("/dev/null", "w");
    report_open(&r, scratch, null);
    report_add(&r, s, path, 0, NULL);
    dies(report_add(&r, s, path, 0, NULL), EXIT_USAGE, "two experiments are called gone");
    report_close(&r);
    session_close(s);
    fclose(null);
}

/* Catches: a grid that is multiplied out, or looked up run by run, before anyone asks how large it is. */
static void grids_have_a_size(void **state)
{
    (void)state;
    static const char *const grid = "[grid g]\nbase = tiny-random\nmethod = lora\ntask = cola\nlr = 1e-2 3e-2\n";
    static const char *const bad[][2] = {
        {"alpha =\nseeds = 0..1\n", "alpha has no value, so there is nothing to run"},
        {"seeds = 0..499999\n", "asks for 1000000 runs, more than 500000"},
        {"tune_seeds = 0..999999\nseeds = 1000000..1000001\n", "asks for 2000002 runs"},
        {"tune_seeds = 0..4\nseeds = 4..9\n", "tune_seeds 0..4 and seeds 4..9 overlap"},
        {"seeds = 0..99999999999\n", "is neither a seed nor a range"},
        {"rank = 1 2 3 4 5 6 7 8 9 10\nalpha = 1 2 3 4 5 6 7 8 9 10\nsteps = 1 2 3 4 5 6 7 8 9 10\nbatch = 1 2 3 4 5 6 "
         "7 8 9 10\nntrain = 1 2 3 4 5 6 7 8 9 10\nseeds = 0..1\n",
         "expands to more than 100000 cells"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char ini[1024];
        snprintf(ini, sizeof ini, "%s%s[table t]\nkind = score\n", grid, bad[i][0]);
        dies(fake_report(scratch, scratch_text("bad.ini", ini)), EXIT_USAGE, bad[i][1]);
    }
}

#define HASH  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char *const runs_header = "key,spec,method,task,seed,core,compiler,curve_hash,weights_hash\n";
static const char *const score_header = "task,budget,method,mean,low,high\n";

static void write_results(const char *folder, const char *core, const char *hash, const char *mean, const char *low)
{
    char name[64], text[1024];
    snprintf(name, sizeof name, "%s/runs.csv", folder);
    snprintf(text, sizeof text, "%s" HASH ",a=1;b=2,lora,cola,0,%s,gcc,%s," HASH "\n", runs_header, core, hash);
    scratch_text(name, text);
    snprintf(name, sizeof name, "%s/tables/main-score.csv", folder);
    snprintf(text, sizeof text, "%scola,4096,LoRA,%s,%s,0.9\n", score_header, mean, low);
    scratch_text(name, text);
}

static struct comparison compare_folders(void)
{
    char now[SCRATCH_PATH], then[SCRATCH_PATH];
    snprintf(now, sizeof now, "%s/now", scratch);
    snprintf(then, sizeof then, "%s/then", scratch);
    FILE *null = fopen("/dev/null", "w");
    struct comparison c = reference_compare(now, then, null);
    fclose(null);
    return c;
}

/* Catches: hashes compared across machines, means compared on the same one, a moved mean accepted. */
static void references(void **state)
{
    (void)state;
    write_results("then", "Zen", HASH, "0.85", "0.8");
    write_results("now", "Zen", HASH, "0.85", "0.8");
    struct comparison c = compare_folders();
    assert_true(c.same_bits == 1 && c.other_bits == 0 && c.elsewhere == 0 && c.rows == 0);
    write_results("now", "Zen", OTHER, "0.85", "0.8");
    c = compare_folders();
    assert_true(c.same_bits == 0 && c.other_bits == 1);
    write_results("now", "Haswell", OTHER, "0.86", "0.84");
    c = compare_folders();
    assert_true(c.elsewhere == 1 && c.other_bits == 0 && c.rows == 1 && c.outside == 0);
    write_results("now", "Haswell", OTHER, "0.88", "0.86");
    c = compare_folders();
    assert_true(c.rows == 0 && c.outside == 1);
    write_results("now", "Zen", HASH, "0.88", "0.86"); /* another spec: nothing says what its bits should be */
    scratch_text("now/runs.csv", "key,spec,method,task,seed,core,compiler,curve_hash,weights_hash\n" HASH
                                 ",a=2,lora,cola,0,Zen,gcc," HASH "," HASH "\n");
    c = compare_folders();
    assert_true(c.absent == 1 && c.same_bits == 0 && c.elsewhere == 0 && c.outside == 1);
}

/* Catches: a document that keeps an old number, text outside the block touched, a block that swallows the next. */
static void documents(void **state)
{
    (void)state;
    scratch_text("ref/default/tables/main-score.md", "| new |\n");
    char tables[SCRATCH_PATH];
    snprintf(tables, sizeof tables, "%s/ref", scratch);
    const char *text = "before\n<!-- generated: table main-score -->\n| old |\n<!-- end -->\nafter\n";
    const char *path = scratch_text("doc.md", text);
    assert_int_equal(document_update(path, tables, 1), 1);
    char *same = file_read(path, 4096, NULL);
    assert_string_equal(same, text);
    free(same);
    assert_int_equal(document_update(path, tables, 0), 1);
    assert_int_equal(document_update(path, tables, 1), 0);
    same = file_read(path, 4096, NULL);
    assert_string_equal(same, "before\n<!-- generated: table main-score -->\n| new |\n<!-- end -->\nafter\n");
    free(same);
    scratch_text("ref/default/tables/main-decision.md", "| a |\n\n*caption*\n\n- first\n- second - one\n");
    path = scratch_text("doc.md", "<!-- generated: table main-decision note 2 -->\n- old\n<!-- end -->\n");
    assert_int_equal(document_update(path, tables, 0), 1);
    assert_int_equal(document_update(path, tables, 1), 0);
    same = file_read(path, 4096, NULL);
    assert_string_equal(same, "<!-- generated: table main-decision note 2 -->\n- second - one\n<!-- end -->\n");
    free(same);
    path = scratch_text("doc.md", "<!-- generated: table main-decision note 3 -->\n<!-- end -->\n");
    dies(document_update(path, tables, 0), EXIT_DATA, "has no note 3");
    path = scratch_text("doc.md", "<!-- generated: table main-score -->\n<!-- generated: table b -->\n<!-- end -->\n");
    dies(document_update(path, tables, 0), EXIT_USAGE, "has no name or no");
    path = scratch_text("doc.md", "<!-- generated: table nothing -->\n<!-- end -->\n");
    dies(document_update(path, tables, 0), EXIT_DATA, "there is no table nothing");
}

/* Catches: a sentence that keeps an old number, the interval of another row, a lost sign; numbers that are none taken
 * for some, and those of other paragraphs. */
static void sentences(void **state)
{
    (void)state;
    static const struct {
        const char *says;
        int missing;
    } cases[] = {
        {"**Result.** It has 85.6 [83.9, 87.4], LoRA .5, and .25.", 0},
        {"**Result.** It has 85.6\n[83.9, 87.4] and 85.6, or 83.9.", 0},
        {"**Result.** It has 85.7.", 1},
        {"**Result.** It has 85.6 [83.9, 87.5].", 1},
        {"**Result.** It has 85.6 [0.50, 87.4].", 1},
        {"**Does it?** By -1.5, 1.5 points behind.", 0},
        {"**Does it?** By +1.5, in `v9.9.9` at [1.7](x9.8).", 2},
        {"**Result.** At `b` it has 77.7, `a` too.", 0},
        {"**Result.** It has 77.7.", 1},
        {"**Inputs.** 77.7 of them.", 0},
        {"**Result.** Version 1.2.3 took 2.5e-3 and x1.25.", 0},
    };
    scratch_text("ref/full/tables/a-score.md", "| 4,096 | LoRA | 85.6 | [83.9, 87.4] | -1.5 |\n| 0.50 | 0.25 |\n");
    scratch_text("ref/default/tables/b-score.md", "| 77.7 |\n");
    char tables[SCRATCH_PATH];
    snprintf(tables, sizeof tables, "%s/ref", scratch);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = mem_text("# All\n\n## no experiment: 1\n\n**Result.** 3.3\n\n## c, a: what\n\n%s\n\nAnd 4.4.\n",
                              cases[i].says);
        assert_int_equal(prose_check("doc.md", text, tables), cases[i].missing);
        assert_int_equal(document_update(scratch_text("doc.md", text), tables, 1), cases[i].missing);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(published_twice, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(runs_of_a_list, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(memory_by_kind, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(first_seed_from_a_list, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(displays_are_checked_first, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(what_is_skipped_goes, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(grids_have_a_size, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(references, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(documents, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(sentences, scratch_open, scratch_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
