/* sweep --slurm against an sbatch that only writes down: names with quotes survive, stages hang together, bad use dies.
 */
/* precision: float */
#include "tests/scratch.h"

#include <sys/wait.h>
#include <unistd.h>

static const char experiment[] =
    "[experiment]\ntitle = t\n[grid g]\nbase = tiny\nmethod = lora\ntask = sst\nrank = 1\nsteps = 4\nntrain = 96\n"
    "nvalid = 48\nntest = 48\nbatch = 8\nlr = 1e-3 1e-2\nladder = 1e-4 1e-3 1e-2 1e-1\ntune_seeds = 0..1\n"
    "seeds = 100..104\n";

/* Writes its n-th call down as N.words (one a line) and N.job (its stdin), and answers as sbatch --parsable does. */
static const char sbatch[] =
    "#!/bin/sh\ncd \"$(dirname \"$0\")\" || exit 1\nn=$(($(ls *.job 2>/dev/null | wc -l) + 1))\n"
    "printf '%s\\n' \"$@\" >$n.words\ncat >$n.job\n[ ! -e refuse ] || exit 1\n[ ! -e banner ] || cat "
    "banner\necho \"$n;cluster\"\n";

/* `words` as the shell sees them, in the scratch folder, with its sbatch first in PATH. Returns the exit code. */
static int shell(const char *words, char *text, size_t size)
{
    char command[4096];
    const char *program = getenv("PEFTLAB"), *out = scratch_path(".output");
    char *absolute = realpath(program ? program : "./peftlab", NULL);
    assert_non_null(absolute);
    snprintf(command, sizeof command,
             "cd '%s' && PATH=\"$PWD:$PATH\" PEFTLAB='%s' OPENBLAS_CORETYPE=Nehalem && export PATH PEFTLAB "
             "OPENBLAS_CORETYPE && { %s; } >'%s' 2>&1",
             scratch, absolute, words, out);
    free(absolute);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    FILE *f = fopen(out, "r");
    assert_non_null(f);
    text[fread(text, 1, size - 1, f)] = '\0';
    fclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void expect(const char *words, int code, const char *says)
{
    char text[1 << 15];
    int got = shell(words, text, sizeof text);
    if (got != code || !strstr(text, says))
        fail_msg("`%s` ended with %d and \"%s\"; %d and \"%s\" were wanted", words, got, text, code, says);
}

static void set_up(void)
{
    scratch_text("a b.ini", experiment);
    chmod(scratch_text("sbatch", sbatch), 0755);
}

/* A name that is not quoted would be cut, expanded or run. */
static void test_names_survive(void **state)
{
    (void)state;
    set_up();
    expect("$PEFTLAB sweep 'a b.ini' 'task.x=$(touch ran)' results=\"it's 100% \\$HOME\" --slurm --tasks 2 -- "
           "--partition=\"p q's\"",
           2, "there is no option");
    expect("$PEFTLAB sweep 'a b.ini' steps=5 results=\"it's 100% \\$(touch ran)\" --slurm --tasks 2 -- --partition=\"p "
           "q's\"",
           0, "job 5: report");
    expect("test ! -e ran && grep -qx -- \"--partition=p q's\" 1.words 5.words", 0, "");
    expect("grep -- --output 1.words", 0, "/it's 100%% $(touch ran)/slurm/%x-%j.log");
    expect("for n in 1 2 3 4 5; do sh -n $n.job || exit 1; done; sed '/^flag=/,$d' 2.job >place; . ./place; printf "
           "'%s|' \"$results\" \"$@\" \"$OPENBLAS_CORETYPE\" \"$OPENBLAS_NUM_THREADS\"",
           0, "/it's 100% $(touch ran)|a b.ini|steps=5|Nehalem|1|");
}

/* Search, extension, reported runs and report follow each other; only the bases must have succeeded. */
static void test_stages_hang_together(void **state)
{
    (void)state;
    set_up();
    expect("$PEFTLAB sweep 'a b.ini' --slurm --tasks 3 --core Haswell", 0, "job 4: reported runs, 3 tasks");
    expect("grep -c dependency 1.words", 1, "0");
    expect("cat 2.words", 0, "--dependency=afterok:1\n");
    expect("cat 3.words", 0, "--dependency=afterok:1,afterany:2\n");
    expect("cat 5.words", 0, "--dependency=afterok:1,afterany:4\n");
    expect("cat 4.words", 0, "--array=0-2\n");
    expect("grep -h '^flag\\|CORETYPE=' ?.job | sort | uniq -c | tr -s ' '", 0,
           "5 OPENBLAS_CORETYPE='Haswell'\n 1 flag=--bases shards=1 separate=''\n 1 flag=--report shards=3 "
           "separate=''\n 1 flag=--search shards=2 separate=''\n 1 flag=--search shards=3 separate=''");
    expect("rm *.job && $PEFTLAB sweep 'a b.ini' --slurm --tasks 3 --separate", 0, "job 7: merge");
}

/* A site's sbatch greets on standard output before it names the job. Catches: a line of the greeting taken for it. */
static void test_banner(void **state)
{
    (void)state;
    set_up();
    expect("printf -- '-----\\n Welcome to 7 nodes\\n2026\\n' >banner; $PEFTLAB sweep 'a b.ini' --slurm --tasks 2", 0,
           "job 5: report");
    expect("cat 2.words", 0, "--dependency=afterok:1\n");
    expect("cat 5.words", 0, "--dependency=afterok:1,afterany:4\n");
}

static void test_bad_use(void **state)
{
    (void)state;
    set_up();
    expect("$PEFTLAB sweep 'a b.ini' --slurm --tasks 0", 2, "--tasks 0: takes a whole number from 1 to 1000");
    expect("$PEFTLAB sweep 'a b.ini' --separate", 2, "belong to --slurm");
    expect("$PEFTLAB sweep 'a b.ini' -- --partition=x", 2, "belong to --slurm");
    expect("$PEFTLAB sweep 'a b.ini' --slurm=print rank=0", 2, "rank=0");
    expect("$PEFTLAB sweep 'a b.ini' --slurm=print | head -n 1 && ls", 0, "#!/bin/sh\na b.ini\nsbatch\n");
    expect("$PEFTLAB sweep 'a b.ini' --slurm --dry-run | head -n 1 && ls", 0, "#!/bin/sh\na b.ini\nsbatch\n");
    expect("$PEFTLAB sweep 'a b.ini' --slurm -j 2", 2, "-j does not go with --slurm");
    expect("$PEFTLAB sweep 'a b.ini' --slurm --shard 0/2", 2, "--shard does not go with --slurm");
    expect("$PEFTLAB sweep 'a b.ini' --slurm --report", 2, "--report does not go with --slurm");
    expect("ls", 0, "a b.ini\nsbatch\n");
    expect("touch refuse; $PEFTLAB sweep 'a b.ini' --slurm", 1, "not everything was submitted");
    expect("$PEFTLAB sweep 'a b.ini' --slurm", 1, "(MaxArraySize), give --tasks N");
    expect("rm refuse; echo 'echo hello' >sbatch; $PEFTLAB sweep 'a b.ini' --slurm", 1, "sbatch named no job: hello");
    expect("rm sbatch; PATH=/nowhere $PEFTLAB sweep 'a b.ini' --slurm", 7, "no sbatch here");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_names_survive, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(test_stages_hang_together, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(test_banner, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(test_bad_use, scratch_open, scratch_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
