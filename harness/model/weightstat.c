/* Shifts and spectra of weight matrices: sums in double whatever the build, singular values in its own precision. */
#include "model/weightstat.h"

#include "core/arena.h"
#include "math/lapack.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* `length` numbers of a matrix, `step` apart: a row or a column. */
struct vector {
    const real *v;
    int length, step;
};

static struct vector row_of(struct mat m, int i)
{
    return (struct vector){m.v + (size_t)i * m.ld, m.cols, 1};
}

static struct vector column_of(struct mat m, int j)
{
    return (struct vector){m.v + j, m.rows, m.ld};
}

static double dot(struct vector a, struct vector b)
{
    double sum = 0;
    for (int i = 0; i < a.length; i++)
        sum += (double)a.v[(size_t)i * a.step] * b.v[(size_t)i * b.step];
    return sum;
}

/* 1 - cos(w, v) as |w/|w| - v/|v||^2 / 2, which keeps its digits when the angle is small. */
static struct weight_shift vector_shift(struct vector w, struct vector v)
{
    double norm_w = sqrt(dot(w, w)), norm_v = sqrt(dot(v, v)), apart = 0;
    struct weight_shift shift = {.magnitude = fabs(norm_w - norm_v), .direction = norm_w != norm_v};
    if (norm_w == 0 || norm_v == 0)
        return shift;
    for (int i = 0; i < w.length; i++) {
        double d = w.v[(size_t)i * w.step] / norm_w - v.v[(size_t)i * v.step] / norm_v;
        apart += d * d;
    }
    shift.direction = 0.5 * apart;
    return shift;
}

static struct weight_shift mean_shift(struct mat W, struct mat V, int count, struct vector (*vector)(struct mat, int))
{
    assert(W.rows == V.rows && W.cols == V.cols && count > 0);
    struct weight_shift mean = {0, 0};
    for (int i = 0; i < count; i++) {
        struct weight_shift one = vector_shift(vector(W, i), vector(V, i));
        mean.magnitude += one.magnitude / count;
        mean.direction += one.direction / count;
    }
    return mean;
}

struct weight_shift weight_shift_rows(struct mat W, struct mat V)
{
    return mean_shift(W, V, W.rows, row_of);
}

struct weight_shift weight_shift_columns(struct mat W, struct mat V)
{
    return mean_shift(W, V, W.cols, column_of);
}

static struct mat matrix(int rows, int cols)
{
    return mat_of(mem_alloc((size_t)rows * (size_t)cols * sizeof(real)), rows, cols);
}

void weight_change_spectrum(struct mat W, struct mat V, double *s)
{
    assert(W.rows == V.rows && W.cols == V.cols);
    struct mat change = matrix(W.rows, W.cols), none = {0};
    for (int i = 0; i < W.rows; i++)
        for (int j = 0; j < W.cols; j++)
            change.v[(size_t)i * change.ld + j] = W.v[(size_t)i * W.ld + j] - V.v[(size_t)i * V.ld + j];
    lapack_svd(change, none, s, none);
    free(change.v);
}

struct spectrum spectrum_of(const double *s, int n)
{
    struct spectrum result = {0};
    double squares = 0, reached = 0;
    for (int i = 0; i < n; i++)
        squares += s[i] * s[i];
    if (squares == 0)
        return result;
    while (result.rank90 < n && reached < 0.9 * squares) {
        reached += s[result.rank90] * s[result.rank90];
        result.rank90++;
    }
    result.norm = sqrt(squares);
    return result;
}

void closest_vectors(struct mat U, int k, struct mat U0, double *closest)
{
    assert(U.rows == U0.rows && k <= U.cols);
    for (int j = 0; j < k; j++) {
        closest[j] = 0;
        for (int i = 0; i < U0.cols; i++)
            closest[j] = fmax(closest[j], fabs(dot(column_of(U, j), column_of(U0, i))));
    }
}

void weight_closest_vectors(struct mat W, struct mat V, int k, double *closest)
{
    assert(W.rows == V.rows && W.cols == V.cols);
    int p = W.rows < W.cols ? W.rows : W.cols;
    struct mat U = matrix(W.rows, p), U0 = matrix(W.rows, p), Vt = matrix(p, W.cols);
    double *s = mem_alloc((size_t)p * sizeof *s);
    lapack_svd(W, U, s, Vt);
    lapack_svd(V, U0, s, Vt);
    closest_vectors(U, k < p ? k : p, U0, closest);
    for (int j = p; j < k; j++)
        closest[j] = NAN;
    free(s);
    free(Vt.v);
    free(U0.v);
    free(U.v);
}

void weight_null_update(struct rng *r, int rank, double norm, struct mat out)
{
    struct mat B = matrix(out.rows, rank), A = matrix(rank, out.cols);
    rng_fill_normal(r, B, 1);
    rng_fill_normal(r, A, 1);
    double squares = 0;
    for (int i = 0; i < out.rows; i++)
        for (int j = 0; j < out.cols; j++) {
            double entry = dot(row_of(B, i), column_of(A, j));
            out.v[(size_t)i * out.ld + j] = (real)entry;
            squares += entry * entry;
        }
    for (int i = 0; i < out.rows; i++)
        for (int j = 0; j < out.cols; j++)
            out.v[(size_t)i * out.ld + j] *= (real)(norm / sqrt(squares));
    free(A.v);
    free(B.v);
}
