/* A run's key, which is its name, and what it is made of: no weights are opened for it, and no data made, unless nobody has ever made them here. */
#ifndef EXPERIMENT_RUN_KEY_H
#define EXPERIMENT_RUN_KEY_H

#include "experiment/session.h"

/* A run before it is made: its options, parsed and resolved, and the hashes that its key is made of. */
struct identity {
    struct spec spec;
    const struct base *base;                                      /* opened, not loaded */
    char base_hash[HASH_HEX], data_hash[HASH_HEX], key[HASH_HEX]; /* base_hash: "" while nobody has pretrained it */
};

/* From n "key=value" texts. The base's hash is that of the base in the results folder; else what the session's list
 * says; else that of the base that came with the program. The data's hash is what the list says, else what was found
 * when the same task code, options, files and tokenizer last made it (<results>/cache/<hash16>.data), else the data are
 * made. Dies as base_open, spec_parse and spec_resolve do. */
void identity_make(struct session *s, struct identity *id, int n, const char *const *assignments);
/* The same once the data are there: true when their hash is another one than it was called after; the key follows. */
bool identity_correct(struct session *s, struct identity *id, const struct session_data *data);
void identity_free(struct identity *id);

/* Parses and resolves alone, for what a run would refuse; its base is opened. With epochs the steps are a guess. */
const struct base *identity_check(struct session *s, struct spec *spec, int n, const char *const *assignments);

#endif
