/* The rows and panels of what shows several tasks: which tasks, and which methods at which budgets. */
#ifndef ANALYSIS_SERIES_H
#define ANALYSIS_SERIES_H

#include "analysis/groups.h"

/* Tasks of the groups that the display shows (its key `task`, else all), in order; at most TASKS_MOST. */
int groups_tasks(const struct groups *g, const struct display *d, const char *task[]);
/* A method's variant at a budget, over all tasks: its row in every panel of a figure. Where no task has the variant at two
 * budgets, it is one series, whatever budget each task has. */
struct series {
    const char *label;
    int budget; /* of the first task */
    bool own;   /* other tasks have others */
    const struct method *method;
};
/* Distinct series of the groups that have an ok run, in order; at most SERIES_MOST. */
int groups_series(const struct groups *g, struct series *s);
/* Distinct methods of the groups that have an ok run, in order; at most SERIES_MOST. */
int groups_methods(const struct groups *g, const struct method **method);
const struct group *series_group(const struct groups *g, const struct series *s, const char *task);
/* "LoRA", or "LoRA, 4096" when the groups have several budgets; for free(). */
char *series_name(const struct groups *g, const struct series *s);

#endif
