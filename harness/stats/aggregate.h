/* Several methods over several tasks and seeds: aggregates with stratified bootstrap, ranks, profiles, variance shares.
 */
#ifndef STATS_AGGREGATE_H
#define STATS_AGGREGATE_H

#include "stats/bootstrap.h"

#include <stdint.h>

/* Scores, greater is better, finite: method m, task t, seed s at v[(m * tasks + t) * seeds + s]. */
struct cube {
    const double *v;
    int methods, tasks, seeds;
};

/* Aggregates of rliable (Agarwal et al. 2021, "Deep RL at the Edge of the Statistical Precipice", section 4). */
struct rival {
    int a, b; /* methods of a table */
};
double cube_iqm(struct cube t, const void *method);        /* const int *: interquartile mean of all tasks x seeds */
double cube_improvement(struct cube t, const void *rival); /* const struct rival *: mean over tasks of
                                                                P(a > b) + P(a = b) / 2 over all pairs of seeds */
double cube_rank(struct cube t, const void *method);       /* mean over tasks of the rank of its mean; 1 is best */

/* 95 % percentile interval of an aggregate, seeds resampled within each task (stratified bootstrap). With `paired` the
 * same seeds are drawn for all methods of a task (shared seeds), else each method draws its own (rliable's way).
 * seeds < 2 gives INTERVAL_NONE. Stream: (RNG_BOOTSTRAP, id). */
struct interval cube_bootstrap(struct cube t, double (*aggregate)(struct cube, const void *), const void *context,
                               bool paired, int resamples, uint32_t id);

/* Share of `trials` simulated suites of two equal methods, normal scores, in which cube_bootstrap's interval of the
 * improvement of one on the other holds 1/2. */
double cube_coverage(int tasks, int seeds, int trials, int resamples);

/* Share of the (n) scores above each threshold: share[i] = mean(score > threshold[i]) (rliable, run-score profile). */
void performance_profile(const double *scores, int n, const double *threshold, int thresholds, double *share);

/* Friedman's test on scores (tasks, methods), row-major, greater is better. */
struct friedman {
    double chi2; /* corrected for ties (scipy friedmanchisquare) */
    double f, p; /* Iman and Davenport 1980: (N - 1) chi2 / (N (k - 1) - chi2), F with k - 1, (k - 1)(N - 1) d.f. */
};
/* Fills mean_rank (methods), rank 1 for the best score of a task, mid-ranks for ties. NaN if N < 2, k < 2 or all tie.
 */
struct friedman friedman_test(const double *scores, int tasks, int methods, double *mean_rank);

/* Nemenyi's critical difference of mean ranks at 0.05: q_k sqrt(k (k + 1) / (6 N)) (Demsar 2006, section 3.2.2);
 * 2 <= methods <= 20. A diagram says something only if this is below (k - 1) / 2. */
double critical_difference(int methods, int tasks);

/* Variances of a crossed design: every data seed with every init seed with every order seed, one run of each. */
struct components {
    double data, init, order; /* main effects */
    double interaction;       /* all else: what the factors do together, and chance */
};
/* Random-effects analysis of variance by the method of moments (Searle, Casella and McCulloch 1992, chapter 4) of
 * scores (data, init, order), row-major; every extent >= 2, else NaN. The variance of effect E, a set of factors with
 * n_f levels, is sum over F containing E of (-1)^|F - E| MS_F / prod over f not in E of n_f, or 0 if that is negative;
 * interaction is the sum of the four of two and three factors. */
struct components variance_components(const double *scores, int data, int init, int order);

/* One-seed roulette: chance that each method looks best when one seed is drawn for all.
 * Exact; ties share the win evenly; NaN (a diverged run) ranks below every score. scores (methods, seeds) -> won
 * (methods), summing to 1. */
void seed_roulette(const double *scores, int methods, int seeds, double *won);

#endif
