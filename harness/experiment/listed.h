/* What a list of runs says of their bases and data: so that these runs have names where neither is. */
#ifndef EXPERIMENT_LISTED_H
#define EXPERIMENT_LISTED_H

#include "core/hash.h"

#include <stdbool.h>

struct listed;
/* Reads a runs.csv. Dies with EXIT_DATA as index_list does. */
struct listed *listed_open(const char *path);
void listed_close(struct listed *l);
/* The hash of the base that most runs with base=name base_seed=seed were made on, into hash; false when there is none.
 * Says once when there are several, and with `ours` (not empty: the base that is here) when none is it. */
bool listed_base(struct listed *l, const char *name, int seed, const char *ours, char hash[HASH_HEX]);
/* The hash of the data that most runs of a configuration's task on its base have; false when no run has it. Says once when
 * there are several. */
bool listed_data(struct listed *l, const char *config, char hash[HASH_HEX]);

#endif
