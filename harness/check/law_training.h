/* Laws of training: what moves, the same bits for the same seed, and the gauge of low-rank pairs. */
#ifndef CHECK_LAW_TRAINING_H
#define CHECK_LAW_TRAINING_H

#include "check/lawbook.h"
#include "check/tiny.h"

/* Begins the phase in two runs of one seed, trains them side by side, and ends it: laws 4 and 5, and 8 afterwards. */
void law_training(struct laws *l, struct tiny *a, struct tiny *b, struct tiny *plain, int phase);
/* Stops a run within the phase and goes on in another, which begins the phase and gets the arenas that a
 * checkpoint holds (train/resume.h): law 13. */
void law_restart(struct laws *l, struct tiny *a, struct tiny *b, int phase);
/* The gauge law through all phases; says nothing where no A and B train together or a penalty sees their size. */
void law_gauge(struct laws *l, const struct method *m, const void *opts, const struct adapter *common, int extra);

#endif
