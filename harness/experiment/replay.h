/* Running a stored run again: its spec from its record, and what has changed since. */
#ifndef EXPERIMENT_REPLAY_H
#define EXPERIMENT_REPLAY_H

#include "experiment/run_key.h"
#include "record/record.h"

/* A record's configuration as "key=value" assignments, NULL-terminated, for mem_free_list. */
char **replay_words(const char *config, int *n);

/* Prepares the spec of a record and says in `changed` (empty when nothing has) what is no longer as it was when the run
 * was made: "configuration (steps)", "data", "base", "code of method lora", "number type", "PEFTLAB_ABI". Dies with
 * EXIT_DATA or EXIT_USAGE when the spec cannot be made any more. Free with identity_free. */
void replay_prepare(struct session *s, struct identity *p, const struct record *rec, char *changed, unsigned size);
/* Whether this program on this machine must give the same bits: same kernel family and compiler. */
int replay_same_machine(const struct record *rec);

#endif
