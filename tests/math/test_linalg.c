/* Products, factorisations and the optimizer against plain loops, definitions and hand-worked numbers. */
#include "math/linalg.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/rng.h"
#include "math/lapack.h"
#include "model/optim.h"
#include "tests/near.h"

#include <stdlib.h>
#include <string.h>

#define ALLOWED (sizeof(real) == sizeof(double) ? 1e-13 : 2e-5)

enum { GAP = 3, STORE = 8 };
static real store[STORE][2048];
static const real untouched = 77;

/* (rows, cols) random, with GAP columns beyond each row that nothing may touch. */
static struct mat view(int slot, int rows, int cols)
{
    struct rng r = rng_stream(1, RNG_TEST, (uint32_t)slot, (uint32_t)(rows * 64 + cols));
    struct mat m = {store[slot], rows, cols, cols + GAP};
    mat_fill(mat_of(store[slot], 1, 2048), (double)untouched);
    rng_fill_normal(&r, m, 1);
    return m;
}

static double at(struct mat m, int i, int j)
{
    return (double)m.v[i * m.ld + j];
}

static void gaps_untouched(struct mat m)
{
    for (int i = 0; i < m.rows; i++)
        for (int j = m.cols; j < m.ld; j++)
            assert_true(m.v[i * m.ld + j] == untouched);
}

static void products(void **state)
{
    (void)state;
    static const int shapes[][3] = {{1, 1, 1}, {3, 5, 7}, {16, 2, 9}, {1, 24, 3}, {17, 1, 33}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (int op = 0; op < 3; op++) { /* nn, nt, tn */
            int m = shapes[s][0], n = shapes[s][1], k = shapes[s][2];
            struct mat A = op == 2 ? view(0, k, m) : view(0, m, k), B = op == 1 ? view(1, n, k) : view(1, k, n);
            struct mat C = view(2, m, n), old = view(3, m, n);
            mat_copy(C, old);
            (op == 0 ? gemm_nn : op == 1 ? gemm_nt : gemm_tn)(-1.5, A, B, 0.5, C);
            for (int i = 0; i < m; i++)
                for (int j = 0; j < n; j++) {
                    double sum = 0;
                    for (int l = 0; l < k; l++)
                        sum += (op == 2 ? at(A, l, i) : at(A, i, l)) * (op == 1 ? at(B, j, l) : at(B, l, j));
                    near(at(C, i, j), -1.5 * sum + 0.5 * at(old, i, j), ALLOWED);
                }
            gaps_untouched(C);
            mat_fill(C, NAN);
            (op == 0 ? gemm_nn : op == 1 ? gemm_nt : gemm_tn)(1, A, B, 0, C); /* b = 0 overwrites even NaN */
            assert_false(isnan(at(C, m - 1, n - 1)));
        }
}

/* Nothing to multiply: no call, no write, no count. */
static void empty_products(void **state)
{
    (void)state;
    struct mat C = view(2, 4, 4), A = view(0, 4, 4);
    real first = C.v[0];
    double flops = gemm_flops();
    gemm_nn(1, mat_block(A, 4, 0), mat_rows(A, 0, 0), 1, C);
    gemm_nt(1, mat_rows(A, 0, 0), A, 1, mat_rows(C, 0, 0));
    gemm_tn(1, A, mat_block(A, 4, 0), 1, mat_block(C, 4, 0));
    assert_true(C.v[0] == first && gemm_flops() == flops);
}

/* What a benchmark repeats is exactly what was computed while it listened: same operands, same place. */
static void recorded(void **state)
{
    (void)state;
    struct mat A = view(0, 3, 5), B = view(1, 5, 7), C = view(2, 3, 7), once = view(3, 3, 7);
    double flops = gemm_flops();
    struct products list = {0};
    gemm_list(&list);
    gemm_nn(1, A, B, 0, C);
    gemm_list(NULL);
    gemm_nn(1, A, B, 0, once);
    mat_fill(C, 7);
    gemm_repeat(&list);
    assert_true(list.n == 1 && gemm_flops() == flops + 2 * 2 * 3 * 7 * 5);
    free(list.product);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 7; j++)
            assert_true(at(C, i, j) == at(once, i, j));
}

/* A product that is computed in tiles has the bits that BLAS gives it whole: at sizes on both sides of the tiles' own.
 */
