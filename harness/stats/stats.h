/* Descriptive statistics and correlations, in double. */
#ifndef STATS_STATS_H
#define STATS_STATS_H

/* Values are finite: the caller drops diverged runs and says how many. What n does not allow comes back as NaN. */

/* Above so many values the normal limit takes the place of resampling and of exact sums over ranks, whose cost grows
 * faster than n and which then say the same. */
enum { STATS_MANY = 200 };

double stats_mean(const double *x, int n);   /* (n); NaN for n < 1 */
double stats_sd(const double *x, int n);     /* divisor n - 1; NaN for n < 2 */
double stats_median(const double *x, int n); /* NaN for n < 1 */
/* Interquartile mean: floor(n/4) values go at each end (scipy trim_mean(x, 0.25); rliable, Agarwal et al. 2021). */
double stats_iqm(const double *x, int n);
/* The p-quantile, 0 <= p <= 1, by linear interpolation at (n-1)p (Hyndman and Fan 1996, type 7). */
double stats_quantile(const double *x, int n, double p);
double stats_sorted_quantile(const double *ascending, int n, double p);
void stats_sort(double *x, int n); /* ascending, in place */
/* Ranks 1..n with mid-ranks for ties. Values no more than `tie` apart from the next smaller one count as tied. */
void stats_ranks(const double *x, int n, double tie, double *ranks);

double stats_pearson(const double *x, const double *y, int n); /* in [-1, 1]; NaN when one side is constant */

struct line {
    double slope, intercept;
};
struct line stats_line(const double *x, const double *y, int n); /* least squares; NaN when x is constant */
/* How far that slope can turn where each y_i is only known to w_i: sum |x_i - mean x| w_i / sum (x_i - mean x)^2. */
double stats_line_reach(const double *x, const double *w, int n);

double binomial_error(double p, double n); /* standard error of a share p of n: sqrt(p (1 - p) / n) */

#endif
