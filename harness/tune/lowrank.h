/* The pair (A, B) that most methods share: y += s (x~ A') B', x~ = x with dropout; or the triple y += s ((x~ A') o E')
 * B'. */
#ifndef TUNE_LOWRANK_H
#define TUNE_LOWRANK_H

#include "tune/method.h"

struct lowrank {
    struct param *A, *B; /* (r, in), (out, r) */
    struct param *E;     /* (r, 1), or NULL */
    double s;            /* scale */
    struct mat u;        /* (N, r) = x~ A', kept from forward to backward */
};

/* Declares A and B with Hugging Face's names; frozen until tuning_train. */
void lowrank_attach(struct tuning *, struct site *, struct lowrank *);
/* A pair for all sites of s's type that have none of their own: "shared.<target>.lora_A.weight" and B. */
void lowrank_attach_shared(struct tuning *, const struct site *s, struct lowrank *);
/* A ~ U(-1/sqrt(in), 1/sqrt(in)) (kaiming uniform, a = sqrt 5), B = 0. */
void lowrank_init(const struct tuning *, const struct site *, struct lowrank *);

/* The hooks of plain LoRA, for methods whose site state begins with a struct lowrank. */
void lowrank_forward(struct site *, const struct pass *, struct mat x, struct mat y);
void lowrank_backward(struct site *, const struct pass *, struct mat x, struct mat dy, struct mat dx);
void lowrank_weight(const struct site *, struct mat W, struct mat b);
/* The gradients alone, for a dy that the method has transformed. With e = dy B:
 * dB += s dy' (u o E'),  dE += s colsum(e o u),  dA += s (e o E')' x~,  dx += mask o s (e o E') A. */
void lowrank_backward_delta(struct site *, const struct pass *, struct lowrank *, struct mat x, struct mat dy,
                            struct mat dx);

/* B A = the best approximation of rank r to M / s: with M = U S V', B = U_r sqrt(S_r / s) and A = sqrt(S_r / s) V_r'.
 */
void lowrank_factor(struct tuning *, struct mat M, double s, struct mat A, struct mat B);
/* (A, B) := the pair of the sites' rank nearest to the mean of B A over the sites of one type that are not kept. Its
 * memory outlives phases; A and B stay empty when all sites of the type are kept. */
void lowrank_mean(struct tuning *, enum target, const bool *kept, struct mat *A, struct mat *B);
/* sum over the rows of the last forward of ||s B A x||^2 = s^2 <B'B, u'u>: no (N, out) product is needed. */
double lowrank_output(const struct pass *, const struct lowrank *);
/* The penalty on an A whose rows and a B whose columns are not orthonormal, C = A A' - I and C = B' B - I: the sum of
 * c ||C||^2 if squared, else of c ||C||, returned, and its gradient added to those of A and B. */
double lowrank_orthogonality(struct tuning *, const struct lowrank *, bool squared, double c);
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

/* adapter parameters of one pair: r (in + out) */
static inline long lowrank_count(int rank, int in, int out)
{
    return (long)rank * (in + out);
}

#endif
