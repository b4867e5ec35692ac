/* What training did to a weight matrix: magnitude and direction shifts, spectrum, intruder dimensions. */
#ifndef MODEL_WEIGHTSTAT_H
#define MODEL_WEIGHTSTAT_H

#include "core/real.h"
#include "core/rng.h"

/* Pure functions; sums run in double, singular values in the precision of the build. Weights are (out, in). Wrong shapes are a program bug (assert). */

struct weight_shift {
    double magnitude; /* dM = mean_n | |w_n| - |v_n| | */
    double direction; /* dD = mean_n (1 - cos(w_n, v_n)); a zero vector is at cosine 0 to any other, 1 to itself */
};
/* Shift from V to W of equal shape (DoRA, Liu et al. 2024, eq. 3-4). Rows are DoRA's definition: its "columns" of a
 * matrix written (in, out) are the rows of one written (out, in). Columns are the control. */
struct weight_shift weight_shift_rows(struct mat W, struct mat V);
struct weight_shift weight_shift_columns(struct mat W, struct mat V);

/* Singular values of W - V (m, n), descending, into s[min(m, n)]. */
void weight_change_spectrum(struct mat W, struct mat V, double *s);

struct spectrum {
    double norm; /* Frobenius: sqrt(sum s_i^2) */
    int rank90;  /* least k with sum_{i<=k} s_i^2 >= 0.9 sum s_i^2 (Biderman et al. 2024) */
};
/* Of n descending singular values; all fields 0 when every value is 0. */
struct spectrum spectrum_of(const double *s, int n);

/* closest[j] = max_i |u_j . u0_i| of the first k columns of U (m, p) against every column of U0 (m, q); columns are
 * orthonormal. Vector j is an intruder dimension where closest[j] < epsilon (Shuttleworth et al. 2024, arXiv
 * 2410.21228; their k = 10, epsilon = 0.5). */
void closest_vectors(struct mat U, int k, struct mat U0, double *closest);
/* The same from the matrices: left singular vectors of W, largest value first, against all of V's. NAN from min(m, n)
 * on, where there is no such vector. */
void weight_closest_vectors(struct mat W, struct mat V, int k, double *closest);

/* Figure F1's null: a random update B A of the given rank, B and A standard normal, scaled to Frobenius norm `norm`,
 * into out (m, n). */
void weight_null_update(struct rng *r, int rank, double norm, struct mat out);

#endif
