/* From experiment files to what is read: tables, figures, one page, and the list of runs behind them. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "core/die.h"
#include "core/set.h"
#include "figure/figure.h"
#include "table/table.h"

/* Where the runs of a chapter came from; texts list every distinct value. */
struct provenance {
    char *commits, *cores, *compilers, *bases, *data;
    double seconds; /* of all records: set-up, training, evaluation, probes, data */
    int search, reported, missing, failed, diverged, collapsed, dirty;
    int listed; /* of search and reported: taken from a list */
};

/* One experiment. */
struct chapter {
    char *id, *title, *question, *claim;
    struct table *table;
    int tables;
    struct gallery gallery;
    struct provenance from;
    char **skipped; /* "figure f6: why" */
    int skips;
};

struct report {
    char *results, *tables, *figures; /* folders */
    struct chapter *chapter;
    int chapters;
    char *runs; /* runs.csv, while it grows */
    size_t runs_size;
    FILE *stream;
    char **key; /* of the runs written to it, also in `written` */
    int keys;
    struct set written;
    FILE *out;           /* the paths of what was made, one a line */
    enum exit_code code; /* what the program should end with so far */
};

/* Makes <results>/tables and <results>/figures. */
void report_open(struct report *r, const char *results, FILE *out);
/* Dies with EXIT_USAGE on names, kinds and keys of tables and figures that no report could make. */
void report_check(const struct experiment *e);
/* Reads an experiment's records (keys of its grids replaced by the assignments, as `sweep` does), writes its tables and
 * figures, adds its runs. What is absent is skipped with a line on stderr; a missing gnuplot sets code to EXIT_MISSING,
 * missing or failed runs to EXIT_RUNS, and the rest is made. */
void report_add(struct report *r, struct session *s, const char *path, int n, char *const *assignments);
/* experiments-inventory: what each experiment is made from and what it took. */
void inventory_write(const struct report *r);
/* A table as Markdown, CSV and LaTeX under <results>/tables. */
void report_table(const struct report *r, const struct table *t);
/* Writes <results>/runs.csv, the inventory and writes <results>/report.html. */
void report_close(struct report *r);

#endif
