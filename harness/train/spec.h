/* One run as data: every option of method, adapter, task and training, its canonical text, and its key. */
#ifndef TRAIN_SPEC_H
#define TRAIN_SPEC_H

#include "base/base.h"
#include "base/gauge.h"
#include "core/hash.h"
#include "data/task.h"
#include "tune/method.h"

enum { SPEC_TEXT = 16384 };

enum evaluate { EVALUATE_VALID, EVALUATE_BOTH, EVALUATE_TEST };

/* Options of training, common to all runs. */
struct train_opts {
    char base[OPTION_TEXT]; /* a recipe's name or a folder of real weights */
    int base_seed;
    int steps, epochs, batch; /* epochs: 0, or what steps is computed from once the data is known */
    double lr, warmup;        /* warmup: share of the steps */
    int schedule;
    double weight_decay, beta1, beta2, adam_eps, clip;
    int seed;                  /* initialisation, order, dropout */
    int order_seed, init_seed; /* -1: seed; separate for the crossed design of variance shares */
    int evals;                 /* evaluations, evenly spaced, the last at the end */
    int evaluate;              /* enum evaluate: tuning runs never see the test split */
    int probes;                /* checkpoints at which dM and dD are measured, evenly spaced */
    int forgetting;            /* held-out documents for the pretraining loss at the end; 0: none */
    int gauge;                 /* enum gauge (base/gauge.h) */
    int twin;                  /* another random stream for initialisation and dropout: the placebo */
};
extern const struct option train_options[];

struct spec {
    const struct method *method;
    const struct task *task;
    enum task_kind kind; /* of the task with these options */
    int classes;         /* 0 until the data says */
    enum metric metric, second;
    struct train_opts train;
    struct adapter adapter;
    struct task_common task_common;
    void *method_opts, *task_opts;
    int extra; /* sites with one more rank: budget_solve's answer */
};

/* Parses "key=value" texts in any order; method= and task= must be among them. Keys may be written method.KEY and
 * task.KEY, and must be where two tables share a name. Dies with EXIT_USAGE on an unknown key, naming the nearest. */
void spec_parse(struct spec *s, int n, const char *const *assignments);
void spec_free(struct spec *s);
/* steps := epochs x ceil(ntrain / batch) where epochs are asked for; before spec_resolve. Dies with EXIT_USAGE when the
 * task has no training split to go through. */
void spec_set_epochs(struct spec *s, int ntrain);
/* Solves the budget against the base's sizes and checks every option by attaching without memory. */
void spec_resolve(struct spec *s, const struct model_config *config);
/* Sorted "key=value" lines, defaults included. */
void spec_text(const struct spec *s, char text[SPEC_TEXT]);
/* The value of a key in such lines, "" when it is absent, written to `value`, which is returned. "k" is the line "k", or
 * else the first of "task.k" and "method.k". */
char *spec_get(const char *text, const char *key, char value[OPTION_TEXT]);
double spec_number(const char *text, const char *key); /* 0 when absent */
/* SHA-256 of the text, the base's weights, the data, the code of method and task, number type and PEFTLAB_ABI. */
void spec_key(const struct spec *s, const char *base_hash, const char *data_hash, char key[HASH_HEX]);
/* Calls each(key, option, struct) for every option, for help pages and HDF5 attributes. */
void spec_each(const struct spec *s,
               void (*each)(const char *key, const struct option *o, const void *opts, void *data), void *data);

#endif
