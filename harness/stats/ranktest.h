/* Paired comparison of two methods: exact tests, multiplicity, probability of superiority, power. */
#ifndef STATS_RANKTEST_H
#define STATS_RANKTEST_H

#include "stats/bootstrap.h"

#include <stdint.h>

/* What Wilcoxon does with zero differences: leave them out (Wilcoxon 1945), or rank them and then leave out (Pratt
 * 1959). */
enum zeros { ZEROS_DROP, ZEROS_PRATT };

struct signed_rank {
    double plus, minus; /* sums of the mid-ranks of positive and negative differences */
    double p;  /* two-sided: min(1, 2 min(P(W+ <= plus), P(W+ >= plus))) over all sign flips; 1 without signs */
    int signs; /* differences that are not zero */
};
/* Wilcoxon's signed-rank test of the (n) differences d, by dynamic programming over doubled mid-ranks exact up to
 * STATS_MANY signs, O(n^3); above, by the normal limit given the ranks. |d| within 1e-12 of the largest count as tied
 * (scores are k/N; their differences tie up to rounding). */
struct signed_rank wilcoxon_signed_rank(const double *d, int n, enum zeros zeros);

/* The smallest p that sign flips of n differences can give: 2^(1 - n), at most 1. */
double smallest_p(int n);
/* Two-sided exact sign test of wins against losses: min(1, 2 P(Binomial(wins + losses, 1/2) <= fewer)). */
double sign_test_p(int wins, int losses);
/* Holm's step-down adjusted p values of (n): max over j <= i of min(1, (n - j) p_(j)), j from 0 (Holm 1979).
 * NaN is no hypothesis: it stays NaN and does not count. */
void holm(const double *p, int n, double *adjusted);

enum verdict { NOT_SIGNIFICANT, NOT_MEANINGFUL, MEANINGFUL };
const char *verdict_name(enum verdict v);

struct superiority {
    struct interval probability; /* P(A > B) + P(A = B) / 2 */
    double p;                    /* exact: sign test */
    enum verdict verdict;
};
/* Probability of superiority (Bouthillier et al. 2021) with a percentile bootstrap interval over pairs; greater is
 * better. Verdict: not significant when the interval contains 1/2 or the exact p exceeds 0.05; else meaningful when the
 * estimate is above 3/4 or below 1/4. The exact test stands beside the interval because few pairs make the bootstrap
 * too sure: 6 wins of 7 give an interval above 1/2, which chance does in 1 of 8 comparisons. When every resample is
 * alike because A always won (or lost), the far bound is the exact 0.025^(1/n). More than STATS_MANY pairs have
 * Student's interval. */
struct superiority superiority_paired(const double *a, const double *b, int n, int resamples, uint32_t id);

/* Power of the two-sided paired t test of n differences with mean `shift` and standard deviation sd (noncentral t). */
double paired_power(double shift, double sd, int n, double alpha);
/* The smallest true mean difference which n paired runs, whose differences have standard deviation sd, detect with
 * `power` at level alpha; 0 when sd is 0, NaN for n < 2. */
double smallest_difference(double sd, int n, double power, double alpha);

#endif
