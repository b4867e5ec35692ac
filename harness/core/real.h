/* The number type of a build, and matrices as views. */
#ifndef CORE_REAL_H
#define CORE_REAL_H

#include <stddef.h>

#ifdef PEFTLAB_DOUBLE
typedef double real;
#define REAL_NAME "double"
#else
typedef float real;
#define REAL_NAME "float"
#endif

/* A row-major view, passed by value: element (i,j) is v[i*ld + j]. A vector is a matrix of one row. */
struct mat {
    real *v;
    int rows, cols, ld;
};

static inline struct mat mat_of(real *v, int rows, int cols)
{
    return (struct mat){v, rows, cols, cols};
}

/* Rows [i, i + n) of m, the same storage. */
static inline struct mat mat_rows(struct mat m, int i, int n)
{
    return (struct mat){m.v ? m.v + (size_t)i * m.ld : NULL, n, m.cols, m.ld};
}

/* Columns [j, j + n) of m, the same storage. */
static inline struct mat mat_cols(struct mat m, int j, int n)
{
    return (struct mat){m.v ? m.v + j : NULL, m.rows, n, m.ld};
}

/* The leading (rows, cols) block of m, the same storage. */
static inline struct mat mat_block(struct mat m, int rows, int cols)
{
    return (struct mat){m.v, rows, cols, m.ld};
}

/* Where element (i, j) of m is; and what it is, for sums in double. */
static inline real *mat_at(struct mat m, int i, int j)
{
    return m.v + (size_t)i * (size_t)m.ld + j;
}
static inline double mat_get(struct mat m, int i, int j)
{
    return (double)*mat_at(m, i, j);
}

static inline size_t mat_size(struct mat m)
{
    return (size_t)m.rows * (size_t)m.cols;
}

#endif
