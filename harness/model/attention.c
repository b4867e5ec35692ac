/* Attention as plain loops: at T <= 64 rows and heads of 16 to 64 columns a BLAS call costs more than its arithmetic.
 */
#include "model/attention.h"

#include "math/tile.h"
#include "math/vecmath.h"

#define ROW(m, i) ((m).v + (size_t)(i) * (size_t)(m).ld)

/* Scores lie with a query per column, padded to whole vectors, so that softmax needs no sum across a vector. */
static int padded(int T)
{
    const int n = tile_columns();
    return (T + n - 1) / n * n;
}

static int asking(const struct attention *a, int b)
{
    return a->cls_only ? 1 : a->start[b + 1] - a->start[b];
}

size_t attention_probs_size(const struct attention *a)
{
    size_t n = 0;
    for (int b = 0; b < a->B; b++)
        n += (size_t)a->heads * (size_t)(a->start[b + 1] - a->start[b]) * (size_t)padded(asking(a, b));
    return n;
}

/* The columns [c, c + size) of rows [first, first + n) of m. */
static struct mat head_of(struct mat m, int first, int n, int c, int size)
{
    return (struct mat){ROW(m, first) + c, n, size, m.ld};
}

/* Starts to fetch n numbers into the cache. Inlined, as the next one is: compilers leave out a call that does nothing
 * else. */
static inline __attribute__((always_inline)) void fetch(const real *v, int n)
{
    enum { LINE = 64 / sizeof(real) };
    for (int i = 0; i < n; i += LINE)
        __builtin_prefetch(v + i);
}

/* The same for columns [c, c + size) of m[0], m[1] ... in the rows of the example after b, which lie too far apart for
 * the processor to foresee. */
static inline __attribute__((always_inline)) void fetch_next(const struct attention *a, int b, const struct mat *m,
                                                             int matrices, int c, int size)
{
    for (int k = 0; b + 1 < a->B && k < matrices; k++)
        for (int i = a->start[b + 1]; i < a->start[b + 2]; i++)
            fetch(ROW(m[k], i) + c, size);
}

/* In place, s (T, padded Q): every column becomes exp(s_j - max) / sum. Columns beyond Q hold numbers nobody reads. */
VECTOR_CLONES static void softmax_columns(struct mat s, real *restrict max, real *restrict sum)
{
    const int n = s.cols / 8 * 8; /* as padded() left it */
    for (int i = 0; i < n; i++) {
        max[i] = s.v[i];
        sum[i] = 0;
    }
    for (int j = 1; j < s.rows; j++) {
        const real *restrict x = ROW(s, j);
        for (int i = 0; i < n; i++)
            max[i] = x[i] > max[i] ? x[i] : max[i];
    }
    for (int j = 0; j < s.rows; j++) {
        real *restrict x = ROW(s, j);
        for (int i = 0; i < n; i++) {
            x[i] = vexp(x[i] - max[i]);
            sum[i] += x[i];
        }
    }
    for (int i = 0; i < n; i++)
        sum[i] = 1 / sum[i];
    for (int j = 0; j < s.rows; j++) {
        real *restrict x = ROW(s, j);
        for (int i = 0; i < n; i++)
            x[i] *= sum[i];
    }
}

/* In place, column by column: ds_j = scale p_j (dp_j - sum_k p_k dp_k), the gradient through softmax. */
VECTOR_CLONES static void softmax_columns_backward(const real *restrict p, real scale, struct mat ds,
                                                   real *restrict along)
{
    const int n = ds.cols / 8 * 8;
    for (int i = 0; i < n; i++)
        along[i] = 0;
    for (int j = 0; j < ds.rows; j++) {
        const real *restrict d = ROW(ds, j), *restrict q = p + (size_t)j * (size_t)n;
        for (int i = 0; i < n; i++)
            along[i] += q[i] * d[i];
    }
    for (int j = 0; j < ds.rows; j++) {
        const real *restrict q = p + (size_t)j * (size_t)n;
        real *restrict d = ROW(ds, j);
        for (int i = 0; i < n; i++)
            d[i] = scale * q[i] * (d[i] - along[i]);
    }
}

void attention_forward(const struct attention *a, struct mat q, struct mat k, struct mat v, real *probs, struct mat ctx,
                       struct arena *scratch)
{
    int size = q.cols / a->heads, row = 0;
    real scale = (real)(1 / sqrt((double)size));
    const struct mat read[] = {k, v, q};
    for (int b = 0; b < a->B; b++) {
        int first = a->start[b], T = a->start[b + 1] - first, Q = asking(a, b), Qp = padded(Q);
        size_t mark = arena_mark(scratch);
        struct mat qt = arena_mat_raw(scratch, size, Qp), room = arena_mat_raw(scratch, 2, Qp);
        for (int c = 0; c < q.cols; c += size, probs += (size_t)T * (size_t)Qp) {
            struct mat K = head_of(k, first, T, c, size), V = head_of(v, first, T, c, size);
            struct mat P = mat_of(probs, T, Qp);
            fetch_next(a, b, read, a->cls_only ? 2 : 3, c, size);
            fetch(probs + (size_t)T * (size_t)Qp, T * Qp);
            tile_transpose(head_of(q, row, Q, c, size), scale, qt);
            tile_product(K.v, K.ld, 1, qt, P); /* P_ji = k_j . q_i / sqrt(size) */
            softmax_columns(P, ROW(room, 0), ROW(room, 1));
            tile_product(probs, 1, Qp, V, head_of(ctx, row, Q, c, size)); /* ctx_i = sum_j P_ji v_j */
        }
        arena_release(scratch, mark);
        row += Q;
    }
}

void attention_backward(const struct attention *a, struct mat q, struct mat k, struct mat v, const real *probs,
                        struct mat dctx, struct mat dq, struct mat dk, struct mat dv, struct arena *scratch)
{
    int size = q.cols / a->heads, row = 0;
    real scale = (real)(1 / sqrt((double)size));
    const struct mat read[] = {k, v, q, dctx};
    for (int b = 0; b < a->B; b++) {
        int first = a->start[b], T = a->start[b + 1] - first, Q = asking(a, b), Qp = padded(Q);
        size_t mark = arena_mark(scratch);
        struct mat gt = arena_mat_raw(scratch, size, Qp), room = arena_mat_raw(scratch, 1, Qp);
        struct mat dP = arena_mat_raw(scratch, T, Qp);
        for (int c = 0; c < q.cols; c += size, probs += (size_t)T * (size_t)Qp) {
            struct mat V = head_of(v, first, T, c, size), G = head_of(dctx, row, Q, c, size);
            fetch_next(a, b, read, a->cls_only ? 2 : 4, c, size);
            fetch(probs + (size_t)T * (size_t)Qp, T * Qp);
            tile_product(probs, Qp, 1, G, head_of(dv, first, T, c, size)); /* dv_j = sum_i P_ji g_i */
            tile_transpose(G, 1, gt);
            tile_product(V.v, V.ld, 1, gt, dP); /* dP_ji = v_j . g_i */
            softmax_columns_backward(probs, scale, dP, room.v);
            tile_product(dP.v, 1, Qp, head_of(k, first, T, c, size), head_of(dq, row, Q, c, size));
            tile_product(dP.v, Qp, 1, head_of(q, row, Q, c, size), head_of(dk, first, T, c, size));
        }
        arena_release(scratch, mark);
        row += Q;
    }
}
