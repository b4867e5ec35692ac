/* The small product for three vector widths, of which the machine's own is chosen at the first call. */
#include "core/tile.h"

/* Four rows of Y at a time, one vector of columns each: the accumulators stay in registers, as compilers do not manage
 * for arrays. Vectors run along the columns, so that no sum depends on their width. */
#define TILE(name, attributes, bytes)                                                                                  \
    typedef real name##_vector __attribute__((vector_size(bytes), aligned(sizeof(real)), may_alias));                  \
    attributes static void name(const real *w, ptrdiff_t si, ptrdiff_t sk, struct mat M, struct mat Y)                 \
    {                                                                                                                  \
        enum { WIDTH = bytes / sizeof(real) };                                                                         \
        const ptrdiff_t ldm = M.ld, ldy = Y.ld;                                                                        \
        int j = 0;                                                                                                     \
        for (; j + WIDTH <= Y.cols; j += WIDTH)                                                                        \
            for (int i = 0; i < Y.rows; i += 4) {                                                                      \
                const int n = Y.rows - i < 4 ? Y.rows - i : 4;                                                         \
                const real *w0 = w + i * si, *w1 = w0 + (n > 1) * si, *w2 = w1 + (n > 2) * si,                         \
                           *w3 = w2 + (n > 3) * si;                                                                    \
                name##_vector a = {0}, b = {0}, c = {0}, d = {0};                                                      \
                const real *m = M.v + j;                                                                               \
                for (ptrdiff_t k = 0; k < M.rows; k++, m += ldm) {                                                     \
                    name##_vector x = *(const name##_vector *)m;                                                       \
                    a += w0[k * sk] * x;                                                                               \
                    b += w1[k * sk] * x;                                                                               \
                    c += w2[k * sk] * x;                                                                               \
                    d += w3[k * sk] * x;                                                                               \
                }                                                                                                      \
                real *y = Y.v + i * ldy + j;                                                                           \
                *(name##_vector *)y = a;                                                                               \
                if (n > 1)                                                                                             \
                    *(name##_vector *)(y + ldy) = b;                                                                   \
                if (n > 2)                                                                                             \
                    *(name##_vector *)(y + 2 * ldy) = c;                                                               \
                if (n > 3)                                                                                             \
                    *(name##_vector *)(y + 3 * ldy) = d;                                                               \
            }                                                                                                          \
        for (; j < Y.cols; j++)                                                                                        \
            for (int i = 0; i < Y.rows; i++) {                                                                         \
                real sum = 0;                                                                                          \
                for (ptrdiff_t k = 0; k < M.rows; k++)                                                                 \
                    sum += w[i * si + k * sk] * M.v[k * ldm + j];                                                      \
                Y.v[i * ldy + j] = sum;                                                                                \
            }                                                                                                          \
    }

TILE(portable, , 16)
#if defined(__x86_64__) && !defined(PEFTLAB_PORTABLE)
TILE(avx2, __attribute__((target("avx2"))), 32)
TILE(avx512, __attribute__((target("arch=x86-64-v4"))), 64)
#else
#define avx2   portable
#define avx512 portable
#endif

void tile_product(const real *w, ptrdiff_t si, ptrdiff_t sk, struct mat M, struct mat Y)
{
    static void (*chosen)(const real *, ptrdiff_t, ptrdiff_t, struct mat, struct mat);
    if (!chosen) {
#if defined(__x86_64__)
        __builtin_cpu_init();
        chosen = __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
                         __builtin_cpu_supports("avx512dq")
                     ? avx512
                 : __builtin_cpu_supports("avx2") ? avx2
                                                  : portable;
#else
        chosen = portable;
#endif
    }
    chosen(w, si, sk, M, Y);
}
