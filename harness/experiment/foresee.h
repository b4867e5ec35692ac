/* What is said before runs are made: budgets that cannot be met, searches that are not alike, and how much is to do. */
#ifndef EXPERIMENT_FORESEE_H
#define EXPERIMENT_FORESEE_H

#include "experiment/plan.h"

/* Warns of words (key=value) that the method does not read, and when the solved budget is missed by more than 2 %: then
 * returns true. */
bool foresee_run(const struct spec *s, const struct model_config *c, int n, const char *const *words);
/* The same after a run, for methods that decide in training how many sites they keep. Returns whether it warned. */
bool foresee_trained(const struct method *m, long budget, long active);

/* Warns of every method and budget that miss each other and of every grid whose methods are not searched alike. Before
 * search_extend, which adds rates. */
void foresee_plan(const struct plan *p);
/* foresee_trained for the reported runs that exist, once for every method and budget. */
void foresee_made(struct plan *p);
/* Prints the plan as a matrix, what of it exists, and how long the rest takes with so many jobs. Where the bases are
 * not there, no run is. */
void foresee_print(struct plan *p, bool bases, int jobs);

#endif
