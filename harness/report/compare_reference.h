/* New results against a reference folder: the same bits where they must be, the same means where they may not be. */
#ifndef REPORT_COMPARE_REFERENCE_H
#define REPORT_COMPARE_REFERENCE_H

#include <stdio.h>

struct comparison {
    int same_bits;  /* runs of equal spec, BLAS kernels and compiler whose curve and weights have the same hashes */
    int other_bits; /* ... and have not: a mismatch */
    int elsewhere;  /* runs of equal spec from other kernels or another compiler: judged by means */
    int absent;     /* runs of the reference that the results do not have: then means are judged too */
    int rows;       /* rows of score tables whose reference mean lies in the new interval */
    int outside;    /* ... and does not, or the row is missing: a mismatch */
};

/* Compares <results>/runs.csv and the score tables under <results>/tables with those of `reference` (a folder with
 * runs.csv and tables/). Means are judged only when some run was made elsewhere or is absent. A line per mismatch goes
 * to `out`. Dies with EXIT_DATA when either runs.csv is missing. */
struct comparison reference_compare(const char *results, const char *reference, FILE *out);

#endif
