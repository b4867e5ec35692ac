/* peftlab run: one training, or one for each seed. */
#include "cli/verb.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/option.h"
#include "core/progress.h"
#include "experiment/executor.h"
#include "experiment/foresee.h"
#include "stats/stats.h"

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

/* What the seeds yielded so far. */
struct tally {
    const char *name; /* of the metric */
    double *metric;
    int n, collapsed;
};

/* Prints a run and counts it. Returns the adapter parameters in use at the end. */
static long print_result(const struct identity *p, const char *results, struct tally *t)
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
    t->collapsed += rec.run.collapsed;
    if (isfinite(f.metric))
        t->metric[t->n++] = f.metric;
    record_free(&rec);
    return active;
}

/* One training, unless its record exists. `first`: what all seeds have in common is said. */
static void run_seed(struct session *s, const struct words *w, const char **words, bool first, struct tally *t)
{
    struct identity p;
    struct progress bar;
    identity_make(s, &p, w->n + 1, words);
    bool told = !first || foresee_run(&p.spec, &p.base->config, w->n, words);
    progress_open(&bar, p.spec.method->name, "steps", p.spec.train.steps, 0);
    struct run_hooks watch = {.tick = tick, .resumed = resumed, .data = &bar};
    if (first && p.spec.train.steps >= LONG_RUN)
        watch.memory = foreseen;
    if (executor_run(s, &p, &watch) == RUN_BUSY)
        die(EXIT_RUNS, "run %.12s is being made by another process", p.key);
    if (bar.terminal)
        progress_close(&bar, "");
    long active = print_result(&p, words_results(w), t);
    if (!told)
        foresee_trained(p.spec.method, p.spec.adapter.budget, active);
    t->name = metric_name(p.spec.metric);
    identity_free(&p);
}

static int run(const struct words *w)
{
    const char *seeds = words_text(w, "seed", "0");
    int first, last;
    char seed[32];
    if (!option_range(seeds, &first, &last) || last - first > 100000)
        die(EXIT_USAGE, "seed=%.40s is neither a number nor a range such as 0..9", seeds);
    struct session *s = session_open(words_results(w));
    set_checkpoints(s, w);
    const char **a = mem_alloc((size_t)(w->n + 1) * sizeof *a);
    struct tally t = {.metric = mem_alloc((size_t)(last - first + 1) * sizeof *t.metric)};
    memcpy(a, w->word, (size_t)w->n * sizeof *a);
    for (long k = first; k <= last; k++) {
        snprintf(seed, sizeof seed, "seed=%ld", k);
        a[w->n] = seed;
        run_seed(s, w, a, k == first, &t);
    }
    if (t.n > 1)
        printf("%s: mean %.4f, sd %.4f, n = %d, %d collapsed\n", t.name, stats_mean(t.metric, t.n),
               stats_sd(t.metric, t.n), t.n, t.collapsed);
    free(t.metric);
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
