/* peftlab run and peftlab worker: single runs, from the command line or from a sweep's parent. */
#include "cli/verbs.h"

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
static void take_checkpoints(struct session *s, int *argc, char **argv)
{
    const char *text = take_option(argc, argv, "checkpoint", "5");
    char *end;
    double minutes = strtod(text, &end);
    if (end == text || *end || !(minutes >= 0 && minutes <= 1e6))
        die(EXIT_USAGE, "checkpoint=%.40s is not a number of minutes", text);
    session_set_checkpoints(s, minutes, take_flag(argc, argv, "--keep"));
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

int verb_run(int argc, char **argv)
{
    const char *results = take_results(&argc, argv), *seeds = take_option(&argc, argv, "seed", "0");
    int first, last;
    char seed[32];
    struct session *s = session_open(results);
    take_checkpoints(s, &argc, argv);
    const char **a = mem_alloc((size_t)(argc + 1) * sizeof *a);
    memcpy(a, argv, (size_t)argc * sizeof *a);
    if (!option_range(seeds, &first, &last) || last - first > 100000)
        die(EXIT_USAGE, "seed=%.40s is neither a number nor a range such as 0..9", seeds);
    for (long k = first; k <= last; k++) {
        struct prepared p;
        struct progress bar;
        snprintf(seed, sizeof seed, "seed=%ld", k);
        a[argc] = seed;
        session_prepare(s, &p, argc + 1, a);
        bool told = k > first || foresee_run(&p.spec, &p.base->config, argc, a);
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

/* One request is "key=value" lines and an empty line; one answer is one line. */
static int read_request(char *lines[], int max, char *buffer, size_t size)
{
    int n = 0;
    size_t used = 0;
    while (n < max && fgets(buffer + used, (int)(size - used), stdin)) {
        char *line = buffer + used;
        line[strcspn(line, "\n")] = '\0';
        if (!*line)
            return n;
        lines[n++] = line;
        used += strlen(line) + 1;
    }
    return n ? n : -1;
}

static void answer(struct session *s, int n, const char *const *assignments)
{
    static const char *const words[] = {"exists", "done", "busy"};
    struct trap t;
    struct prepared p;
    double began = clock_seconds();
    if (trap_set(&t)) {
        printf("failed %d %s\n", t.code, t.text);
    } else {
        session_prepare(s, &p, n, assignments);
        enum session_outcome o = session_run(s, &p, NULL);
        printf("%s %s %.3f\n", words[o], p.key, clock_seconds() - began);
        prepared_free(&p);
    }
    trap_end(&t);
    fflush(stdout);
}

int verb_worker(int argc, char **argv)
{
    static char buffer[1 << 16];
    static char *lines[512];
    const char *results = take_results(&argc, argv);
    if (argc)
        die(EXIT_USAGE, "worker takes results=DIR alone, not \"%.60s\": its runs come on standard input", argv[0]);
    struct session *s = session_open(results);
    int n;
    while ((n = read_request(lines, 512, buffer, sizeof buffer)) > 0) {
        answer(s, n, (const char *const *)lines);
        if (stop_requested())
            break;
    }
    session_close(s);
    return stop_requested() ? EXIT_INTERRUPTED : EXIT_OK;
}
