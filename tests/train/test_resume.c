/* A run that is stopped and goes on yields the same bits, whatever its method keeps where. */
/* precision: float */
#include "core/file.h"
#include "core/progress.h"
#include "experiment/executor.h"
#include "record/compare.h"

#include "tests/scratch.h"

#include <fcntl.h>
#include <glob.h>
#include <signal.h>

enum { STEPS = 24, ASSIGNMENTS = 32 };

/* Stops the process's run after a step, as Ctrl-C would. */
static void stop_at(int step, int steps, double loss, void *data)
{
    (void)steps, (void)loss;
    if (step == *(const int *)data)
        raise(SIGTERM);
}

static void note_resumed(int step, void *data)
{
    *(int *)data = step;
}

/* Runs, or goes on with, a spec; `stop` > 0 interrupts it after that step, else *out is its record, for record_free. Returns the
 * exit code. */
static int run(const char *results, const char *options, int stop, struct record *out, int *resumed_at)
{
    const char *a[ASSIGNMENTS];
    char text[1024];
    int n = 0;
    snprintf(text, sizeof text, "base=tiny-random ntrain=64 nvalid=32 ntest=32 steps=%d batch=8 evals=3 probes=2 %s",
             STEPS, options);
    for (char *rest = text, *word; (word = strsep(&rest, " "));)
        a[n++] = word;
    struct session *s = session_open(results);
    struct identity p;
    struct trap t;
    volatile int code = EXIT_OK;
    int at[1] = {stop};
    stop_clear();
    identity_make(s, &p, n, a);
    if (trap_set(&t)) {
        code = t.code;
        if (code != EXIT_INTERRUPTED)
            print_error("%s: %s\n", options, t.text);
    } else {
        struct run_hooks watch = {.tick = stop ? stop_at : NULL, .data = at};
        if (resumed_at) {
            watch.resumed = note_resumed;
            watch.data = resumed_at;
        }
        executor_run(s, &p, &watch);
        char path[1100];
        record_path(results, p.key, path, sizeof path);
        record_read(out, path);
    }
    trap_end(&t);
    identity_free(&p);
    session_close(s);
    return code;
}

static void print_difference(const char *what, const char *how, void *data)
{
    print_error("%s: %s: %s\n", (const char *)data, what, how);
}

/* Every result, memory and FLOPs among them, is that of the uninterrupted run. */
static void same_bits(const char *options, int stop)
{
    struct record whole, parts;
    int from = 0;
    char a[SCRATCH_PATH], b[SCRATCH_PATH];
    static int turn;
    snprintf(a, sizeof a, "%s/whole%d", scratch, turn);
    snprintf(b, sizeof b, "%s/parts%d", scratch, turn++);
    assert_int_equal(run(a, options, 0, &whole, NULL), EXIT_OK);
    assert_int_equal(run(b, options, stop, &parts, NULL), EXIT_INTERRUPTED);
    assert_int_equal(run(b, options, 0, &parts, &from), EXIT_OK);
    assert_int_equal(from, stop);
    if (record_compare(&whole, &parts, print_difference, (void *)options))
        fail_msg("%s stopped at step %d: other results after going on", options, stop);
    record_free(&whole);
    record_free(&parts);
}

/* Every method, early and late: counters in its state, buffers among the moments, a base that moves, kept blocks. */
static void every_method(void **state)
{
    char options[256];
    (void)state;
    for (int i = 0; i < method_registry_size; i++) {
        const struct method *m = method_registry[i];
        snprintf(options, sizeof options, "method=%s task=sst%s", m->name, m->no_rank ? "" : " rank=2");
        same_bits(options, 9);
        same_bits(options, 17);
    }
}

static void dropout_and_streams(void **state)
{
    (void)state;
    same_bits("method=lora task=sst rank=2 dropout=0.1 head=pooler weight_decay=0.1", 10);
    same_bits("method=lora task=planted rank=2", 10);
}

/* Cuts a file to `size` bytes, from the end when negative, or changes the byte at `at`. */
static void harm(const char *pattern, long size, long at)
{
    glob_t files;
    struct stat about = {.st_size = 0};
    char byte;
    assert_int_equal(glob(pattern, 0, NULL, &files), 0);
    assert_int_equal(files.gl_pathc, 1);
    int fd = open(files.gl_pathv[0], O_RDWR);
    assert_true(fd >= 0 && fstat(fd, &about) == 0 && about.st_size > at);
    if (at) {
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        byte ^= 1;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    } else
        assert_int_equal(ftruncate(fd, size < 0 ? about.st_size + size : size), 0);
    close(fd);
    globfree(&files);
}

/* A checkpoint that is cut or changed is refused in words, and the run starts again to the same end. */
static void damaged(void **state)
{
    struct record whole, parts;
    const char *options = "method=lora task=sst rank=2";
    char a[SCRATCH_PATH], b[SCRATCH_PATH], pattern[SCRATCH_PATH + 32];
    static const long damage[][2] = {{-1, 0}, {10, 0}, {0, 0}, {0, 4000}, {0, 20}};
    (void)state;
    snprintf(a, sizeof a, "%s/intact", scratch);
    assert_int_equal(run(a, options, 0, &whole, NULL), EXIT_OK);
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        int from = 0;
        glob_t left;
        snprintf(b, sizeof b, "%s/damaged%zu", scratch, i);
        snprintf(pattern, sizeof pattern, "%s/runs/*.checkpoint", b);
        assert_int_equal(run(b, options, 9, &parts, NULL), EXIT_INTERRUPTED);
        harm(pattern, damage[i][0], damage[i][1]);
        assert_int_equal(run(b, options, 0, &parts, &from), EXIT_OK);
        assert_int_equal(from, 0);
        assert_int_equal(record_compare(&whole, &parts, print_difference, (void *)options), 0);
        record_free(&parts);
        assert_int_equal(glob(pattern, 0, NULL, &left), GLOB_NOMATCH);
    }
    record_free(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_method), cmocka_unit_test(dropout_and_streams),
                                       cmocka_unit_test(damaged)};
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    stop_install();
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
