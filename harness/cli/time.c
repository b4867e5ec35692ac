/* peftlab time: trains one run of every method and task again, several times, on a machine that does nothing else. */
#include "cli/verb.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/progress.h"
#include "experiment/executor.h"
#include "experiment/search.h"
#include "record/times.h"
#include "train/run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TIMES = 5, EXAMPLES = 64 };

/* Seconds that the steps of a run took. Its evaluations are no part of that: they look at a few examples. */
static double time_run(struct session *s, const struct plan_run *r)
{
    struct identity id;
    identity_make(s, &id, r->assignments, (const char *const *)r->assignment);
    DEFER(identity_free, &id);
    const struct run_needs needs = executor_load(s, &id);
    struct dataset few[SPLITS];
    for (int i = 0; i < SPLITS; i++) {
        few[i] = needs.splits[i];
        if (i != SPLIT_TRAIN && few[i].n > EXAMPLES)
            few[i].n = EXAMPLES;
    }
    id.spec.train.evals = 1;
    id.spec.train.probes = id.spec.train.forgetting = 0;
    struct run run = {0};
    DEFER(run_free, &run);
    run_execute(&run, &id.spec, id.base, few, needs.env, NULL);
    if (!run.steps)
        die(EXIT_RUNS, "%.12s diverged at its first step: there is nothing to time", r->key);
    if (run.status != RUN_OK)
        warn("%.12s diverged after %d steps; its time is scaled to %d", r->key, run.steps, id.spec.train.steps);
    return run.cost.train * id.spec.train.steps / run.steps;
}

/* The first reported run of every cell, each key once, for free(). */
static int *first_runs(const struct plan *p, int *n)
{
    int *list = mem_alloc((size_t)(p->cells + 1) * sizeof *list);
    *n = 0;
    for (int c = 0; c < p->cells; c++) {
        int first = -1;
        for (int i = p->last[c]; i >= 0; i = p->run[i].before)
            first = p->run[i].tuning ? first : i;
        for (int k = 0; k < *n && first >= 0; k++)
            first = strcmp(p->run[list[k]].key, p->run[first].key) == 0 ? -1 : first;
        if (first >= 0)
            list[(*n)++] = first;
    }
    return list;
}

/* Another process at work on the same core lets the clock run on while this one waits. Of the runs that were timed now. */
static void say_busy(double seconds, double processor)
{
    const double MOST = 1.05;
    if (seconds > MOST * processor)
        warn(
            "something else ran meanwhile: %.0f s passed, of which this process worked %.0f; delete the list, and time "
            "again when nothing else runs",
            seconds, processor);
}

static int run(const struct words *w)
{
    struct experiment e;
    struct plan p;
    struct progress bar;
    int n;
    const char *results = words_results(w);
    const int repeats = (int)words_number(w, "--repeats", 1, 1000, TIMES);
    struct session *s = session_open(results);
    session_set_list(s, words_known(w));
    const int lock = words_lock(w);
    experiment_read(&e, w->word[0]);
    plan_open(&p, s, &e);
    const int incomplete = search_all(&p);
    int *list = first_runs(&p, &n);
    char *path = mem_text("%s/times.csv", results);
    struct timing_list l;
    timings_read(&l, path);
    double passed = 0, worked = 0;
    progress_open(&bar, e.id, "runs", (long)n * repeats, 0);
    for (int repeat = 0; repeat < repeats && !stop_requested(); repeat++) {
        struct rng order = rng_stream(1, RNG_SWEEP_ORDER, 1, (uint32_t)repeat);
        rng_shuffle(&order, list, n);
        for (int i = 0; i < n && !stop_requested(); i++) {
            const struct plan_run *r = &p.run[list[i]];
            if (isnan(timings_find(&l, r->key, repeat))) {
                const double began = clock_seconds();
                const clock_t processor = clock();
                struct timing one = {.repeat = repeat, .seconds = round(1e6 * time_run(s, r)) / 1e6};
                passed += clock_seconds() - began;
                worked += (double)(clock() - processor) / CLOCKS_PER_SEC;
                memcpy(one.key, r->key, sizeof one.key);
                PUSH(l.row, l.n) = one;
                timings_write(&l, path);
            }
            progress_show(&bar, (long)repeat * n + i + 1, "");
        }
    }
    progress_close(&bar, "");
    say_busy(passed, worked);
    if (incomplete)
        warn("%s: %d cells wait for their search (`peftlab sweep %s`)", e.id, incomplete, w->word[0]);
    printf("%s\n", path);
    const int code = stop_requested() ? EXIT_INTERRUPTED : incomplete ? EXIT_RUNS : EXIT_OK;
    close(lock);
    free(list);
    free(path);
    timings_free(&l);
    plan_close(&p);
    experiment_free(&e);
    session_close(s);
    return code;
}

const struct verb verb_time = {
    .name = "time",
    .group = VERB_PROVE,
    .summary = "time the training of every method of an experiment",
    .usage = "EXPERIMENT.ini",
    .least = 1,
    .most = 1,
    .help = "Trains the first reported run of every method and task again, one after the\n"
            "other, in a new order at every repeat, and writes the seconds of its steps to\n"
            "times.csv in the results folder. The decision table shows them, or those that\n"
            "stand beside a list given by known=. Let nothing else run meanwhile. What stands\n"
            "in times.csv is not timed again: delete the file on another machine.",
    .example = "time experiments/main.ini known=results/reference/default/runs.csv",
    .stops = true,
    .options = {{"--repeats", "N", "how often each is timed (default: 5)"}, VERB_RESULTS, VERB_KNOWN},
    .run = run,
};
