/* Two records held against each other: everything that must repeat, measured times and machine apart. */
#ifndef RECORD_COMPARE_H
#define RECORD_COMPARE_H

#include "record/record.h"

/* Calls each(what differs, how) for every quantity in which the results differ, bit by bit, NaN equal to NaN.
 * Configuration, provenance and times are no results; memory and FLOPs are. Returns how many calls. */
int record_compare(const struct record *a, const struct record *b,
                   void (*each)(const char *what, const char *how, void *data), void *data);
/* The same for two runs. */
int run_compare(const struct run *a, const struct run *b, void (*each)(const char *what, const char *how, void *data),
                void *data);
/* Calls each(key, value of a, value of b) for every configuration key whose values differ; NULL: one has no such key.
 */
int config_compare(const char *a, const char *b,
                   void (*each)(const char *key, const char *a, const char *b, void *data), void *data);
/* The first of n values that differ; n when none does. */
int first_difference(const double *a, const double *b, int n);

#endif
