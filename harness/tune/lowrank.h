/* The pair (A, B) that most methods share: y += s (x~ A') B', x~ = x with dropout. */
#ifndef TUNE_LOWRANK_H
#define TUNE_LOWRANK_H

#include "tune/method.h"

struct lowrank {
    struct param *A, *B; /* (r, in), (out, r) */
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
/* The gradients alone, for a dy that the method has transformed: dB += s dy' u, dA += s (dy B)' x~, dx += mask o s (dy B) A. */
void lowrank_backward_delta(struct site *, const struct pass *, struct lowrank *, struct mat x, struct mat dy, struct mat dx);

/* adapter parameters of one pair: r (in + out) */
static inline long lowrank_count(int rank, int in, int out)
{
    return (long)rank * (in + out);
}

#endif
