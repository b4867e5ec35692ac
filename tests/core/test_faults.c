/* Fault injection: every failing write, fsync, rename and allocation of a small run ends in one clear line and the
 * right exit code, and harms nothing that was finished.
 *
 * A sample of all moments; FAULTS=all (`make faults`) takes every one. */
/* precision: float */
#include "tests/process.h"
#include "tests/scratch.h"

#include "core/file.h"
#include "record/folder.h"

static const char words[] =
    "run method=lora task=cola base=tiny-random rank=2 steps=6 evals=2 probes=1 ntrain=60 nvalid=20 ntest=20 batch=8";
static char preload[SCRATCH_PATH], folder[SCRATCH_PATH], pristine[SCRATCH_PATH];
static bool all;

/* Messages, which are lines of their own; progress is none. */
static int messages(const char *text)
{
    int n = 0;
    for (const char *p = text; p && *p; p = strchr(p, '\n'), p = p ? p + 1 : NULL)
        n += strncmp(p, "peftlab: ", 9) == 0;
    return n;
}

/* AddressSanitizer wants to be loaded first and needs descriptors of its own: faults are injected into plain builds. */
static bool sanitized(void)
{
#if defined(__SANITIZE_ADDRESS__)
    return true;
#else
    return false;
#endif
}

/* The library lies in the build folder, which is two above this precision's program. */
static bool find_library(void)
{
    char path[SCRATCH_PATH], *real_path;
    const char *program = getenv("PEFTLAB");
    snprintf(path, sizeof path, "%s", program ? program : "./peftlab");
    for (int i = 0; i < 2 && strrchr(path, '/'); i++)
        *strrchr(path, '/') = '\0';
    strncat(path, "/failing.so", sizeof path - strlen(path) - 1);
    real_path = realpath(path, NULL);
    snprintf(preload, sizeof preload, "%s", real_path ? real_path : "");
    free(real_path);
    return *preload;
}

static int run(const char *environment, char *text, size_t size)
{
    char command[3 * SCRATCH_PATH];
    snprintf(command, sizeof command, "%s seed=1 results=%s", words, folder);
    return process_run(command, environment, text, size);
}

/* A folder with one finished run (another seed) and without the one that is tried. */
static void start_over(void)
{
    char command[3 * SCRATCH_PATH], text[8192];
    results_fresh(folder);
    snprintf(command, sizeof command, "merge %s -o %s", pristine, folder);
    int code = process_run(command, NULL, text, sizeof text);
    if (code)
        fail_msg("%s: exit %d: %s", command, code, text);
}

static int open_all(void **state)
{
    const char *faults = getenv("FAULTS");
    char command[3 * SCRATCH_PATH], text[8192];
    all = faults && strcmp(faults, "all") == 0;
    if (scratch_open(state))
        return 1;
    snprintf(folder, sizeof folder, "%s", scratch_path("tried"));
    snprintf(pristine, sizeof pristine, "%s", scratch_path("pristine"));
    results_fresh(pristine);
    snprintf(command, sizeof command, "%s results=%s", words, pristine);
    return process_run(command, NULL, text, sizeof text) != 0;
}

static void must_be_sound(const char *what, long n, int code, int wanted, const char *text)
{
    if (code != wanted && code != 0)
        fail_msg("%s, call %ld: exit %d, not %d: %s", what, n, code, wanted, text);
    if (code && messages(text) != 1)
        fail_msg("%s, call %ld: not one clear line: %s", what, n, text);
    int whole = results_whole(folder); /* fails on a half-written one */
    if (whole < 1 + (code == 0))       /* a fault after the record was written leaves two: nothing is lost */
        fail_msg("%s, call %ld: exit %d and %d records: %s", what, n, code, whole, text);
    struct folder f;
    folder_open(&f, folder);
    for (int i = 0; i < f.n; i++)
        if (f.file[i].kind == FOLDER_TEMPORARY || f.file[i].kind == FOLDER_JOURNAL)
            fail_msg("%s, call %ld: left %s behind", what, n, f.file[i].path);
    folder_close(&f);
}

