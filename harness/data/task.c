/* From candidate examples to splits: exact balance, no duplicates, stable prefixes, label noise. */
#include "data/task.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/hash.h"
#include "core/set.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NTRAIN = 3000, FRUITLESS_DRAWS = 100000 }; /* in a row, after which a task is declared exhausted */

const struct option task_common_options[] = {
    OPTION_I(task_common, difficulty, 1, 0, 2, "0 easy, 1 default, 2 hard; what changes is in the task's own page"),
    OPTION_I(
        task_common, ntrain, NTRAIN, 1, 1000000,
        "number of training examples; a smaller number takes the first of a larger one; of a file 3000 takes all rows"),
    OPTION_I(task_common, nvalid, 1000, 1, 1000000, "validation examples"),
    OPTION_I(task_common, ntest, 1000, 1, 1000000, "test examples"),
    OPTION_R(task_common, label_noise, 0, 0, 1, "share of training labels replaced by another class"),
    OPTION_I(task_common, task_seed, 11, 0, 2147483647, "seed of the random stream that the splits are drawn from"),
    OPTION_END};

const struct task *task_find(const char *name)
{
    for (int i = 0; i < task_registry_size; i++)
        if (strcmp(task_registry[i]->name, name) == 0)
            return task_registry[i];
    return NULL;
}

/* A collision of hashes would only reject one more candidate. */
static bool is_new(struct set *seen, const struct example *e)
{
    uint64_t hash = FNV64;
    for (int i = 0; i < e->n; i++)
        hash = (hash ^ (uint64_t)e->ids[i]) * 0x100000001b3u;
    return set_add(seen, hash);
}

/* The id of a task's streams. */
static uint32_t name_id(const char *name)
{
    return hash_fnv32(FNV32, name, strlen(name));
}

/* Classes are exact in every run of `classes` consecutive examples, so that a shorter split is a prefix of a longer one
 * and both are balanced: a candidate whose class its run already has is rejected. */
static bool fill(const struct task *t, const struct task_env *env, enum split split, int n, struct set *seen,
                 struct dataset *out)
{
    struct rng r = rng_stream((uint64_t)env->common->task_seed, RNG_DATA, name_id(t->name), split);
    int classes = env->classes, fruitless = 0;
    uint64_t have = 0, all = ((uint64_t)1 << classes) - 1;
    struct example e;
    assert(classes < 64);
    while (out->n < n) {
        if (fruitless++ == FRUITLESS_DRAWS)
            return false;
        e.note[0] = '\0';
        if (!t->draw(env, &r, &e) || e.n > env->max_len)
            continue;
        assert(!classes || (e.label >= 0 && e.label < classes));
        uint64_t class = classes ? (uint64_t)1 << (int)e.label : 0;
        if (have & class || !is_new(seen, &e))
            continue;
        have = (have | class) == all ? 0 : have | class;
        fruitless = 0;
        dataset_add(out, &e);
    }
    return true;
}

static _Noreturn void stuck(const struct task *t, enum split split, int n, int want, struct set *seen,
                            struct dataset splits[SPLITS])
{
    static const char *const names[SPLITS] = {"training", "validation", "test"};
    set_free(seen);
    for (int s = 0; s < SPLITS; s++)
        dataset_free(&splits[s]);
    die(EXIT_USAGE, "task %s: the %s split is stuck at %d of %d examples after %d draws; ask for fewer", t->name,
        names[split], n, want, FRUITLESS_DRAWS);
}

/* Each label changes with the given probability, by numbers that depend on its index alone. */
static void add_noise(const struct task *t, const struct task_env *env, struct dataset *train)
{
    double p = env->common->label_noise;
    struct rng r = rng_stream((uint64_t)env->common->task_seed, RNG_DATA, name_id(t->name), SPLITS);
    if (p == 0)
        return;
    if (env->classes == 0)
        die(EXIT_USAGE, "task %s: label_noise needs classes; set it to 0", t->name);
    for (int i = 0; i < train->n; i++) {
        uint64_t coin = rng_at(&r, 2 * (uint64_t)i), other = rng_at(&r, 2 * (uint64_t)i + 1);
        int step = 1 + (int)(other * (uint64_t)(env->classes - 1) >> 32); /* 1 .. classes - 1 */
        if ((double)coin * 0x1p-32 < p)
            train->label[i] = ((int)train->label[i] + step) % env->classes;
    }
}

/* A file has the rows that it has: what would change what is drawn is refused, not ignored. */
static void check_common(const struct task *t, const struct task_common *c)
{
    struct task_common usual;
    option_defaults(task_common_options, &usual);
    const char *key = c->difficulty != usual.difficulty ? "difficulty"
                      : c->nvalid != usual.nvalid       ? "nvalid"
                      : c->ntest != usual.ntest         ? "ntest"
                      : c->task_seed != usual.task_seed ? "task_seed"
                                                        : NULL;
    if (key)
        die(EXIT_USAGE, "task=%s reads files: %s changes nothing there; leave it out", t->name, key);
}

