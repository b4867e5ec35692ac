/* Timing a step at a model size: against its own matrix products, and part by part. */
#ifndef CHECK_STEP_TIME_H
#define CHECK_STEP_TIME_H

#include "base/masked.h"
#include "math/stopwatch.h"
#include "tune/tuning.h"

#include <stdbool.h>

struct bench_size {
    const char *name; /* "64" */
    int d, layers, heads, ffn, batch, length;
    int vocab; /* 0: the synthetic language's */
};
extern const struct bench_size bench_sizes[];
extern const int bench_size_count;

enum { BENCH_BATCHES = 8 };
enum bench_kind { BENCH_TRAIN, BENCH_EVALUATE, BENCH_PRETRAIN, BENCH_KINDS };
extern const char *const bench_kind_names[BENCH_KINDS];

struct bench {
    struct bench_size size;
    enum bench_kind kind;
    bool ragged; /* lengths spread evenly over 5/12 .. 1 of size.length (10..24 of 24: the tasks' 17 on average) */
    const int
        *length; /* of the examples of all batches, one after another, at most size.length; NULL: as `ragged` says */
    bool parts;  /* measure the products alone and the parts of a step as well */
    const struct method *method;
    const void *opts;
    struct adapter common;
    double seconds; /* how long to measure */
};

struct bench_result {
    int steps, products; /* measured; products of BLAS in one step */
    double tokens;       /* rows of a batch, on average */
    double step, bare;   /* median seconds of processor time: the step; its products alone, repeated in their memory */
    double ratio;        /* median of step / bare, pair by pair */
    double flops;        /* of the products and of attention */
    double peak;         /* of them a second that a core's multiply-adds do at most */
    double bytes[MEMORY_KINDS], base_bytes;
    double part[PARTS]; /* seconds of a median step */
    long trained;       /* parameters, the head included */
};

/* Steps on random weights and random words, in pairs with a repetition of their products, after a few unmeasured ones.
 */
void bench_run(const struct bench *b, struct bench_result *r);
/* b := batch k, 0 <= k < BENCH_BATCHES, of those that steps of pretraining take in turn. */
void bench_masked(struct masked_batch *b, const struct bench_size *size, int k);
/* The length of example i of batch k. */
int bench_length(const struct bench *b, int k, int i);

#endif
