/* Exact tests of paired runs, Holm's correction and the power of a paired comparison. */
#include "stats/ranktest.h"

#include "core/arena.h"
#include "stats/distribution.h"
#include "stats/stats.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* Differences this far apart, relative to the largest, are equal up to rounding. */
static const double tie_tolerance = 1e-12;

static double largest(const double *d, int n)
{
    double top = 0;
    for (int i = 0; i < n; i++)
        top = fmax(top, fabs(d[i]));
    return top;
}

/* Two-sided p of a score whose probabilities under the null are weight[0..top]; weights need not sum to 1. */
static double two_sided(const double *weight, int top, int score)
{
    double below = 0, above = 0, all = 0;
    for (int s = 0; s <= top; s++) {
        all += weight[s];
        below += s <= score ? weight[s] : 0;
        above += s >= score ? weight[s] : 0;
    }
    return fmin(1, 2 * fmin(below, above) / all);
}

/* P(sum of the doubled ranks with positive sign = s), s = 0..top, each sign a fair coin. */
static double *sign_distribution(const int *doubled, int n, int top)
{
    double *weight = mem_alloc(((size_t)top + 1) * sizeof *weight);
    weight[0] = 1;
    for (int i = 0, reach = 0; i < n; i++) {
        reach += doubled[i];
        for (int s = reach; s >= 0; s--)
            weight[s] = 0.5 * (weight[s] + (s >= doubled[i] ? weight[s - doubled[i]] : 0));
    }
    return weight;
}

/* Two-sided p of a sum of doubled ranks that lies `off` its mean, when each has either sign: variance sum r^2 / 4. */
static double limit_p(const int *doubled, int n, double off)
{
    double squares = 0;
    for (int i = 0; i < n; i++)
        squares += (double)doubled[i] * doubled[i];
    return fmin(1, 2 * normal_cdf(-fabs(off) / sqrt(squares / 4)));
}

struct signed_rank wilcoxon_signed_rank(const double *d, int n, enum zeros zeros)
{
    struct signed_rank result = {.p = 1};
    if (n < 1)
        return result;
    double tie = tie_tolerance * largest(d, n), *size = mem_alloc(2 * (size_t)n * sizeof *size), *rank = size + n;
    int *doubled = mem_alloc((size_t)n * sizeof *doubled), kept = 0;
    double top = 0, plus = 0;
    for (int i = 0; i < n; i++)
        if (zeros == ZEROS_PRATT || fabs(d[i]) > tie)
            size[kept++] = fabs(d[i]) > tie ? fabs(d[i]) : 0;
    stats_ranks(size, kept, tie, rank);
    for (int i = 0, at = 0; i < n; i++) {
        int zero = fabs(d[i]) <= tie;
        if (!zero) {
            doubled[result.signs] = (int)lround(2 * rank[at]);
            plus += d[i] > 0 ? doubled[result.signs] : 0;
            top += doubled[result.signs++];
        }
        at += !zero || zeros == ZEROS_PRATT;
    }
    if (result.signs > STATS_MANY)
        result.p = limit_p(doubled, result.signs, plus - 0.5 * top);
    else {
        double *weight = sign_distribution(doubled, result.signs, (int)top);
        result.p = two_sided(weight, (int)top, (int)plus);
        free(weight);
    }
    result.plus = 0.5 * plus;
    result.minus = 0.5 * (top - plus);
    free(doubled);
    free(size);
    return result;
}

double smallest_p(int n)
{
    return n < 1 ? 1 : ldexp(1, 1 - n);
}

double sign_test_p(int wins, int losses)
{
    int n = wins + losses, fewer = wins < losses ? wins : losses;
    if (n > STATS_MANY) /* the same tail as an incomplete beta (DLMF 8.17.5) */
        return fmin(1, 2 * beta_cdf(0.5, n - fewer, fewer + 1));
    double *weight = mem_alloc(((size_t)n + 1) * sizeof *weight);
    weight[0] = 1;
    for (int i = 1; i <= n; i++) /* the row of Pascal's triangle, halved as it grows */
        for (int s = i; s >= 0; s--)
            weight[s] = 0.5 * (weight[s] + (s > 0 ? weight[s - 1] : 0));
    double p = two_sided(weight, n, wins);
    free(weight);
    return p;
}

void holm(const double *p, int n, double *adjusted)
{
    int family = 0;
    for (int i = 0; i < n; i++)
        family += !isnan(p[i]);
    for (int i = 0; i < n; i++) {
        adjusted[i] = isnan(p[i]) ? NAN : 0;
        for (int j = 0; j < n; j++) {
            if (!(p[j] <= p[i])) /* later in the order, or no hypothesis */
                continue;
            int before = 0;
            for (int k = 0; k < n; k++)
                before += p[k] < p[j];
            adjusted[i] = fmax(adjusted[i], fmin(1, (family - before) * p[j]));
        }
    }
}

double paired_power(double shift, double sd, int n, double alpha)
{
    if (n < 2)
        return NAN;
    double critical = student_quantile(1 - 0.5 * alpha, n - 1), delta = fabs(shift) / sd * sqrt(n);
    return 1 - noncentral_cdf(critical, n - 1, delta) + noncentral_cdf(-critical, n - 1, delta);
}

double smallest_difference(double sd, int n, double power, double alpha)
{
    assert(power > alpha && power < 1);
    if (n < 2 || isnan(sd))
        return NAN;
    double low = 0, high = 1; /* in units of sd */
    while (paired_power(high, 1, n, alpha) < power)
        high *= 2;
    for (int i = 0; i < 50; i++) {
        double middle = 0.5 * (low + high);
        if (paired_power(middle, 1, n, alpha) < power)
            low = middle;
        else
            high = middle;
    }
    return high * sd;
}
