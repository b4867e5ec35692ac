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

/* adapter parameters of one pair: r (in + out) */
static inline long lowrank_count(int rank, int in, int out)
{
    return (long)rank * (in + out);
}

#endif
