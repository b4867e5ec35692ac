/* Descriptive statistics and correlations of small samples, in double. */
#include "stats/stats.h"

#include "core/arena.h"
#include "core/order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void stats_sort(double *x, int n)
{
    if (n > 1)
        qsort(x, (size_t)n, sizeof *x, order_double);
}

static double *sorted_copy(const double *x, int n)
{
    double *copy = mem_alloc((size_t)n * sizeof *copy);
    memcpy(copy, x, (size_t)n * sizeof *copy);
    stats_sort(copy, n);
    return copy;
}

/* The mean about the first value, so that constant data give that constant exactly. */
double stats_mean(const double *x, int n)
{
    if (n < 1)
        return NAN;
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += x[i] - x[0];
    return x[0] + sum / n;
}

/* sum_i (x_i - mean x)(y_i - mean y) */
static double cross(const double *x, const double *y, int n)
{
    double mean_x = stats_mean(x, n), mean_y = x == y ? mean_x : stats_mean(y, n), sum = 0;
    for (int i = 0; i < n; i++)
        sum += (x[i] - mean_x) * (y[i] - mean_y);
    return sum;
}

double stats_sd(const double *x, int n)
{
    return n < 2 ? NAN : sqrt(cross(x, x, n) / (n - 1));
}

double stats_sorted_quantile(const double *ascending, int n, double p)
{
    if (n < 1)
        return NAN;
    double place = p * (n - 1);
    int i = (int)place;
    if (i >= n - 1)
        return ascending[n - 1];
    return ascending[i] + (place - i) * (ascending[i + 1] - ascending[i]);
}

double stats_quantile(const double *x, int n, double p)
{
    if (n < 1)
        return NAN;
    double *copy = sorted_copy(x, n), q = stats_sorted_quantile(copy, n, p);
    free(copy);
    return q;
}

double stats_median(const double *x, int n)
{
    return stats_quantile(x, n, 0.5);
}

double stats_iqm(const double *x, int n)
{
    if (n < 1)
        return NAN;
    double *copy = sorted_copy(x, n), mean = stats_mean(copy + n / 4, n - 2 * (n / 4));
    free(copy);
    return mean;
}

struct placed {
    double value;
    int at;
};

static int placed_order(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    int order = (x->value > y->value) - (x->value < y->value);
    return order ? order : (x->at > y->at) - (x->at < y->at);
}

void stats_ranks(const double *x, int n, double tie, double *ranks)
{
    if (n < 1)
        return;
    struct placed *p = mem_alloc((size_t)n * sizeof *p);
    for (int i = 0; i < n; i++)
        p[i] = (struct placed){x[i], i};
    qsort(p, (size_t)n, sizeof *p, placed_order);
    for (int i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && p[end].value - p[end - 1].value <= tie; end++)
            ;
        for (int j = i; j < end; j++)
            ranks[p[j].at] = 0.5 * (i + 1 + end);
    }
    free(p);
}

static int constant(const double *x, int n)
{
    for (int i = 1; i < n; i++)
        if (x[i] != x[0])
            return 0;
    return 1;
}

double stats_pearson(const double *x, const double *y, int n)
{
    if (n < 2 || constant(x, n) || constant(y, n))
        return NAN;
    double r = cross(x, y, n) / (sqrt(cross(x, x, n)) * sqrt(cross(y, y, n)));
    return fmax(-1, fmin(1, r));
}

struct line stats_line(const double *x, const double *y, int n)
{
    if (n < 2 || constant(x, n))
        return (struct line){NAN, NAN};
    double slope = cross(x, y, n) / cross(x, x, n);
    return (struct line){slope, stats_mean(y, n) - slope * stats_mean(x, n)};
}

double stats_line_reach(const double *x, const double *w, int n)
{
    double reach = 0;
    if (n < 2 || constant(x, n))
        return NAN;
    for (int i = 0; i < n; i++)
        reach += fabs(x[i] - stats_mean(x, n)) * w[i];
    return reach / cross(x, x, n);
}

double binomial_error(double p, double n)
{
    return n < 1 ? NAN : sqrt(p * (1 - p) / n);
}
