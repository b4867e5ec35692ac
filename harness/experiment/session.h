/* Work in one results folder: bases and data are made once and shared by all runs of a process. */
#ifndef EXPERIMENT_SESSION_H
#define EXPERIMENT_SESSION_H

#include "record/record.h"

struct session;
/* results: the folder that holds bases/, cache/ and runs/. */
struct session *session_open(const char *results);
void session_close(struct session *s);
const char *session_results(const struct session *s);
/* A runs.csv whose rows count as made (index_list); NULL, as at first: none. */
void session_set_list(struct session *s, const char *path);
const char *session_list(const struct session *s);
/* A base by name, loaded once; dies as base_open and base_load do. */
const struct base *session_base(struct session *s, const char *name, int seed);
/* Minutes between the checkpoints of a run (5 unless said otherwise; 0: only when a signal comes), and whether the
 * trained model is kept: as the checkpoint of a finished run, from which session_retrace needs no training. */
void session_set_checkpoints(struct session *s, double minutes, bool keep);

/* What a spec needs before it can run or be looked up. */
struct prepared {
    struct spec spec;
    const struct base *base;
    const struct dataset *splits;
    struct task_env *env;
    char data_hash[HASH_HEX], key[HASH_HEX];
};
/* Parses and resolves n "key=value" texts and computes the key; makes the data, loads the base (dies with EXIT_DATA
 * when a synthetic base has not been pretrained). Free with prepared_free. */
void session_prepare(struct session *s, struct prepared *p, int n, const char *const *assignments);
void prepared_free(struct prepared *p);

enum session_outcome { SESSION_EXISTS, SESSION_DONE, SESSION_BUSY };
/* Runs unless the record is there (then it is verified to be whole) or another process is at it. */
enum session_outcome session_run(struct session *s, struct prepared *p, const struct run_hooks *watch);
/* Trains the run again, from its checkpoint on when that was kept, for watch->trained; writes no record. Returns
 * whether training was needed. */
bool session_retrace(struct session *s, struct prepared *p, const struct run_hooks *watch);

#endif