/* The same command without the fault finishes the work. */
static void must_resume(const char *what, long n)
{
    char text[8192];
    int code = run(NULL, text, sizeof text);
    if (code)
        fail_msg("after %s %ld: exit %d: %s", what, n, code, text);
    assert_int_equal(results_whole(folder), 2);
}

static long count_calls(const char *call, const char *count)
{
    char environment[4096], text[8192];
    snprintf(environment, sizeof environment, "LD_PRELOAD=%s FAIL_UNDER=%s FAIL_CALL=%s FAIL_N=0 FAIL_COUNT=%s",
             preload, folder, call, count);
    start_over();
    assert_int_equal(run(environment, text, sizeof text), 0);
    char *number = file_read(count, 64, NULL);
    long n = strtol(number, NULL, 10);
    free(number);
    return n;
}

/* Every one when asked for; else the first, the last and some between. */
static bool chosen(long i, long n, long sample)
{
    return all || n <= sample || i == 1 || i == n || i % (n / sample) == 0;
}

static void failing_calls(void **state)
{
    if (sanitized())
        skip();
    (void)state;
    static const char *const calls[] = {"open", "write", "fsync", "rename", "mkdir", "unlink"}, *const errors[] = {
                                                                                                    "ENOSPC", "EIO"};
    char environment[4096], text[8192], count[SCRATCH_PATH];
    if (!find_library() || getenv("ASAN_OPTIONS"))
        skip();
    snprintf(count, sizeof count, "%s", scratch_path("count"));
    for (size_t c = 0; c < sizeof calls / sizeof *calls; c++) {
        long n = count_calls(calls[c], count), tried = 0, refused = 0;
        for (int disk = 0; disk < 2; disk++) /* this call alone; this and all later ones */
            for (long i = 1; i <= n; i++) {
                if (!chosen(i, n, 3))
                    continue;
                snprintf(environment, sizeof environment,
                         "LD_PRELOAD=%s FAIL_UNDER=%s FAIL_CALL=%s FAIL_N=%ld FAIL_ERRNO=%s %s", preload, folder,
                         calls[c], i, errors[i % 2], disk ? "FAIL_ALL=1" : "");
                start_over();
                int code = run(environment, text, sizeof text);
                if (strcmp(calls[c], "unlink") == 0) { /* what cannot be removed stays: a leftover, no failure */
                    assert_int_equal(code, 0);
                    assert_int_equal(results_whole(folder), 2);
                } else if (strcmp(calls[c], "open") == 0)
                    must_be_sound(calls[c], i, code, code == 3 || code == 4 ? code : 6, text);
                else
                    must_be_sound(calls[c], i, code, 6, text);
                must_resume(calls[c], i);
                tried++;
                refused += code != 0;
            }
        print_message("%s: %ld calls in a run, %ld faults tried, %ld refused the run, the others did no harm\n",
                      calls[c], n, tried, refused);
    }
}

/* The n-th allocation of ours, until a run needs fewer. */
static void failing_allocations(void **state)
{
    (void)state;
    char environment[128], text[8192];
    long n = 1, tried = 0, step = all ? 1 : 0;
    for (int code = 6; code != 0; n += step ? step : 1 + n / 3, tried++) {
        snprintf(environment, sizeof environment, "PEFTLAB_FAIL_ALLOC=%ld ASAN_OPTIONS=detect_leaks=0", n);
        if (tried % 50 == 0)
            start_over();
        code = run(environment, text, sizeof text);
        if (code == 0)
            break;
        must_be_sound("allocation", n, code, 6, text);
    }
    results_fresh(folder);
    print_message("allocations: fewer than %ld in a run, %ld tried\n", n + 1, tried);
    assert_true(tried > 5);
}

