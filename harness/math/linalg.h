/* Products and elementwise operations on matrix views, over CBLAS. */
#ifndef MATH_LINALG_H
#define MATH_LINALG_H

#include "core/real.h"

#include <stdbool.h>

/* C = a op(A) op(B) + b C. Shapes: nn (m,k)(k,n), nt (m,k)(n,k)', tn (k,m)'(k,n); C is (m,n). Empty products are
 * no-ops. */
void gemm_nn(double a, struct mat A, struct mat B, double b, struct mat C);
void gemm_nt(double a, struct mat A, struct mat B, double b, struct mat C);
void gemm_tn(double a, struct mat A, struct mat B, double b, struct mat C);

void mat_fill(struct mat m, double v);
void mat_copy(struct mat from, struct mat to);
void mat_scale(double a, struct mat m);
/* Y += a X */
void mat_add(double a, struct mat X, struct mat Y);
/* Y_ij *= X_ij */
void mat_multiply(struct mat X, struct mat Y);
/* sum_ij X_ij Y_ij, accumulated in double */
double mat_dot(struct mat X, struct mat Y);
/* Y_ij += b_j for every row i: b is (1, cols) */
void mat_add_row(struct mat b, struct mat Y);
/* Y_ij = b_j; b may be an empty view, then Y = 0 */
void mat_set_rows(struct mat b, struct mat Y);
/* g_j += sum_i X_ij: the gradient of a bias; g is (1, cols) */
void mat_add_colsum(struct mat X, struct mat g);
/* g_j += sum_i X_ij Y_ij: the gradient of a factor per column */
void mat_add_coldot(struct mat X, struct mat Y, struct mat g);
/* g_i += a sum_j X_ij Y_ij; g is (1, rows) */
void mat_add_rowdot(double a, struct mat X, struct mat Y, struct mat g);
/* Y_ij = X_ij d_j; X and Y may be the same */
void mat_scale_cols(struct mat X, struct mat d, struct mat Y);
/* Y_ij = d_i X_ij; d is (1, rows) */
void mat_scale_rows(struct mat X, struct mat d, struct mat Y);

/* The BLAS in use, as OpenBLAS describes itself ("SkylakeX", "0.3.21 ... "), and its thread count. */
const char *blas_core(void);
const char *blas_config(void);
int blas_threads(void);
/* The core type that OPENBLAS_CORETYPE should name before OpenBLAS is loaded: a machine newer than the library is
 * unknown to it and gets the SSE kernels of "Prescott", at a quarter of its speed. NULL where the library's choice
 * stands. */
const char *blas_missed_core(void);

/* A list of products, so that a benchmark can repeat those of a step alone; free(product) when done. */
struct products {
    struct product {
        bool turn_A, turn_B; /* op is the transpose */
        struct mat A, B, C;
        double a, b;
        int k; /* the inner size */
    } * product;
    int n;
};
/* From now on every product is added to `list` as well; NULL: to none, as at the start of the process. */
void gemm_list(struct products *list);
/* Computes them again, each by one call of BLAS on the memory it was computed in: as cold or as warm as in the step.
 * The outputs are spoiled. */
void gemm_repeat(const struct products *list);
/* 2 m n k summed over all products since the start of the process. */
double gemm_flops(void);

#endif
