/* The book of the laws: what each is, how a check reports to it, and the errors that are kept. */
#ifndef CHECK_LAWBOOK_H
#define CHECK_LAWBOOK_H

#include "core/real.h"

#include <stdbool.h>
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
    LAW_FORM,     /* the file is what it states: sizes, names, starting values, random streams, dropout */
    LAW_RESTART,  /* stopped between two steps and restarted from its arenas, a run has the same bits */
    LAWS
};

/* The worst of a law's checks. */
struct law_outcome {
    int checks; /* 0: the law says nothing about this method (or, LAW_GRADIENT in float, is checked in double) */
    bool broken;
    double error, allowed; /* relative to the largest value compared; bytes or tensors where bits are compared */
    char where[160];       /* phase, tensor or site of the worst; where bits are compared, what broke */
};
struct laws {
    struct law_outcome law[LAWS];
};

extern const char *const law_titles[LAWS];
/* What it usually means when this law is broken, in one sentence: where an author should look first. */
extern const char *const law_hints[LAWS];

/* One measured error; the worst of each law is kept. NaN counts as infinite. */
void law_note(struct laws *l, enum law law, double error, double allowed, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* *to := the worse of *to and *from, law by law. */
void law_keep_worst(struct laws *to, const struct laws *from);
int law_count_broken(const struct laws *l);
/* Rounding allowed in this build. */
static inline double law_tolerance(double in_double, double in_float)
{
    return sizeof(real) == sizeof(double) ? in_double : in_float;
}
/* max|a - b| / max|b| */
double law_distance(struct mat a, struct mat b);

#endif
