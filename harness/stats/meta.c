/* Means over these tasks and over tasks like these (random effects), and how often their intervals hold the truth. */
#include "stats/meta.h"

#include "core/arena.h"
#include "core/rng.h"
#include "stats/distribution.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>

static struct interval around(double estimate, double error, double df)
{
    if (!(error > 0) || isnan(df) || df < 1)
        return (struct interval){.estimate = estimate, .low = NAN, .high = NAN, .kind = INTERVAL_NONE};
    const double half = student_quantile(0.975, df) * error;
    return (struct interval){.estimate = estimate, .low = estimate - half, .high = estimate + half, INTERVAL_STUDENT};
}

/* Weighted mean with weights 1 / (error^2 + tau2); *spread receives sum w (d - mean)^2, *weights their sum. */
static double weighted(const struct contrast *c, int k, double tau2, double *spread, double *weights)
{
    double sum = 0;
    *weights = *spread = 0;
    for (int i = 0; i < k; i++) {
        const double w = 1 / (c[i].error * c[i].error + tau2);
        sum += w * c[i].difference;
        *weights += w;
    }
    for (int i = 0; i < k; i++)
        *spread += pow(c[i].difference - sum / *weights, 2) / (c[i].error * c[i].error + tau2);
    return sum / *weights;
}

/* The tau^2 at which the weighted spread is what k tasks have, k - 1; 0 when it is less at once. */
static double between(const struct contrast *c, int k)
{
    double low = 0, high = 0, spread, weights;
    weighted(c, k, 0, &spread, &weights);
    if (!(spread > k - 1))
        return 0;
    for (high = 1e-12; weighted(c, k, high, &spread, &weights), spread > k - 1;)
        high *= 4;
    for (int i = 0; i < 100; i++) {
        const double middle = 0.5 * (low + high);
        weighted(c, k, middle, &spread, &weights);
        *(spread > k - 1 ? &low : &high) = middle;
    }
    return high;
}

/* The mean of k contrasts, whose errors are independent. */
static struct contrast mean_of(const struct contrast *c, int k)
{
    double difference = 0, own = 0, common = 0, parts = 0;
    for (int i = 0; i < k; i++) {
        difference += c[i].difference / k;
        own += c[i].own / k / k;
        common += c[i].common / k / k;
        parts += pow(c[i].error / k, 4) / c[i].df;
    }
    if (!k)
        return contrast_made(NAN, NAN, NAN, NAN);
    const double variance = own + common; /* Satterthwaite 1946; where no run differs from another, any df will do */
    return contrast_made(difference, own, common, variance == 0 ? c[0].df : variance * variance / parts);
}

struct pooled pool(const struct contrast *c, int k)
{
    struct pooled r = {.mean = mean_of(c, k), .tau = NAN};
    double spread, weights;
    bool errors = true; /* all known, and above 0 */
    for (int i = 0; i < k; i++)
        errors &= c[i].error > 0;
    r.here = around(r.mean.difference, r.mean.error, r.mean.df);
    r.like = r.next = around(r.mean.difference, NAN, NAN);
    if (k < INTERVAL_LEAST || !errors)
        return r;
    const double tau2 = between(c, k), centre = weighted(c, k, tau2, &spread, &weights);
    const double error2 = fmax(1, spread / (k - 1)) / weights;
    r.tau = sqrt(tau2);
    r.like = around(centre, sqrt(error2), k - 1);
    r.next = around(centre, sqrt(tau2 + error2), k - 2);
    return r;
}

double pooled_coverage(enum pooled_kind kind, int tasks, int n, int others, double tau, int trials)
{
    struct rng r = rng_stream(0, RNG_BOOTSTRAP, (uint32_t)(kind + 4 * tasks), STREAM_COVERAGE);
    double *a = mem_alloc((size_t)(n + others) * sizeof *a), *b = a + n;
    struct contrast *c = mem_alloc((size_t)tasks * sizeof *c);
    int held = 0;
    for (int trial = 0; trial < trials; trial++) {
        double here = 0;
        for (int t = 0; t < tasks; t++) {
            const double truth = tau * rng_normal(&r);
            for (int i = 0; i < n + others; i++)
                a[i] = rng_normal(&r) + (i < n ? truth : 0);
            c[t] = contrast_of(a, n, b, others);
            here += truth / tasks;
        }
        const struct pooled p = pool(c, tasks);
        const double truth = kind == POOLED_HERE ? here : kind == POOLED_LIKE ? 0 : tau * rng_normal(&r);
        const struct interval v = kind == POOLED_HERE ? p.here : kind == POOLED_LIKE ? p.like : p.next;
        held += v.low <= truth && truth <= v.high;
    }
    free(a);
    free(c);
    return (double)held / trials;
}
