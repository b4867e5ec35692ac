/* From experiment files to what is read: tables, figures, one page, and the list of runs behind them. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "core/die.h"
#include "core/set.h"
#include "report/chapter.h"

struct report {
    char *results, *tables, *figures; /* folders */
    char *beside;                     /* that of the list of runs in use; NULL: none, or the results themselves */
    struct chapter *chapter;
    int chapters;
    char *runs; /* runs.csv, while it grows */
    size_t runs_size;
    FILE *stream;
    struct set written;  /* keys of the runs in it */
    FILE *out;           /* the paths of what was made, one a line */
    enum exit_code code; /* what the program should end with so far */
};

/* Makes <results>/tables and <results>/figures. */
void report_open(struct report *r, const char *results, FILE *out);
/* Dies with EXIT_USAGE on names, kinds and keys of tables and figures that no report could make. */
void report_check(const struct experiment *e);
/* Reads an experiment's records (keys of its grids replaced by the assignments, as `sweep` does), writes its tables and
 * figures, adds its runs. What needs records where a list has the runs is taken from tables/ and figures/ beside the list (report/beside.h).
 * What is absent is skipped with a line on stderr; a missing gnuplot sets code to EXIT_MISSING,
 * missing or failed runs to EXIT_RUNS, and the rest is made. */
void report_add(struct report *r, struct session *s, const char *path, int n, char *const *assignments);
/* What is said of the experiment that was added last. */
void report_answer(struct report *r, const char *text);
/* Writes <results>/runs.csv, the inventory, <results>/report.html, and for several experiments a page of each in <results>/pages. */
void report_close(struct report *r);

#endif
