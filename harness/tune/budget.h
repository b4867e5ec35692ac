/* Equal budgets: the rank at which a method trains a given number of adapter parameters. */
#ifndef TUNE_BUDGET_H
#define TUNE_BUDGET_H

#include "tune/method.h"

struct counts {
    long trained; /* adapter parameters that train at the peak, the head apart */
    long active;  /* in use at the end */
    long stored;  /* in an exported adapter */
};

/* Counts by attaching the method to a model of these sizes without memory behind it. Milliseconds at any size. */
struct counts budget_count(const struct method *m, const void *opts, const struct adapter *common,
                           const struct model_config *config, int extra);

/* With common->budget > 0, sets common->rank and returns how many sites, counted from the last, get one extra rank.
 * Whole ranks are used when they meet the budget within 2 %; else (and with common->exact) extra ranks come nearest.
 * Without a budget returns 0. Dies with EXIT_USAGE when the budget is below the method's floor or the method has no
 * knob. */
int budget_solve(const struct method *m, const void *opts, struct adapter *common, const struct model_config *config);

/* The count that common->budget_at holds against the budget. */
long budget_counted(const struct adapter *common, struct counts c);
/* Whether so many parameters miss a budget by more than 2 %. */
bool budget_missed(long budget, long counted);
/* Of a solved budget: returns budget_missed, and then writes one line with both numbers and what is in reach. */
bool budget_remark(const struct method *m, const void *opts, const struct adapter *common,
                   const struct model_config *config, int extra, char *text, size_t size);

#endif
