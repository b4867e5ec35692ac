/* The laws every method obeys, checked on a tiny model: what makes a new method file tested the moment it exists. */
#ifndef CHECK_LAWS_H
#define CHECK_LAWS_H

#include "tune/method.h"

#include <stdio.h>

enum law {
    LAW_START,    /* attaching changes nothing at step 0 (a later phase: nothing that trains does) */
    LAW_WEIGHT,   /* forward = x W' + b with `weight`, at random parameters */
    LAW_GRADIENT, /* backward = central differences, dropout and penalty on; double only */
    LAW_MOVES,    /* what is declared moves, and nothing else, bitwise */
    LAW_BITS,     /* same seed, same bits */
    LAW_INPUT,    /* backward reads x when it says NEEDS_INPUT, and only then */
    LAW_REFRESH,  /* refresh is idempotent */
    LAW_EXPORT,   /* the effective weights in a plain model give the same logits */
    LAW_COUNT,    /* parameters: the paper's formula, what attaches, and what counting alone says */
    LAW_ORDER,    /* batch order and packing do not change logits */
    LAW_GAUGE,    /* (alpha/(pq), p A, q B, lr_A p, lr_B q) trains to the same W */
    LAWS
};

/* The worst of a law's checks. */
struct law_outcome {
    int checks; /* 0: the law says nothing about this method (or, LAW_GRADIENT in float, is checked in double) */
    bool broken;
    double error, allowed; /* relative to the largest value compared; bytes or tensors where bits are compared */
    char where[120];       /* phase, tensor or site of the worst; where bits are compared, what broke */
};
struct laws {
    struct law_outcome law[LAWS];
};

/* Checks every law in every phase and returns how many are broken. extra: as tuning_open. Dies with EXIT_USAGE when the
 * method refuses the options. */
int laws_check(const struct method *m, const void *opts, const struct adapter *common, int extra, struct laws *result);
/* One line per law: verdict, title, measured and allowed error, and where the worst was, unless all was exact.
 * broken_only leaves the others out. */
void laws_print(const struct laws *result, bool broken_only, FILE *out);

/* laws_check for the defaults and for the variants that change the mathematics. Without and with dropout: each choice,
 * each switch, each number at another value and at zero, all six targets, the upper layer alone, unequal ranks.
 * Without: each two choices or switches together, the pooler, decay of all. Variants that the method refuses are
 * counted in *refused; the defaults must not be refused. Prints a line per variant, and the laws it broke, to `out`
 * unless that is NULL. Returns how many variants broke a law; the worst outcome of each law over all variants goes to
 * *result unless that is NULL. */
int laws_check_variants(const struct method *m, struct laws *result, int *tried, int *refused, FILE *out);

#endif
