/* Distribution functions of the normal, Student's t (central and not) and Fisher's F, and their inverses by bisection.
 */
#include "stats/distribution.h"

#include <math.h>

double normal_cdf(double z)
{
    return 0.5 * erfc(-z * M_SQRT1_2);
}

/* lgamma without its global sign, so that it may be called from any thread. */
static double log_gamma(double x)
{
    int sign;
    return lgamma_r(x, &sign);
}

/* Continued fraction of the incomplete beta (DLMF 8.17.22) by Lentz's method; converges fast for x < (a+1)/(a+b+2). */
static double beta_fraction(double x, double a, double b)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 / fmax(tiny, 1 - (a + b) * x / (a + 1)), f = d;
    for (int m = 1; m < 10000; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 + even * d;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = 1 + even / c;
        c = fabs(c) < tiny ? tiny : c;
        f *= c * d;
        d = 1 + odd * d;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = 1 + odd / c;
        c = fabs(c) < tiny ? tiny : c;
        f *= c * d;
        if (fabs(c * d - 1) < 1e-15)
            break;
    }
    return f;
}

double beta_cdf(double x, double a, double b)
{
    if (!(x > 0))
        return isnan(x) ? NAN : 0;
    if (x >= 1)
        return 1;
    double front = exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) + b * log1p(-x));
    if (x < (a + 1) / (a + b + 2))
        return front * beta_fraction(x, a, b) / a;
    return 1 - front * beta_fraction(1 - x, b, a) / b;
}

/* P(T <= -|t|) = I_{df/(df+t^2)}(df/2, 1/2) / 2 */
double student_cdf(double t, double df)
{
    double tail = 0.5 * beta_cdf(df / (df + t * t), 0.5 * df, 0.5);
    return t < 0 ? tail : 1 - tail;
}

double fisher_upper(double f, double df1, double df2)
{
    return f <= 0 ? 1 : beta_cdf(df2 / (df2 + df1 * f), 0.5 * df2, 0.5 * df1);
}

/* The z <= 0 with cdf(z, df) = p for p <= 1/2: the bracket doubles until it holds p, then halves to neighbouring
 * doubles. */
static double lower_quantile(double (*cdf)(double, double), double p, double df)
{
    double low = -1, high = 0;
    while (cdf(low, df) > p)
        low *= 2;
    for (;;) {
        double middle = 0.5 * (low + high);
        if (middle <= low || middle >= high)
            return middle;
        if (cdf(middle, df) < p)
            low = middle;
        else
            high = middle;
    }
}

static double normal_of(double z, double unused)
{
    (void)unused;
    return normal_cdf(z);
}

/* Symmetric about 0, so the upper half is the lower one mirrored. */
static double symmetric_quantile(double (*cdf)(double, double), double p, double df)
{
    if (!(p > 0 && p < 1))
        return p == 0 ? -INFINITY : p == 1 ? INFINITY : NAN;
    if (p == 0.5)
        return 0;
    return p < 0.5 ? lower_quantile(cdf, p, df) : -lower_quantile(cdf, 1 - p, df);
}

double normal_quantile(double p)
{
    return symmetric_quantile(normal_of, p, 0);
}

double student_quantile(double p, double df)
{
    return symmetric_quantile(student_cdf, p, df);
}

/* The mean of a function of s = sqrt(chi2_df / df), of density 2 (df/2)^(df/2) / Gamma(df/2) s^(df-1) exp(-df s^2 / 2), by
 * Simpson's rule; nine scales either side of 1 hold all of it. */
static double over_scales(double (*of)(double s, const void *data), const void *data, double df, int panels)
{
    double low = fmax(0, 1 - 9 / sqrt(df)), high = 1 + 9 / sqrt(df), step = (high - low) / panels, sum = 0;
    double front = log(2) + 0.5 * df * log(0.5 * df) - log_gamma(0.5 * df);
    for (int i = 0; i <= panels; i++) {
        double s = low + i * step, power = df == 1 ? 0 : (df - 1) * log(s);
        double weight = i == 0 || i == panels ? 1 : i % 2 ? 4 : 2;
        sum += weight * exp(front + power - 0.5 * df * s * s) * of(s, data);
    }
    return sum * step / 3;
}

struct shifted {
    double t, delta;
};

static double below(double s, const void *data)
{
    const struct shifted *x = data;
    return normal_cdf(x->t * s - x->delta);
}

double noncentral_cdf(double t, double df, double delta)
{
    const struct shifted x = {t, delta};
    return over_scales(below, &x, df, 4000);
}

struct range {
    double q;
    int k;
};

/* P(largest - smallest <= q s) = k integral phi(z) (Phi(z) - Phi(z - q s))^(k-1) dz: z is the largest of k. */
static double within(double s, const void *data)
{
    enum { PANELS = 160 };
    const struct range *r = data;
    const double low = -8, step = 16.0 / PANELS;
    double sum = 0;
    for (int i = 0; i <= PANELS; i++) {
        const double z = low + i * step, weight = i == 0 || i == PANELS ? 1 : i % 2 ? 4 : 2;
        sum += weight * exp(-0.5 * z * z) * pow(normal_cdf(z) - normal_cdf(z - r->q * s), r->k - 1);
    }
    return r->k * sum * step / 3 / sqrt(2 * M_PI);
}

double range_cdf(double q, int k, double df)
{
    const struct range r = {q, k};
    return q > 0 ? fmin(1, over_scales(within, &r, df, 240)) : 0;
}

double range_quantile(double p, int k, double df)
{
    double low = 0, high = 1;
    while (range_cdf(high, k, df) < p && high < 1e6)
        high *= 2;
    while (high - low > 1e-6 * high) {
        const double middle = 0.5 * (low + high);
        *(range_cdf(middle, k, df) < p ? &low : &high) = middle;
    }
    return high;
}
