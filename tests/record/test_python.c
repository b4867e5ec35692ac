/* The programs of docs/python.md run as they stand, on records made here. Skips where Python lacks h5py or pandas. */
/* precision: float */
#include "tests/process.h"
#include "tests/scratch.h"

#include <string.h>

static char said[1 << 16];

static void must(const char *line)
{
    char command[2048];
    const char *program = getenv("PEFTLAB");
    assert_non_null(program);
    snprintf(command, sizeof command, "DOC=$PWD/docs/python.md; cd '%s' && PEFTLAB='%s' && { %s; } 2>&1", scratch,
             program, line);
    int code = process_shell(command, said, sizeof said);
    if (code)
        fail_msg("`%s` ended with %d: %s", line, code, said);
}

/* The one of the packages first: another may lack the modules. */
#define PYTHON                                                                                                         \
    "${PEFTLAB_PYTHON:-$(for p in /usr/bin/python3 python3; do $p -c 'import h5py, pandas' 2>/dev/null && echo $p && " \
    "break; done)}"
#define PROGRAMS                                                                                     \
    "awk '/^```python/ { on = 1; next } /^```/ { on = 0 } on' \"$DOC\" >programs.py; "               \
    "{ echo \"import glob; peftlab, results, listed = '$PEFTLAB', 'results', 'results/runs.csv'\"; " \
    "echo \"record = glob.glob('results/runs/*.h5')[0]\"; cat programs.py; } >all.py; " PYTHON " all.py"

/* Catches: a name in a record, a column of runs.csv or a key of JSON that is not as the page has it; a prediction that stands
 * beside the wrong row: the words of a test row say its class. */
static void programs_run(void **state)
{
    (void)state;
    if (process_shell(PYTHON " -c 'import h5py, pandas' 2>/dev/null", said, sizeof said))
        skip();
    must("\"$PEFTLAB\" export base=tiny-random base");
    must("awk 'BEGIN { print \"text,label\"; for (i = 0; i < 400; i++) printf \"w%d w%d,%s\\n\", i % 2, i, i % 2 ? "
         "\"odd\" : \"even\" }' >t.csv");
    must("printf '[experiment]\\ntitle = t\\n[grid g]\\nbase = base\\ntask = table\\nfile = t.csv\\nmethod = full\\nlr "
         "= 1e-3\\n"
         "steps = 30\\nseeds = 0..1\\n[table score]\\n' >e.ini");
    must("\"$PEFTLAB\" sweep e.ini && \"$PEFTLAB\" report e.ini");
    must(PROGRAMS);
    const char *const words[] = {"full 0.001 30 ", " wrong; by what was said:", "2 full 0.001", "mean", "count", NULL};
    for (int i = 0; words[i]; i++)
        if (!strstr(said, words[i]))
            fail_msg("\"%s\" is not said: %s", words[i], said);
    /* A row that is wrong by the record is wrong by the table. */
    must("{ echo \"import glob; record = glob.glob('results/runs/*.h5')[0]\"; awk '/^import h5py/ { on = 1 } /^import "
         "pandas/ { exit } on' "
         "programs.py; echo \"rows = open('t.csv').read().splitlines()\"; "
         "echo \"assert len(line) > 20 and all((rows[int(n) - 1].split(',')[1] == names[int(g)]) == bool(ok) for n, g, "
         "ok in zip(line, "
         "guess, right))\"; } >check.py; " PYTHON " check.py");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(programs_run, scratch_open, scratch_close)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