/* Keeps ntrain examples of a file's training split: those with the smallest hashes of their tokens, so that fewer are a
 * part of more and the file's order does not matter. */
struct ranked {
    uint64_t hash;
    int at;
};

static int by_hash(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    return x->hash != y->hash ? (x->hash > y->hash) - (x->hash < y->hash) : x->at - y->at;
}

static int by_place(const void *a, const void *b)
{
    return ((const struct ranked *)a)->at - ((const struct ranked *)b)->at;
}

static void shorten(const struct task *t, const struct task_common *c, struct dataset *d, struct task_env *env)
{
    struct ranked *order = mem_alloc((size_t)d->n * sizeof *order);
    struct dataset kept = {.n = 0};
    for (int i = 0; i < d->n; i++) {
        uint64_t h = 0xcbf29ce484222325u ^ name_id(t->name);
        for (int k = d->start[i]; k < d->start[i + 1]; k++)
            h = (h ^ (uint64_t)d->ids[k]) * 0x100000001b3u;
        h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
        order[i] = (struct ranked){h ^ h >> 33, i};
    }
    qsort(order, (size_t)d->n, sizeof *order, by_hash);
    qsort(order, (size_t)c->ntrain, sizeof *order, by_place);
    for (int k = 0; k < c->ntrain; k++) {
        struct example e = {.label = d->label[order[k].at], .line = d->line[order[k].at]};
        int from = d->start[order[k].at];
        e.n = d->start[order[k].at + 1] - from;
        memcpy(e.ids, d->ids + from, (size_t)e.n * sizeof *e.ids);
        memcpy(e.types, d->types + from, (size_t)e.n);
        dataset_add(&kept, &e);
    }
    size_t used = strlen(env->report);
    snprintf(env->report + used, sizeof env->report - used, "; ntrain keeps %d of the %d training rows", c->ntrain,
             d->n);
    free(order);
    dataset_free(d);
    *d = kept;
}

/* A head starts at 0 and learns numbers of about 1: on a scale of 0 to 100 it would not arrive. */
static void standardise(const struct task *t, struct task_env *env, struct dataset splits[SPLITS])
{
    const struct dataset *d = &splits[SPLIT_TRAIN];
    double sum = 0, squares = 0;
    for (int i = 0; i < d->n; i++)
        sum += d->label[i];
    env->scale.mean = sum / d->n;
    for (int i = 0; i < d->n; i++)
        squares += (d->label[i] - env->scale.mean) * (d->label[i] - env->scale.mean);
    env->scale.sd = sqrt(squares / d->n);
    if (!(env->scale.sd > 0))
        die(EXIT_DATA, "task=%s: all training scores are %g: there is nothing to learn", t->name, env->scale.mean);
    for (int s = 0; s < SPLITS; s++)
        for (int i = 0; i < splits[s].n; i++)
            splits[s].label[i] = (splits[s].label[i] - env->scale.mean) / env->scale.sd;
}

void task_make(const struct task *t, struct task_env *env, struct dataset splits[SPLITS])
{
    static const enum split order[SPLITS] = {SPLIT_TEST, SPLIT_VALID,
                                             SPLIT_TRAIN}; /* ntrain must not change the others */
    const struct task_common *c = env->common;
    int want[SPLITS] = {t->streams ? 0 : c->ntrain, c->nvalid, c->ntest};
    struct set seen = {0};
    enum task_kind kind = t->kind;
    enum metric primary, secondary;
    env->classes = t->classes;
    env->names.n = 0;
    env->scale = (struct scale){0, 1};
    if (t->describe)
        t->describe(env->opts, &kind, &env->classes, &primary, &secondary);
    if (kind != TASK_CLASSES)
        env->classes = 0;
    env->report[0] = '\0';
    for (int s = 0; s < SPLITS; s++)
        splits[s] = (struct dataset){0};
    if (t->load)
        check_common(t, c);
    else if (env->tokenizer)
        die(EXIT_USAGE,
            "task=%s is made of the synthetic language, whose words this base does not know; a real base reads real "
            "text: "
            "task=glue data=DIR member=..., or task=table file=FILE",
            t->name);
    for (int k = 0; k < SPLITS; k++) {
        enum split s = order[k];
        if (t->load)
            t->load(env, s, &splits[s]);
        else if (!fill(t, env, s, want[s], &seen, &splits[s]))
            stuck(t, s, splits[s].n, want[s], &seen, splits);
    }
    set_free(&seen);
    if (t->standardise && kind == TASK_SCORE)
        standardise(t, env, splits);
    if (t->load && c->ntrain != NTRAIN && c->ntrain < splits[SPLIT_TRAIN].n)
        shorten(t, c, &splits[SPLIT_TRAIN], env);
    add_noise(t, env, &splits[SPLIT_TRAIN]);
}
