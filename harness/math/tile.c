/* The small product for three vector widths, of which the machine's own is chosen at the first call. */
#include "math/tile.h"

#include "math/stopwatch.h"
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
#define UNROLL    _Pragma("GCC unroll 12")
/* Sums at once: with two vectors of M and a factor they fill AVX2's sixteen registers. */
enum { ACCUMULATORS = 12 };

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
#define NARROWER     portable_product
#define VECTOR       avx2_vector
#define SET1(x)      INTRINSIC(_mm256_set1_)(x)
#define FMA(a, b, c) INTRINSIC(_mm256_fmadd_)(a, b, c)
#include "math/tile_kernel.h"

#ifndef PEFTLAB_AVX2
#define NAME(f)      avx512_##f
#define TARGET       __attribute__((target("avx512f")))
#define NARROWER     avx2_product
#define VECTOR       avx512_vector
#define SET1(x)      INTRINSIC(_mm512_set1_)(x)
#define FMA(a, b, c) INTRINSIC(_mm512_fmadd_)(a, b, c)
#include "math/tile_kernel.h"
#endif
#endif

struct kernel {
    void (*product)(const real *, ptrdiff_t, ptrdiff_t, struct mat, struct mat);
    double (*multiply_adds)(long, volatile real *);
    int columns; /* what tile_columns() says */
};
enum { TURNED = 8 }; /* columns that tile_transpose writes at once */

static struct kernel choose(void)
{
#if defined(__x86_64__) && !defined(PEFTLAB_PORTABLE)
#ifndef PEFTLAB_AVX2
    if (__builtin_cpu_supports("avx512f"))
        return (struct kernel){avx512_product, avx512_multiply_adds, sizeof(AVX512_VECTOR) / sizeof(real)};
#endif
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return (struct kernel){avx2_product, avx2_multiply_adds, TURNED};
#endif
    return (struct kernel){portable_product, portable_multiply_adds, TURNED};
}

static struct kernel chosen;

int tile_columns(void)
{
    if (!chosen.product)
        chosen = choose();
    return chosen.columns;
}

void tile_product(const real *w, ptrdiff_t si, ptrdiff_t sk, struct mat M, struct mat Y)
{
    if (!chosen.product)
        chosen = choose();
    chosen.product(w, si, sk, M, Y);
}

double tile_peak(void)
{
    enum { LOOKS = 20, ROUNDS = 100000 };
    volatile real sink;
    double best = 0;
    tile_columns(); /* chooses */
    for (int i = 0; i < LOOKS; i++) {
        const double began = cpu_seconds(), done = chosen.multiply_adds(ROUNDS, &sink);
        const double rate = done / (cpu_seconds() - began);
        best = rate > best ? rate : best;
    }
    return best;
}

typedef real wide __attribute__((vector_size(TURNED * sizeof(real)), aligned(sizeof(real)), may_alias));

/* Four columns of eight rows become four rows of eight columns, ld apart, each times f: rows k and k + 4 side by side,
 * then two transpositions of four by four at once. */
static inline __attribute__((always_inline)) void transpose_eight(const real *const row[TURNED], int c,
                                                                  const real f[TURNED], real *to, ptrdiff_t ld)
{
    wide r[4];
    UNROLL for (int k = 0; k < 4; k++) r[k] =
        __builtin_shufflevector(*(const quad *)(row[k] + c), *(const quad *)(row[k + 4] + c), 0, 1, 2, 3, 4, 5, 6, 7);
#define LOW(a, b)   __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13)
#define HIGH(a, b)  __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15)
#define FIRST(a, b) __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13)
#define LAST(a, b)  __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15)
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
    for (; done < m.rows && done + TURNED <= t.cols; done += TURNED) {
        const real *row[TURNED];
        real f[TURNED];
        for (int k = 0; k < TURNED; k++) { /* where rows run out, the last one times 0 */
            row[k] = ROW(m, done + k < m.rows ? done + k : m.rows - 1);
            f[k] = done + k < m.rows ? scale : 0;
        }
        for (int c = 0; c < cols; c += 4) {
            for (int k = 0; k < 2; k++) /* of the next eight rows */
                __builtin_prefetch(row[c % 16 / 2 + k] + TURNED * (ptrdiff_t)m.ld + c / 16 * 16);
            transpose_eight(row, c, f, ROW(t, c) + done, t.ld);
        }
    }
    for (int c = done == t.cols ? cols : 0; c < m.cols; c++)
        for (int i = c < cols ? done : 0; i < t.cols; i++)
            ROW(t, c)[i] = i < m.rows ? scale * ROW(m, i)[c] : 0;
}
