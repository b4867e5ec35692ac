/* exp, tanh and the normal distribution function that compilers turn into vector code; the double build has the C
 * library's. */
#ifndef MATH_VECMATH_H
#define MATH_VECMATH_H

#include "core/real.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Loops over real arrays, compiled once per vector width and chosen when the program starts. No clone reassociates a
 * sum, so all give the same bits. Sanitizers and clang keep the portable version. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(PEFTLAB_PORTABLE)
#ifdef PEFTLAB_AVX2 /* nothing wider: `make widths` */
#define VECTOR_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define VECTOR_CLONES __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#endif
#else
#define VECTOR_CLONES
#endif

/* Sums are kept in this many partial sums, always added in the same order: the width of no machine shows in a result.
 */
enum { LANES = 16 };
typedef real quad __attribute__((vector_size(4 * sizeof(real)), aligned(sizeof(real)), may_alias));

/* Partial sums 0, 4, 8, 12 to one, 1, 5, 9, 13 to the next, and so on; then those four. */
static inline real lane_sum(const real acc[LANES])
{
    const quad *a = (const quad *)acc, s = (a[0] + a[1]) + (a[2] + a[3]);
    return (s[0] + s[1]) + (s[2] + s[3]);
}

#ifdef PEFTLAB_DOUBLE

static inline real vexp(real x)
{
    return exp(x);
}
static inline real vnormal(real x, real e)
{
    (void)e;
    return (real)0.5 * erfc(-x * (real)0.70710678118654752440);
}
static inline real vtanh(real x)
{
    return tanh(x);
}

#else

/* exp(x) = 2^n e^f with f in [-ln2/2, ln2/2] and a polynomial of degree 6 (Cephes expf); relative error below 2e-7. x
 * at most 88: all uses are on x <= 0. */
static inline float vexp(float x)
{
    x = x < -87.0f ? -87.0f : x;
    float n = x * 1.44269504088896341f + 12582912.0f; /* 1.5 * 2^23: rounds to an integer in the low bits */
    int32_t bits;
    memcpy(&bits, &n, 4);
    n -= 12582912.0f;
    float f = x - n * 0.693359375f + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * f + 1.3981999507e-3f;
    p = p * f + 8.3334519073e-3f;
    p = p * f + 4.1665795894e-2f;
    p = p * f + 1.6666665459e-1f;
    p = p * f + 5.0000001201e-1f;
    p = p * f * f + f + 1.0f;
    int32_t e = (int32_t)((uint32_t)bits << 23) + 0x3f800000;
    float scale;
    memcpy(&scale, &e, 4);
    return p * scale;
}

/* Phi(x), the normal distribution function, where e = exp(-x^2/2) is at hand: 1 - Phi(|x|) = e (a1 t + ... + a5 t^5) /
 * 2, t = 1 / (1 + p |x| / sqrt 2) (Abramowitz and Stegun 7.1.26); absolute error below 4e-7. */
static inline float vnormal(float x, float e)
{
    float t = 1.0f / (1.0f + 0.2316419f * fabsf(x));
    float q = 1.061405429f;
    q = q * t - 1.453152027f;
    q = q * t + 1.421413741f;
    q = q * t - 0.284496736f;
    q = q * t + 0.254829592f;
    q = 0.5f * q * t * e;
    return x > 0 ? 1.0f - q : q;
}

/* tanh(x) as x P(x^2) / Q(x^2) on [-7.9, 7.9], the minimax quotient that Eigen uses; absolute error below 5e-7. */
static inline float vtanh(float x)
{
    x = x < -7.9f ? -7.9f : x > 7.9f ? 7.9f : x;
    float z = x * x;
    float p = -2.76076847742355e-16f;
    p = p * z + 2.00018790482477e-13f;
    p = p * z + -8.60467152213735e-11f;
    p = p * z + 5.12229709037114e-08f;
    p = p * z + 1.48572235717979e-05f;
    p = p * z + 6.37261928875436e-04f;
    p = p * z + 4.89352455891786e-03f;
    float q = 1.19825839466702e-06f;
    q = q * z + 1.18534705686654e-04f;
    q = q * z + 2.26843463243900e-03f;
    q = q * z + 4.89352518554385e-03f;
    return x * p / q;
}

#endif
#endif
