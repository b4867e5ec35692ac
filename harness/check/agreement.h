/* How far numbers are from those that they should be: max|a - b| / max|b|. */
#ifndef CHECK_AGREEMENT_H
#define CHECK_AGREEMENT_H

#include "core/h5.h"

/* Begins as zeros. */
struct agreement {
    double error, largest; /* max|a - b|, infinite once a or b is not a number; max|b| */
};
/* One more pair: a, which should be b. */
void agreement_add(struct agreement *, double a, double b);
/* A matrix, which should hold these values row by row. */
struct agreement agreement_of(struct mat got, const double *want);
/* max|a - b| / max|b|; where every b is 0, max|a - b|. */
double agreement_error(const struct agreement *);

/* The values of a file's dataset, in memory that the caller frees. Dies with EXIT_DATA unless they are n. */
double *agreement_read(const struct h5 *, const char *dataset, size_t n);

#endif
