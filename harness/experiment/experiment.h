/* An experiment file: which runs answer which question, and which tables and figures show the answer.
 *
 *     [experiment]            title, question, claim: text for the report; margin: the difference in points of a score
 *                             below which two methods are equivalent (1)
 *     [grid NAME]             every combination of the listed values; values are separated by blanks
 *     method = lora dora      a key may be narrowed to one method: lr.full = 3e-4 1e-3 3e-3
 *     lr = 3e-3 1e-2 3e-2     with tune_seeds, the window of rates each method searches
 *     tune_seeds = 0..2       search: runs on validation only; the best mean rate of each cell is reported
 *     tune_evals = 1          evaluations of a search run, of which the last decides (as many as when reported)
 *     tune_epochs = 1         length of a search run, where reported ones are longer (epochs)
 *     choose = each           whose best rate is reported: each task's own, or (common) one rate of a method for all tasks
 *                             (search.h says which)
 *     seeds = 100..104        reported runs: test split, fresh seeds
 *     ladder = 3e-4 ... 1e-1  rates that an optimum at the window's edge may be extended to
 *     [defaults]              keys that hold in every grid without such a key of its own; tune_seeds = none: no search
 *     [report]                tables = score seeds, figures = f1: what is shown, in this order; only what needs keys
 *                             has a section too
 *     [table NAME], [figure NAME]  kind (NAME, unless there is a key `kind`) and the grids they read; keys depend on the
 *                             kind (table/kind.h, figure/figure.h)
 *
 * A value or a word with blanks stands in quotes of either kind: base = default "my drive/b". */
#ifndef EXPERIMENT_EXPERIMENT_H
#define EXPERIMENT_EXPERIMENT_H

#include "core/option.h"

struct setting {
    char *key, *method; /* method: NULL, or the only one it holds for */
    char *text;         /* the value as one text; of a list its words are `value` */
    char **value;
    int values;
};

/* The setting of this key, of those for all methods when `method` is NULL; NULL: there is none. */
struct setting *setting_find(struct setting *s, int n, const char *key, const char *method);

struct grid {
    char *name;
    struct setting *setting;
    int settings;
    int tune_first, tune_last; /* seeds of the search; tune_last < tune_first: no search */
    int no_search;             /* tune_seeds = none: not those of [defaults] either */
    char tune_evals[32];       /* "": those of the reported runs */
    char tune_epochs[32];      /* the same */
    char choose[32];           /* "each", or "" for it; "common" */
    int seed_first, seed_last;
    char **ladder;
    int rungs;
};

/* How many seeds try each rate; 0: no search.  How many are reported.  Of cells that are made they fit an int. */
long grid_tuning_seeds(const struct grid *g);
long grid_reported_seeds(const struct grid *g);

/* A [table] or [figure]: its kind and its own keys, as written. */
struct display {
    char *name, *kind; /* kind: the key `kind`, or the name when there is none */
    struct setting *setting;
    int settings;
    int is_figure;
};

struct experiment {
    char *path, *id, *title, *question, *claim;
    double margin; /* share of a score: 0.01 is a point */
    struct grid *grid;
    int grids;
    struct display *display;
    int displays;
};

/* Dies with EXIT_USAGE naming file and line: an unknown section, a section or key twice, a seed range or ladder that is
 * none, a grid without method, task or seeds. Option names and values are checked when specs are made. */
void experiment_read(struct experiment *e, const char *path);
/* Replaces a key in every grid, for all methods when the key is not narrowed: "data", "lr.full", "seeds". A path or
 * another text (base, data, task.text ...) is one value, whatever blanks it holds, unless it begins with a quote. Dies with
 * EXIT_USAGE when the text is not key=value. */
void experiment_set(struct experiment *e, const char *assignment);
/* Leaves only the grids that a list with commas names. Dies with EXIT_USAGE when one is none of the file's. */
void experiment_keep(struct experiment *e, const char *list);
void experiment_free(struct experiment *e);
/* The whole value of a key; `def` when it is absent or empty. */
const char *display_get(const struct display *d, const char *key, const char *def);

/* One combination without its seed: what is searched and reported together. */
struct cell {
    const struct grid *grid;
    char **assignment; /* "key=value", method= and task= among them; lr= absent when the cell is searched */
    int assignments;
    char **rate; /* the rates of a searched cell, ascending; one, and no search, otherwise */
    int rates;
};

/* What an error of a cell may come from: "; a value with blanks stands in quotes" where it names one of several values of
 * a key that holds a path or another text; else "". */
const char *grid_hint(const struct grid *g, const char *error);

/* All cells of a grid. Dies with EXIT_USAGE when there is none or more than 100,000. */
struct cell *grid_cells(const struct grid *g, int *n);
void cells_free(struct cell *cells, int n);
/* The assignments of one run, NULL-terminated, for mem_free_list: rate and seed added; when tuning, evaluate=valid
 * and the search's own number of evaluations. */
char **cell_assignments(const struct cell *c, const char *rate, int seed, int tuning, int *n);
const char *cell_get(const struct cell *c, const char *key);
/* What people call a task: the member of a family ("cola"), the table ("reviews" of data/reviews.csv, "trec" of
 * trec/train.tsv), else its own name. member and file may be empty. */
void task_called(const char *task, const char *member, const char *file, char name[OPTION_TEXT]);
/* The same of a cell. */
void cell_task(const struct cell *c, char name[OPTION_TEXT]);

#endif
