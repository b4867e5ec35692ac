/* Factorisations of small dense matrices, over LAPACKE. */
#ifndef MATH_LAPACK_H
#define MATH_LAPACK_H

#include "core/real.h"

/* Economy SVD A = U diag(s) V', p = min(m, n): A (m,n) is kept, U (m,p), s[p] descending, Vt (p,n).
 * U.v and Vt.v may both be NULL: singular values only. Signs are fixed: the largest entry of each row of Vt is
 * positive. */
void lapack_svd(struct mat A, struct mat U, double *s, struct mat Vt);
/* QR of A (m,n), p = min(m, n): Q (m,p) with orthonormal columns, R (p,n) upper triangular. A is kept. */
void lapack_qr(struct mat A, struct mat Q, struct mat R);
/* Lower Cholesky factor of a symmetric positive definite S (n,n), in place. Returns 0, k > 0 when minor k is not positive, or
 * k < 0 when an entry is NaN. */
int lapack_cholesky(struct mat S);
/* X := (L L')^-1 X with L from lapack_cholesky; X is (n, k). */
void lapack_cholesky_solve(struct mat L, struct mat X);
/* X := A^-1 X for any square A (n,n), by LU with partial pivoting; A is kept, X is (n, k). Returns 0, k > 0 when A is
 * singular (pivot k is zero), or k < 0 when an entry is NaN; X is then undefined. */
int lapack_solve(struct mat A, struct mat X);
/* Eigenvalues, ascending, of the symmetric tridiagonal matrix with this diagonal (n) and these entries beside it (n - 1), in double
 * in both builds: they take the diagonal's place. Z (n, n), row by row: column k is the eigenvector of eigenvalue k. */
void lapack_tridiagonal(int n, double *diagonal, double *beside, double *Z);

#endif
