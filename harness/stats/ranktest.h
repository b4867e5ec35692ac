/* Exact tests of paired runs, correction for many tests, and power. */
#ifndef STATS_RANKTEST_H
#define STATS_RANKTEST_H

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

/* Power of the two-sided paired t test of n differences with mean `shift` and standard deviation sd (noncentral t). */
double paired_power(double shift, double sd, int n, double alpha);
/* The smallest true mean difference which n paired runs, whose differences have standard deviation sd, detect with
 * `power` at level alpha; 0 when sd is 0, NaN for n < 2. */
double smallest_difference(double sd, int n, double power, double alpha);

#endif