static void tiled_products(void **state)
{
    (void)state;
    enum { MOST = 512 };
    static real a[MOST * MOST], b[MOST * MOST], c[MOST * MOST], start[MOST * MOST], tiled[MOST * MOST];
    static const int rows[] = {1, 19, 20, 47, 48, 49, 127, 400}, cols[] = {16, 32, 48, 64, 80, 128, 256, 512};
    static const int inner[] = {4, 32, 64, 68, 128, 252, 256, 260, 384, 512};
    struct rng r = rng_stream(1, RNG_TEST, 8, 0);
    rng_fill_normal(&r, mat_of(a, MOST, MOST), 1);
    rng_fill_normal(&r, mat_of(b, MOST, MOST), 1);
    rng_fill_normal(&r, mat_of(start, MOST, MOST), 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t j = 0; j < sizeof cols / sizeof *cols; j++)
            for (size_t l = 0; l < 2 * sizeof inner / sizeof *inner; l++) {
                int m = rows[i], n = cols[j], k = inner[l / 2];
                struct mat C = mat_of(c, m, n), B = l % 2 ? mat_of(b, n, k) : mat_of(b, k, n);
                memcpy(c, start, sizeof c);
                struct products list = {0};
                gemm_list(&list);
                (l % 2 ? gemm_nt : gemm_nn)(1, mat_of(a, m, k), B, 1, C);
                gemm_list(NULL);
                memcpy(tiled, c, sizeof c);
                memcpy(c, start, sizeof c);
                gemm_repeat(&list);
                free(list.product);
                assert_memory_equal(tiled, c, mat_size(C) * sizeof(real));
            }
}

static void elementwise(void **state)
{
    (void)state;
    struct mat X = view(0, 4, 6), Y = view(1, 4, 6), b = view(2, 1, 6), d = view(3, 1, 4), old = view(4, 4, 6);
    double dot = 0;
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 6; j++)
            dot += at(X, i, j) * at(Y, i, j);
    near(mat_dot(X, Y), dot, 1e-14);
    mat_copy(Y, old);
    mat_add(2, X, Y);
    mat_add_row(b, Y);
    mat_scale(0.5, Y);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 6; j++)
            near(at(Y, i, j), 0.5 * (at(old, i, j) + 2 * at(X, i, j) + at(b, 0, j)), ALLOWED);
    struct mat g = view(5, 1, 6), g0 = view(6, 1, 6);
    mat_copy(g, g0);
    mat_add_colsum(X, g);
    for (int j = 0; j < 6; j++)
        near(at(g, 0, j), at(g0, 0, j) + at(X, 0, j) + at(X, 1, j) + at(X, 2, j) + at(X, 3, j), ALLOWED);
    mat_scale_cols(X, b, Y);
    near(at(Y, 2, 3), at(X, 2, 3) * at(b, 0, 3), ALLOWED);
    mat_scale_rows(X, d, Y);
    near(at(Y, 2, 3), at(X, 2, 3) * at(d, 0, 2), ALLOWED);
    mat_set_rows(b, Y);
    assert_true(Y.v[3 * Y.ld + 5] == b.v[5]);
    mat_set_rows((struct mat){0}, Y);
    assert_true(at(Y, 3, 5) == 0);
    gaps_untouched(Y);
    gaps_untouched(g);
    mat_dot(mat_rows(X, 0, 0), mat_rows(Y, 0, 0));
    assert_true(mat_rows(X, 1, 2).v == X.v + X.ld && mat_block(X, 2, 2).ld == X.ld && mat_size(X) == 24);
}

/* ---- Factorisations */

static void orthonormal_columns(struct mat Q)
{
    struct mat G = view(7, Q.cols, Q.cols);
    gemm_tn(1, Q, Q, 0, G);
    for (int i = 0; i < Q.cols; i++)
        for (int j = 0; j < Q.cols; j++)
            near(at(G, i, j), i == j, 10 * ALLOWED);
}

static void svd(void **state)
{
    (void)state;
    static const int shapes[][2] = {{5, 9}, {9, 5}, {6, 6}, {1, 4}, {4, 1}};
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        int m = shapes[k][0], n = shapes[k][1], p = m < n ? m : n;
        double s[16], alone[16];
        struct mat A = view(0, m, n), U = view(1, m, p), Vt = view(2, p, n), kept = view(3, m, n), V = view(4, n, p);
        mat_copy(A, kept);
        lapack_svd(A, U, s, Vt);
        lapack_svd(A, (struct mat){0}, alone, (struct mat){0});
        for (int i = 0; i < p; i++) {
            double big = 0;
            near(alone[i], s[i], 10 * ALLOWED);
            assert_true(s[i] >= 0 && (i == 0 || s[i] <= s[i - 1]));
            for (int j = 0; j < n; j++) {
                V.v[j * V.ld + i] = Vt.v[i * Vt.ld + j];
                big = fabs(at(Vt, i, j)) > fabs(big) ? at(Vt, i, j) : big;
            }
            assert_true(big > 0); /* the sign is fixed */
        }
        gaps_untouched(U);
        gaps_untouched(Vt);
        orthonormal_columns(U);
        orthonormal_columns(V);
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++) {
                double sum = 0;
                for (int l = 0; l < p; l++)
                    sum += at(U, i, l) * s[l] * at(Vt, l, j);
                near(sum, at(kept, i, j), 10 * ALLOWED);
                assert_true(A.v[i * A.ld + j] == kept.v[i * kept.ld + j]);
            }
    }
}

