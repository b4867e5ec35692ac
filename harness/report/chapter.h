/* What a report shows of one experiment: its tables and figures, what was left out, and where its runs came from. */
#ifndef REPORT_CHAPTER_H
#define REPORT_CHAPTER_H

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
    char *id, *title, *question, *claim, *answer; /* answer: NULL, or the question's in a few sentences */
    double margin;                                /* the experiment's: 0.01 is a point */
    struct table *table;
    int tables;
    struct gallery gallery;
    struct provenance from;
    char *
        borrowed; /* "f1, coupling": made earlier with the records and taken from beside a list of runs; NULL: nothing */
    char **skipped; /* "figure f6: why" */
    int skips;
};
/* The opening tag of a link from the report's first page to "experiment", or to a "table" or "figure" of this name. */
void chapter_link(FILE *f, const struct chapter *c, int chapters, const char *what, const char *name);
void chapter_free(struct chapter *c);

#endif
