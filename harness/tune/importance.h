/* What matters most: smoothed sensitivity of the entries of a triple, and choosing among triplets or sites. */
#ifndef TUNE_IMPORTANCE_H
#define TUNE_IMPORTANCE_H

#include "tune/method.h"

struct lowrank; /* tune/lowrank.h */

/* How much the loss depends on each entry of A, E and B, smoothed over steps: I <- b1 I + (1 - b1) |w g| and its
 * scatter U <- b2 U + (1 - b2) | |w g| - I |. */
struct importance {
    struct mat I[3], U[3]; /* in the shapes of A, E, B */
    struct mat keep;       /* (1, r): a method's verdict, 1 or 0 */
};
void importance_attach(struct tuning *, const struct lowrank *, struct importance *);
void importance_update(const struct lowrank *, struct importance *, double b1, double b2);
/* S_k = (I U)_E_k + mean_j (I U)_A_kj + mean_j (I U)_B_jk */
double importance_of_triplet(const struct importance *, int k);
/* The value that the n smallest of `count` scores do not exceed: -infinity for n < 1. */
double importance_threshold(const double *score, int count, int n);
/* Chooses sites. share: in, the importance of every site; out, its share among those of its type, or among all. Kept
 * are the n of largest value (NULL: of largest share); for n = 0, per type (or of all) as many as the most important
 * ones need to reach the share T, all for T >= 1. */
void importance_select(const struct tuning *, double *share, bool by_type, const double *value, int n, double T,
                       bool *kept);

#endif
