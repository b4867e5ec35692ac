/* CBLAS in one place: the only file that includes cblas.h. */
#include "core/linalg.h"

#include "core/arena.h"
#include "core/vecmath.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

struct product {
    enum CBLAS_TRANSPOSE ta, tb;
    struct mat A, B, C;
    double a, b;
    int k;
};

static struct product *noted;
static int products, capacity, recording;
static double flops;

void gemm_record(int on)
{
    recording = on;
    if (on)
        products = 0;
}

double gemm_flops(void)
{
    return flops;
}

static void blas(const struct product *p)
{
    const struct mat A = p->A, B = p->B, C = p->C;
#ifdef PEFTLAB_DOUBLE
    cblas_dgemm(CblasRowMajor, p->ta, p->tb, C.rows, C.cols, p->k, p->a, A.v, A.ld, B.v, B.ld, p->b, C.v, C.ld);
#else
    cblas_sgemm(CblasRowMajor, p->ta, p->tb, C.rows, C.cols, p->k, (float)p->a, A.v, A.ld, B.v, B.ld, (float)p->b, C.v,
                C.ld);
#endif
}

int gemm_replay(void)
{
    for (int i = 0; i < products; i++)
        blas(&noted[i]);
    return products;
}

static void note(const struct product *p)
{
    if (products == capacity) {
        capacity = capacity ? 2 * capacity : 256;
        noted = mem_grow(noted, (size_t)capacity * sizeof *noted);
    }
    noted[products++] = *p;
}

static void gemm(enum CBLAS_TRANSPOSE ta, enum CBLAS_TRANSPOSE tb, double a, struct mat A, struct mat B, double b,
                 struct mat C, int k)
{
    if (C.rows == 0 || C.cols == 0 || k == 0)
        return;
    const struct product p = {ta, tb, A, B, C, a, b, k};
    flops += 2.0 * C.rows * C.cols * k;
    if (recording)
        note(&p);
    blas(&p);
}

void gemm_nn(double a, struct mat A, struct mat B, double b, struct mat C)
{
    gemm(CblasNoTrans, CblasNoTrans, a, A, B, b, C, A.cols);
}

void gemm_nt(double a, struct mat A, struct mat B, double b, struct mat C)
{
    gemm(CblasNoTrans, CblasTrans, a, A, B, b, C, A.cols);
}

void gemm_tn(double a, struct mat A, struct mat B, double b, struct mat C)
{
    gemm(CblasTrans, CblasNoTrans, a, A, B, b, C, A.rows);
}

#define ROW(m, i) ((m).v + (size_t)(i) * (size_t)(m).ld)

VECTOR_CLONES void mat_fill(struct mat m, double v)
{
    for (int i = 0; i < m.rows; i++)
        for (int j = 0; j < m.cols; j++)
            ROW(m, i)[j] = (real)v;
}

void mat_copy(struct mat from, struct mat to)
{
    for (int i = 0; i < to.rows; i++)
        memcpy(ROW(to, i), ROW(from, i), (size_t)to.cols * sizeof(real));
}

VECTOR_CLONES void mat_scale(double a, struct mat m)
{
    for (int i = 0; i < m.rows; i++)
        for (int j = 0; j < m.cols; j++)
            ROW(m, i)[j] *= (real)a;
}

VECTOR_CLONES void mat_add(double a, struct mat X, struct mat Y)
{
    for (int i = 0; i < Y.rows; i++) {
        const real *restrict x = ROW(X, i);
        real *restrict y = ROW(Y, i);
        for (int j = 0; j < Y.cols; j++)
            y[j] += (real)a * x[j];
    }
}

double mat_dot(struct mat X, struct mat Y)
{
    double sum = 0;
    for (int i = 0; i < X.rows; i++)
        for (int j = 0; j < X.cols; j++)
            sum += (double)ROW(X, i)[j] * (double)ROW(Y, i)[j];
    return sum;
}

VECTOR_CLONES void mat_add_row(struct mat b, struct mat Y)
{
    for (int i = 0; i < Y.rows; i++) {
        real *restrict y = ROW(Y, i);
        for (int j = 0; j < Y.cols; j++)
            y[j] += b.v[j];
    }
}

void mat_set_rows(struct mat b, struct mat Y)
{
    for (int i = 0; i < Y.rows; i++)
        if (b.v)
            memcpy(ROW(Y, i), b.v, (size_t)Y.cols * sizeof(real));
        else
            memset(ROW(Y, i), 0, (size_t)Y.cols * sizeof(real));
}

VECTOR_CLONES void mat_add_colsum(struct mat X, struct mat g)
{
    real *restrict s = g.v;
    for (int i = 0; i < X.rows; i++) {
        const real *restrict x = ROW(X, i);
        for (int j = 0; j < X.cols; j++)
            s[j] += x[j];
    }
}

VECTOR_CLONES void mat_add_coldot(struct mat X, struct mat Y, struct mat g)
{
    real *restrict s = g.v;
    for (int i = 0; i < X.rows; i++) {
        const real *restrict x = ROW(X, i), *restrict y = ROW(Y, i);
        for (int j = 0; j < X.cols; j++)
            s[j] += x[j] * y[j];
    }
}

void mat_add_rowdot(double a, struct mat X, struct mat Y, struct mat g)
{
    int i = 0;
    for (; i + 4 <= X.rows; i += 4) { /* four sums at once: a single one waits for each of its additions */
        double sum[4] = {0};
        for (int j = 0; j < X.cols; j++)
            for (int k = 0; k < 4; k++)
                sum[k] += (double)ROW(X, i + k)[j] * (double)ROW(Y, i + k)[j];
        for (int k = 0; k < 4; k++)
            g.v[i + k] += (real)(a * sum[k]);
    }
    for (; i < X.rows; i++)
        g.v[i] += (real)(a * mat_dot(mat_rows(X, i, 1), mat_rows(Y, i, 1)));
}

VECTOR_CLONES void mat_scale_cols(struct mat X, struct mat d, struct mat Y)
{
    for (int i = 0; i < Y.rows; i++) {
        const real *x = ROW(X, i), *restrict f = d.v;
        real *y = ROW(Y, i);
        for (int j = 0; j < Y.cols; j++)
            y[j] = x[j] * f[j];
    }
}

VECTOR_CLONES void mat_scale_rows(struct mat X, struct mat d, struct mat Y)
{
    for (int i = 0; i < Y.rows; i++) {
        const real *x = ROW(X, i), f = d.v[i];
        real *y = ROW(Y, i);
        for (int j = 0; j < Y.cols; j++)
            y[j] = f * x[j];
    }
}

const char *blas_core(void)
{
    return openblas_get_corename();
}

const char *blas_config(void)
{
    return openblas_get_config();
}

int blas_threads(void)
{
    return openblas_get_num_threads();
}
