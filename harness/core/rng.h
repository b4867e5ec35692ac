/* Counter-based random streams (Random123's Philox4x32-10): a number depends on its key and index alone. */
#ifndef CORE_RNG_H
#define CORE_RNG_H

#include "core/real.h"

#include <stdint.h>

/* What a stream is for. Streams never overlap, so adding one cannot shift another; append only. */
enum purpose {
    RNG_BASE_INIT = 1, /* id: parameter */
    RNG_ADAPTER,       /* id: site and tensor */
    RNG_SHARED,        /* tensors shared by all sites (VeRA's A and B) */
    RNG_DROPOUT,       /* id: site; step: optimizer step */
    RNG_ORDER,         /* step: epoch */
    RNG_DATA,          /* id: split or task */
    RNG_MASK,          /* masked language modelling */
    RNG_HEAD,
    RNG_SELECT, /* LoRA-drop's sample and its random control */
    RNG_TEACHER,
    RNG_BOOTSTRAP,
    RNG_SWEEP_ORDER,
    RNG_TEST,
    RNG_NULL /* figure F1's null model; from its step 1 << 31 on what verbs draw that look at trained weights */
};

struct rng {
    uint32_t key[2], ctr[4]; /* key = seed; ctr = (block, step, id, purpose) */
    uint32_t out[4];
    int left; /* unused words of out */
};

/* The stream of (seed; purpose, id, step), at its start. */
struct rng rng_stream(uint64_t seed, enum purpose purpose, uint32_t id, uint32_t step);
uint32_t rng_u32(struct rng *r);
double rng_uniform(struct rng *r);             /* [0, 1), 53 bits */
double rng_normal(struct rng *r);              /* N(0, 1), Box-Muller, two uniforms per call */
uint32_t rng_below(struct rng *r, uint32_t n); /* uniform on 0..n-1, unbiased; n > 0 */
int rng_chance(struct rng *r, double p);       /* 1 with probability p */
void rng_shuffle(struct rng *r, int *a, int n);
/* place[0..k) := k of 0..all-1 in ascending order, each set equally likely; k <= all. */
void rng_subset(struct rng *r, int all, int k, int *place);

/* Word `index` of a stream without walking to it; index < 2^34. */
uint32_t rng_at(const struct rng *start, uint64_t index);

/* Fills: drawn in double and rounded to real, so that the float and the double build agree. */
void rng_fill_uniform(struct rng *r, struct mat m, double low, double high);
void rng_fill_normal(struct rng *r, struct mat m, double sd);

#endif