static void qr(void **state)
{
    (void)state;
    static const int shapes[][2] = {{9, 5}, {5, 9}, {6, 6}};
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        int m = shapes[k][0], n = shapes[k][1], p = m < n ? m : n;
        struct mat A = view(0, m, n), Q = view(1, m, p), R = view(2, p, n), kept = view(3, m, n);
        mat_copy(A, kept);
        lapack_qr(A, Q, R);
        orthonormal_columns(Q);
        for (int i = 0; i < p; i++)
            for (int j = 0; j < i && j < n; j++)
                assert_true(at(R, i, j) == 0);
        gemm_nn(-1, Q, R, 1, kept);
        assert_true(mat_dot(kept, kept) < 100 * ALLOWED * ALLOWED * m * n);
        gaps_untouched(Q);
        gaps_untouched(R);
    }
}

/* A X = what X was; A is kept, rows of views keep their gaps, and a singular A says so. */
static void solve(void **state)
{
    (void)state;
    struct mat A = view(0, 5, 5), X = view(1, 5, 3), B = view(2, 5, 3), kept = view(3, 5, 5), P = view(4, 5, 3);
    mat_copy(A, kept);
    mat_copy(B, X);
    assert_int_equal(lapack_solve(A, X), 0);
    gemm_nn(1, A, X, 0, P);
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 3; j++)
            near(at(P, i, j), at(B, i, j), 100 * ALLOWED);
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 5; j++)
            assert_true(at(A, i, j) == at(kept, i, j));
    gaps_untouched(X);
    mat_copy(mat_rows(A, 0, 1), mat_rows(A, 3, 1));
    mat_fill(mat_rows(A, 4, 1), 0);
    assert_int_not_equal(lapack_solve(A, X), 0);
}

static void hadamard_and_columns(void **state)
{
    (void)state;
    struct mat X = view(0, 4, 7), Y = view(1, 4, 7), was = view(2, 4, 7);
    mat_copy(Y, was);
    mat_multiply(mat_cols(X, 2, 3), mat_cols(Y, 4, 3));
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 7; j++)
            assert_true(at(Y, i, j) == (j < 4 ? at(was, i, j) : (double)(real)(at(was, i, j) * at(X, i, j - 2))));
    gaps_untouched(Y);
}

static void cholesky(void **state)
{
    (void)state;
    struct mat G = view(0, 5, 8), S = view(1, 5, 5), L = view(2, 5, 5), X = view(3, 5, 2), b = view(4, 5, 2);
    gemm_nt(1, G, G, 0, S);
    mat_copy(S, L);
    mat_copy(X, b);
    assert_int_equal(lapack_cholesky(L), 0);
    lapack_cholesky_solve(L, X);
    gemm_nn(-1, S, X, 1, b);
    assert_true(sqrt(mat_dot(b, b)) < 100 * ALLOWED);
    gaps_untouched(X);
    S.v[2 * S.ld + 2] = -1;
    assert_int_equal(lapack_cholesky(S), 3); /* the minor that is not positive */
}

/* ---- AdamW, schedules, clipping */

struct toy {
    struct model m;
    struct param a, b, frozen, *list[3];
    real v[3][4], g[3][4], m1[3][4], m2[3][4];
};

static void toy(struct toy *t)
{
    *t = (struct toy){0};
    struct param *p[] = {&t->a, &t->b, &t->frozen};
    for (int i = 0; i < 3; i++) {
        t->list[i] = p[i];
        *p[i] = (struct param){.w = mat_of(t->v[i], 1, 4), .g = mat_of(t->g[i], 1, 4), .lr_scale = 1, .decay = true};
        p[i]->m1 = mat_of(t->m1[i], 1, 4);
        p[i]->m2 = mat_of(t->m2[i], 1, 4);
        mat_fill(p[i]->w, 1);
    }
    t->frozen.g.v = NULL;
    t->m.param = t->list;
    t->m.nparam = 3;
}

/* Three steps of PyTorch's documented algorithm, worked out elsewhere: w = 1, g = .5, -.25, 1, lr .1, betas .9 .99,
 * eps 1e-3, decay .2. */
