/* Runs along an axis: what becomes of methods as a setting (rank, steps, batch, alpha, the width of the base) moves. */
#ifndef ANALYSIS_ALONG_H
#define ANALYSIS_ALONG_H

#include "analysis/groups.h"

/* The keys of a display that say what is looked at:
 *     over = rank          the setting that moves: an option of a run, or `base`, whose number is its width; none: one place
 *     series = grid        what makes a line of its own: method and grid (default: what else the labels say)
 *     reference = LoRA     the line that others are compared with (default: LoRA, where a line is called so) */
#define ALONG_KEYS "over series reference"

/* A run: of line `series`, at place `x`, of a task and a seed. */
struct along_run {
    int series, x, task, seed;
    double rate, score; /* score: 0 where it diverged */
    const struct result *run;
};
/* Lines, places and tasks are those of the plan, whether or not they have runs yet. */
struct along {
    const char *over; /* "": none */
    char (*series)[LABEL_TEXT], (*task)[LABEL_TEXT];
    const struct method **method;        /* per series */
    double *x;                           /* ascending */
    int nseries, tasks, nx, least, most; /* seeds that occur: least..most */
    struct along_run *run;
    int n;
    int reference; /* index of its line; -1: none */
};
/* The runs of a display, one of each (line, place, task, seed, rate). With `search` those that show a score for several
 * rates: of grids with a search its runs, of others all, and the score is that of validation; else the reported ones, and it
 * is that of the test split. Dies with EXIT_USAGE where `series` is neither label nor grid. */
struct along along_make(const struct groups *g, const struct display *d, bool search);
void along_free(struct along *a);
/* "LoRA rank=4", or "LoRA" without an axis; for free(). */
char *along_name(const struct along *a, int series, int x);
/* Of the runs of one line, place, task and seed, ascending in rate: logarithms (base 10) of rates and scores, into arrays of
 * a->n; returns how many. */
int along_window(const struct along *a, int series, int x, int task, int seed, double *rate, double *score);
/* The one run of a line, place, task and seed, at `rate` unless that is NaN; NULL when there is none. */
const struct along_run *along_find(const struct along *a, int series, int x, int task, int seed, double rate);

#endif
