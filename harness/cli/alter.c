/* peftlab alter: sets the trained change of an experiment's runs to other ones, and asks what they then score and forget. */
#include "cli/again.h"

#include "base/pretrain.h"
#include "core/arena.h"
#include "record/altered.h"
#include "train/alter.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DOCUMENTS = 128 }; /* where the experiment does not say how many: its forgetting */

struct work {
    struct altered_list list;
    const char *key;
};

static void set(struct alteration *a, struct altered_step s, int seed)
{
    struct rng r = rng_stream((uint64_t)seed, RNG_NULL, 0, 1u << 31); /* steps of runs are below */
    switch (s.change) {
    case CHANGE_SCALE:
        alter_scale(a, s.amount);
        break;
    case CHANGE_RANK:
        alter_rank(a, (int)s.amount);
        break;
    case CHANGE_INTRUDERS:
        alter_intruders(a, s.amount);
        break;
    case CHANGE_OTHERS:
        alter_others(a, s.amount, &r);
        break;
    case CHANGES:
        break;
    }
}

/* Whether it would give the run as it was trained, which is asked once. */
static bool changes_nothing(const struct alteration *a, struct altered_step s)
{
    return (s.change == CHANGE_RANK && s.amount >= alter_largest_rank(a)) ||
           ((s.change == CHANGE_INTRUDERS || s.change == CHANGE_OTHERS) && alter_count_intruders(a) == 0);
}

/* The hook of a run that went well. */
static void trained(struct trainee *t, void *data)
{
    struct work *w = data;
    struct alteration a;
    const int documents = t->spec->train.forgetting > 0 ? t->spec->train.forgetting : DOCUMENTS, first = w->list.n;
    alter_open(&a, t);
    const double rank90 = alter_rank90(&a), intruders = alter_count_intruders(&a);
    double before = NAN; /* the first change of all gives the base */
    for (int i = 0; i < altered_steps_size; i++) {
        const struct altered_step s = altered_steps[i];
        struct altered *row = &PUSH(w->list.row, w->list.n);
        *row = (struct altered){.step = s, .valid = NAN, .test = NAN, .rank90 = rank90, .intruders = intruders};
        snprintf(row->key, sizeof row->key, "%s", w->key);
        if (changes_nothing(&a, s))
            continue;
        set(&a, s, t->spec->train.seed);
        const double loss = base_mlm_score(t->model, documents).loss;
        before = i ? before : loss;
        row->forgetting = loss - before;
        row->valid = examine_split(t, SPLIT_VALID, NULL, NULL).metric;
        row->test = examine_split(t, SPLIT_TEST, NULL, NULL).metric;
    }
    const struct altered *last = &w->list.row[w->list.n - 1];
    for (int i = first; i < w->list.n; i++)
        if (changes_nothing(&a, w->list.row[i].step)) {
            struct altered *row = &w->list.row[i];
            row->valid = last->valid, row->test = last->test, row->forgetting = last->forgetting;
        }
    alter_close(&a);
}

static bool reported(const struct plan_run *r)
{
    return !r->tuning;
}

static bool same(const struct plan_run *a, const struct plan_run *b)
{
    return strcmp(a->key, b->key) == 0;
}

static bool has(const void *data, const char *key)
{
    const struct work *w = data;
    return altered_whole(&w->list, key);
}

static void make(struct session *s, struct identity *id, void *data)
{
    struct work *w = data;
    struct run_hooks watch = {.trained = trained, .data = w};
    w->key = id->key;
    executor_retrace(s, id, &watch);
}

static void read(void *data, const char *path)
{
    struct work *w = data;
    altered_read(&w->list, path);
}

static void write(const void *data, const char *path)
{
    const struct work *w = data;
    altered_write(&w->list, path);
}

static int run(const struct words *w)
{
    struct work work = {.key = NULL};
    const int code = again_run(w, &(struct again){"altered.csv", reported, same, has, make, read, write, &work});
    altered_free(&work.list);
    return code;
}

const struct verb verb_alter = {
    .name = "alter",
    .group = VERB_MAKE,
    .summary = "scale, cut or clean what runs have trained, and score it",
    .usage = "EXPERIMENT.ini",
    .least = 1,
    .most = 1,
    .help = "A run trains weights W from W0. For every reported run of the experiment this\n"
            "measures score and forgetting of other weights: W0 + t (W - W0) for several t;\n"
            "W - W0 cut to a rank; and W shrunk along its intruder dimensions (directions\n"
            "that W0 lacks), or along as many others. Runs that were not kept (--keep) are\n"
            "trained again. Results go to altered.csv in the results folder; what stands\n"
            "there already is not made again.",
    .example = "alter experiments/weights.ini",
    .stops = true,
    .options = {VERB_RESULTS, VERB_KNOWN},
    .run = run,
};
