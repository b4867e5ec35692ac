/* Differences on several tasks, pooled in three ways: for these tasks, for a task like these, for one new task. */
#ifndef STATS_META_H
#define STATS_META_H

#include "stats/bootstrap.h"
#include "stats/contrast.h"

struct pooled {
    struct contrast mean; /* over these tasks, with Satterthwaite's degrees of freedom */
    struct interval here; /* the same: mean over these tasks; seeds vary */
    struct interval like; /* mean over tasks like these; tasks vary too */
    struct interval next; /* the difference on one new task, not the score of one run */
    double tau;           /* standard deviation of the difference between tasks (Paule and Mandel 1982) */
};
/* mean, here: NaN for k = 0. like: random effects, Hartung and
 * Knapp (2001) with the factor kept at 1 or above (Roever et al. 2015), t with k - 1. next: t with k - 2 on
 * tau^2 + error^2 (Higgins et al. 2009); estimate as in like. k is how many tasks; like and next need three. */
struct pooled pool(const struct contrast *c, int k);

enum pooled_kind { POOLED_HERE, POOLED_LIKE, POOLED_NEXT };
/* Share of `trials` simulated suites of `tasks` tasks whose interval holds the truth: n runs against `others`, runs of
 * standard deviation 1, differences that vary between tasks with standard deviation tau. */
double pooled_coverage(enum pooled_kind kind, int tasks, int n, int others, double tau, int trials);

#endif
