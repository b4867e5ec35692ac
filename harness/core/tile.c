/* The small product for three vector widths, of which the machine's own is chosen at the first call. */
#include "core/tile.h"

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
#define UNROLL _Pragma("GCC unroll 8")

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

#define NAME(f)      avx512_##f
#define TARGET       __attribute__((target("avx512f")))
#define VECTOR       avx512_vector
#define SET1(x)      INTRINSIC(_mm512_set1_)(x)
#define FMA(a, b, c) INTRINSIC(_mm512_fmadd_)(a, b, c)
#include "core/tile_kernel.h"
#endif

void tile_product(const real *w, ptrdiff_t si, ptrdiff_t sk, struct mat M, struct mat Y)
{
    static void (*chosen)(const real *, ptrdiff_t, ptrdiff_t, struct mat, struct mat);
    if (!chosen) {
        chosen = portable_product;
#if defined(__x86_64__) && !defined(PEFTLAB_PORTABLE)
        if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
            chosen = avx2_product;
        if (__builtin_cpu_supports("avx512f"))
            chosen = avx512_product;
#endif
    }
    chosen(w, si, sk, M, Y);
}
