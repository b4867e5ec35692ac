/* Layer norm, GELU, tanh and softmax cross-entropy. */
#include "model/layers.h"

#include "core/vecmath.h"

#define ROW(m, i) ((m).v + (size_t)(i) * (size_t)(m).ld)

/* sum_j a_j over n values in LANES partial sums. */
static inline real lane_sum(const real *restrict acc)
{
    real s = 0;
    for (int k = 0; k < LANES; k++)
        s += acc[k];
    return s;
}

VECTOR_CLONES static real row_sum(const real *restrict a, int n)
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

VECTOR_CLONES static real row_dot(const real *restrict a, const real *restrict b, int n)
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

VECTOR_CLONES static void norm_row(const real *restrict gamma, const real *restrict beta, real eps, real *restrict z,
                                   int n, real *restrict y, real *restrict xhat, real *restrict rstd)
{
    real mean = row_sum(z, n) / (real)n;
    for (int j = 0; j < n; j++)
        z[j] -= mean;
    real r = 1 / (real)sqrt((double)(row_dot(z, z, n) / (real)n + eps));
    for (int j = 0; j < n; j++) {
        z[j] *= r;
        y[j] = gamma[j] * z[j] + beta[j];
    }
    if (xhat)
        memcpy(xhat, z, (size_t)n * sizeof *z);
    *rstd = r;
}

enum { ROW_MAX = 16384 };

void norm_forward(struct mat gamma, struct mat beta, double eps, struct mat x, struct mat r, struct mat y,
                  struct mat xhat, struct mat rstd)
{
    static _Thread_local real z[ROW_MAX];
    for (int i = 0; i < x.rows; i++) {
        const real *a = ROW(x, i);
        if (r.v)
            for (int j = 0; j < x.cols; j++)
                z[j] = a[j] + ROW(r, i)[j];
        else
            memcpy(z, a, (size_t)x.cols * sizeof *z);
        norm_row(gamma.v, beta.v, (real)eps, z, x.cols, ROW(y, i), xhat.v ? ROW(xhat, i) : NULL, &rstd.v[i]);
    }
}

VECTOR_CLONES static void norm_row_backward(const real *restrict gamma, const real *restrict xhat, real rstd,
                                            const real *dy, real *dz, int n)
{
    real u[ROW_MAX];
    for (int j = 0; j < n; j++)
        u[j] = dy[j] * gamma[j];
    real mean = row_sum(u, n) / (real)n, along = row_dot(u, xhat, n) / (real)n;
    for (int j = 0; j < n; j++)
        dz[j] = rstd * (u[j] - mean - xhat[j] * along);
}

void norm_backward(struct mat gamma, struct mat xhat, struct mat rstd, struct mat dy, struct mat dz, struct mat dgamma,
                   struct mat dbeta)
{
    for (int i = 0; i < dy.rows; i++) {
        const real *g = ROW(dy, i), *x = ROW(xhat, i);
        if (dgamma.v)
            for (int j = 0; j < dy.cols; j++)
                dgamma.v[j] += g[j] * x[j];
        if (dbeta.v)
            for (int j = 0; j < dy.cols; j++)
                dbeta.v[j] += g[j];
        norm_row_backward(gamma.v, x, rstd.v[i], g, ROW(dz, i), dy.cols);
    }
}

VECTOR_CLONES static void gelu_row(const real *x, real *y, int n)
{
    for (int j = 0; j < n; j++)
        y[j] = (real)0.5 * x[j] * (1 + verf(x[j] * (real)0.70710678118654752440));
}

VECTOR_CLONES static void gelu_slope_row(const real *x, real *y, real *slope, int n)
{
    for (int j = 0; j < n; j++) {
        real v = x[j], cdf = (real)0.5 * (1 + verf(v * (real)0.70710678118654752440));
        real pdf = (real)0.39894228040143267794 * vexp((real)-0.5 * v * v);
        y[j] = v * cdf;
        slope[j] = cdf + v * pdf;
    }
}

void gelu_forward(struct mat x, struct mat y, struct mat slope)
{
    for (int i = 0; i < x.rows; i++)
        if (slope.v)
            gelu_slope_row(ROW(x, i), ROW(y, i), ROW(slope, i), x.cols);
        else
            gelu_row(ROW(x, i), ROW(y, i), x.cols);
}

void mat_multiply(struct mat s, struct mat y)
{
    for (int i = 0; i < y.rows; i++) {
        const real *restrict a = ROW(s, i);
        real *restrict b = ROW(y, i);
        for (int j = 0; j < y.cols; j++)
            b[j] *= a[j];
    }
}

void tanh_forward(struct mat x)
{
    for (int i = 0; i < x.rows; i++)
        for (int j = 0; j < x.cols; j++)
            ROW(x, i)[j] = (real)tanh((double)ROW(x, i)[j]);
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
    static _Thread_local real p[1 << 17];
    int counted = 0, n = logits.cols;
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
