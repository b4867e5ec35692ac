/* What authors of methods are given: a file to begin with, a place in a table that exists, the table of all methods. */
/* precision: float */
#include "core/file.h"
#include "tests/process.h"
#include "tests/scratch.h"

static char text[1 << 20];

static int peftlab(const char *words)
{
    char command[5 * SCRATCH_PATH];
    const char *program = getenv("PEFTLAB");
    snprintf(command, sizeof command, "'%.255s' %s 2>&1", program ? program : "./peftlab", words);
    return process_shell(command, text, sizeof text);
}

static void said(const char *words)
{
    if (!strstr(text, words))
        fail_msg("\"%s\" does not stand in: %s", words, text);
}

static const char table[] =
    "[experiment]\ntitle = t\nquestion = q\n\n[defaults]\nbase = tiny-random\ntask = sst cola\nsteps = 8\nntrain = 64\n"
    "nvalid = 32\nntest = 32\nladder = 1e-4 3e-4 1e-3 3e-3 1e-2 3e-2 1e-1 3e-1\ntune_seeds = 0..1\nseeds = 100..103\n"
    "lr = 1e-3 3e-3 1e-2\n\n[grid references]\nmethod = head\n\n[grid methods]\nmethod = lora oft\nbudget = 4096\n\n"
    "[report]\ntables = score rates suite claims decision matrix\n";

/* The others' runs are known and not made again, theirs stand in the table, and the new one has a window of the ladder. */
static void a_method_is_placed_without_the_others(void **state)
{
    (void)state;
    char path[SCRATCH_PATH], words[4 * SCRATCH_PATH];
    struct file_out out;
    snprintf(path, sizeof path, "%s/table.ini", scratch);
    file_begin(&out, path);
    fputs(table, out.stream);
    file_commit(&out);
    snprintf(words, sizeof words, "sweep %s -j 2 results=%s/others", path, scratch);
    assert_int_equal(peftlab(words), 0);
    snprintf(words, sizeof words, "report %s results=%s/others", path, scratch);
    assert_int_equal(peftlab(words), 0);
    snprintf(words, sizeof words, "place gralora experiment=%s known=%s/others/runs.csv -j 2 results=%s/own", path,
             scratch, scratch);
    assert_int_equal(peftlab(words), 0);
    said("gralora sst: ");
    said("gralora cola: ");
    assert_null(strstr(text, "[grid pilot]")); /* which compares nothing */
    snprintf(path, sizeof path, "%s/own/runs", scratch);
    snprintf(words, sizeof words, "list runs results=%s/own", scratch);
    assert_int_equal(peftlab(words), 0);
    assert_null(strstr(text, " lora "));
    snprintf(path, sizeof path, "%s/own/place/gralora/place.ini", scratch);
    char *ini = file_read(path, 1 << 16, NULL);
    assert_non_null(strstr(ini, "method = lora oft gralora\nlr.gralora = "));
    assert_null(strstr(ini, "claims"));
    free(ini);
    snprintf(path, sizeof path, "%s/own/place/gralora/tables/place-score.csv", scratch);
    char *score = file_read(path, 1 << 16, NULL);
    assert_non_null(strstr(score, "GraLoRA"));
    assert_non_null(strstr(score, "LoRA"));
    assert_non_null(strstr(score, "OFT"));
    free(score);
}

/* A table for readers marks what misses its budget, and says so once. */
static void a_missed_budget_is_marked(void **state)
{
    (void)state;
    static const struct {
        const char *table, *marked;
    } in[] = {{"score", "4,096†"}, {"rates", "4,096†"}, {"suite", "4,096†"}, {"decision", "† |"}, {"matrix", "† OFT."}};
    for (size_t i = 0; i < sizeof in / sizeof *in; i++) {
        char path[SCRATCH_PATH];
        snprintf(path, sizeof path, "%s/others/tables/table-%s.md", scratch, in[i].table);
        char *markdown = file_read(path, 1 << 20, NULL), *csv;
        assert_non_null(strstr(markdown, in[i].marked));
        const char *note = strstr(markdown, "† More than 2 % off the budget");
        assert_non_null(note);
        assert_null(strstr(note + 1, "† More than"));
        snprintf(path, sizeof path, "%s/others/tables/table-%s.csv", scratch, in[i].table);
        csv = file_read(path, 1 << 20, NULL);
        assert_null(strstr(csv, "†"));
        free(csv);
        free(markdown);
    }
}

static void what_is_there_is_not_placed_again(void **state)
{
    (void)state;
    assert_int_equal(peftlab("place dora"), 2);
    said("dora is in ");
    assert_int_equal(peftlab("place dorra"), 2);
    said("did you mean dora");
}

/* The first file is that of the template; the name is taken where a file has it. */
static void a_new_method_has_a_file(void **state)
{
    (void)state;
    char line[2048], path[SCRATCH_PATH];
    const char *program = getenv("PEFTLAB");
    char *full = realpath(program ? program : "./peftlab", NULL);
    snprintf(line, sizeof line, "mkdir -p %s/methods && cd %s && '%s' new mine_2 2>&1", scratch, scratch, full);
    assert_int_equal(process_shell(line, text, sizeof text), 0);
    snprintf(path, sizeof path, "%s/methods/mine_2.c", scratch);
    char *made = file_read(path, 1 << 16, NULL);
    assert_non_null(strstr(made, "const struct method method_mine_2 = {"));
    assert_non_null(strstr(made, ".name = \"mine_2\""));
    assert_null(strstr(made, "method_template"));
    free(made);
    assert_int_equal(process_shell(line, text, sizeof text), 2);
    said("is there");
    snprintf(line, sizeof line, "cd %s && '%s' new Mine 2>&1", scratch, full);
    assert_int_equal(process_shell(line, text, sizeof text), 2);
    snprintf(line, sizeof line, "cd %s && '%s' new dense like=loha 2>&1", scratch, full);
    assert_int_equal(process_shell(line, text, sizeof text), 0);
    free(full);
}

/* Every row of the table in methods/README.md is what the program says of the method. */
static void the_table_of_methods_is_true(void **state)
{
    (void)state;
    assert_int_equal(peftlab("count all"), 0);
    char *page = file_read("methods/README.md", 1 << 20, NULL), *rest = strstr(page, "| method | step 0");
    int rows = 0;
    assert_non_null(rest);
    for (char *row; (row = strsep(&rest, "\n")) && *row == '|'; rows++)
        said(row);
    assert_true(rows > 40);
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_method_is_placed_without_the_others), cmocka_unit_test(a_missed_budget_is_marked),
        cmocka_unit_test(what_is_there_is_not_placed_again),     cmocka_unit_test(a_new_method_has_a_file),
        cmocka_unit_test(the_table_of_methods_is_true),
    };
    return cmocka_run_group_tests_name("place", tests, scratch_open, scratch_close);
}
