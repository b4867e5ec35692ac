/* Attention as plain loops: at T <= 64 rows and heads of 16 to 64 columns a BLAS call costs more than its arithmetic.
 */
#include "model/attention.h"

#include "math/tile.h"
#include "math/vecmath.h"
#include "model/disentangled.h"

#define ROW(m, i) ((m).v + (size_t)(i) * (size_t)(m).ld)

/* Scores lie with a query per column, padded to whole vectors, so that softmax needs no sum across a vector. */
static int padded(int T)
{
    const int n = tile_columns();
    return (T + n - 1) / n * n;
}

static int asking(const struct attention *a, int b)
{
    return a->ask ? 1 : a->start[b + 1] - a->start[b];
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

/* The place in its example of the first query of example b. */
static int first_place(const struct attention *a, int b)
{
    return a->ask ? a->ask[b] - a->start[b] : 0;
}

/* P_ji += bias(head, span + j - i), P (T, Q) with a query per column, the first one at place `first`. */
static void add_bias(const struct attention *a, int head, int first, int Q, struct mat P)
{
    for (int j = 0; j < P.rows; j++) {
        const real *bias = ROW(a->bias, head) + a->span + j - first;
        for (int i = 0; i < Q; i++)
            ROW(P, j)[i] += bias[-i];
    }
}

/* What is not seen has no probability at all, where exp of a float would leave a trace of it. */
static void hide(const struct attention *a, int head, int first, int Q, struct mat P)
{
    for (int j = 0; j < P.rows; j++) {
        const real *bias = ROW(a->bias, head) + a->span + j - first;
        for (int i = 0; i < Q; i++)
            if (bias[-i] <= HIDDEN)
                ROW(P, j)[i] = 0;
    }
}

/* dbias(head, span + j - i) += dS_ji / scale: dS is the gradient of the scores before they were scaled. */
static void add_bias_gradient(const struct attention *a, int head, int first, int Q, real scale, struct mat dS)
{
    for (int j = 0; j < dS.rows; j++) {
        real *g = ROW(a->dbias, head) + a->span + j - first;
        for (int i = 0; i < Q; i++)
            g[-i] += ROW(dS, j)[i] / scale;
    }
}

/* Products are divided by the root of their length, and of how many of them make a score. */
static real scale_of(const struct attention *a, int size)
{
    return (real)(1 / sqrt((double)(a->row ? 3 * size : size)));
}

/* What example b and the head of columns c.. have of q and k, or of their gradients; `row` is its first one in q. */
static struct disentangled parts_of(const struct attention *a, int b, struct mat q, struct mat k, int row, int c,
                                    int size)
{
    int first = a->start[b], T = a->start[b + 1] - first, table = a->table;
    return (struct disentangled){.q = head_of(q, row, asking(a, b), c, size),
                                 .k = head_of(k, first, T, c, size),
                                 .Qr = head_of(q, q.rows - table, table, c, size),
                                 .Kr = head_of(k, k.rows - table, table, c, size),
                                 .row = a->row,
                                 .span = a->span,
                                 .first = first_place(a, b),
                                 .scale = scale_of(a, size)};
}

void attention_forward(const struct attention *a, struct mat q, struct mat k, struct mat v, real *probs, struct mat ctx,
                       struct arena *scratch)
{
    int size = q.cols / a->heads, row = 0;
    real scale = scale_of(a, size);
    const struct mat read[] = {k, v, q};
    for (int b = 0; b < a->B; b++) {
        int first = a->start[b], T = a->start[b + 1] - first, Q = asking(a, b), Qp = padded(Q);
        size_t mark = arena_mark(scratch);
        struct mat qt = arena_mat_raw(scratch, size, Qp), room = arena_mat_raw(scratch, 2, Qp);
        for (int c = 0; c < q.cols; c += size, probs += (size_t)T * (size_t)Qp) {
            struct mat K = head_of(k, first, T, c, size), V = head_of(v, first, T, c, size);
            struct mat P = mat_of(probs, T, Qp);
            fetch_next(a, b, read, a->ask ? 2 : 3, c, size);
            fetch(probs + (size_t)T * (size_t)Qp, T * Qp);
            tile_transpose(head_of(q, row, Q, c, size), scale, qt);
            tile_product(K.v, K.ld, 1, qt, P); /* P_ji = k_j . q_i / sqrt(size) */
            if (a->row) {
                struct disentangled d = parts_of(a, b, q, k, row, c, size);
                disentangled_add(&d, P, scratch);
            }
            if (a->bias.v)
                add_bias(a, c / size, first_place(a, b), Q, P);
            softmax_columns(P, ROW(room, 0), ROW(room, 1));
            if (a->bias.v)
                hide(a, c / size, first_place(a, b), Q, P);
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
    real scale = scale_of(a, size);
    for (int r = 0; a->row && r < a->table; r++) { /* all examples add to these */
        memset(ROW(dq, dq.rows - a->table + r), 0, (size_t)dq.cols * sizeof(real));
        memset(ROW(dk, dk.rows - a->table + r), 0, (size_t)dk.cols * sizeof(real));
    }
    const struct mat read[] = {k, v, q, dctx};
    for (int b = 0; b < a->B; b++) {
        int first = a->start[b], T = a->start[b + 1] - first, Q = asking(a, b), Qp = padded(Q);
        size_t mark = arena_mark(scratch);
        struct mat gt = arena_mat_raw(scratch, size, Qp), room = arena_mat_raw(scratch, 1, Qp);
        struct mat dP = arena_mat_raw(scratch, T, Qp);
        for (int c = 0; c < q.cols; c += size, probs += (size_t)T * (size_t)Qp) {
            struct mat V = head_of(v, first, T, c, size), G = head_of(dctx, row, Q, c, size);
            fetch_next(a, b, read, a->ask ? 2 : 4, c, size);
            fetch(probs + (size_t)T * (size_t)Qp, T * Qp);
            tile_product(probs, Qp, 1, G, head_of(dv, first, T, c, size)); /* dv_j = sum_i P_ji g_i */
            tile_transpose(G, 1, gt);
            tile_product(V.v, V.ld, 1, gt, dP); /* dP_ji = v_j . g_i */
            softmax_columns_backward(probs, scale, dP, room.v);
            if (a->dbias.v)
                add_bias_gradient(a, c / size, first_place(a, b), Q, scale, dP);
            tile_product(dP.v, 1, Qp, head_of(k, first, T, c, size), head_of(dq, row, Q, c, size));
            tile_product(dP.v, Qp, 1, head_of(q, row, Q, c, size), head_of(dk, first, T, c, size));
            if (a->row) {
                struct disentangled d = parts_of(a, b, q, k, row, c, size), g = parts_of(a, b, dq, dk, row, c, size);
                d.dq = g.q, d.dk = g.k, d.dQr = g.Qr, d.dKr = g.Kr;
                disentangled_backward(&d, dP, scratch);
            }
        }
        arena_release(scratch, mark);
        row += Q;
    }
}
