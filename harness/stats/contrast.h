/* Two samples: the difference of their means, what so many runs can tell, and one verdict from one interval. */
#ifndef STATS_CONTRAST_H
#define STATS_CONTRAST_H

/* Runs from which an interval is made; two say nothing that deserves one. */
enum { INTERVAL_LEAST = 3 };

/* The mean of a less that of b, unpaired (Welch 1947). low and high, 95 %, are NaN below INTERVAL_LEAST values each. */
struct contrast {
    double difference, low, high, error, df, p; /* error: standard error; p two-sided */
    double own, common;                         /* the parts of error^2 that a and b bring */
};
/* From a difference, the parts of its squared error and their degrees of freedom (NaN: it has no interval). Without any error
 * the interval is the difference alone. */
struct contrast contrast_made(double difference, double own, double common, double df);
struct contrast contrast_of(const double *a, int na, const double *b, int nb);
/* The same from differences of pairs, where pairing helps. */
struct contrast contrast_paired(const double *difference, int n);

/* Adjusts the p of n contrasts for being n, single-step as Dunnett (1955) does, for variances and sizes that differ:
 * P(max |T_i| >= |t|) by Simpson's rule over the error of the mean of b and over s = sqrt(chi2_df / df), df that of the
 * contrast. Contrasts with one b have the same number in b; other ones are independent. NULL: all have one. NaN stays NaN
 * and does not count. */
void contrast_adjust(const struct contrast *c, const int *b, int n, double *adjusted);

/* P(a > b) + P(a = b) / 2 over all pairs of a value of each: how surely one run of a is ahead of one run of b. */
double probability_ahead(const double *a, int na, const double *b, int nb);

/* The smallest true difference that contrasts of such an error find with power 0.8 at the 5 % level. */
double detectable_difference(double error, double df);
/* The median of it over those of n contrasts that have an error; NaN when none has. */
double detectable_median(const struct contrast *c, int n);

enum verdict { VERDICT_NONE, VERDICT_EQUIVALENT, VERDICT_BETTER, VERDICT_WORSE, NOT_WORSE, NOT_BETTER, VERDICT_OPEN };
extern const char *const verdict_names[]; /* "equivalent", "better" ... "undecided"; "" for VERDICT_NONE */
/* From the 95 % interval of a difference, its adjusted p and a margin m: equivalent when the interval lies within (-m, m);
 * better or worse when it leaves out 0 and p is at most 0.05; not worse (better) when it clears -m (m); else undecided.
 * VERDICT_NONE without an interval. */
enum verdict verdict_of(double low, double high, double p, double margin);

#endif
