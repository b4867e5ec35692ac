/* The groups of runs that are compared, their values, and which group another is compared with. */
#ifndef ANALYSIS_GROUPS_H
#define ANALYSIS_GROUPS_H

#include "analysis/labels.h"

/* The most that groups_make takes: tasks, and groups of one task. */
enum { TASKS_MOST = 64, SERIES_MOST = 256 };
enum { GROUP_SAMPLE = 64 };

/* Runs that are compared as one: a method's variant on a task at a budget, in the order of the plan (seeds ascend). */
struct group {
    const char *task, *label; /* "mnli", "planted k=4"; "LoRA", "LoRA r=1", "LoRA alpha x16", "LoRA twin" */
    const struct setup *setup;
    int budget; /* 0: the rank decided */
    const struct result **run;
    int n, ok, collapsed;
    const struct result *sample[GROUP_SAMPLE]; /* the first ok runs: whose records what draws arrays opens */
    int samples;
};
struct groups {
    const struct results *rows;
    struct group *group;
    int n;
    char (*label)[LABEL_TEXT], (*task)[LABEL_TEXT]; /* per cell of the plan; "" outside the grids */
};
/* Groups of the reported runs of the grids named in `grids` (NULL: all), tasks in the order of the file, budgets
 * ascending. Labels say what differs between the cells of these grids, and no more. A run of two grids counts once,
 * and so does one that two grids measure differently. Dies with EXIT_USAGE when there are more than TASKS_MOST tasks or
 * SERIES_MOST labels and budgets: nothing is left out of a figure or table without a word. */
void groups_make(struct groups *g, const struct results *r, const struct setting *grids);
void groups_free(struct groups *g);
/* Whether no earlier group has this one's label. */
bool group_first(const struct groups *g, int i);
/* The file that a display's key `file` names, else the one of this name in the results folder. For free(). */
char *display_results(const struct groups *g, const struct display *d, const char *name);
/* The setting of a display, NULL when it has none of that name. */
const struct setting *display_setting(const struct display *d, const char *key);
bool setting_names(const struct setting *s, const char *word); /* also when s is NULL: all are named */

/* The finite values of a group's ok runs, into v (g->n); returns how many. */
int group_values(const struct group *g, enum fact_id of, double *v);
/* Values of the seeds that both have, into va and vb (a->n); returns how many. */
int group_pairs(const struct group *a, const struct group *b, enum fact_id of, double *va, double *vb);
double group_mean(const struct group *g, enum fact_id of);
/* Of measured times and bytes, which have outliers. */
double group_median(const struct group *g, enum fact_id of);
/* Where in a group the runs of each seed are: by seed, then as they stand; for free(). */
struct by_seed {
    int seed, at;
};
struct by_seed *group_by_seed(const struct group *g);
/* The ok run that is the twin of `like`, NULL when there is none. */
const struct result *group_ok(const struct group *g, const struct by_seed *order, const struct result *like);
/* The group that `g` is compared with: that of label `wanted`, else LoRA as it comes, on the same task at the same
 * budget; for a group without a budget, or where there is none at its own, the one with the nearest number of parameters. One that
 * has a budget to itself, beside another that has not, is compared with that one. NULL: none, or g itself. */
const struct group *groups_reference(const struct groups *all, const struct group *g, const char *wanted);
/* NULL when there is no such group. */
const struct group *groups_find(const struct groups *all, const char *task, const char *label, int budget);
/* The group that stands for a method in a task: the variant as it comes, else rank 4, else the first; NULL: none. */
const struct group *group_of_method(const struct groups *g, const char *task, const char *method);
/* A number for bootstrap streams that depends on the words alone. */
unsigned stream_id(const char *a, const char *b, int c);

#endif
