/* LAPACKE in one place: the only file that includes lapacke.h. */
#include "math/lapack.h"

#include "core/arena.h"
#include "core/die.h"
#include "math/linalg.h"

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>

#ifdef PEFTLAB_DOUBLE
#define GESDD LAPACKE_dgesdd
#define GEQRF LAPACKE_dgeqrf
#define ORGQR LAPACKE_dorgqr
#define POTRF LAPACKE_dpotrf
#define POTRS LAPACKE_dpotrs
#define GESV  LAPACKE_dgesv
#else
#define GESDD LAPACKE_sgesdd
#define GEQRF LAPACKE_sgeqrf
#define ORGQR LAPACKE_sorgqr
#define POTRF LAPACKE_spotrf
#define POTRS LAPACKE_spotrs
#define GESV  LAPACKE_sgesv
#endif

static struct mat copy_of(struct mat A)
{
    struct mat c = mat_of(mem_alloc(mat_size(A) * sizeof(real)), A.rows, A.cols);
    mat_copy(A, c);
    return c;
}

/* Singular vectors are defined up to a common sign; one choice for all machines. */
static void fix_signs(struct mat U, struct mat Vt)
{
    for (int k = 0; k < Vt.rows; k++) {
        real *v = Vt.v + (size_t)k * Vt.ld, big = 0;
        for (int j = 0; j < Vt.cols; j++)
            if (fabs((double)v[j]) > fabs((double)big))
                big = v[j];
        if (big >= 0)
            continue;
        for (int j = 0; j < Vt.cols; j++)
            v[j] = -v[j];
        for (int i = 0; i < U.rows; i++)
            U.v[(size_t)i * U.ld + k] = -U.v[(size_t)i * U.ld + k];
    }
}

void lapack_svd(struct mat A, struct mat U, double *s, struct mat Vt)
{
    int p = A.rows < A.cols ? A.rows : A.cols;
    struct mat c = copy_of(A);
    real *sv = mem_alloc((size_t)p * sizeof(real));
    char job = U.v ? 'S' : 'N';
    int info =
        GESDD(LAPACK_ROW_MAJOR, job, A.rows, A.cols, c.v, c.ld, sv, U.v, U.v ? U.ld : p, Vt.v, Vt.v ? Vt.ld : A.cols);
    for (int k = 0; k < p; k++)
        s[k] = (double)sv[k];
    free(sv);
    free(c.v);
    if (info)
        die(EXIT_DATA, "a %d x %d matrix has no singular value decomposition (gesdd: %d): does it hold NaN?", A.rows,
            A.cols, info);
    if (U.v)
        fix_signs(U, Vt);
}

void lapack_qr(struct mat A, struct mat Q, struct mat R)
{
    int p = A.rows < A.cols ? A.rows : A.cols;
    struct mat c = copy_of(A);
    real *tau = mem_alloc((size_t)p * sizeof(real));
    int info = GEQRF(LAPACK_ROW_MAJOR, A.rows, A.cols, c.v, c.ld, tau);
    mat_fill(R, 0);
    for (int i = 0; i < p; i++)
        for (int j = i; j < A.cols; j++)
            R.v[(size_t)i * R.ld + j] = c.v[(size_t)i * c.ld + j];
    if (!info)
        info = ORGQR(LAPACK_ROW_MAJOR, A.rows, p, p, c.v, c.ld, tau);
    mat_copy(mat_block(c, A.rows, p), Q);
    free(tau);
    free(c.v);
    if (info)
        die(EXIT_DATA, "a %d x %d matrix has no QR factorisation (%d): does it hold NaN?", A.rows, A.cols, info);
}

int lapack_cholesky(struct mat S)
{
    return POTRF(LAPACK_ROW_MAJOR, 'L', S.rows, S.v, S.ld);
}

void lapack_cholesky_solve(struct mat L, struct mat X)
{
    POTRS(LAPACK_ROW_MAJOR, 'L', L.rows, X.cols, L.v, L.ld, X.v, X.ld);
}

int lapack_solve(struct mat A, struct mat X)
{
    struct mat c = copy_of(A);
    lapack_int *pivot = mem_alloc((size_t)A.rows * sizeof *pivot);
    int info = GESV(LAPACK_ROW_MAJOR, A.rows, X.cols, c.v, c.ld, pivot, X.v, X.ld);
    free(pivot);
    free(c.v);
    return info;
}

void lapack_tridiagonal(int n, double *diagonal, double *beside, double *Z)
{
    const int info = LAPACKE_dstev(LAPACK_ROW_MAJOR, 'V', n, diagonal, beside, Z, n);
    if (info)
        die(EXIT_DATA, "a tridiagonal matrix of %d rows has no eigenvalues (stev: %d): does it hold NaN?", n, info);
}
