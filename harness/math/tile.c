/* The small product for three vector widths, of which the machine's own is chosen at the first call. */
#include "math/tile.h"

#include "math/vecmath.h"

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
#include "math/tile_kernel.h"

#if defined(__x86_64__) && !defined(PEFTLAB_PORTABLE)
#include <immintrin.h>
typedef AVX2_VECTOR avx2_vector __attribute__((aligned(sizeof(real)), may_alias));
typedef AVX512_VECTOR avx512_vector __attribute__((aligned(sizeof(real)), may_alias));

#define NAME(f)      avx2_##f
#define TARGET       __attribute__((target("avx2,fma")))
#define VECTOR       avx2_vector
#define SET1(x)      INTRINSIC(_mm256_set1_)(x)
#define FMA(a, b, c) INTRINSIC(_mm256_fmadd_)(a, b, c)
#include "math/tile_kernel.h"

#ifndef PEFTLAB_AVX2
#define NAME(f)      avx512_##f
#define TARGET       __attribute__((target("avx512f")))
#define VECTOR       avx512_vector
#define SET1(x)      INTRINSIC(_mm512_set1_)(x)
#define FMA(a, b, c) INTRINSIC(_mm512_fmadd_)(a, b, c)
#include "math/tile_kernel.h"
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

typedef real wide __attribute__((vector_size(16 * sizeof(real)), aligned(sizeof(real)), may_alias));

/* Four columns of sixteen rows become four rows of sixteen columns, ld apart, each times f: rows k, k + 4, k + 8, k +
 * 12 side by side, then four transpositions of four by four at once. */
static inline __attribute__((always_inline)) void transpose_sixteen(const real *const row[16], int c, const real f[16],
                                                                    real *to, ptrdiff_t ld)
{
    wide r[4];
    UNROLL for (int k = 0; k < 4; k++)
    {
        const quad q[4] = {*(const quad *)(row[k] + c), *(const quad *)(row[k + 4] + c),
                           *(const quad *)(row[k + 8] + c), *(const quad *)(row[k + 12] + c)};
        r[k] = __builtin_shufflevector(__builtin_shufflevector(q[0], q[1], 0, 1, 2, 3, 4, 5, 6, 7),
                                       __builtin_shufflevector(q[2], q[3], 0, 1, 2, 3, 4, 5, 6, 7), 0, 1, 2, 3, 4, 5, 6,
                                       7, 8, 9, 10, 11, 12, 13, 14, 15);
    }
#define LOW(a, b)   __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29)
#define HIGH(a, b)  __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31)
#define FIRST(a, b) __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29)
#define LAST(a, b)  __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)
    const wide scale = *(const wide *)f;
    const wide ab = LOW(r[0], r[1]), AB = HIGH(r[0], r[1]), cd = LOW(r[2], r[3]), CD = HIGH(r[2], r[3]);
    *(wide *)to = scale * FIRST(ab, cd);
    *(wide *)(to + ld) = scale * LAST(ab, cd);
    *(wide *)(to + 2 * ld) = scale * FIRST(AB, CD);
    *(wide *)(to + 3 * ld) = scale * LAST(AB, CD);
}

VECTOR_CLONES void tile_transpose(struct mat m, real scale, struct mat t)
{
    const int cols = m.cols / 4 * 4;
    int done = 0; /* columns of t */
    for (; done < m.rows && done + 16 <= t.cols; done += 16) {
        const real *row[16];
        real f[16];
        for (int k = 0; k < 16; k++) { /* where rows run out, the last one times 0 */
            row[k] = ROW(m, done + k < m.rows ? done + k : m.rows - 1);
            f[k] = done + k < m.rows ? scale : 0;
        }
        for (int c = 0; c < cols; c += 4) {
            for (int k = 0; k < 4; k++) /* of the next sixteen rows */
                __builtin_prefetch(row[c % 16 + k] + 16 * (ptrdiff_t)m.ld + c / 16 * 16);
            transpose_sixteen(row, c, f, ROW(t, c) + done, t.ld);
        }
    }
    for (int c = done == t.cols ? cols : 0; c < m.cols; c++)
        for (int i = c < cols ? done : 0; i < t.cols; i++)
            ROW(t, c)[i] = i < m.rows ? scale * ROW(m, i)[c] : 0;
}
