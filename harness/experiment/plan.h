/* From an experiment to its runs: the search, the choice of rates, the reported runs, and which of them exist. */
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

/* What the search of a cell found. With choose=each the rate is the best of its task, by mean validation metric over the
 * tuning seeds. With choose=common it is one rate for the cells that differ in their task alone: scores are put on a scale
 * on which the head alone (the best rate of the experiment's head) is 0 and full fine-tuning 1; of the rates with the
 * fewest failed runs the lowest is taken whose mean over tasks and seeds is within one standard error of the best. (Where
 * full fine-tuning is not above the head on some task, there is no such scale, and each task chooses for itself.) A failed run is less than a quarter of the way from head to full
 * where the experiment has both, else collapsed, or it diverged. */
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
/* Adds the search runs of every searched cell. */
void plan_search(struct plan *p);
/* Chooses rates from the records that exist; a complete cell whose optimum is at the edge and whose ladder goes on gets
 * one more rate, and its runs are added. Returns how many runs were added. */
int plan_extend(struct plan *p);
/* Chooses, then adds the reported runs of all complete cells. Returns how many cells are incomplete. */
int plan_report(struct plan *p);
/* The record of a run that exists, for record_free; false when it does not (or is damaged). */
int plan_record(const struct plan *p, const struct plan_run *r, struct record *rec);
/* "<results>/runs/<key12>.failed": one line saying why the last try failed. */
void plan_failure_path(const struct plan *p, const struct plan_run *r, char *path, unsigned size);

#endif
