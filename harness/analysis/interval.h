/* Which interval a mean gets, what is said of it, and the words for how many runs stand behind it. */
#ifndef ANALYSIS_INTERVAL_H
#define ANALYSIS_INTERVAL_H

#include "analysis/groups.h"
#include "stats/bootstrap.h"
#include "stats/contrast.h"

/* The 95 % interval of a mean that tables print: Student's t below ten values and above STATS_MANY, BCa bootstrap
 * between; none below INTERVAL_LEAST values. */
struct interval mean_interval(const double *v, int n, unsigned id);
/* The same of a score, never outside its scale: where it would be, the interval of its logit. */
struct interval score_interval(const double *v, int n, enum metric metric, unsigned id);
/* The mean over tasks of values (tasks, seeds), NaN where one has none: with three tasks or more over tasks like these (Student's t of
 * the tasks' means), with fewer over these tasks (Satterthwaite), each with INTERVAL_LEAST values. Seeds of a task are no
 * independent sample of tasks. `width` is added to either side. */
struct interval nested_interval(const double *v, int tasks, int seeds, double width);
/* What nested_interval is of so many tasks: "over tasks like these, ..." or "over these tasks, ...". */
void nested_words(int tasks, char *text, size_t size);
/* Moves the values that are not NaN to the front; returns how many there are. */
int values_present(double *v, int n);
/* Which interval mean_interval gives of n values, with its simulated coverage of normal and of skewed scores beside the
 * other kind's; or that there is none. */
void interval_words(int n, char *text, size_t size);
/* Mean and interval of n values of a group. Of a score the interval ends where scores do. */
struct interval values_interval(const struct group *g, enum fact_id of, const double *v, int n);
/* Mean and interval of a group (NaN where there are too few runs), as tables print them. */
struct interval group_interval(const struct group *g, enum fact_id of);
/* Values of differences a - b over shared seeds into d (a->n); returns how many. */
int paired_differences(const struct group *a, const struct group *b, enum fact_id of, double *d);
/* The least and the largest number of reported runs of a group that have been made; "5" or "3 to 5". */
const char *runs_words(const struct groups *g);
/* ", the first 64 of each" where groups have more ok runs than are shown; or that some runs have no record; else "". */
const char *sample_words(const struct groups *g);
/* "n = 5 runs per point, bars: 95 % Student t intervals of the mean" */
void bars_words(const struct groups *g, char *text, size_t size);

#endif
