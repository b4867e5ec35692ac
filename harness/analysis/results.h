/* What an experiment yielded: every run of its plan as one row, read once, and the groups of runs that are compared. */
#ifndef ANALYSIS_RESULTS_H
#define ANALYSIS_RESULTS_H

#include "experiment/plan.h"

/* A cell's settings, defaults included and the budget solved. */
struct setup {
    char *text; /* canonical lines */
    const struct method *method;
    const struct task *task;
    enum metric metric;
    int budget, rank;
};

/* One run of the plan. Numbers are NaN where the run is missing or did not measure them. */
struct result {
    const struct plan_run *run;
    const struct setup *setup;
    double lr;
    bool present, ok, collapsed; /* ok: there are facts, and the run neither diverged nor failed */
    const struct facts *facts;   /* NULL when the run is missing */
    struct opened *opened;       /* its record, once result_run has read it */
};

struct results {
    const struct plan *plan;
    struct setup *setup; /* per cell of the plan */
    struct result *row;  /* per run of the plan */
    struct opened *opened;
    int n;
};

/* Looks all runs of the plan up in its index, which must stay. Damaged ones are named on stderr and count as missing.
 */
void results_read(struct results *r, struct plan *p);
void results_free(struct results *r);
/* Lets the records go that result_run has read, when they are more than `most`. */
void results_forget(struct results *r, int most);
/* The arrays of a run: its record is read when first asked for, and kept. A run without any when it is missing. */
const struct run *result_run(const struct result *w);
/* The run's configuration as its record has it, for free(). */
char *result_config(const struct result *w);
/* The canonical value of a key of a cell as spec_get says it, its number, and whether it is a word. */
char *setup_get(const struct setup *s, const char *key, char value[OPTION_TEXT]);
double setup_number(const struct setup *s, const char *key);
bool setup_is(const struct setup *s, const char *key, const char *word);

/* Whether a key makes repetitions of one comparison: teachers, data, orders, initialisations. */
bool results_repetition(const char *key);
/* Whether two runs are of the same seed and the same repetition: what was drawn is the same for both. */
bool results_twins(const struct result *a, const struct result *b);
int results_order(const struct result *a, const struct result *b); /* as strcmp: by seed, then repetition; 0: twins */
/* Whether a key says what is measured on the way, which leaves the training as it is. */
bool results_measure(const char *key);
/* Whether two setups differ in nothing but rate, seed and what is measured. */
bool setups_train_alike(const struct setup *a, const struct setup *b);
/* Whether two runs are one training, measured alike or not. */
bool results_one_training(const struct result *a, const struct result *b);
/* Whether the first that differs of probes, forgetting and evals is greater in a. */
bool results_measures_more(const struct setup *a, const struct setup *b);

/* A fact of a run; NaN where the run is missing or has not measured it, and, of what only a run that ended well tells
 * (OF_SUCCESS), where it is not ok. */
double result_value(const struct result *r, enum fact_id id);

#endif
