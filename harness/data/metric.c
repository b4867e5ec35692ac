/* Accuracy, F1, Matthews' and the two correlations, as GLUE defines them. */
#include "data/metric.h"

#include "core/arena.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

const char *metric_name(enum metric m)
{
    static const char *const names[] = {"none",    "accuracy", "f1",        "mcc",
                                        "pearson", "spearman", "recovered", "macro_f1"};
    return names[m];
}

static double accuracy(const double *predicted, const double *actual, int n)
{
    int hits = 0;
    for (int i = 0; i < n; i++)
        hits += predicted[i] == actual[i];
    return (double)hits / n;
}

/* The 2x2 table of class k against the rest: [actual][predicted]. */
static void contingency(const double *predicted, const double *actual, int n, int k, double count[2][2])
{
    count[0][0] = count[0][1] = count[1][0] = count[1][1] = 0;
    for (int i = 0; i < n; i++)
        count[actual[i] == k][predicted[i] == k]++;
}

/* F1 = 2 TP / (2 TP + FP + FN) of class k; -1 where it occurs on neither side. */
static double f1(const double *predicted, const double *actual, int n, int k)
{
    double c[2][2], denominator;
    contingency(predicted, actual, n, k, c);
    denominator = 2 * c[1][1] + c[0][1] + c[1][0];
    return denominator > 0 ? 2 * c[1][1] / denominator : -1;
}

static double macro_f1(const double *predicted, const double *actual, int n)
{
    double sum = 0, most = 0;
    int classes = 0;
    for (int i = 0; i < n; i++)
        most = fmax(most, fmax(predicted[i], actual[i]));
    for (int k = 0; k <= (int)most; k++) {
        double of = f1(predicted, actual, n, k);
        sum += fmax(of, 0);
        classes += of >= 0;
    }
    return sum / classes;
}

/* MCC = (TP TN - FP FN) / sqrt((TP+FP)(TP+FN)(TN+FP)(TN+FN)) */
static double mcc(const double *predicted, const double *actual, int n)
{
    double c[2][2], denominator;
    contingency(predicted, actual, n, 1, c);
    denominator = sqrt(c[1][1] + c[0][1]) * sqrt(c[1][1] + c[1][0]) * sqrt(c[0][0] + c[0][1]) * sqrt(c[0][0] + c[1][0]);
    return denominator > 0 ? (c[1][1] * c[0][0] - c[0][1] * c[1][0]) / denominator : 0;
}

static bool constant(const double *x, int n)
{
    for (int i = 1; i < n; i++)
        if (x[i] != x[0])
            return false;
    return true;
}

/* r = sum (x - mx)(y - my) / sqrt(sum (x - mx)^2 sum (y - my)^2) */
static double pearson(const double *x, const double *y, int n)
{
    double mx = 0, my = 0, sxy = 0, sxx = 0, syy = 0, r;
    if (constant(x, n) || constant(y, n))
        return 0;
    for (int i = 0; i < n; i++) {
        mx += x[i] / n;
        my += y[i] / n;
    }
    for (int i = 0; i < n; i++) {
        sxy += (x[i] - mx) * (y[i] - my);
        sxx += (x[i] - mx) * (x[i] - mx);
        syy += (y[i] - my) * (y[i] - my);
    }
    r = sxy / (sqrt(sxx) * sqrt(syy));
    return r > 1 ? 1 : r < -1 ? -1 : r;
}

struct ranked {
    double value;
    int index;
};

static int by_value(const void *a, const void *b)
{
    double x = ((const struct ranked *)a)->value, y = ((const struct ranked *)b)->value;
    return (x > y) - (x < y);
}

/* Ranks 1..n, the mean rank for ties. */
static void rank(const double *x, int n, double *out)
{
    struct ranked *r = mem_alloc(sizeof *r * (size_t)n);
    for (int i = 0; i < n; i++)
        r[i] = (struct ranked){x[i], i};
    qsort(r, (size_t)n, sizeof *r, by_value);
    for (int i = 0, j; i < n; i = j) {
        for (j = i; j < n && r[j].value == r[i].value; j++)
            ;
        for (int k = i; k < j; k++)
            out[r[k].index] = .5 * (i + 1 + j);
    }
    free(r);
}

static double spearman(const double *x, const double *y, int n)
{
    double *rx = mem_alloc(sizeof *rx * (size_t)n), *ry = mem_alloc(sizeof *ry * (size_t)n), rho;
    rank(x, n, rx);
    rank(y, n, ry);
    rho = pearson(rx, ry, n);
    free(rx);
    free(ry);
    return rho;
}

double metric_value(enum metric m, const double *predicted, const double *actual, int n)
{
    if (n == 0)
        return NAN;
    for (int i = 0; i < n; i++)
        if (isnan(predicted[i]) || isnan(actual[i]))
            return NAN;
    switch (m) {
    case METRIC_ACCURACY:
        return accuracy(predicted, actual, n);
    case METRIC_F1:
        return fmax(f1(predicted, actual, n, 1), 0);
    case METRIC_MACRO_F1:
        return macro_f1(predicted, actual, n);
    case METRIC_MCC:
        return mcc(predicted, actual, n);
    case METRIC_PEARSON:
        return pearson(predicted, actual, n);
    case METRIC_SPEARMAN:
        return spearman(predicted, actual, n);
    default: /* METRIC_RECOVERED compares vectors, which only the engine has */
        return NAN;
    }
}
