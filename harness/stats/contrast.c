/* Welch's interval, Dunnett's adjustment with unequal variances, and the verdict that follows. */
#include "stats/contrast.h"

#include "core/arena.h"
#include "stats/distribution.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>

struct contrast contrast_made(double difference, double own, double common, double df)
{
    struct contrast c = {difference, NAN, NAN, sqrt(own + common), df, NAN, own, common};
    if (isnan(df) ||
        c.error == 0) /* runs that all have one score, as few test rows or a collapse give, say nothing of others */
        return c;
    const double half = student_quantile(0.975, df) * c.error;
    c.low = difference - half;
    c.high = difference + half;
    c.p = 2 * student_cdf(-fabs(difference) / c.error, df);
    return c;
}

struct contrast contrast_of(const double *a, int na, const double *b, int nb)
{
    const double difference = stats_mean(a, na) - stats_mean(b, nb);
    if (na < INTERVAL_LEAST || nb < INTERVAL_LEAST)
        return contrast_made(difference, NAN, NAN, NAN);
    const double own = pow(stats_sd(a, na), 2) / na, common = pow(stats_sd(b, nb), 2) / nb, both = own + common;
    const double df = both > 0 ? both * both / (own * own / (na - 1) + common * common / (nb - 1)) : na + nb - 2;
    return contrast_made(difference, own, common, df);
}

struct contrast contrast_paired(const double *difference, int n)
{
    if (n < INTERVAL_LEAST)
        return contrast_made(stats_mean(difference, n), NAN, NAN, NAN);
    return contrast_made(stats_mean(difference, n), pow(stats_sd(difference, n), 2) / n, 0, n - 1);
}

/* P(|T_i| <= t for all i with the b of contrast `with` | the error of b's mean at z standard deviations): given that, they are
 * independent. T_i = (own error - common error) / sqrt(own + common). */
static double all_within(const struct contrast *c, const int *b, int n, int with, double t, double z)
{
    double product = 1;
    for (int i = 0; i < n; i++) {
        if (isnan(c[i].p) || c[i].error <= 0 || (b && b[i] != b[with]))
            continue;
        const double shift = z * sqrt(c[i].common), width = t * c[i].error, own = sqrt(c[i].own);
        if (own > 0)
            product *= normal_cdf((width + shift) / own) - normal_cdf((-width + shift) / own);
        else
            product *= fabs(shift) <= width;
    }
    return product;
}

static double simpson(int i, int panels)
{
    return i == 0 || i == panels ? 1 : i % 2 ? 4 : 2;
}

/* Whether contrast i is the first with its b. */
static bool first_of(const int *b, int i)
{
    for (int k = 0; k < i; k++)
        if (!b || b[k] == b[i])
            return false;
    return true;
}

/* P(all |T_i| <= t) for the contrasts that have contrast `with`'s b, at scale 1. */
static double within_one(const struct contrast *c, const int *b, int n, int with, double t)
{
    enum { ERRORS = 96 };
    double inner = 0, weight = 0;
    for (int i = 0; i <= ERRORS; i++) {
        const double z = -6 + 12.0 * i / ERRORS, here = exp(-0.5 * z * z) * simpson(i, ERRORS);
        inner += here * all_within(c, b, n, with, t, z);
        weight += here;
    }
    return inner / weight;
}

/* P(all |T_i| <= t) with a scale of df degrees of freedom. */
static double together(const struct contrast *c, const int *b, int n, double t, double df)
{
    enum { SCALES = 48 };
    const double low = fmax(1e-6, 1 - 5 / sqrt(df)), high = 1 + 5 / sqrt(df), step = (high - low) / SCALES;
    double total = 0, mass = 0;
    for (int k = 0; k <= SCALES; k++) {
        const double s = low + k * step;
        const double density = exp((df - 1) * log(s) - 0.5 * df * (s * s - 1)) * simpson(k, SCALES);
        double product = 1;
        for (int i = 0; i < n; i++)
            if (first_of(b, i))
                product *= within_one(c, b, n, i, t * s);
        total += density * product;
        mass += density;
    }
    return total / mass;
}

void contrast_adjust(const struct contrast *c, const int *b, int n, double *adjusted)
{
    for (int i = 0; i < n; i++) {
        adjusted[i] = c[i].p;
        if (isnan(c[i].p) || c[i].error <= 0)
            continue;
        const double joint = 1 - together(c, b, n, fabs(c[i].difference) / c[i].error, c[i].df);
        adjusted[i] = fmin(1, fmax(c[i].p, joint)); /* never below its own, whatever the quadrature rounds to */
    }
}

double probability_ahead(const double *a, int na, const double *b, int nb)
{
    double won = 0;
    for (int i = 0; i < na; i++)
        for (int k = 0; k < nb; k++)
            won += a[i] > b[k] ? 1 : a[i] == b[k] ? 0.5 : 0;
    return na && nb ? won / na / nb : NAN;
}

double detectable_difference(double error, double df)
{
    double low = 0, high = 100 * error;
    const double t = isnan(df) ? NAN : student_quantile(0.975, df);
    if (isnan(t) || !(error > 0))
        return NAN;
    while (high - low > 1e-6 * error) {
        const double middle = 0.5 * (low + high);
        const double power = 1 - noncentral_cdf(t, df, middle / error) + noncentral_cdf(-t, df, middle / error);
        *(power < 0.8 ? &low : &high) = middle;
    }
    return high;
}

double detectable_median(const struct contrast *c, int n)
{
    double *found = mem_alloc((size_t)(n + 1) * sizeof *found);
    int known = 0;
    for (int i = 0; i < n; i++) {
        const double least = detectable_difference(c[i].error, c[i].df);
        if (!isnan(least))
            found[known++] = least;
    }
    const double median = stats_median(found, known); /* NaN of none */
    free(found);
    return median;
}

const char *const verdict_names[] = {"", "equivalent", "better", "worse", "not worse", "not better", "undecided"};

enum verdict verdict_of(double low, double high, double p, double margin)
{
    if (isnan(low) || isnan(high))
        return VERDICT_NONE;
    if (low > -margin && high < margin)
        return VERDICT_EQUIVALENT;
    if (low > 0 && p <= 0.05)
        return VERDICT_BETTER;
    if (high < 0 && p <= 0.05)
        return VERDICT_WORSE;
    return low > -margin ? NOT_WORSE : high < margin ? NOT_BETTER : VERDICT_OPEN;
}
