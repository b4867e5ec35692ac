/* Cayley's map and its series, forwards and backwards. */
#include "tune/rotation.h"

#include "math/lapack.h"
#include "math/linalg.h"

static void set_identity(double c, struct mat X)
{
    mat_fill(X, 0);
    for (int i = 0; i < X.rows; i++)
        X.v[(size_t)i * X.ld + i] = (real)c;
}

static struct mat skew(struct arena *a, int m, const real *q)
{
    struct mat Q = arena_mat(a, m, m);
    for (int i = 0; i < m; i++)
        for (int j = i + 1; j < m; j++, q++) {
            Q.v[i * Q.ld + j] = *q;
            Q.v[j * Q.ld + i] = -*q;
        }
    return Q;
}

static int last_power(const struct rotation *r)
{
    return r->terms < 4 ? 3 : r->terms - 1;
}

/* Of Q^k: 2, but 1 for the first and the last. */
static double coefficient(const struct rotation *r, int k)
{
    return k == 0 || k == last_power(r) ? 1 : 2;
}

/* H_k of Horner's rule, all below one another: H_k = c_k I + Q H_(k+1), R = H_0. */
static struct mat series(const struct rotation *r, struct arena *a, struct mat Q)
{
    const int m = r->m, K = last_power(r);
    struct mat H = arena_mat_raw(a, (K + 1) * m, m);
    for (int k = K; k >= 0; k--) {
        set_identity(coefficient(r, k), mat_rows(H, k * m, m));
        if (k < K)
            gemm_nn(1, Q, mat_rows(H, (k + 1) * m, m), 1, mat_rows(H, k * m, m));
    }
    return H;
}

/* T = (I + Q)^-1, returned, and R = (I - Q) T. I + Q is never singular: the eigenvalues of Q are imaginary. */
static struct mat exact(struct arena *a, struct mat Q, struct mat R)
{
    struct mat S = arena_mat_raw(a, Q.rows, Q.cols), T = arena_mat_raw(a, Q.rows, Q.cols);
    set_identity(1, S);
    set_identity(1, T);
    mat_add(1, Q, S);
    lapack_solve(S, T);
    mat_copy(T, R);
    gemm_nn(-1, Q, T, 1, R);
    return T;
}

void rotation_form(const struct rotation *r, struct arena *a, const real *q, struct mat R)
{
    struct mat Q = skew(a, r->m, q);
    if (r->kind == ROTATION_EXACT)
        exact(a, Q, R);
    else
        mat_copy(mat_rows(series(r, a, Q), 0, r->m), R);
}

/* G = dL/dQ. The series: dQ += D H_(k+1)', D <- Q' D, for k = 0, 1, ...; exact: G = -(I + R)' D T'. Then
 * dq_ij = G_ij - G_ji. */
void rotation_gradient(const struct rotation *r, struct arena *a, const real *q, struct mat D, real *g)
{
    const int m = r->m;
    struct mat Q = skew(a, m, q), G = arena_mat(a, m, m), E = arena_mat_raw(a, m, m);
    if (r->kind == ROTATION_EXACT) {
        struct mat R = arena_mat_raw(a, m, m), T = exact(a, Q, R);
        mat_copy(D, E);
        gemm_tn(1, R, D, 1, E);
        gemm_nt(-1, E, T, 0, G);
    } else {
        struct mat H = series(r, a, Q);
        for (int k = 0; k < last_power(r); k++) {
            gemm_nt(1, D, mat_rows(H, (k + 1) * m, m), 1, G);
            gemm_tn(1, Q, D, 0, E);
            mat_copy(E, D);
        }
    }
    for (int i = 0; i < m; i++)
        for (int j = i + 1; j < m; j++)
            *g++ += G.v[i * G.ld + j] - G.v[j * G.ld + i];
}
