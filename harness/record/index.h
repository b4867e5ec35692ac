/* results/index: the facts of each run that status and tables ask for, rebuilt from the run files, so that 100,000 runs
 * are looked over in seconds. An entry counts only while its file has the size and time that it had; the index itself
 * carries a hash. */
#ifndef RECORD_INDEX_H
#define RECORD_INDEX_H

#include "record/record.h"
#include "record/weight_facts.h"

#include <stdint.h>

enum { INDEX_NAME = 24 };

struct index_entry {
    char file[16]; /* "<key12>.h5", as the folder has it */
    int64_t size, mtime_ns;
    char key[HASH_HEX];
    char method[INDEX_NAME], task[INDEX_NAME];
    char cell[HASH_HEX];   /* of the configuration without seed and lr: what a cell and its seeds share */
    char config[HASH_HEX]; /* of the configuration */
    char data[HASH_HEX], base[HASH_HEX];
    char curve[HASH_HEX], weights[HASH_HEX];
    char core[32], compiler[64], commit[48];      /* core: the BLAS kernel */
    double lr, valid, test, second, loss;         /* after the last step: validation metric; test metrics and loss */
    double best;                                  /* test metric at the evaluation with the best validation metric */
    double forgetting;                            /* rise of the held-out pretraining loss, nats */
    double bytes, flops, step_ms, train, seconds; /* bytes: all peaks beyond the base; seconds: of everything */
    struct weight_facts summary;
    int64_t trained, active, stored, head; /* parameters */
    int32_t seed, status, collapsed, steps, evals, items, dirty, damaged;
    int32_t listed; /* from a runs.csv: no file, and NaN what such a list does not say */
};

struct index {
    struct index_entry *entry; /* by file name, which is by key */
    int n;
    struct index_entry looked;  /* index_look's answer when the index does not have it */
    int read;                   /* how many files had to be read because they were new or had changed */
    struct index_entry *listed; /* of index_list, by key; they count where there is no file */
    int nlisted;
};

/* The hash in `config`, or with `cell` the one in `cell`, of a configuration's lines. */
void index_hash(const char *config, bool cell, char hex[HASH_HEX]);
/* Looks at every run file of the folder; writes the index back when it has changed (a folder that cannot be written to
 * is no error). Damaged files have an entry that says so. */
void index_open(struct index *x, const char *results);
void index_close(struct index *x);
/* Takes the rows of a runs.csv at their word, so that an experiment goes on where its records are not. Dies with
 * EXIT_DATA, naming the line, when a column is missing or a value is none. */
void index_list(struct index *x, const char *path);
/* The order of entries, for qsort: by file name. */
int index_order(const void *a, const void *b);
/* NULL when no whole run has this key. Looks at the one file, which a worker may just have written; valid until the
 * next call. */
const struct index_entry *index_look(struct index *x, const char *results, const char *key);

#endif
