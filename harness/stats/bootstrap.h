/* Confidence intervals over runs: BCa and percentile bootstrap, Student's t, and their simulated coverage. */
#ifndef STATS_BOOTSTRAP_H
#define STATS_BOOTSTRAP_H

#include <stdbool.h>
#include <stdint.h>

enum { BOOTSTRAP_RESAMPLES = 10000 };

enum interval_kind { INTERVAL_NONE, INTERVAL_BCA, INTERVAL_PERCENTILE, INTERVAL_STUDENT, INTERVAL_EXACT };

struct interval {
    double estimate, low, high; /* 95 %; low and high are NaN when kind is INTERVAL_NONE */
    enum interval_kind kind;    /* what low and high are */
    bool fallback;              /* another kind was asked for but is undefined for these data */
    int undefined;              /* resamples whose statistic was NaN; they are left out */
};

/* A statistic of the units index[0..count), each in 0..n-1. A unit is what was drawn independently: a run, a pair of
 * runs, or (cluster resampling) a run with all its checkpoints. `data` is the caller's. NaN when undefined. */
struct statistic {
    double (*of)(const int *index, int count, const void *data);
    const void *data;
};

/* 95 % bootstrap interval of a statistic of n units, kind INTERVAL_BCA or INTERVAL_PERCENTILE. The stream is
 * (RNG_BOOTSTRAP, id), so equal arguments give equal bits. BCa (Efron 1987; Efron and Tibshirani 1993, eq. 14.9-14.15,
 * jackknife acceleration, ties of resample and estimate counted half) falls back to percentile when the jackknife or
 * the bias correction is undefined; constant resamples give zero width, n < 2 or an undefined estimate INTERVAL_NONE.
 */
struct interval bootstrap_interval(enum interval_kind kind, struct statistic s, int n, int resamples, uint32_t id);

/* The percentile part alone: the interval of `count` resampled values (sorted in place, NaN left out). */
struct interval bootstrap_percentile(double estimate, double *resampled, int count);

/* BCa of the mean of (n) values, with BOOTSTRAP_RESAMPLES. */
struct interval bootstrap_mean(const double *x, int n, uint32_t id);
/* An estimate without an interval. */
struct interval no_interval(double estimate);

/* mean -+ t_{0.975, n-1} sd / sqrt(n); n < 2 gives INTERVAL_NONE. */
struct interval student_interval(const double *x, int n);

enum sample_shape { SHAPE_NORMAL, SHAPE_SKEWED }; /* N(0, 1); exponential with mean 1, skewness 2 */

/* Share of `trials` simulated samples of n whose 95 % interval of the mean covers the true mean; any kind that
 * bootstrap_interval or student_interval gives. Standard error: sqrt(0.05 * 0.95 / trials) or so. */
double interval_coverage(enum interval_kind kind, enum sample_shape shape, int n, int trials, int resamples);

/* The `step` of RNG_BOOTSTRAP: intervals of runs, simulations of coverage, draws by strata. Within one, ids are as the caller makes
 * them. Another number, other draws. */
enum bootstrap_stream { STREAM_UNITS = 0, STREAM_COVERAGE = 1, STREAM_STRATA = 3 };

#endif
