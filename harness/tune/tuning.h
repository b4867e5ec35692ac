/* A method at work on a model: attaching, phases, and the hooks around an optimizer step. */
#ifndef TUNE_TUNING_H
#define TUNE_TUNING_H

#include "tune/method.h"

/* The method of this name, or dies with EXIT_USAGE naming the nearest. */
const struct method *method_find(const char *name);

/* Prepares a tuning: resolves targets and layers, checks options against every site (dies with EXIT_USAGE), gives every
 * site its rank. `opts` and `common` must outlive it. extra: how many of the sites, counted from the last, get one more
 * rank, or the next that the method takes. */
void tuning_open(struct tuning *t, const struct method *m, const void *opts, const struct adapter *common,
                 struct model *model, uint64_t seed, int extra);
/* Gives a site a rank of its own, before a phase begins; dies with EXIT_USAGE where the method does not take it. */
void tuning_set_rank(const struct tuning *t, struct site *s, int rank);
void tuning_close(struct tuning *t);
int tuning_phases(const struct tuning *t);
/* Starts phase i: base tensors as pretrained, arenas at their mark, a new classifier of K outputs (K = 0: no head),
 * adapters declared, initialised and refreshed, storage for what trains. Also the way to start the only phase. */
void tuning_begin_phase(struct tuning *t, int i, int K);

/* How many optimizer steps the phase that was begun will take: dies with EXIT_USAGE when the method's schedule does not
 * fit. */
void tuning_set_steps(struct tuning *t, int steps);

/* Calls the method's hook where there is one. */
double tuning_penalty(struct tuning *t);
void tuning_before_step(struct tuning *t);
void tuning_after_step(struct tuning *t);
void tuning_refresh(struct tuning *t);
void tuning_end_phase(struct tuning *t);
/* Whether the method may write this frozen tensor: W of a site of its own, where it says so (MOVES_BASE). */
bool tuning_may_move(const struct tuning *t, const struct param *p);

/* Adapter parameters: trained (roles of the base included, the head apart), in use now, stored by an export. */
long tuning_count_trained(const struct tuning *t);
long tuning_count_active(const struct tuning *t);
long tuning_count_stored(const struct tuning *t);

#endif
