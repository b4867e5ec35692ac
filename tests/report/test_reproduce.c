/* scripts/reproduce against a peftlab that only writes down what it was asked: what it runs, and its closing lines. */
/* precision: float */
#include "tests/scratch.h"

#include <sys/wait.h>

static const char peftlab[] =
    "#!/bin/sh\necho \"$*\" >> calls\n"
    "mkdir -p r/runs r/tables r/figures\n"
    "[ \"$1\" != sweep ] || : > \"r/runs/$(basename \"$2\").h5\"\n"
    "[ \"$1\" != report ] || { echo table > r/tables/a.md; printf 'key\\n1\\n2\\n' > r/runs.csv; [ ! -e mismatch ] || "
    "{ echo 'against x: 1 runs have the same bits, 2 others; 2 mismatches'; exit 7; }\n"
    "echo 'against x: 3 runs have the same bits, 0 others; 0 mismatches'; }\n";

static void contents(const char *name, char *text, size_t size)
{
    FILE *f = fopen(scratch_path(name), "r");
    assert_non_null(f);
    text[fread(text, 1, size - 1, f)] = '\0';
    fclose(f);
}

/* Runs the script in the scratch folder with `words` before it; returns its exit code. */
static int reproduce(const char *words, char *text, size_t size)
{
    char command[4096];
    char *script = realpath("scripts/reproduce", NULL);
    assert_non_null(script);
    snprintf(command, sizeof command, "cd '%s' && rm -f calls && JOBS=2 RESULTS=r %s sh '%s' >out 2>&1", scratch, words,
             script);
    free(script);
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    waitpid(child, &status, 0);
    contents("out", text, size);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int open_tree(void **state)
{
    if (scratch_open(state))
        return 1;
    chmod(scratch_text("peftlab", peftlab), 0755);
    scratch_text("experiments/glue.ini", "[grid glue]\nbase = data/minilm\ndata = data/glue\ntask = glue\n");
    scratch_text("experiments/text.ini", "[defaults]\nbase = data/minilm\n[grid main]\nbase = synthetic\n");
    scratch_text("results/reference/default/runs.csv", "key\n");
    scratch_text("r/keep", "");
    return 0;
}

static void has(const char *text, const char *words)
{
    if (!strstr(text, words))
        fail_msg("\"%s\" is not in: %s", words, text);
}

static void calls(char *text, size_t size)
{
    contents("calls", text, size);
}

/* Catches: real GLUE run unasked, without its data, or again what a list has; a closing line without its counts; tables of text asked
 * for where there are none; the made language on a real base. */
static void glue_is_named(void **state)
{
    (void)state;
    char text[1 << 14];
    assert_int_equal(reproduce("", text, sizeof text), 0);
    has(text, ": 2 runs, 1 tables, 0 figures, 0 mismatches against results/reference/default, r/report.html, ");
    assert_ptr_equal(strrchr(text, '\n'), text + strlen(text) - 1);
    calls(text, sizeof text);
    has(text, "sweep experiments/main.ini");
    assert_null(strstr(text, "glue"));
    assert_int_equal(reproduce("PROFILE=glue base=/b", text, sizeof text), 2);
    has(text, "PROFILE=glue needs data=DIR");
    assert_int_equal(reproduce("PROFILE=glue data='/some where/glue' base=/b", text, sizeof text), 0);
    has(text, "text.ini is left out: there is no data/text");
    calls(text, sizeof text);
    has(text, "sweep r/glue.ini -j 2 results=r known=r/known.csv\n");
    has(text, "report r/glue.ini results=r known=r/known.csv\n");
    assert_null(strstr(text, "pretrain"));
    assert_null(strstr(text, "main.ini"));
    scratch_text("results/reference/glue/runs.csv", "key\na\n");
    scratch_text("data/text/keep", "");
    assert_int_equal(reproduce("PROFILE=glue data='/some where/glue' base=/b", text, sizeof text), 0);
    calls(text, sizeof text);
    has(text, "sweep r/glue.ini -j 2 results=r known=r/known.csv\n");
    has(text, "sweep r/text.ini -j 2 results=r known=r/known.csv\n");
    has(text, "report r/glue.ini r/text.ini results=r known=r/known.csv --reference results/reference/glue\n");
    contents("r/glue.ini", text, sizeof text);
    assert_string_equal(text, "[grid glue]\nbase = /b\ndata = /some where/glue\ntask = glue\n");
    contents("r/text.ini", text, sizeof text);
    assert_string_equal(text, "[defaults]\nbase = /b\n[grid main]\nbase = synthetic\n");
}

/* Catches: lists of finished runs without the bases that they were made on, a user's own base overwritten, a run twice.
 */
static void full_goes_on_from_the_lists(void **state)
{
    (void)state;
    char text[1 << 14];
    scratch_text("results/reference/full/runs.csv", "key,score\na,1\nb,2\n");
    scratch_text("results/reference/default/runs.csv", "key,score\nb,3\nc,4\n");
    scratch_text("results/reference/bases/synthetic-1.h5", "theirs");
    scratch_text("results/reference/bases/deep-2.h5", "theirs");
    scratch_text("r/bases/synthetic-1.h5", "mine");
    assert_int_equal(reproduce("PROFILE=full", text, sizeof text), 0);
    calls(text, sizeof text);
    has(text, "sweep experiments/full.ini -j 2 results=r known=r/known.csv\n");
    has(text, "sweep experiments/adalora.ini -j 2 results=r known=r/known.csv\n");
    has(text, "results=r known=r/known.csv --reference results/reference/full\n");
    contents("r/known.csv", text, sizeof text);
    assert_string_equal(text, "key,score\na,1\nb,2\nc,4\n");
    contents("r/bases/synthetic-1.h5", text, sizeof text);
    assert_string_equal(text, "mine");
    contents("r/bases/deep-2.h5", text, sizeof text);
    assert_string_equal(text, "theirs");
    unlink(scratch_path("r/bases/deep-2.h5"));
    assert_int_equal(reproduce("BASES=make", text, sizeof text), 0);
    assert_int_equal(access(scratch_path("r/bases/deep-2.h5"), F_OK), -1);
    assert_int_equal(reproduce("", text, sizeof text), 0);
    assert_int_equal(access(scratch_path("r/bases/deep-2.h5"), F_OK), 0);
    calls(text, sizeof text);
    assert_null(strstr(text, "known=")); /* the default profile makes every run itself */
    has(text, "sweep experiments/main.ini -j 2 results=r\ntime experiments/main.ini results=r\n");
    scratch_text("results/reference/questions/altered.csv", "theirs");
    scratch_text("results/reference/questions/sharpness.csv", "sharp");
    assert_int_equal(reproduce("PROFILE=questions", text, sizeof text), 0);
    calls(text, sizeof text);
    has(text, "alter experiments/weights.ini results=r known=r/known.csv\n");
    has(text, "sharpness experiments/curvature.ini results=r known=r/known.csv\n");
    contents("r/altered.csv", text, sizeof text);
    assert_string_equal(text, "theirs");
    contents("r/sharpness.csv", text, sizeof text);
    assert_string_equal(text, "sharp");
}

/* Catches: a mismatch that ends in exit code 0, or is not counted in the last line. */
static void mismatches_are_counted(void **state)
{
    (void)state;
    char text[1 << 14];
    scratch_text("mismatch", "");
    assert_int_equal(reproduce("", text, sizeof text), 1);
    has(text, ", 2 mismatches against results/reference/default, ");
    assert_int_equal(reproduce("PROFILE=full", text, sizeof text), 1);
    has(text, "nothing in results/reference/full to compare with");
    assert_int_equal(reproduce("PROFILE=half", text, sizeof text), 2);
    has(text, "is neither default, full, questions nor glue");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(glue_is_named, open_tree, scratch_close),
        cmocka_unit_test_setup_teardown(full_goes_on_from_the_lists, open_tree, scratch_close),
        cmocka_unit_test_setup_teardown(mismatches_are_counted, open_tree, scratch_close),
    };
    return cmocka_run_group_tests_name("reproduce", tests, NULL, NULL);
}
