/* Probability that one method beats another, its bootstrap interval, and a verdict in three steps. */
#include "stats/superiority.h"

#include "core/arena.h"
#include "core/rng.h"
#include "stats/distribution.h"
#include "stats/ranktest.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>

const char *verdict_name(enum verdict v)
{
    static const char *const names[] = {"not significant", "significant, not meaningful", "meaningful"};
    return names[v];
}

/* 1 for a win of a, 1/2 for a tie, 0 for a loss. */
static double outcome(double a, double b)
{
    return a > b ? 1 : a < b ? 0 : 0.5;
}

/* Over pairs drawn again as pairs. */
static struct interval share_interval(const double *a, const double *b, int n, int resamples, uint32_t id)
{
    struct rng r = rng_stream(0, RNG_BOOTSTRAP, id, STREAM_SUPERIORITY);
    double *value = mem_alloc((size_t)resamples * sizeof *value), estimate = 0;
    for (int i = 0; i < n; i++)
        estimate += outcome(a[i], b[i]);
    estimate /= n;
    for (int s = 0; s < resamples; s++) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            uint32_t k = rng_below(&r, (uint32_t)n);
            sum += outcome(a[k], b[k]);
        }
        value[s] = sum / n;
    }
    struct interval v = bootstrap_percentile(estimate, value, resamples);
    double bound = pow(0.025, 1.0 / n); /* P(all pairs won) = 0.025 at this probability */
    if (estimate == 1 || estimate == 0) {
        v.low = estimate == 1 ? bound : 0;
        v.high = estimate == 1 ? 1 : 1 - bound;
        v.kind = INTERVAL_EXACT;
        v.fallback = true;
    }
    free(value);
    return v;
}

/* Many pairs: each outcome is one value, and their mean has Student's interval. */
static struct interval outcome_interval(const double *a, const double *b, int n)
{
    double *won = mem_alloc((size_t)n * sizeof *won);
    for (int i = 0; i < n; i++)
        won[i] = outcome(a[i], b[i]);
    struct interval v = student_interval(won, n);
    free(won);
    return v;
}

static struct superiority judge(struct interval v, double p)
{
    int significant = (v.low > 0.5 || v.high < 0.5) && p <= 0.05, far = v.estimate > 0.75 || v.estimate < 0.25;
    return (struct superiority){v, p, !significant ? NOT_SIGNIFICANT : far ? MEANINGFUL : NOT_MEANINGFUL};
}

static const struct superiority no_runs = {.probability = {.estimate = NAN, .low = NAN, .high = NAN}, .p = NAN};

struct superiority superiority_paired(const double *a, const double *b, int n, int resamples, uint32_t id)
{
    if (n < 1)
        return no_runs;
    int wins = 0, losses = 0;
    for (int i = 0; i < n; i++) {
        wins += a[i] > b[i];
        losses += a[i] < b[i];
    }
    struct interval v = n > STATS_MANY ? outcome_interval(a, b, n) : share_interval(a, b, n, resamples, id);
    return judge(v, sign_test_p(wins, losses));
}
