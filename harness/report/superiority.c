/* Probability that one method beats another, its bootstrap interval, and a verdict in three steps. */
#include "core/arena.h"
#include "core/rng.h"
#include "report/ranktest.h"
#include "report/stats.h"

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

/* Mean outcome of a[ia[i]] against b[ib[i]] (paired), or of all pairs of the two index sets. */
static double mean_outcome(const double *a, const int *ia, int n, const double *b, const int *ib, int m, int paired)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        for (int j = paired ? i : 0; j < (paired ? i + 1 : m); j++)
            sum += outcome(a[ia[i]], b[ib[j]]);
    return sum / ((double)n * (paired ? 1 : m));
}

static struct interval share_interval(const double *a, int n, const double *b, int m, int paired, int resamples,
                                      uint32_t id)
{
    struct rng r = rng_stream(0, RNG_BOOTSTRAP, id, STREAM_SUPERIORITY);
    int *ia = mem_alloc(((size_t)n + (size_t)m) * sizeof *ia), *ib = ia + n;
    double *value = mem_alloc((size_t)resamples * sizeof *value);
    for (int i = 0; i < n + m; i++)
        ia[i] = i < n ? i : i - n;
    double estimate = mean_outcome(a, ia, n, b, ib, m, paired);
    for (int s = 0; s < resamples; s++) {
        for (int i = 0; i < n; i++)
            ia[i] = (int)rng_below(&r, (uint32_t)n);
        for (int j = 0; j < m; j++)
            ib[j] = paired ? ia[j] : (int)rng_below(&r, (uint32_t)m);
        value[s] = mean_outcome(a, ia, n, b, ib, m, paired);
    }
    struct interval v = bootstrap_percentile(estimate, value, resamples);
    double bound = pow(0.025, 1.0 / (n < m ? n : m)); /* P(all pairs won) = 0.025 at this probability */
    if (estimate == 1 || estimate == 0) {
        v.low = estimate == 1 ? bound : 0;
        v.high = estimate == 1 ? 1 : 1 - bound;
        v.kind = INTERVAL_EXACT;
        v.fallback = true;
    }
    free(value);
    free(ia);
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
    struct interval v = n > STATS_MANY ? outcome_interval(a, b, n) : share_interval(a, n, b, n, 1, resamples, id);
    return judge(v, sign_test_p(wins, losses));
}

struct superiority superiority_unpaired(const double *a, int n, const double *b, int m, int resamples, uint32_t id)
{
    if (n < 1 || m < 1)
        return no_runs;
    return judge(share_interval(a, n, b, m, 0, resamples, id), mann_whitney_p(a, n, b, m));
}
