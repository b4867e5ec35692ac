/* runs.csv: finished runs by their facts, one a line, with what makes them again; records need not be there. */
#ifndef RECORD_RUNS_CSV_H
#define RECORD_RUNS_CSV_H

#include "record/facts.h"

#include <stdio.h>

/* A row. Facts that the list does not say are NaN and "-". */
struct runs_row {
    struct facts facts;
    char *config; /* canonical lines */
    long line;    /* where it begins */
};
struct runs_list {
    char *path;
    struct runs_row *row;
    int n;
};

/* The first line. */
void runs_csv_head(FILE *out);
/* The row of a run of an experiment; `stage` is search or report. What was not measured is empty. */
void runs_csv_row(FILE *out, const struct facts *f, const char *experiment, const char *stage, const char *config);

/* Reads a list, its columns found by name; it needs key, curve_hash, weights_hash and spec. Dies with EXIT_DATA, naming
 * the line, when a number, hash, status or score is none. */
void runs_list_read(struct runs_list *l, const char *path);
void runs_list_free(struct runs_list *l);

#endif
