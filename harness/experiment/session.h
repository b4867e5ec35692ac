/* Work in one results folder: bases are opened and data are made once, and shared by all that a process does there. */
#ifndef EXPERIMENT_SESSION_H
#define EXPERIMENT_SESSION_H

#include "base/base.h"
#include "experiment/listed.h"
#include "train/spec.h"

struct session;
/* results: the folder that holds bases/, cache/ and runs/. */
struct session *session_open(const char *results);
void session_close(struct session *s);
const char *session_results(const struct session *s);
/* A runs.csv whose rows count as made (index_list); NULL, as at first: none. */
void session_set_list(struct session *s, const char *path);
const char *session_list(const struct session *s);
/* What it says of bases and data; NULL without one. */
struct listed *session_listed(struct session *s);
/* Minutes between the checkpoints of a run (5 unless said otherwise; 0: only when a signal comes), and whether the
 * trained model is kept: as the checkpoint of a finished run, from which executor_retrace needs no training. */
struct checkpoints {
    double minutes;
    bool keep;
};
void session_set_checkpoints(struct session *s, double minutes, bool keep);
const struct checkpoints *session_checkpoints(const struct session *s);

/* Whether opening a base or making data says nothing, where another session of the same command says it. */
void session_hush(struct session *s, bool on);

/* A base by name: opened once, its hash found as soon as it is there (base_find), without a weight; dies as these do. */
struct base *session_base(struct session *s, const char *name, int seed);
/* The same, its weights mapped; dies as base_load does. */
const struct base *session_loaded(struct session *s, const char *name, int seed);

/* The examples of a spec's task for a base. Made at the first call; belongs to the session. The hash is over tokens and
 * labels, and for a task that lives in files also over the names of the classes and the base's tokenizer. */
struct session_data {
    const struct dataset *splits;
    struct task_env *env;
    const char *hash;
};
struct session_data session_data(struct session *s, const struct spec *spec, const struct base *base);
/* What a process has found out once, by a text that says about what: `size` bytes, zero at first, for the caller to fill. */
void *session_memory(struct session *s, const char *about, size_t size);
/* The hash of the files of a base's tokenizer; "" for the synthetic language. */
void session_tokenizer(const struct session *s, const struct base *base, char hex[HASH_HEX]);

#endif
