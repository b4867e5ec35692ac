/* Probability that one method beats another, with its interval and a verdict in three steps. */
#ifndef STATS_SUPERIORITY_H
#define STATS_SUPERIORITY_H

#include "stats/bootstrap.h"

#include <stdint.h>

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

#endif
