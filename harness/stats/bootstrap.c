/* Bootstrap and t intervals of a statistic over independent units, and a simulation of how often they cover. */
#include "stats/bootstrap.h"

#include "core/arena.h"
#include "core/rng.h"
#include "stats/distribution.h"
#include "stats/stats.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

static const double tail = 0.025; /* outside a 95 % interval, on each side */

struct interval no_interval(double estimate)
{
    return (struct interval){.estimate = estimate, .low = NAN, .high = NAN, .kind = INTERVAL_NONE};
}

/* Drops NaN and sorts; returns how many are left. */
static int tidy(double *v, int count)
{
    int kept = 0;
    for (int i = 0; i < count; i++)
        if (!isnan(v[i]))
            v[kept++] = v[i];
    stats_sort(v, kept);
    return kept;
}

struct interval bootstrap_percentile(double estimate, double *resampled, int count)
{
    int kept = tidy(resampled, count);
    if (kept == 0 || isnan(estimate))
        return no_interval(estimate);
    return (struct interval){.estimate = estimate,
                             .low = stats_sorted_quantile(resampled, kept, tail),
                             .high = stats_sorted_quantile(resampled, kept, 1 - tail),
                             .kind = INTERVAL_PERCENTILE,
                             .undefined = count - kept};
}

/* a = sum d_i^3 / (6 (sum d_i^2)^(3/2)), d_i = mean jackknife value - value without unit i; NaN if all are equal. */
static double acceleration(struct statistic s, int n, int *index)
{
    double *value = mem_alloc((size_t)n * sizeof *value), squares = 0, cubes = 0;
    for (int out = 0; out < n; out++) {
        for (int i = 0; i < n - 1; i++)
            index[i] = i + (i >= out);
        value[out] = s.of(index, n - 1, s.data);
    }
    double mean = stats_mean(value, n);
    for (int i = 0; i < n; i++) {
        double d = mean - value[i];
        squares += d * d;
        cubes += d * d * d;
    }
    free(value);
    return cubes / (6 * squares * sqrt(squares)); /* 0/0 when the jackknife is constant */
}

/* The level of the resamples at which BCa reads the bound of nominal level p. */
static double corrected(double p, double bias, double accel)
{
    double z = bias + normal_quantile(p);
    return normal_cdf(bias + z / (1 - accel * z));
}

static struct interval correct(struct interval plain, const double *sorted, int kept, struct statistic s, int n,
                               int *index)
{
    double tie = 1e-12 * (sorted[kept - 1] - sorted[0]); /* one resample summed in two orders is still one value */
    int below = 0, equal = 0;
    for (int i = 0; i < kept; i++) {
        below += sorted[i] < plain.estimate - tie;
        equal += fabs(sorted[i] - plain.estimate) <= tie;
    }
    if (sorted[kept - 1] == sorted[0]) /* constant: zero width whatever the method */
        return plain;
    double bias = normal_quantile((below + 0.5 * equal) / kept), accel = acceleration(s, n, index);
    double low = corrected(tail, bias, accel), high = corrected(1 - tail, bias, accel);
    if (!isfinite(bias) || !isfinite(accel) || !(low < high)) {
        plain.fallback = true;
        return plain;
    }
    plain.low = stats_sorted_quantile(sorted, kept, low);
    plain.high = stats_sorted_quantile(sorted, kept, high);
    plain.kind = INTERVAL_BCA;
    return plain;
}

static struct interval interval_from(struct rng *r, enum interval_kind kind, struct statistic s, int n, int resamples)
{
    assert((kind == INTERVAL_BCA || kind == INTERVAL_PERCENTILE) && resamples > 0);
    int *index = mem_alloc((size_t)(n > 0 ? n : 1) * sizeof *index);
    for (int i = 0; i < n; i++)
        index[i] = i;
    double estimate = n < 1 ? NAN : s.of(index, n, s.data);
    struct interval result = no_interval(estimate);
    if (n >= 2 && !isnan(estimate)) {
        double *value = mem_alloc((size_t)resamples * sizeof *value);
        for (int b = 0; b < resamples; b++) {
            for (int i = 0; i < n; i++)
                index[i] = (int)rng_below(r, (uint32_t)n);
            value[b] = s.of(index, n, s.data);
        }
        result = bootstrap_percentile(estimate, value, resamples);
        if (kind == INTERVAL_BCA && result.kind == INTERVAL_PERCENTILE)
            result = correct(result, value, resamples - result.undefined, s, n, index);
        free(value);
    }
    free(index);
    return result;
}

struct interval bootstrap_interval(enum interval_kind kind, struct statistic s, int n, int resamples, uint32_t id)
{
    struct rng r = rng_stream(0, RNG_BOOTSTRAP, id, STREAM_UNITS);
    return interval_from(&r, kind, s, n, resamples);
}

/* Sum about the first value, as stats_mean does: constant data resample to that constant exactly. */
static double mean_of(const int *index, int count, const void *data)
{
    const double *x = data;
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += x[index[i]] - x[0];
    return x[0] + sum / count;
}

struct interval bootstrap_mean(const double *x, int n, uint32_t id)
{
    return bootstrap_interval(INTERVAL_BCA, (struct statistic){mean_of, x}, n, BOOTSTRAP_RESAMPLES, id);
}

struct interval student_interval(const double *x, int n)
{
    double mean = stats_mean(x, n);
    if (n < 2)
        return no_interval(mean);
    double half = student_quantile(1 - tail, n - 1) * stats_sd(x, n) / sqrt(n);
    return (struct interval){.estimate = mean, .low = mean - half, .high = mean + half, .kind = INTERVAL_STUDENT};
}

double interval_coverage(enum interval_kind kind, enum sample_shape shape, int n, int trials, int resamples)
{
    assert(n >= 2 && trials > 0);
    struct rng r = rng_stream(0, RNG_BOOTSTRAP, 1, STREAM_COVERAGE);
    double *x = mem_alloc((size_t)n * sizeof *x), truth = shape == SHAPE_SKEWED ? 1 : 0;
    int covered = 0;
    for (int trial = 0; trial < trials; trial++) {
        for (int i = 0; i < n; i++)
            x[i] = shape == SHAPE_SKEWED ? -log(1 - rng_uniform(&r)) : rng_normal(&r);
        struct interval v = kind == INTERVAL_STUDENT
                                ? student_interval(x, n)
                                : interval_from(&r, kind, (struct statistic){mean_of, x}, n, resamples);
        covered += v.low <= truth && truth <= v.high;
    }
    free(x);
    return (double)covered / trials;
}
