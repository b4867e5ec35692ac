/* Attention as plain loops: at T <= 64 rows and heads of 16 to 64 columns a BLAS call costs more than its arithmetic.
 */
#include "model/attention.h"

#include "core/linalg.h"
#include "core/vecmath.h"

#define ROW(m, i) ((m).v + (size_t)(i) * (size_t)(m).ld)

/* Rows of scores are padded to whole vectors with probability 0. */
static int padded(int T)
{
    return (T + LANES - 1) / LANES * LANES;
}

static int asking(const struct attention *a, int b)
{
    return a->cls_only ? 1 : a->start[b + 1] - a->start[b];
}

size_t attention_probs_size(const struct attention *a)
{
    size_t n = 0;
    for (int b = 0; b < a->B; b++)
        n += (size_t)a->heads * (size_t)asking(a, b) * (size_t)padded(a->start[b + 1] - a->start[b]);
    return n;
}

/* t (size, Tp) := the head's columns of m (T, size) transposed, zero beyond T. */
static void transpose_head(const real *m, int ld, int T, int Tp, int size, real *restrict t)
{
    for (int c = 0; c < size; c++) {
        for (int j = 0; j < T; j++)
            t[c * Tp + j] = m[(size_t)j * ld + c];
        for (int j = T; j < Tp; j++)
            t[c * Tp + j] = 0;
    }
}

/* s_j = scale sum_c x_c t_cj for j < Tp: one query row against all keys. */
VECTOR_CLONES static void row_times(const real *restrict x, const real *restrict t, int size, int Tp, real scale,
                                    real *restrict s)
{
    for (int j = 0; j < Tp; j += LANES) {
        real acc[LANES] = {0};
        for (int c = 0; c < size; c++)
            for (int k = 0; k < LANES; k++)
                acc[k] += x[c] * t[c * Tp + j + k];
        for (int k = 0; k < LANES; k++)
            s[j + k] = scale * acc[k];
    }
}

/* In place: s_j := exp(s_j - max) / sum for j < T, 0 beyond. */
VECTOR_CLONES static void softmax_row(real *restrict s, int T, int Tp)
{
    real max = s[0], acc[LANES] = {0}, sum = 0;
    for (int j = 1; j < T; j++)
        max = s[j] > max ? s[j] : max;
    for (int j = 0; j < Tp; j++)
        s[j] = vexp(s[j] - max);
    for (int j = T; j < Tp; j++)
        s[j] = 0;
    for (int j = 0; j < Tp; j += LANES)
        for (int k = 0; k < LANES; k++)
            acc[k] += s[j + k];
    for (int k = 0; k < LANES; k++)
        sum += acc[k];
    for (int j = 0; j < Tp; j++)
        s[j] /= sum;
}

/* y_c = scale sum_j w_j m_jc: a row of weights times T rows of a head. */
VECTOR_CLONES static void weighted_sum(const real *restrict w, const real *restrict m, int ld, int T, int size,
                                       real scale, real *restrict y)
{
    int c = 0;
    for (; c + LANES <= size; c += LANES) {
        real acc[LANES] = {0};
        for (int j = 0; j < T; j++)
            for (int k = 0; k < LANES; k++)
                acc[k] += w[j] * m[(size_t)j * ld + c + k];
        for (int k = 0; k < LANES; k++)
            y[c + k] = scale * acc[k];
    }
    for (; c < size; c++) {
        real acc = 0;
        for (int j = 0; j < T; j++)
            acc += w[j] * m[(size_t)j * ld + c];
        y[c] = scale * acc;
    }
}

/* m_jc += scale w_j x_c: the outer product that a query row leaves in the gradients of keys or values. */
VECTOR_CLONES static void add_outer(const real *restrict w, const real *restrict x, int T, int size, real scale,
                                    real *restrict m, int ld)
{
    for (int j = 0; j < T; j++) {
        real f = scale * w[j];
        real *restrict row = m + (size_t)j * ld;
        for (int c = 0; c < size; c++)
            row[c] += f * x[c];
    }
}

/* In place: ds_j = p_j (dp_j - sum_k p_k dp_k), the gradient through softmax. */
VECTOR_CLONES static void softmax_row_backward(const real *restrict p, real *restrict dp, int Tp)
{
    real acc[LANES] = {0}, along = 0;
    for (int j = 0; j < Tp; j += LANES)
        for (int k = 0; k < LANES; k++)
            acc[k] += p[j + k] * dp[j + k];
    for (int k = 0; k < LANES; k++)
        along += acc[k];
    for (int j = 0; j < Tp; j++)
        dp[j] = p[j] * (dp[j] - along);
}

void attention_forward(const struct attention *a, struct mat q, struct mat k, struct mat v, real *probs, struct mat ctx,
                       struct arena *scratch)
{
    int size = q.cols / a->heads, row = 0;
    real scale = (real)(1 / sqrt((double)size));
    for (int b = 0; b < a->B; b++) {
        int first = a->start[b], T = a->start[b + 1] - first, Tp = padded(T), Q = asking(a, b);
        size_t mark = arena_mark(scratch);
        real *kt = arena_mat_raw(scratch, size, Tp).v;
        for (int h = 0; h < a->heads; h++) {
            int c = h * size;
            transpose_head(ROW(k, first) + c, k.ld, T, Tp, size, kt);
            for (int i = 0; i < Q; i++, probs += Tp) {
                row_times(ROW(q, row + i) + c, kt, size, Tp, scale, probs);
                softmax_row(probs, T, Tp);
                weighted_sum(probs, ROW(v, first) + c, v.ld, T, size, 1, ROW(ctx, row + i) + c);
            }
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
    mat_fill(dk, 0);
    mat_fill(dv, 0);
    for (int b = 0; b < a->B; b++) {
        int first = a->start[b], T = a->start[b + 1] - first, Tp = padded(T), Q = asking(a, b);
        size_t mark = arena_mark(scratch);
        real *vt = arena_mat_raw(scratch, size, Tp).v, *ds = arena_mat_raw(scratch, 1, Tp).v;
        for (int h = 0; h < a->heads; h++) {
            int c = h * size;
            transpose_head(ROW(v, first) + c, v.ld, T, Tp, size, vt);
            for (int i = 0; i < Q; i++, probs += Tp) {
                const real *qi = ROW(q, row + i) + c, *gi = ROW(dctx, row + i) + c;
                add_outer(probs, gi, T, size, 1, ROW(dv, first) + c, dv.ld); /* dv_j += p_ij g_i */
                row_times(gi, vt, size, Tp, 1, ds);                          /* dp_ij = g_i . v_j */
                softmax_row_backward(probs, ds, Tp);
                weighted_sum(ds, ROW(k, first) + c, k.ld, T, size, scale, ROW(dq, row + i) + c);
                add_outer(ds, qi, T, size, scale, ROW(dk, first) + c, dk.ld);
            }
        }
        arena_release(scratch, mark);
        row += Q;
    }
}