static void adamw(void **state)
{
    (void)state;
    static const double gradients[3] = {0.5, -0.25, 1};
    static const double want[3] = {0.88019960079840309, 0.83599306725969025, 0.75373072793891083};
    const struct adamw o = {0.9, 0.99, 1e-3, 0.2};
    struct toy t;
    toy(&t);
    t.b.lr_scale = 2;
    t.b.decay = false;
    for (int k = 0; k < 3; k++) {
        mat_fill(t.a.g, gradients[k]);
        mat_fill(t.b.g, gradients[k]);
        adamw_step(&t.m, &o, 0.1, k + 1);
        for (int j = 0; j < 4; j++)
            near(at(t.a.w, 0, j), want[k], sizeof(real) == sizeof(double) ? 1e-15 : 1e-6);
    }
    /* twice the rate, no decay: textbook form */
    double w = 1, m = 0, v = 0;
    for (int k = 0; k < 3; k++) {
        m = 0.9 * m + 0.1 * gradients[k];
        v = 0.99 * v + 0.01 * gradients[k] * gradients[k];
        w -= 0.2 * (m / (1 - pow(0.9, k + 1))) / (sqrt(v / (1 - pow(0.99, k + 1))) + 1e-3);
    }
    near(at(t.b.w, 0, 3), w, sizeof(real) == sizeof(double) ? 1e-15 : 1e-6);
    assert_true(t.v[2][0] == 1 && t.m1[2][0] == 0); /* frozen */
}

static void clipping(void **state)
{
    (void)state;
    struct toy t;
    toy(&t);
    mat_fill(t.a.g, 3);
    mat_fill(t.b.g, 4);
    double norm = grad_norm(&t.m);
    near(norm, 10, ALLOWED);
    grad_clip(&t.m, norm, 0); /* off */
    grad_clip(&t.m, norm, 10.5);
    assert_true(t.g[0][0] == 3 && t.g[1][3] == 4);
    grad_clip(&t.m, norm, 1);
    near(grad_norm(&t.m), 1, 2e-7); /* PyTorch divides by norm + 1e-6 */
    near((double)t.g[0][2], 3 / (10 + 1e-6), ALLOWED);
    near((double)t.g[1][2] / (double)t.g[0][2], 4.0 / 3, ALLOWED);
    mat_fill(t.a.g, NAN);
    assert_true(isnan(grad_norm(&t.m)));
}

/* Tensors of one size are squared four at a time, and the norm has the bits of one after the other. */
static void norm_of_many(void **state)
{
    (void)state;
    enum { TENSORS = 11 };
    static const int sizes[TENSORS] = {48, 5, 48, 48, 7, 48, 48, 5, 48, 0, 48}; /* seven of one size, one frozen */
    static real v[TENSORS][48];
    struct param p[TENSORS] = {0}, *list[TENSORS];
    struct model m = {.param = list, .nparam = TENSORS};
    struct rng r = rng_stream(1, RNG_TEST, 9, 0);
    double sum = 0;
    for (int i = 0; i < TENSORS; i++) {
        list[i] = &p[i];
        if (sizes[i])
            p[i].g = mat_of(v[i], 1, sizes[i]);
        rng_fill_normal(&r, p[i].g, 1);
        sum += mat_dot(p[i].g, p[i].g);
    }
    assert_true(grad_norm(&m) == sqrt(sum));
    v[5][3] = NAN;
    assert_true(isnan(grad_norm(&m)));
}

static void schedules(void **state)
{
    (void)state;
    static const double linear[6] = {0.5, 1, 1, 0.75, 0.5, 0.25};
    for (int i = 0; i < 6; i++) {
        near(schedule_factor(SCHEDULE_LINEAR, i, 6, 2), linear[i], 1e-15);
        near(schedule_factor(SCHEDULE_CONSTANT, i, 6, 2), i == 0 ? 0.5 : 1, 1e-15);
    }
    near(schedule_factor(SCHEDULE_COSINE, 0, 4, 0), 1, 1e-15);
    near(schedule_factor(SCHEDULE_COSINE, 2, 4, 0), 0.5, 1e-15);
    near(schedule_factor(SCHEDULE_COSINE, 3, 4, 0), 0.5 - sqrt(0.125), 1e-15);
    near(schedule_factor(SCHEDULE_LINEAR, 0, 1, 0), 1, 1e-15);
    near(schedule_factor(SCHEDULE_LINEAR, 4, 4, 4), 1, 1e-15); /* warm-up as long as the run */
}

int main(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products),     cmocka_unit_test(empty_products),
        cmocka_unit_test(recorded),     cmocka_unit_test(tiled_products),
        cmocka_unit_test(elementwise),  cmocka_unit_test(svd),
        cmocka_unit_test(qr),           cmocka_unit_test(cholesky),
        cmocka_unit_test(solve),        cmocka_unit_test(hadamard_and_columns),
        cmocka_unit_test(adamw),        cmocka_unit_test(clipping),
        cmocka_unit_test(norm_of_many), cmocka_unit_test(schedules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
