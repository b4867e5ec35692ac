/* peftlab alter: sets the trained change of an experiment's runs to other ones, and asks what they then score and forget. */
#include "cli/verb.h"

#include "base/pretrain.h"
#include "core/arena.h"
#include "core/die.h"
#include "core/progress.h"
#include "experiment/executor.h"
#include "experiment/plan.h"
#include "record/altered.h"
#include "train/alter.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
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
        const double loss = base_mlm_score(t->model, documents, HELD_OUT_SEED).loss;
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

static int by_seed(const void *a, const void *b, void *runs)
{
    const struct plan_run *run = runs;
    const int i = *(const int *)a, j = *(const int *)b, order = run[i].seed - run[j].seed;
    return order ? order : i - j;
}

/* The reported runs whose changes the list lacks, each key once; seed after seed, so that what is stopped has whole seeds. */
static int *wanted(const struct plan *p, const struct altered_list *l, int *n)
{
    int *list = mem_alloc((size_t)(p->runs + 1) * sizeof *list);
    *n = 0;
    for (int i = 0; i < p->runs; i++) {
        bool known = p->run[i].tuning || altered_whole(l, p->run[i].key);
        for (int k = 0; k < *n && !known; k++)
            known = strcmp(p->run[list[k]].key, p->run[i].key) == 0;
        if (!known)
            list[(*n)++] = i;
    }
    qsort_r(list, (size_t)*n, sizeof *list, by_seed, p->run);
    return list;
}

static void alter_run(struct session *s, const struct plan_run *r, struct work *w)
{
    struct identity id;
    identity_make(s, &id, r->assignments, (const char *const *)r->assignment);
    DEFER(identity_free, &id);
    w->key = id.key;
    struct run_hooks watch = {.trained = trained, .data = w};
    executor_retrace(s, &id, &watch);
}

static int run(const struct words *w)
{
    struct experiment e;
    struct plan p;
    struct progress bar;
    int n;
    const char *results = words_results(w);
    struct session *s = session_open(results);
    session_set_list(s, words_known(w));
    experiment_read(&e, w->word[0]);
    plan_open(&p, s, &e);
    plan_search(&p);
    plan_extend(&p);
    const int incomplete = plan_report(&p);
    char *path = mem_text("%s/altered.csv", results);
    struct work work = {.key = NULL};
    altered_read(&work.list, path);
    int *list = wanted(&p, &work.list, &n);
    progress_open(&bar, e.id, "runs", n, 0);
    for (int i = 0; i < n && !stop_requested(); i++) {
        alter_run(s, &p.run[list[i]], &work);
        altered_write(&work.list, path);
        progress_show(&bar, i + 1, "");
    }
    progress_close(&bar, "");
    if (incomplete)
        warn("%s: %d cells wait for their search (`peftlab sweep %s`)", e.id, incomplete, w->word[0]);
    printf("%s\n", path);
    const int code = stop_requested() ? EXIT_INTERRUPTED : incomplete ? EXIT_RUNS : EXIT_OK;
    free(list);
    free(path);
    altered_free(&work.list);
    plan_close(&p);
    experiment_free(&e);
    session_close(s);
    return code;
}

const struct verb verb_alter = {
    .name = "alter",
    .group = VERB_MAKE,
    .summary = "set the trained change of runs to others, and score them",
    .usage = "EXPERIMENT.ini",
    .least = 1,
    .most = 1,
    .help = "Of every reported run W0 + t (W - W0), W - W0 cut to a rank, and W shrunk\n"
            "along its intruder dimensions or as many others, with score and forgetting.\n"
            "Runs that were not kept (--keep) are trained again. Results go to altered.csv\n"
            "in the results folder, and what stands there already is not made again.",
    .example = "alter experiments/weights.ini",
    .stops = true,
    .options = {VERB_RESULTS, VERB_KNOWN},
    .run = run,
};
