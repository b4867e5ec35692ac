/* Products too small for a BLAS call: C loops over vectors, with one order of summation on every machine. */
#ifndef MATH_TILE_H
#define MATH_TILE_H

#include "core/real.h"

/* 8 or 16: a product whose columns are a multiple of it fills this machine's vectors. */
int tile_columns(void);

/* Y = W M: Y (rows, cols), M (inner, cols), W_ik = w[i * si + k * sk], where si or sk is 1. Each sum runs over
 * k = 0, 1, 2 ... by fused multiply-add, starting from 0. Y may not overlap W or M. */
void tile_product(const real *w, ptrdiff_t si, ptrdiff_t sk, struct mat M, struct mat Y);

/* Floating-point operations a second that one core does at most: multiply-adds of these vectors, measured for some
 * milliseconds. */
double tile_peak(void);

/* t (cols, n) := scale m', m (rows, cols), rows <= n, zero beyond them. */
void tile_transpose(struct mat m, real scale, struct mat t);

#endif
