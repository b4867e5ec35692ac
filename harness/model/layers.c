/* Layer norm, GELU, tanh and softmax cross-entropy. */
#include "model/layers.h"

#include "math/linalg.h"
#include "math/vecmath.h"

#include <assert.h>

#define ROW(m, i) ((m).v + (size_t)(i) * (size_t)(m).ld)

/* sum_j a_j over n values in LANES partial sums. */
static inline real row_sum(const real *a, int n)
{
    real acc[LANES] = {0};
    int j = 0;
    for (; j + LANES <= n; j += LANES)
        for (int k = 0; k < LANES; k++)
            acc[k] += a[j + k];
    for (; j < n; j++)
        acc[j % LANES] += a[j];
    return lane_sum(acc);
}

static inline real row_dot(const real *restrict a, const real *restrict b, int n)
{
    real acc[LANES] = {0};
    int j = 0;
    for (; j + LANES <= n; j += LANES)
        for (int k = 0; k < LANES; k++)
            acc[k] += a[j + k] * b[j + k];
    for (; j < n; j++)
        acc[j % LANES] += a[j] * b[j];
    return lane_sum(acc);
}

enum { ROW_MAX = 16384 };

VECTOR_CLONES void norm_forward(struct mat gamma, struct mat beta, double eps, struct mat x, struct mat r, struct mat y,
                                struct mat xhat, struct mat rstd)
{
    static _Thread_local real room[ROW_MAX];
    const int n = x.cols;
    assert(n <= ROW_MAX);
    for (int i = 0; i < x.rows; i++) {
        const real *a = ROW(x, i), *b = r.v ? ROW(r, i) : NULL;
        const real *restrict g = gamma.v, *restrict h = beta.v;
        real *restrict z = xhat.v ? ROW(xhat, i) : room, *out = ROW(y, i);
        for (int j = 0; j < n; j++)
            z[j] = r.v ? a[j] + b[j] : a[j];
        real mean = row_sum(z, n) / (real)n;
        for (int j = 0; j < n; j++)
            z[j] -= mean;
        real s = 1 / (real)sqrt((double)(row_dot(z, z, n) / (real)n + (real)eps));
        for (int j = 0; j < n; j++) {
            z[j] *= s;
            out[j] = g[j] * z[j] + h[j];
        }
        rstd.v[i] = s;
    }
}

VECTOR_CLONES void norm_backward(struct mat gamma, struct mat xhat, struct mat rstd, struct mat dy, struct mat dz,
                                 struct mat dgamma, struct mat dbeta)
{
    static _Thread_local real u[ROW_MAX];
    const int n = dy.cols;
    assert(n <= ROW_MAX);
    for (int i = 0; i < dy.rows; i++) {
        const real *g = ROW(dy, i), *restrict x = ROW(xhat, i), *restrict f = gamma.v;
        real *d = ROW(dz, i), *restrict dg = dgamma.v, *restrict db = dbeta.v;
        if (dg)
            for (int j = 0; j < n; j++)
                dg[j] += g[j] * x[j];
        if (db)
            for (int j = 0; j < n; j++)
                db[j] += g[j];
        for (int j = 0; j < n; j++)
            u[j] = g[j] * f[j];
        real mean = row_sum(u, n) / (real)n, along = row_dot(u, x, n) / (real)n;
        for (int j = 0; j < n; j++)
            d[j] = rstd.v[i] * (u[j] - mean - x[j] * along);
    }
}

VECTOR_CLONES static void gelu_row(const real *x, real *y, int n)
{
    for (int j = 0; j < n; j++)
        y[j] = x[j] * vnormal(x[j], vexp((real)-0.5 * x[j] * x[j]));
}

VECTOR_CLONES static void gelu_slope_row(const real *x, real *y, real *slope, int n)
{
    for (int j = 0; j < n; j++) {
        real v = x[j], e = vexp((real)-0.5 * v * v), cdf = vnormal(v, e);
        y[j] = v * cdf;
        slope[j] = cdf + v * ((real)0.39894228040143267794 * e);
    }
}

void gelu_forward(struct mat x, struct mat y, struct mat slope)
{
    for (int i = 0; i < x.rows; i++) {
        if (slope.v)
            gelu_slope_row(ROW(x, i), ROW(y, i), ROW(slope, i), x.cols);
        else
            gelu_row(ROW(x, i), ROW(y, i), x.cols);
    }
}

VECTOR_CLONES void tanh_forward(struct mat x)
{
    for (int i = 0; i < x.rows; i++) {
        real *v = ROW(x, i);
        for (int j = 0; j < x.cols; j++)
            v[j] = vtanh(v[j]);
    }
}

void tanh_backward(struct mat y, struct mat dy, struct mat dx)
{
    for (int i = 0; i < dx.rows; i++)
        for (int j = 0; j < dx.cols; j++)
            ROW(dx, i)[j] = ROW(dy, i)[j] * (1 - ROW(y, i)[j] * ROW(y, i)[j]);
}

/* p = exp(z - max z); returns its sum. */
VECTOR_CLONES static real exp_row(const real *z, real max, real *p, int n)
{
    for (int j = 0; j < n; j++)
        p[j] = vexp(z[j] - max);
    return row_sum(p, n);
}

double softmax_loss(struct mat logits, const int *label, double weight, struct mat dlogits)
{
    static _Thread_local real p[CLASSES_MOST];
    int counted = 0, n = logits.cols;
    assert(n <= CLASSES_MOST);
    for (int i = 0; i < logits.rows; i++)
        counted += label[i] >= 0;
    double loss = 0;
    for (int i = 0; i < logits.rows; i++) {
        if (label[i] < 0) {
            if (dlogits.v)
                memset(ROW(dlogits, i), 0, (size_t)n * sizeof(real));
            continue;
        }
        const real *z = ROW(logits, i);
        real max = z[0], target = z[label[i]];
        for (int j = 1; j < n; j++)
            max = z[j] > max ? z[j] : max;
        real sum = exp_row(z, max, p, n);
        loss += log((double)sum) + (double)max - (double)target;
        if (!dlogits.v)
            continue;
        real *d = ROW(dlogits, i), scale = (real)(weight / counted);
        for (int j = 0; j < n; j++)
            d[j] = scale * (p[j] / sum);
        d[label[i]] -= scale;
    }
    return counted ? loss / counted : 0;
}
