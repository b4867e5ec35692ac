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

/* W = U diag(S) V' (out, in), p = min(in, out) values, the largest first; U (out, p), Vt (p, in); in scratch. */
struct svd {
    struct mat U, Vt;
    double *S;
    int p;
};
struct svd lowrank_svd(struct arena *scratch, struct mat W);
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

/* adapter parameters of one pair: r (in + out) */
static inline long lowrank_count(int rank, int in, int out)
{
    return (long)rank * (in + out);
}

#endif
