/* CBLAS in one place: the only file that includes cblas.h. */
#include "core/linalg.h"

#include "core/arena.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

static struct gemm_shape *shapes;
static int nshapes, shape_capacity, recording;
static double flops;

void gemm_record(int on)
{
    recording = on;
    if (on)
        nshapes = 0;
}

const struct gemm_shape *gemm_recorded(int *n)
{
    *n = nshapes;
    return shapes;
}

double gemm_flops(void)
{
    return flops;
}

static void record(struct gemm_shape s)
{
    if (nshapes == shape_capacity) {
        shape_capacity = shape_capacity ? 2 * shape_capacity : 256;
        shapes = mem_grow(shapes, (size_t)shape_capacity * sizeof *shapes);
    }
    shapes[nshapes++] = s;
}

static void gemm(const char *op, double a, struct mat A, struct mat B, double b, struct mat C, int k)
{
    if (C.rows == 0 || C.cols == 0 || k == 0)
        return;
    flops += 2.0 * C.rows * C.cols * k;
    if (recording) {
        struct gemm_shape s = {C.rows, C.cols, k, "", A.ld, B.ld, C.ld};
        memcpy(s.op, op, sizeof s.op);
        record(s);
    }
    enum CBLAS_TRANSPOSE ta = op[0] == 't' ? CblasTrans : CblasNoTrans, tb = op[1] == 't' ? CblasTrans : CblasNoTrans;
#ifdef PEFTLAB_DOUBLE
    cblas_dgemm(CblasRowMajor, ta, tb, C.rows, C.cols, k, a, A.v, A.ld, B.v, B.ld, b, C.v, C.ld);
#else
    cblas_sgemm(CblasRowMajor, ta, tb, C.rows, C.cols, k, (float)a, A.v, A.ld, B.v, B.ld, (float)b, C.v, C.ld);
#endif
}

void gemm_nn(double a, struct mat A, struct mat B, double b, struct mat C)
{
    gemm("nn", a, A, B, b, C, A.cols);
}

void gemm_nt(double a, struct mat A, struct mat B, double b, struct mat C)
{
    gemm("nt", a, A, B, b, C, A.cols);
}

void gemm_tn(double a, struct mat A, struct mat B, double b, struct mat C)
{
    gemm("tn", a, A, B, b, C, A.rows);
}

#define ROW(m, i) ((m).v + (size_t)(i) * (size_t)(m).ld)

void mat_fill(struct mat m, double v)
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

void mat_scale(double a, struct mat m)
{
    for (int i = 0; i < m.rows; i++)
        for (int j = 0; j < m.cols; j++)
            ROW(m, i)[j] *= (real)a;
}

void mat_add(double a, struct mat X, struct mat Y)
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

void mat_add_row(struct mat b, struct mat Y)
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

void mat_add_colsum(struct mat X, struct mat g)
{
    real *restrict s = g.v;
    for (int i = 0; i < X.rows; i++) {
        const real *restrict x = ROW(X, i);
        for (int j = 0; j < X.cols; j++)
            s[j] += x[j];
    }
}

void mat_add_coldot(struct mat X, struct mat Y, struct mat g)
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
    for (int i = 0; i < X.rows; i++)
        g.v[i] += (real)(a * mat_dot(mat_rows(X, i, 1), mat_rows(Y, i, 1)));
}

void mat_scale_cols(struct mat X, struct mat d, struct mat Y)
{
    for (int i = 0; i < Y.rows; i++)
        for (int j = 0; j < Y.cols; j++)
            ROW(Y, i)[j] = ROW(X, i)[j] * d.v[j];
}

void mat_scale_rows(struct mat X, struct mat d, struct mat Y)
{
    for (int i = 0; i < Y.rows; i++)
        for (int j = 0; j < Y.cols; j++)
            ROW(Y, i)[j] = d.v[i] * ROW(X, i)[j];
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
