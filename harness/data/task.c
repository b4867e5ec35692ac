/* From candidate examples to splits: exact balance, no duplicates, stable prefixes, label noise. */
#include "data/task.h"

#include "core/arena.h"
#include "core/die.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FRUITLESS_DRAWS = 100000 }; /* in a row, after which a task is declared exhausted */

const struct option task_common_options[] = {
    OPTION_I(task_common, difficulty, 1, 0, 2, "0 easy, 1 default, 2 hard; what changes is in the task's own page"),
    OPTION_I(task_common, ntrain, 3000, 1, 1000000, "training examples; fewer are a prefix of more"),
    OPTION_I(task_common, nvalid, 1000, 1, 1000000, "validation examples"),
    OPTION_I(task_common, ntest, 1000, 1, 1000000, "test examples"),
    OPTION_R(task_common, label_noise, 0, 0, 1, "share of training labels replaced by another class"),
    OPTION_I(task_common, task_seed, 11, 0, 2147483647, "stream the splits are drawn from"),
    OPTION_END};

const struct task *task_find(const char *name)
{
    for (int i = 0; i < task_registry_size; i++)
        if (strcmp(task_registry[i]->name, name) == 0)
            return task_registry[i];
    return NULL;
}

/* A set of token sequences by their 64-bit FNV-1a hash. A collision would only reject one more candidate. */
struct seen {
    uint64_t *slot; /* 0 = free */
    size_t mask;
};

static void seen_open(struct seen *s, int expected)
{
    size_t size = 64;
    while (size < 2 * (size_t)expected)
        size *= 2;
    s->slot = mem_alloc(sizeof *s->slot * size);
    s->mask = size - 1;
}

static bool seen_add(struct seen *s, const int *ids, int n)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (int i = 0; i < n; i++)
        hash = (hash ^ (uint64_t)ids[i]) * 0x100000001b3u;
    hash |= hash == 0;
    size_t at = (hash ^ hash >> 32) & s->mask;
    for (; s->slot[at]; at = (at + 1) & s->mask)
        if (s->slot[at] == hash)
            return false;
    s->slot[at] = hash;
    return true;
}

/* The id of a task's streams: FNV-1a of its name. */
static uint32_t name_id(const char *name)
{
    uint32_t hash = 2166136261u;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return hash;
}

/* Classes are exact in every run of `classes` consecutive examples, so that a shorter split is a prefix of a longer one
 * and both are balanced: a candidate whose class its run already has is rejected. */
static bool fill(const struct task *t, const struct task_env *env, enum split split, int n, struct seen *seen,
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
        if (have & class || !seen_add(seen, e.ids, e.n))
            continue;
        have = (have | class) == all ? 0 : have | class;
        fruitless = 0;
        dataset_add(out, &e);
    }
    return true;
}

static _Noreturn void stuck(const struct task *t, enum split split, int n, int want, struct seen *seen,
                            struct dataset splits[SPLITS])
{
    static const char *const names[SPLITS] = {"training", "validation", "test"};
    free(seen->slot);
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

void task_make(const struct task *t, struct task_env *env, struct dataset splits[SPLITS])
{
    static const enum split order[SPLITS] = {SPLIT_TEST, SPLIT_VALID,
                                             SPLIT_TRAIN}; /* ntrain must not change the others */
    const struct task_common *c = env->common;
    int want[SPLITS] = {t->streams ? 0 : c->ntrain, c->nvalid, c->ntest};
    struct seen seen = {NULL, 0};
    enum task_kind kind = t->kind;
    enum metric primary, secondary;
    env->classes = t->classes;
    env->names.n = 0;
    if (t->describe)
        t->describe(env->opts, &kind, &env->classes, &primary, &secondary);
    if (kind != TASK_CLASSES)
        env->classes = 0;
    env->report[0] = '\0';
    for (int s = 0; s < SPLITS; s++)
        splits[s] = (struct dataset){0};
    if (!t->load)
        seen_open(&seen, want[0] + want[1] + want[2]);
    for (int k = 0; k < SPLITS; k++) {
        enum split s = order[k];
        if (t->load)
            t->load(env, s, &splits[s]);
        else if (!fill(t, env, s, want[s], &seen, &splits[s]))
            stuck(t, s, splits[s].n, want[s], &seen, splits);
    }
    free(seen.slot);
    add_noise(t, env, &splits[SPLIT_TRAIN]);
}
