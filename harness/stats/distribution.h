/* The distribution functions that tests and intervals need, in double. */
#ifndef STATS_DISTRIBUTION_H
#define STATS_DISTRIBUTION_H

double normal_cdf(double z);
double normal_quantile(double p); /* -inf at 0, inf at 1 */
double student_cdf(double t, double df);
double student_quantile(double p, double df);          /* 0 < p < 1 */
double fisher_upper(double f, double df1, double df2); /* P(F > f) */
double beta_cdf(double x, double a, double b);         /* regularised incomplete beta I_x(a, b) */
/* P(T <= t) of the noncentral t with noncentrality delta: integral of normal_cdf(t s - delta) over the density of
 * s = sqrt(chi2_df / df), Simpson's rule. Absolute error below 1e-9. */
double noncentral_cdf(double t, double df, double delta);
/* P(Q <= q) of Tukey's studentized range: largest less smallest of k standard normal values over s as above. To 1e-6; and the q of
 * a probability, 0 < p < 1. */
double range_cdf(double q, int k, double df);
double range_quantile(double p, int k, double df);

#endif
