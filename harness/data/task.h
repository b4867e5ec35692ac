/* The page every task author reads: what a task is, and what the framework does with it.
 *
 * A task file defines one `const struct task task_<file>`; the Makefile finds it. Most tasks only draw one candidate
 * example at a time from a random stream: the framework balances the classes exactly, removes duplicates across splits,
 * splits, flips training labels for `label_noise`, and hashes the result. */
#ifndef DATA_TASK_H
#define DATA_TASK_H

#include "core/option.h"
#include "core/real.h"
#include "core/rng.h"
#include "data/dataset.h"
#include "data/metric.h"

#include <stdbool.h>

enum task_kind {
    TASK_CLASSES, /* label = class index; softmax cross-entropy */
    TASK_SCORE,   /* label = a real score; squared error */
    TASK_VECTOR   /* no head: the student's pooled vector is regressed onto a teacher's (planted tasks) */
};
enum split { SPLIT_TRAIN, SPLIT_VALID, SPLIT_TEST, SPLITS };

/* Options every task has; `difficulty` is the knob of docs/tasks.md. */
struct task_common {
    int difficulty; /* 0, 1, 2 */
    int ntrain, nvalid, ntest;
    double label_noise; /* share of training labels replaced by another class */
    int task_seed;      /* the seed of the random stream that the splits are drawn from */
};
extern const struct option task_common_options[];

/* Turns text into tokens for a real base; NULL for synthetic tasks. */
struct tokenizer;

/* The names of the classes; a label's class is its place. n = 0: scores, or a task whose classes have no names. */
enum { CLASSES_MAX = 256, CLASS_NAME = 64 };
struct class_names {
    int n;
    char name[CLASSES_MAX][CLASS_NAME];
};

/* What a score is in the file's own unit: mean + sd x label. */
struct scale {
    double mean, sd;
};

struct task_env {
    const struct task_common *common;
    const void *opts; /* the task's own options */
    int max_len;      /* longest example the base can read, [CLS] and [SEP] included */
    const struct tokenizer *tokenizer;
    int classes;              /* file tasks set it when they learn it */
    struct class_names names; /* and these with it: they go into the record and the export */
    struct scale scale;       /* of the scores; {0, 1} where labels are as the file has them */
    char report[1024];        /* one line about the data (bad rows, label histogram), printed once; may be empty */
};

/* A linear layer of the teacher, to be changed in place: W is (out, in). */
struct teacher_site {
    int layer;
    const char *target; /* "q", "k", "v", "o", "up" or "down" */
    struct mat W;
};

struct task {
    const char *name, *title, *cite;
    const struct option *options; /* the task's own; NULL for none */
    size_t options_size;
    enum task_kind kind;
    int classes; /* TASK_CLASSES; 0 when the data says */
    enum metric primary, secondary;
    bool streams; /* training inputs are drawn fresh at every step, from (seed, step) */
    /* Scores of a file become labels of mean 0 and standard deviation 1 over the training split (task_env.scale). */
    bool standardise;
    /* Draws one candidate; false rejects it (it did not fit, the label would be ambiguous, ...). */
    bool (*draw)(const struct task_env *env, struct rng *rng, struct example *out);
    /* Instead of draw, for tasks that live in files: fills one split. */
    void (*load)(struct task_env *env, enum split split, struct dataset *out);
    /* With load: path := the file that a split is read from. Its content, not its name, is what a run is called after. */
    void (*file)(const struct task_env *env, enum split split, char *path, size_t size);
    /* TASK_VECTOR: changes a private copy of the base into the teacher. */
    void (*teach)(const struct task_env *env, struct teacher_site *sites, int nsites);
    /* Optional: kind, classes (0: the data says) and metrics where they depend on the task's options. */
    void (*describe)(const void *opts, enum task_kind *kind, int *classes, enum metric *primary,
                     enum metric *secondary);
};

/* The generated registry, ordered by name, and look-up (NULL when unknown). */
extern const struct task *const task_registry[];
extern const int task_registry_size;
const struct task *task_find(const char *name);

/* The three splits of a task. Deterministic in (task, options, common); dies when the task cannot fill a split. */
void task_make(const struct task *t, struct task_env *env, struct dataset splits[SPLITS]);

#endif
