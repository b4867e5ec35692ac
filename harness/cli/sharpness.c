/* peftlab sharpness: the largest eigenvalue of the loss's Hessian where runs begin. */
#include "cli/again.h"

#include "core/arena.h"
#include "core/die.h"
#include "record/sharpness.h"
#include "train/curvature.h"
#include "train/examine.h"

#include <math.h>
#include <stdio.h>

enum { EXAMPLES = 256 };

struct work {
    struct sharp_list list;
    const char *key;
};

/* Adds the gradient of the mean loss over t's batch, without dropout. */
static void gradient(void *data)
{
    struct trainee *t = data;
    struct loss l = {.kind = t->spec->kind, .sd = t->sd, .features = t->features[SPLIT_TRAIN]};
    struct pass p = {.keep = true, .saved = &t->mem->saved, .scratch = &t->mem->scratch};
    arena_release(p.saved, 0);
    arena_release(p.scratch, 0);
    if (t->teacher)
        l.target = trainee_targets(t);
    loss_run(t->model, &p, &t->batch, &l, NULL);
}

/* The first training examples: the same for every method and seed of a task. */
static void take_batch(struct trainee *t)
{
    int order[EXAMPLES];
    const struct dataset *d = &t->splits[SPLIT_TRAIN];
    const int n = d->n < EXAMPLES ? d->n : EXAMPLES;
    if (t->spec->task->streams)
        die(EXIT_USAGE, "%s draws its examples anew at every step: it has no batch that stays", t->spec->task->name);
    for (int i = 0; i < n; i++)
        order[i] = i;
    batch_gather(&t->batch, d, order, n);
}

/* The hook before the first step. */
static void begun(struct trainee *t, void *data)
{
    struct work *w = data;
    struct curvature c = {.model = t->model, .tuning = t->tuning, .gradient = gradient, .data = t};
    struct rng r = rng_stream((uint64_t)t->spec->train.seed, RNG_NULL, 1, 1u << 31); /* steps of runs are below */
    take_batch(t);
    const struct sharpness adapter = curvature_largest(&c, &r);
    c.head = true;
    const struct sharpness whole = curvature_largest(&c, &r);
    struct sharp *row = &PUSH(w->list.row, w->list.n);
    *row = (struct sharp){.adapter = adapter.largest, .whole = whole.largest, .off = fmax(adapter.off, whole.off)};
    snprintf(row->key, sizeof row->key, "%s", w->key);
}

static bool any(const struct plan_run *r)
{
    return (void)r, true;
}

/* Runs that differ in their rate alone begin at the same weights. */
static bool same(const struct plan_run *a, const struct plan_run *b)
{
    return a->seed == b->seed && a->assignments == b->assignments &&
           assignments_equal_but(a->assignment, b->assignment, a->assignments, "lr");
}

static bool has(const void *data, const char *key)
{
    const struct work *w = data;
    return sharp_find(&w->list, key) != NULL;
}

static void make(struct session *s, struct identity *id, void *data)
{
    struct work *w = data;
    struct run_hooks watch = {.begun = begun, .data = w};
    w->key = id->key;
    executor_retrace(s, id, &watch);
}

static void read(void *data, const char *path)
{
    struct work *w = data;
    sharp_read(&w->list, path);
}

static void write(const void *data, const char *path)
{
    const struct work *w = data;
    sharp_write(&w->list, path);
}

static int run(const struct words *w)
{
    struct work work = {.key = NULL};
    const int code = again_run(w, &(struct again){"sharpness.csv", any, same, has, make, read, write, &work});
    sharp_free(&work.list);
    return code;
}

const struct verb verb_sharpness = {
    .name = "sharpness",
    .group = VERB_MAKE,
    .summary = "measure how sharply the loss bends where runs begin",
    .usage = "EXPERIMENT.ini",
    .least = 1,
    .most = 1,
    .help = "Computes the largest eigenvalue of the loss's Hessian at step 0, once over the\n"
            "adapter and once over adapter and classifier, on the first 256 training\n"
            "examples; runs that differ in their rate alone have it once. Results go to\n"
            "sharpness.csv in the results folder, and what stands there already is not\n"
            "made again.",
    .example = "sharpness experiments/curvature.ini",
    .stops = true,
    .options = {VERB_RESULTS, VERB_KNOWN},
    .run = run,
};
