/* A LoRA pair that a method computes in every pass from what it trains: y = x W0' + b + s (x~ A') B'. */
#ifndef TUNE_FORMED_H
#define TUNE_FORMED_H

#include "tune/lowrank.h"

/* State of a site, or its first member. */
struct formed {
    struct lowrank l;  /* of these two */
    struct param A, B; /* (r, in), (out, r): their w lasts from forward to backward, their g for one hook */
};

/* Room for a pair of rank r, contents undefined and the method's to fill; then lowrank_forward gives y. */
void formed_room(struct formed *, const struct site *, const struct pass *, int r, double scale);
/* The plain layer's gradients and dx; and dL/dA, dL/dB in A.g and B.g, in scratch, for the method to take further. */
void formed_backward(struct site *, const struct pass *, struct mat x, struct mat dy, struct mat dx);

#endif
