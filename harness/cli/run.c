/* peftlab run: one training, or one for each seed. */
#include "cli/verb.h"

#include "cli/foresee.h"
#include "core/arena.h"
#include "core/die.h"
#include "core/option.h"
#include "core/progress.h"
#include "experiment/session.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONG_RUN = 200 }; /* steps from which a run says what memory it will need */

static void tick(int step, int steps, double loss, void *data)
{
    char note[48];
    (void)steps;
    snprintf(note, sizeof note, "loss %.4f", loss);
    progress_show(data, step, note);
}

static void resumed(int step, void *data)
{
    struct progress *bar = data;
    fprintf(stderr, "going on from step %d\n", step);
    progress_open(bar, bar->title, bar->unit, bar->total, step);
}

static void foreseen(double bytes, void *data)
{
    (void)data;
    fprintf(stderr, "memory: about %.0f MiB at the peak\n", bytes / (1 << 20));
}

/* checkpoint=MINUTES and --keep, which change no bit of the result and are no part of a run's key. */
static void set_checkpoints(struct session *s, const struct words *w)
{
    const char *text = words_text(w, "checkpoint", "5");
    char *end;
    double minutes = strtod(text, &end);
    if (end == text || *end || !(minutes >= 0 && minutes <= 1e6))
        die(EXIT_USAGE, "checkpoint=%.40s is not a number of minutes", text);
    session_set_checkpoints(s, minutes, words_given(w, "--keep"));
}

/* Returns the adapter parameters in use at the end. */
static long print_result(const struct prepared *p, const char *results)
{
    char path[1100];
    struct record rec;
    record_path(results, p->key, path, sizeof path);
    record_read(&rec, path);
    struct score f = run_final(&rec.run);
    printf("%s seed=%d %s %s=%.4f loss=%.4f parameters=%ld+%ld step=%.2fms %s\n", p->spec.method->name,
           p->spec.train.seed, rec.run.collapsed ? "collapsed" : run_status_names[rec.run.status],
           metric_name(p->spec.metric), f.metric, f.loss, rec.run.cost.adapter.active, rec.run.cost.head,
           rec.run.cost.step_ms, path);
    long active = rec.run.cost.adapter.active;
    record_free(&rec);
    return active;
}

static int run(const struct words *w)
{
    const char *results = words_results(w), *seeds = words_text(w, "seed", "0");
    int first, last;
    char seed[32];
    struct session *s = session_open(results);
    set_checkpoints(s, w);
    const char **a = mem_alloc((size_t)(w->n + 1) * sizeof *a);
    memcpy(a, w->word, (size_t)w->n * sizeof *a);
    if (!option_range(seeds, &first, &last) || last - first > 100000)
        die(EXIT_USAGE, "seed=%.40s is neither a number nor a range such as 0..9", seeds);
    for (long k = first; k <= last; k++) {
        struct prepared p;
        struct progress bar;
        snprintf(seed, sizeof seed, "seed=%ld", k);
        a[w->n] = seed;
        session_prepare(s, &p, w->n + 1, a);
        bool told = k > first || foresee_run(&p.spec, &p.base->config, w->n, a);
        progress_open(&bar, p.spec.method->name, "steps", p.spec.train.steps, 0);
        struct run_hooks watch = {.tick = tick, .resumed = resumed, .data = &bar};
        if (p.spec.train.steps >= LONG_RUN)
            watch.memory = foreseen;
        if (session_run(s, &p, &watch) == SESSION_BUSY)
            die(EXIT_RUNS, "run %.12s is being made by another process", p.key);
        if (bar.terminal)
            progress_close(&bar, "");
        long active = print_result(&p, results);
        if (!told)
            foresee_trained(p.spec.method, p.spec.adapter.budget, active);
        prepared_free(&p);
    }
    free(a);
    session_close(s);
    return EXIT_OK;
}

const struct verb verb_run = {
    .name = "run",
    .group = VERB_MAKE,
    .summary = "train a method on a task, once or once for each seed",
    .usage = "method=NAME task=NAME [key=value ...]",
    .least = 1,
    .help = "`peftlab list options` shows the keys. A run that exists is not made again.",
    .example = "run method=lora task=mnli rank=4 lr=1e-2 seed=0..4",
    .stops = true,
    .options = {{"seed", "A[..B]", "the seed, or the seeds from A to B; 0 unless given"},
                {"checkpoint", "MINUTES",
                 "time between checkpoints, from which an interrupted run goes on; 5 unless "
                 "given, 0: only when it is interrupted"},
                {"--keep", NULL, "keep the trained model, so that export need not train again"},
                VERB_RESULTS},
    .run = run,
};
