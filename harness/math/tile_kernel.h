/* The small product at one vector width: included by tile.c once per width, with NAME(), TARGET, VECTOR, SET1, FMA. */

/* R rows of Y, V vectors of columns: R V accumulators that stay in registers while k runs. */
static inline TARGET __attribute__((always_inline)) void
NAME(block)(const int R, const int V, const real *w, ptrdiff_t si, ptrdiff_t sk, struct mat M, real *y, ptrdiff_t ldy)
{
    enum { WIDTH = sizeof(VECTOR) / sizeof(real) }; /* NOLINT(misc-redundant-expression): VECTOR may be real itself */
    const real *m = M.v;
    VECTOR sum[8];
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

static inline TARGET __attribute__((always_inline)) void NAME(strided)(const real *w, ptrdiff_t si, ptrdiff_t sk,
                                                                       struct mat M, struct mat Y)
{
    enum { WIDTH = sizeof(VECTOR) / sizeof(real) }; /* NOLINT(misc-redundant-expression): VECTOR may be real itself */
    int j = 0, i;
    for (; j + 2 * WIDTH <= Y.cols; j += 2 * WIDTH) {
        struct mat m = {M.v + j, M.rows, 2 * WIDTH, M.ld};
        for (i = 0; i + 4 <= Y.rows; i += 4)
            NAME(block)(4, 2, w + i * si, si, sk, m, Y.v + i * (ptrdiff_t)Y.ld + j, Y.ld);
        for (; i < Y.rows; i++)
            NAME(block)(1, 2, w + i * si, si, sk, m, Y.v + i * (ptrdiff_t)Y.ld + j, Y.ld);
    }
    for (; j + WIDTH <= Y.cols; j += WIDTH) {
        struct mat m = {M.v + j, M.rows, WIDTH, M.ld};
        for (i = 0; i + 8 <= Y.rows; i += 8)
            NAME(block)(8, 1, w + i * si, si, sk, m, Y.v + i * (ptrdiff_t)Y.ld + j, Y.ld);
        for (; i + 2 <= Y.rows; i += 2)
            NAME(block)(2, 1, w + i * si, si, sk, m, Y.v + i * (ptrdiff_t)Y.ld + j, Y.ld);
        for (; i < Y.rows; i++)
            NAME(block)(1, 1, w + i * si, si, sk, m, Y.v + i * (ptrdiff_t)Y.ld + j, Y.ld);
    }
    for (; j < Y.cols; j++)
        for (i = 0; i < Y.rows; i++) {
            real sum = 0;
            for (int k = 0; k < M.rows; k++)
                sum = REAL_FMA(w[i * si + k * sk], M.v[(ptrdiff_t)k * M.ld + j], sum);
            Y.v[i * (ptrdiff_t)Y.ld + j] = sum;
        }
}

/* W in columns (its rows are one apart), or in rows: constant strides make shorter loops. */
static TARGET void NAME(product)(const real *w, ptrdiff_t si, ptrdiff_t sk, struct mat M, struct mat Y)
{
    if (si == 1)
        NAME(strided)(w, 1, sk, M, Y);
    else
        NAME(strided)(w, si, 1, M, Y);
}

#undef NAME
#undef TARGET
#undef VECTOR
#undef SET1
#undef FMA
