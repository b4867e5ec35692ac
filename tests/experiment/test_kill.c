/* Kill test: a sweep that is killed at random moments and started again ends with the same results, byte for byte.
 *
 * KILLS=n sets the number of moments (20; `make kill`: 200). The moments come from a fixed seed, what they hit from the
 * machine's mood. */
/* precision: float */
#include "record/runs_csv.h"
#include "tests/process.h"
#include "tests/scratch.h"

#include "core/file.h"
#include "core/rng.h"

#include <math.h>
#include <signal.h>
#include <time.h>

enum { MODES = 3 };

static char reference[SCRATCH_PATH], file[SCRATCH_PATH];

static const char *fresh(const char *name)
{
    const char *path = scratch_path(name);
    results_fresh(path);
    return path;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int sweep(const char *results, const char *more)
{
    char words[1200], text[8192];
    snprintf(words, sizeof words, "sweep %s results=%s %s", file, results, more);
    int code = process_run(words, NULL, text, sizeof text);
    if (code != 0 && code != 1)
        fail_msg("peftlab %s: exit %d: %s", words, code, text);
    return code;
}

/* runs.csv as `report` writes it: every fact of every run, but without the measured time of a step. */
static char *runs_csv(const char *results)
{
    char words[1200], text[8192], path[600];
    snprintf(words, sizeof words, "report %s results=%s", file, results);
    int code = process_run(words, NULL, text, sizeof text);
    if (code)
        fail_msg("report: exit %d: %s", code, text);
    snprintf(path, sizeof path, "%s/runs.csv", results);
    struct runs_list l;
    char *csv = NULL;
    size_t size;
    FILE *out = open_memstream(&csv, &size);
    assert_non_null(out);
    runs_list_read(&l, path);
    runs_csv_head(out);
    for (int i = 0; i < l.n; i++) {
        l.row[i].facts.step_ms = NAN;
        runs_csv_row(out, &l.row[i].facts, "small", "", l.row[i].config);
    }
    runs_list_free(&l);
    assert_int_equal(fclose(out), 0);
    return csv;
}

static int open_reference(void **state)
{
    if (scratch_open(state))
        return 1;
    snprintf(file, sizeof file, "%s", scratch_text("small.ini", small_experiment));
    snprintf(reference, sizeof reference, "%s", fresh("reference"));
    return sweep(reference, "-j 2") != 0;
}

/* SIGKILL to the parent, to one of its workers, or to the whole group. Returns whether there was anything left to kill.
 */
static bool kill_something(pid_t sweep_pid, int mode, struct rng *r)
{
    pid_t child[8];
    int n = process_children(sweep_pid, child, 8);
    if (mode == 1 && n)
        return kill(child[rng_below(r, (uint32_t)n)], SIGKILL) == 0;
    return kill(mode == 2 ? -sweep_pid : sweep_pid, SIGKILL) == 0;
}

static void same_at_the_end(const char *results, const char *csv)
{
    results_same(reference, results);
    char *other = runs_csv(results);
    assert_string_equal(other, csv);
    free(other);
}

static void killed_and_resumed(void **state)
{
    (void)state;
    const char *wanted = getenv("KILLS");
    int kills = wanted ? (int)strtol(wanted, NULL, 10) : 20, done = 0, by_mode[MODES] = {0}, finished = 0, inside = 0;
    long most_leftovers = 0;
    char words[1200], log[SCRATCH_PATH], results[SCRATCH_PATH], *csv = runs_csv(reference);
    double began = now();
    double longest =
        0.5; /* of a moment: grows while kills come too early to hit any work, shrinks when sweeps end before */
    struct rng r = rng_stream(7, RNG_SWEEP_ORDER, 99, 0);
    snprintf(log, sizeof log, "%s", scratch_path("kill.log"));
    snprintf(results, sizeof results, "%s", fresh("killed"));
    snprintf(words, sizeof words, "sweep %s results=%s -j 2", file, results);
    while (done < kills) {
        int before = results_whole(results), mode = done % MODES, code = -1;
        pid_t pid = process_start(words, log, NULL);
        process_sleep(longest * rng_uniform(&r));
        bool hit = !process_ended(pid, &code) && kill_something(pid, mode, &r);
        if (code < 0)
            code = process_wait(pid, 120);
        process_group_gone(pid);
        done += hit;
        by_mode[mode] += hit;
        int after = results_whole(results), left = results_leftovers(results);
        assert_true(after >= before); /* no finished run is lost */
        inside += hit && after > before;
        longest *= !hit ? 0.8 : after == before ? 1.15 : 1;
        longest = longest < 0.05 ? 0.05 : longest > 20 ? 20 : longest;
        most_leftovers = left > most_leftovers ? left : most_leftovers;
        if (code == 0) { /* it got to the end: compare, and start from nothing */
            same_at_the_end(results, csv);
            fresh("killed");
            finished++;
        }
    }
    for (int tries = 0; sweep(results, "-j 2") != 0; tries++)
        assert_true(tries < 3);
    same_at_the_end(results, csv);
    snprintf(words, sizeof words, "clean --stale results=%s", results);
    char text[8192];
    assert_int_equal(process_run(words, NULL, text, sizeof text), 0);
    assert_int_equal(results_leftovers(results), 0);
    print_message("kill test: %d kills (%d parent, %d worker, %d both), %d amid runs that had finished, %d sweeps "
                  "ended and compared, at most %ld leftovers, %.0f s\n",
                  done, by_mode[0], by_mode[1], by_mode[2], inside, finished + 1, most_leftovers, now() - began);
    assert_true(inside >= done / 4); /* else it hit nothing */
    free(csv);
}

static bool at_a_run(const char *results)
{
    char command[1200], text[64];
    snprintf(command, sizeof command, "ls '%s'/runs/*.journal >/dev/null 2>&1", results);
    return process_shell(command, text, sizeof text) == 0;
}

/* A signal lets the step end, the exit code is 75 within seconds of a run that would take hours, and the journal goes.
 */
static void a_signal_ends_the_step(void **state)
{
    (void)state;
    char words[1200], log[SCRATCH_PATH], results[SCRATCH_PATH];
    snprintf(log, sizeof log, "%s", scratch_path("signal.log"));
    snprintf(results, sizeof results, "%s", fresh("signalled"));
    static const int signals[] = {SIGTERM, SIGINT};
    for (int i = 0; i < 4; i++) {
        bool one = i < 2;
        if (one)
            snprintf(words, sizeof words,
                     "run method=lora task=cola base=tiny-random steps=9999999 ntrain=100 nvalid=40 ntest=40 evals=1 "
                     "probes=0 results=%s",
                     results);
        else
            snprintf(words, sizeof words, "sweep %s steps=9999999 evals=1 results=%s -j 2", file, results);
        pid_t pid = process_start(words, log, NULL);
        for (int k = 0; k < 600 && !at_a_run(results); k++)
            process_sleep(0.1);
        process_sleep(0.2);
        kill(pid, signals[i % 2]); /* to the parent alone: it tells its workers */
        int code = process_wait(pid, 60);
        process_group_gone(pid);
        if (code != 75)
            fail_msg("peftlab %s: exit %d after signal %d", words, code, signals[i % 2]);
        assert_int_equal(results_whole(results), 0);
        assert_int_equal(results_leftovers(results), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(killed_and_resumed), cmocka_unit_test(a_signal_ends_the_step)};
    return cmocka_run_group_tests(tests, open_reference, scratch_close);
}
