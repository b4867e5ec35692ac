/* The small product at one vector width: included by tile.c once per width, with NAME(), TARGET, VECTOR, SET1, FMA and
 * NARROWER, the product at a smaller width, for columns that fill no vector. */

/* R rows of Y, V vectors of columns: R V accumulators that stay in registers while k runs. */
static inline TARGET __attribute__((always_inline)) void
NAME(block)(const int R, const int V, const real *w, ptrdiff_t si, ptrdiff_t sk, struct mat M, real *y, ptrdiff_t ldy)
{
    enum { WIDTH = sizeof(VECTOR) / sizeof(real) }; /* NOLINT(misc-redundant-expression): VECTOR may be real itself */
    const real *m = M.v;
    VECTOR sum[ACCUMULATORS];
    UNROLL for (int i = 0; i < R * V; i++) sum[i] = SET1(0);
    for (int k = 0; k < M.rows; k++, w += sk, m += M.ld) {
        VECTOR x[2];
        UNROLL for (int v = 0; v < V; v++) x[v] = *(const VECTOR *)(m + v * WIDTH);
        UNROLL for (int r = 0; r < R; r++)
        {
            const VECTOR f = SET1(w[r * si]);
            UNROLL for (int v = 0; v < V; v++) sum[r * V + v] = FMA(f, x[v], sum[r * V + v]);
        }
    }
    UNROLL for (int r = 0; r < R; r++) UNROLL for (int v = 0; v < V; v++) * (VECTOR *)(y + r * ldy + v * WIDTH) =
        sum[r * V + v];
}

/* V vectors of columns of Y from column j on. Rows are shared out evenly among as few blocks as hold them: a block of
 * few rows takes as long as one of twice as many, since each sum waits for its last multiply-add. */
static inline TARGET __attribute__((always_inline)) void NAME(columns)(const int V, const real *w, ptrdiff_t si,
                                                                       ptrdiff_t sk, struct mat M, struct mat Y, int j)
{
    const int most = ACCUMULATORS / V;
    M.v += j;
    for (int i = 0, blocks = (Y.rows + most - 1) / most; blocks > 0; blocks--) {
        const int rows = (Y.rows - i + blocks - 1) / blocks;
        const real *wi = w + i * si;
        real *y = ROW(Y, i) + j;
        switch (rows) {
#define BLOCK_OF(R)                                                              \
    case R:                                                                      \
        NAME(block)((R)*V <= ACCUMULATORS ? (R) : 1, V, wi, si, sk, M, y, Y.ld); \
        break;
            BLOCK_OF(1)
            BLOCK_OF(2)
            BLOCK_OF(3)
            BLOCK_OF(4)
            BLOCK_OF(5)
            BLOCK_OF(6)
            BLOCK_OF(7)
            BLOCK_OF(8)
            BLOCK_OF(9)
            BLOCK_OF(10)
            BLOCK_OF(11)
            BLOCK_OF(12)
#undef BLOCK_OF
        default:
            __builtin_unreachable();
        }
        i += rows;
    }
}

static inline TARGET __attribute__((always_inline)) void NAME(strided)(const real *w, ptrdiff_t si, ptrdiff_t sk,
                                                                       struct mat M, struct mat Y)
{
    enum { WIDTH = sizeof(VECTOR) / sizeof(real) }; /* NOLINT(misc-redundant-expression): VECTOR may be real itself */
    int j = 0;
    for (; j + 2 * WIDTH <= Y.cols; j += 2 * WIDTH)
        NAME(columns)(2, w, si, sk, M, Y, j);
    for (; j + WIDTH <= Y.cols; j += WIDTH)
        NAME(columns)(1, w, si, sk, M, Y, j);
#ifdef NARROWER
    if (j < Y.cols)
        NARROWER(w, si, sk, (struct mat){M.v + j, M.rows, Y.cols - j, M.ld},
                 (struct mat){Y.v + j, Y.rows, Y.cols - j, Y.ld});
#endif
}

/* W in columns (its rows are one apart), or in rows: constant strides make shorter loops. */
static TARGET void NAME(product)(const real *w, ptrdiff_t si, ptrdiff_t sk, struct mat M, struct mat Y)
{
    if (si == 1)
        NAME(strided)(w, 1, sk, M, Y);
    else
        NAME(strided)(w, si, 1, M, Y);
}

/* `rounds` times ACCUMULATORS multiply-adds of vectors that do not wait for one another: what the core can do at most.
 * Returns how many floating-point operations that were; the results end in *sink. */
static TARGET double NAME(multiply_adds)(long rounds, volatile real *sink)
{
    VECTOR sum[ACCUMULATORS];
    const VECTOR half = SET1((real)0.5);
    UNROLL for (int i = 0; i < ACCUMULATORS; i++) sum[i] = SET1((real)i);
    for (long n = 0; n < rounds; n++) {
        UNROLL for (int i = 0; i < ACCUMULATORS; i++) sum[i] = FMA(sum[i], half, half);
    }
    UNROLL for (int i = 0; i < ACCUMULATORS; i++) *sink = *(const real *)&sum[i];
    const long lanes = sizeof sum / (sizeof(real));
    return 2.0 * (double)rounds * (double)lanes;
}

#undef NAME
#undef NARROWER
#undef TARGET
#undef VECTOR
#undef SET1
#undef FMA
