/* The small product for three vector widths, of which the machine's own is chosen at the first call. */
#include "core/tile.h"

#include "core/vecmath.h"

#include <math.h>

#ifdef PEFTLAB_DOUBLE
#define REAL_FMA      __builtin_fma
#define INTRINSIC(f)  f##pd
#define AVX2_VECTOR   __m256d
#define AVX512_VECTOR __m512d
#else
#define REAL_FMA      __builtin_fmaf
#define INTRINSIC(f)  f##ps
#define AVX2_VECTOR   __m256
#define AVX512_VECTOR __m512
#endif
#define ROW(m, i) ((m).v + (size_t)(i) * (size_t)(m).ld)
#define UNROLL    _Pragma("GCC unroll 8")

/* A machine without fused multiply-add computes the same numbers, slowly. */
#define NAME(f) portable_##f
#define TARGET
#define VECTOR       real
#define SET1(x)      (x)
#define FMA(a, b, c) REAL_FMA(a, b, c)
#include "core/tile_kernel.h"

#if defined(__x86_64__) && !defined(PEFTLAB_PORTABLE)
#include <immintrin.h>
typedef AVX2_VECTOR avx2_vector __attribute__((aligned(sizeof(real)), may_alias));
typedef AVX512_VECTOR avx512_vector __attribute__((aligned(sizeof(real)), may_alias));

#define NAME(f)      avx2_##f
#define TARGET       __attribute__((target("avx2,fma")))
#define VECTOR       avx2_vector
#define SET1(x)      INTRINSIC(_mm256_set1_)(x)
#define FMA(a, b, c) INTRINSIC(_mm256_fmadd_)(a, b, c)
#include "core/tile_kernel.h"

#ifndef PEFTLAB_AVX2
#define NAME(f)      avx512_##f
#define TARGET       __attribute__((target("avx512f")))
#define VECTOR       avx512_vector
#define SET1(x)      INTRINSIC(_mm512_set1_)(x)
#define FMA(a, b, c) INTRINSIC(_mm512_fmadd_)(a, b, c)
#include "core/tile_kernel.h"
#endif
#endif

void tile_product(const real *w, ptrdiff_t si, ptrdiff_t sk, struct mat M, struct mat Y)
{
    static void (*chosen)(const real *, ptrdiff_t, ptrdiff_t, struct mat, struct mat);
    if (!chosen) {
        chosen = portable_product;
#if defined(__x86_64__) && !defined(PEFTLAB_PORTABLE)
        if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
            chosen = avx2_product;
#ifndef PEFTLAB_AVX2
        if (__builtin_cpu_supports("avx512f"))
            chosen = avx512_product;
#endif
#endif
    }
    chosen(w, si, sk, M, Y);
}

/* Four rows of four, ld_from apart, become four columns, ld_to apart. */
static inline void transpose_quads(const real *from, ptrdiff_t ld_from, real scale, real *to, ptrdiff_t ld_to)
{
    const quad a = scale * *(const quad *)from, b = scale * *(const quad *)(from + ld_from);
    const quad c = scale * *(const quad *)(from + 2 * ld_from), d = scale * *(const quad *)(from + 3 * ld_from);
    const quad ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), AB = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const quad cd = __builtin_shufflevector(c, d, 0, 4, 1, 5), CD = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    *(quad *)to = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
    *(quad *)(to + ld_to) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
    *(quad *)(to + 2 * ld_to) = __builtin_shufflevector(AB, CD, 0, 1, 4, 5);
    *(quad *)(to + 3 * ld_to) = __builtin_shufflevector(AB, CD, 2, 3, 6, 7);
}

VECTOR_CLONES void tile_transpose(struct mat m, real scale, struct mat t)
{
    const int rows = m.rows / 4 * 4, cols = m.cols / 4 * 4;
    for (int i = 0; i < rows; i += 4)
        for (int c = 0; c < cols; c += 4)
            transpose_quads(ROW(m, i) + c, m.ld, scale, ROW(t, c) + i, t.ld);
    for (int c = 0; c < m.cols; c++) {
        for (int i = c < cols ? rows : 0; i < m.rows; i++)
            ROW(t, c)[i] = scale * ROW(m, i)[c];
        for (int i = m.rows; i < t.cols; i++)
            ROW(t, c)[i] = 0;
    }
}
