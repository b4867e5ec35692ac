/* The pair (A, B) that most methods share: y += s (x~ A') B', x~ = x with dropout; or the triple y += s ((x~ A') o E') B'. */
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
void lowrank_backward_delta(struct site *, const struct pass *, struct lowrank *, struct mat x, struct mat dy, struct mat dx);

/* The penalty on W whose rows (C = W W' - I) or columns (C = W' W - I) are not orthonormal: c ||C||^2 if squared, else
 * c ||C||, returned, and its gradient added to that of W. */
double lowrank_orthogonality(struct tuning *, struct param *W, bool rows, bool squared, double c);
/* How much the loss depends on each entry of W, smoothed over steps: with v = |w g|,
 * I <- b1 I + (1 - b1) v,  U <- b2 U + (1 - b2) |v - I|. I and U have the shape of W. */
void lowrank_sensitivity(const struct param *W, double b1, double b2, struct mat I, struct mat U);
/* The value that the n smallest of `count` scores do not exceed: -infinity for n < 1. */
double lowrank_threshold(const double *score, int count, int n);

/* adapter parameters of one pair: r (in + out) */
static inline long lowrank_count(int rank, int in, int out)
{
    return (long)rank * (in + out);
}

#endif
