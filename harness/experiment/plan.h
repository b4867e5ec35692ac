/* From an experiment to its cells and runs, named, and which of them exist. */
#ifndef EXPERIMENT_PLAN_H
#define EXPERIMENT_PLAN_H

#include "experiment/experiment.h"
#include "experiment/run_key.h"
#include "record/index.h"

enum plan_state { PLAN_MISSING, PLAN_DONE, PLAN_FAILED };

struct plan_run {
    char **assignment;
    int assignments;
    int cell;   /* index into plan.cell */
    int before; /* the run of the same cell that was added before this one; -1 */
    const char *rate;
    int seed, tuning;
    char key[HASH_HEX];
    enum plan_state state;
};

/* Whether two lists of n assignments "key=value" are the same but for what one key has. */
bool assignments_equal_but(char *const *a, char *const *b, int n, const char *key);

/* What the search of a cell found (search.h says by which rule). */
struct choice {
    int complete;     /* all search runs that decide exist (or it needs none) */
    const char *rate; /* NULL while incomplete */
    double score;     /* mean validation metric there */
    int edge;         /* what was best is at an end of its window: 1 the upper, -1 the lower; 0: inside */
    int extended;     /* the window was extended by one rung because of that: 1 upwards, -1 downwards */
    double *mean;     /* per rate of the cell; NaN where runs are missing */
    int *failed;      /* per rate: failed search runs */
};

struct plan {
    struct session *session;
    const struct experiment *experiment;
    struct cell *cell; /* of all grids; an extended cell has its extra rate in the list */
    struct choice *choice;
    double *head, *full; /* per cell: the ends of its task's scale, by the searches as last looked at; NaN: unknown */
    int *last;           /* per cell: the run added last; -1. plan_run.before leads to the others */
    int cells;
    struct plan_run *run;
    int runs, capacity;
    struct index index; /* of the runs folder when the plan was opened */
};

/* Multiplies the grids out and parses every cell without weights and data: dies as its runs would, naming file and
 * grid. */
void plan_open(struct plan *p, struct session *s, const struct experiment *e);
void plan_close(struct plan *p);
/* Parses and resolves a cell's first rate and seed, for spec_free; returns its base, opened (identity_check). */
const struct base *plan_spec(const struct plan *p, const struct cell *c, struct spec *s);
/* The width d of a cell's base. */
int plan_width(const struct plan *p, const struct cell *c);
/* Whether a cell's method has one rate for all tasks (choose=common). */
bool plan_common_rate(const struct cell *c);
/* Adds a run of a cell, and looks whether it exists. Dies as identity_make does. */
void plan_add(struct plan *p, int cell, const char *rate, int seed, int tuning);
/* The record of a run that exists, for record_free; false when it does not (or is damaged). */
int plan_record(const struct plan *p, const struct plan_run *r, struct record *rec);
/* "<results>/runs/<key12>.failed": one line saying why the last try failed. */
void plan_failure_path(const struct plan *p, const struct plan_run *r, char *path, unsigned size);

#endif
