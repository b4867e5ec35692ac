/* CBLAS in one place: the only file that includes cblas.h. */
#include "math/linalg.h"

#include "core/arena.h"
#include "math/tile.h"
#include "math/vecmath.h"

#include <cblas.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ROW(m, i) ((m).v + (size_t)(i) * (size_t)(m).ld)

static struct products *listed; /* where products are noted; NULL: nowhere */
static double flops;

void gemm_list(struct products *list)
{
    listed = list;
}

double gemm_flops(void)
{
    return flops;
}

static enum CBLAS_TRANSPOSE transposed(bool is)
{
    return is ? CblasTrans : CblasNoTrans;
}

static void blas(const struct product *p)
{
    const struct mat A = p->A, B = p->B, C = p->C;
    const enum CBLAS_TRANSPOSE ta = transposed(p->turn_A), tb = transposed(p->turn_B);
#ifdef PEFTLAB_DOUBLE
    cblas_dgemm(CblasRowMajor, ta, tb, C.rows, C.cols, p->k, p->a, A.v, A.ld, B.v, B.ld, p->b, C.v, C.ld);
#else
    cblas_sgemm(CblasRowMajor, ta, tb, C.rows, C.cols, p->k, (float)p->a, A.v, A.ld, B.v, B.ld, (float)p->b, C.v, C.ld);
#endif
}

#ifndef PEFTLAB_DOUBLE
/* Where the core has AVX-512 kernels, OpenBLAS computes a product of up to 10^6 multiply-adds without packing its
 * operands, a third faster at 64 columns and with the same bits (tests/math). Larger ones are therefore taken in
 * tiles, whose inner size is one at which OpenBLAS splits its own sums. */
enum { TILE_ROWS = 48, TILE_COLS = 64, TILE_INNER = 256, UNPACKED = 1000000, UNPACKED_TRANSPOSED = 1200 };

static bool unpacked_is_faster(void)
{
    static int known = -1;
    if (known < 0) {
        const char *core = openblas_get_corename();
        known = !strcmp(core, "SkylakeX") || !strcmp(core, "Cooperlake") || !strcmp(core, "SapphireRapids");
    }
    return known;
}

/* Is this a C += A op(B) that BLAS would pack, of a shape whose tiles give the same bits? */
static bool tiled(const struct product *p)
{
    const double outputs = (double)p->C.rows * p->C.cols;
    const bool packs = outputs * p->k > UNPACKED || (p->turn_B && outputs > UNPACKED_TRANSPOSED);
    return !p->turn_A && p->a == 1 && p->b == 1 && p->C.cols % 16 == 0 && p->C.cols >= TILE_COLS / 2 && p->k % 4 == 0 &&
           (p->k <= TILE_INNER || p->k == 2 * TILE_INNER) && packs && unpacked_is_faster();
}

/* C += A op(B), op(B) a panel of at most TILE_INNER rows and TILE_COLS columns, in blocks of rows of A. */
static void blas_panel(bool turn_B, struct mat A, struct mat B, struct mat C)
{
    static _Thread_local real room[TILE_INNER * TILE_COLS] __attribute__((aligned(64)));
    struct mat panel = mat_of(room, A.cols, C.cols);
    if (turn_B)
        tile_transpose(B, 1, panel);
    else if (B.ld == B.cols)
        panel = B;
    else
        mat_copy(B, panel);
    for (int i = 0; i < C.rows; i += TILE_ROWS) {
        const int rows = C.rows - i < TILE_ROWS ? C.rows - i : TILE_ROWS;
        const struct mat a = mat_rows(A, i, rows), c = mat_rows(C, i, rows);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, c.cols, a.cols, 1, a.v, a.ld, panel.v, panel.ld, 1,
                    c.v, c.ld);
    }
}

static struct mat block_of(struct mat m, int i, int rows, int j, int cols)
{
    return (struct mat){ROW(m, i) + j, rows, cols, m.ld};
}

static void blas_tiled(const struct product *p)
{
    for (int j = 0; j < p->C.cols; j += TILE_COLS)
        for (int k = 0; k < p->k; k += TILE_INNER) {
            const int cols = p->C.cols - j < TILE_COLS ? p->C.cols - j : TILE_COLS;
            const int inner = p->k - k < TILE_INNER ? p->k - k : TILE_INNER;
            const struct mat A = block_of(p->A, 0, p->A.rows, k, inner);
            const struct mat B = p->turn_B ? block_of(p->B, j, cols, k, inner) : block_of(p->B, k, inner, j, cols);
            blas_panel(p->turn_B, A, B, block_of(p->C, 0, p->C.rows, j, cols));
        }
}
#endif

void gemm_repeat(const struct products *list)
{
    for (int i = 0; i < list->n; i++)
        blas(&list->product[i]);
}

static void gemm(bool turn_A, bool turn_B, double a, struct mat A, struct mat B, double b, struct mat C, int k)
{
    if (C.rows == 0 || C.cols == 0 || k == 0)
        return;
    const struct product p = {turn_A, turn_B, A, B, C, a, b, k};
    flops += 2.0 * C.rows * C.cols * k;
    if (listed) {
        PUSH(listed->product, listed->n) = p;
    }
#ifndef PEFTLAB_DOUBLE
    if (tiled(&p)) {
        blas_tiled(&p);
        return;
    }
#endif
    blas(&p);
}

void gemm_nn(double a, struct mat A, struct mat B, double b, struct mat C)
{
    gemm(false, false, a, A, B, b, C, A.cols);
}

void gemm_nt(double a, struct mat A, struct mat B, double b, struct mat C)
{
    gemm(false, true, a, A, B, b, C, A.cols);
}

void gemm_tn(double a, struct mat A, struct mat B, double b, struct mat C)
{
    gemm(true, false, a, A, B, b, C, A.rows);
}

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
            sum += (double)ROW(X, i)[j] * (double)ROW(Y, i)[j]; /* NOLINT: rows > 0, so neither is NULL */
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

VECTOR_CLONES void mat_multiply(struct mat X, struct mat Y)
{
    for (int i = 0; i < Y.rows; i++) {
        const real *x = ROW(X, i);
        real *y = ROW(Y, i);
        for (int j = 0; j < Y.cols; j++)
            y[j] *= x[j];
    }
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

const char *blas_missed_core(void)
{
#if defined(__x86_64__)
    if (strcmp(openblas_get_corename(), "Prescott") == 0) {
        __builtin_cpu_init();
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
            __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
            return "SkylakeX";
        if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
            return "Haswell";
    }
#endif
    return NULL;
}