static void read_only_folder(void **state)
{
    (void)state;
    char text[8192];
    start_over();
    char runs[SCRATCH_PATH + 8];
    snprintf(runs, sizeof runs, "%s/runs", folder);
    if (geteuid() == 0) { /* root may write anywhere: a file where the folder should be stops it too */
        results_fresh(folder);
        FILE *f = fopen(runs, "w");
        fclose(f);
        int code = run(NULL, text, sizeof text);
        assert_int_equal(code, 6);
        assert_int_equal(messages(text), 1);
        return;
    }
    assert_int_equal(chmod(runs, 0555), 0);
    int code = run(NULL, text, sizeof text);
    assert_int_equal(chmod(runs, 0777), 0);
    must_be_sound("read-only folder", 0, code, 6, text);
    must_resume("read-only folder", 0);
}

/* No descriptors left: for every small limit one line and an exit code, or the run is made. */
static void few_descriptors(void **state)
{
    if (sanitized())
        skip();
    (void)state;
    char text[8192];
    int refused = 0;
    for (int n = 3; n <= 10; n++) {
        start_over();
        char log[SCRATCH_PATH], command[3 * SCRATCH_PATH];
        snprintf(log, sizeof log, "%s", scratch_path("few.log"));
        snprintf(command, sizeof command, "%s seed=1 results=%s", words, folder);
        pid_t pid = process_start_limited(command, log, n);
        int code = process_wait(pid, 60);
        char *said = file_read(log, 1 << 16, NULL);
        snprintf(text, sizeof text, "%s", said);
        free(said);
        if (code == 127 || strstr(text, "shared libraries"))
            continue; /* the loader itself had too few */
        must_be_sound("descriptors", n, code, 6, text);
        refused += code != 0;
    }
    assert_true(refused > 0);
}

/* The same array task started twice at once on one folder, as after a node that only seemed dead, where the file system
 * refuses every lock: both make runs, some of them twice, and nothing is lost or mixed. */
static void twins_without_locks(void **state)
{
    if (sanitized())
        skip();
    (void)state;
    char environment[3 * SCRATCH_PATH], task[3 * SCRATCH_PATH], log[2][SCRATCH_PATH], alone[SCRATCH_PATH], text[8192];
    pid_t twin[2];
    snprintf(task, sizeof task, "%s", scratch_text("small.ini", small_experiment));
    char *file = strdup(task);
    snprintf(alone, sizeof alone, "%s", scratch_path("alone"));
    results_fresh(alone);
    results_fresh(folder);
    snprintf(task, sizeof task, "sweep %s results=%s -j 1", file, alone);
    assert_int_equal(process_run(task, NULL, text, sizeof text), 0);
    snprintf(task, sizeof task, "sweep %s results=%s --shard 0/1 -j 1", file, folder);
    snprintf(environment, sizeof environment, "LD_PRELOAD=%s FAIL_UNDER=%s FAIL_CALL=flock", preload, folder);
    long made = 0;
    for (int i = 0; i < 2; i++) {
        char name[32];
        snprintf(name, sizeof name, "twin%d.log", i);
        snprintf(log[i], sizeof log[i], "%s", scratch_path(name));
        twin[i] = process_start(task, log[i], environment);
    }
    for (int i = 0; i < 2; i++)
        made += process_runs_made(twin[i], 300, log[i]);
    results_same(alone, folder);
    assert_int_equal(results_leftovers(folder), 0);
    print_message("twins: %d runs, made %ld times\n", results_whole(folder), made);
    assert_true(made > results_whole(folder)); /* else locks were there, and nothing was tried */
    free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(failing_calls), cmocka_unit_test(failing_allocations),
                                       cmocka_unit_test(read_only_folder), cmocka_unit_test(few_descriptors),
                                       cmocka_unit_test(twins_without_locks)};
    return cmocka_run_group_tests(tests, open_all, scratch_close);
}
