/* What is not ours, or cannot be read just now, stays as it is; what would wait or overflow for ever does not. */
/* precision: float */
#include "tests/process.h"
#include "tests/scratch.h"

#include <string.h>

static void expect(const char *words, int code, const char *says)
{
    char command[2048], text[1 << 14], top[512];
    const char *program = getenv("PEFTLAB");
    assert_non_null(program);
    assert_non_null(getcwd(top, sizeof top));
    snprintf(command, sizeof command, "TOP='%s'; cd '%s' && PEFTLAB='%s' && { %s; } 2>&1", top, scratch, program,
             words);
    int got = process_shell(command, text, sizeof text);
    if (got != code || !strstr(text, says))
        fail_msg("`%s` ended with %d and \"%s\"; %d and \"%s\" were wanted", words, got, text, code, says);
}

#define RUN \
    "\"$PEFTLAB\" run method=lora task=cola base=tiny-random steps=4 ntrain=64 nvalid=32 ntest=32 evals=1 probes=0 "
#define GRID                                                                                                         \
    "printf '[grid g]\\nmethod = lora\\ntask = cola\\nbase = tiny-random\\nsteps = 4\\nntrain = 64\\nnvalid = 32\\n" \
    "ntest = 32\\nevals = 1\\nprobes = 0\\nseeds = 0..0\\n' >e.ini"

/* Catches: files of the user's taken for leftovers because of ".tmp." in their names; a dead process's that stay. */
static void files_of_others(void **state)
{
    (void)state;
    expect("mkdir -p r/tables && echo mine >r/notes.tmp.txt && echo mine >r/tables/mine.tmp.csv && "
           "echo x >r/x.tmp.$(hostname | cut -d. -f1).999999999; \"$PEFTLAB\" clean --stale results=r",
           0, "");
    expect("cat r/notes.tmp.txt r/tables/mine.tmp.csv", 0, "mine\nmine\n");
    expect("ls r | grep -c x.tmp; true", 0, "0\n");
}

/* Catches: a record that is replaced because it could not be read; one that is called damaged for ever because memory was
 * short when it was looked at. */
static void records_that_cannot_be_read(void **state)
{
    (void)state;
    expect(RUN "results=r | tail -n 1 | grep -o '[0-9a-f]*$' >key && ls r/runs", 0, ".h5");
    expect("for n in 1 5 10 15 20 25 30 40 50 60; do rm -f r/index; PEFTLAB_FAIL_ALLOC=$n \"$PEFTLAB\" list runs "
           "results=r "
           ">said 2>&1; c=$?; [ $c = 0 ] || [ $c = 6 ] || echo \"exit $c\"; done; \"$PEFTLAB\" list runs results=r | "
           "wc -l",
           0, "1\n");
    expect("f=$(ls r/runs/*.h5) && rm $f && mkfifo $f && " RUN "results=r", 3, "not a regular file");
    expect("test -p r/runs/*.h5 && echo there", 0, "there");
}

/* Catches: a pipe in place of a table, or a parent that ignores the end of its children, waited for without end. */
static void nothing_waits(void **state)
{
    (void)state;
    expect("mkfifo p.tsv && \"$PEFTLAB\" export base=tiny-random base >said && timeout 30 \"$PEFTLAB\" run method=lora "
           "task=table file=p.tsv base=base steps=2",
           3, "not a regular file");
    expect("sh -c \"trap '' CHLD; timeout 60 '$PEFTLAB' check --golden '$TOP/tests/golden/lora.h5'\"; test $? -lt 124",
           0, "");
}

/* Catches: two writers of one list, of which the last takes the other's rows away. */
static void one_writer_of_lists(void **state)
{
    (void)state;
    expect(GRID " && mkdir -p r && flock r \"$PEFTLAB\" time e.ini results=r", 2,
           "another process writes lists there now");
    expect(GRID " && \"$PEFTLAB\" time e.ini results=r", 0, "r/times.csv");
}

/* Catches: sums and buffers that the longest words go beyond, and checks that one of several values escapes. */
static void odd_values(void **state)
{
    (void)state;
    expect(GRID " && \"$PEFTLAB\" status e.ini seeds=2147483646..2147483647 results=r", 0, "");
    expect("z=$(printf '%040000d' 2) && \"$PEFTLAB\" sweep e.ini steps=$z -j 1 results=r", 0, "1 runs made");
    expect("\"$PEFTLAB\" sweep e.ini tune_seeds=5..6 lr='1e-3 1e-2' epochs=1 tune_epochs=1x --dry-run results=r", 2,
           "1x");
    expect("\"$PEFTLAB\" status e.ini head_rate=0.01 lr='1e-2 0' results=r", 2, "stands beside lr=0");
    expect("\"$PEFTLAB\" compare task=planted methods=dora base=tiny-random nvalid=16 ntest=16 --dry-run results=r", 0,
           " 300 steps");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_of_others, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(records_that_cannot_be_read, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(nothing_waits, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(one_writer_of_lists, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(odd_values, scratch_open, scratch_close),
    };
    return cmocka_run_group_tests_name("untouched", tests, NULL, NULL);
}
