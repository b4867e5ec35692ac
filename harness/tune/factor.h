/* A small trained matrix of a site that is either itself or a product a b of low rank. */
#ifndef TUNE_FACTOR_H
#define TUNE_FACTOR_H

#include "tune/method.h"

struct factor {
    struct param *full, *a, *b; /* (rows, cols); or NULL, and then (rows, r), (r, cols) of the site's rank r */
    struct mat M;               /* (rows, cols), by factor_form; kept from forward to backward */
};

/* Declares `name`, or `name`_a and `name`_b, which train. */
void factor_attach(struct tuning *, struct site *, struct factor *, const char *name, int rows, int cols, bool full);
/* M := the matrix or a b. */
void factor_form(struct factor *, const struct pass *);
/* Adds to the gradients from G = dL/dM: da += G b', db += a' G. */
void factor_gradient(const struct factor *, struct mat G);
/* Entry (i, j) of the matrix, from the parameters alone. */
double factor_entry(const struct factor *, int i, int j);

#endif
