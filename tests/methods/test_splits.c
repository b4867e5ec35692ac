/* Identities of methods that split, cut or turn W0: what theory says stays, stays. */
#include "tests/fixture.h"

#include "core/arena.h"
#include "math/lapack.h"
#include "math/linalg.h"

#include <stdlib.h>

enum { D = 16 }; /* inputs and outputs of q and v */

static double tolerance(double in_double, double in_float)
{
    return sizeof(real) == sizeof(double) ? in_double : in_float;
}

/* MiLoRA starts at the base; what is frozen of it lacks W0's three smallest singular values and has all others. */
static void milora_splits_W0(void **state)
{
    (void)state;
    struct fixture a, b;
    double S0[D], S[D];
    fixture_open(&a, "milora", "rank=3");
    fixture_open(&b, "head", "");
    fixture_same_weights(&a, &b, tolerance(1e-14, 1e-6));
    const struct site *s = a.tiny.tuning.site[0];
    lapack_svd(s->W->w0, (struct mat){0}, S0, (struct mat){0});
    lapack_svd(s->W->w, (struct mat){0}, S, (struct mat){0});
    for (int i = 0; i < D; i++)
        near(S[i], i < D - 3 ? S0[i] : 0, tolerance(1e-12, 1e-5));
    fixture_close(&a);
    fixture_close(&b);
}

/* MiCA's B is orthonormal, and |B' W0| is W0's smallest singular value at rank 1. */
static void mica_holds_the_least_direction(void **state)
{
    (void)state;
    struct fixture a;
    double S0[D], S[1];
    real row[D];
    fixture_open(&a, "milora", "rank=1 mica=1");
    const struct site *s = a.tiny.tuning.site[0];
    struct mat B = fixture_site_param(&a, 0, "lora_B.weight")->w, BW = mat_of(row, 1, D);
    lapack_svd(s->W->w0, (struct mat){0}, S0, (struct mat){0});
    near(mat_dot(B, B), 1, tolerance(1e-13, 1e-5));
    gemm_tn(1, B, s->W->w0, 0, BW);
    lapack_svd(BW, (struct mat){0}, S, (struct mat){0});
    near(S[0], S0[D - 1], tolerance(1e-12, 1e-5));
    fixture_close(&a);
}

static void transpose(struct mat from, struct mat to)
{
    for (int i = 0; i < to.rows; i++)
        for (int j = 0; j < to.cols; j++)
            to.v[i * to.ld + j] = from.v[j * from.ld + i];
}

/* GraLoRA with one block is LoRA: from the same A and B it trains to the same weights. */
static void gralora_of_one_block_is_lora(void **state)
{
    (void)state;
    struct fixture a, b;
    fixture_open(&a, "gralora", "k=1");
    fixture_open(&b, "lora", "");
    for (int i = 0; i < a.tiny.tuning.nsites; i++) {
        transpose(fixture_site_param(&b, i, "lora_A.weight")->w, fixture_site_param(&a, i, "gralora_A")->w);
        transpose(fixture_site_param(&b, i, "lora_B.weight")->w, fixture_site_param(&a, i, "gralora_B")->w);
    }
    fixture_train(&a, TINY_STEPS);
    fixture_train(&b, TINY_STEPS);
    fixture_same_weights(&a, &b, tolerance(1e-10, 1e-4));
    fixture_close(&a);
    fixture_close(&b);
}

/* Methods that only turn or reflect inputs keep W W' at any state: rows keep their lengths and angles. */
static void keeps_the_gram_matrix(const char *method, const char *options)
{
    struct fixture a;
    real w[D * D], c[D], g[D * D], g0[D * D];
    struct mat W = mat_of(w, D, D), G = mat_of(g, D, D), G0 = mat_of(g0, D, D);
    fixture_open(&a, method, options);
    tiny_perturb(&a.tiny, 3, 0.5);
    const struct site *s = a.tiny.tuning.site[0];
    site_weight(s, W, mat_of(c, 1, D));
    gemm_nt(1, W, W, 0, G);
    gemm_nt(1, s->W->w0, s->W->w0, 0, G0);
    for (int i = 0; i < D * D; i++)
        near((double)g[i], (double)g0[i], tolerance(1e-13, 1e-5));
    assert_true(fabs((double)w[0] - (double)s->W->w0.v[0]) > 1e-3);
    fixture_close(&a);
}

static void oft_keeps_the_gram_matrix(void **state)
{
    (void)state;
    keeps_the_gram_matrix("oft", "block=4 cayley=exact");
}

static void hra_keeps_the_gram_matrix(void **state)
{
    (void)state;
    keeps_the_gram_matrix("hra", "rank=6");
}

/* A pair of equal reflections is the identity: with one of four columns moved, the change has rank 2. */
static void hra_changes_a_subspace(void **state)
{
    (void)state;
    struct fixture a;
    real w[D * D];
    double S[D];
    fixture_open(&a, "hra", "rank=4");
    struct mat u = fixture_site_param(&a, 0, "hra_u")->w;
    u.v[0] += 1; /* the first of four columns, which started as two pairs */
    fixture_change(&a, 0, 1, mat_of(w, D, D));
    lapack_svd(mat_of(w, D, D), (struct mat){0}, S, (struct mat){0});
    assert_true(S[1] > 1e-3);
    near(S[2], 0, tolerance(1e-13, 1e-5));
    fixture_close(&a);
}

/* The change, columns divided by W0's norms, is no longer than lambda; of one component it is exactly as long. */
static void delora_is_bounded_by_lambda(void **state)
{
    (void)state;
    for (int rank = 1; rank <= 4; rank += 3) {
        struct fixture a;
        real w[D * D], inverse[D];
        fixture_open(&a, "delora", rank == 1 ? "rank=1 lambda=3" : "rank=4 lambda=3");
        fixture_train(&a, 3);
        double lambda = fabs((double)fixture_site_param(&a, 0, "delora_lambda")->w.v[0]);
        for (int j = 0; j < D; j++) {
            struct mat column = mat_cols(a.tiny.tuning.site[0]->W->w0, j, 1);
            inverse[j] = (real)(1 / sqrt(mat_dot(column, column)));
        }
        fixture_change(&a, 0, 1, mat_of(w, D, D));
        mat_scale_cols(mat_of(w, D, D), mat_of(inverse, 1, D), mat_of(w, D, D));
        double size = sqrt(mat_dot(mat_of(w, D, D), mat_of(w, D, D)));
        if (rank == 1)
            near(size, lambda, tolerance(1e-12, 1e-4));
        else
            assert_true(size > 0.1 * lambda && size < lambda);
        fixture_close(&a);
    }
}

/* With one number of each block set, every block of C3A's change shifts its inputs by that number's place. */
static void c3a_blocks_are_shifts(void **state)
{
    (void)state;
    enum { SIDE = 4, PLACE = 1 };
    struct fixture a;
    real w[D * D];
    fixture_open(&a, "c3a", "block=4");
    struct mat kernel = fixture_site_param(&a, 0, "c3a_kernel")->w;
    mat_fill(mat_cols(kernel, PLACE, 1), 1);
    fixture_change(&a, 0, D, mat_of(w, D, D));
    for (int i = 0; i < D; i++)
        for (int j = 0; j < D; j++)
            near((double)w[i * D + j], j % SIDE == (i + PLACE) % SIDE, tolerance(1e-13, 1e-5));
    fixture_close(&a);
}

/* RandLoRA's change has as many ranks as numbers of L are not 0, up to W0's 16 with n = 2, once the rows of G differ. */
static void randlora_has_full_rank(void **state)
{
    (void)state;
    static const int set[] = {0, 1, 5, D};
    for (int i = 0; i < 4; i++) {
        struct fixture a;
        real w[D * D];
        double S[D];
        fixture_open(&a, "randlora", "rank=2");
        tiny_perturb(&a.tiny, 3, 0.5);
        struct mat L = fixture_site_param(&a, 0, "randlora_lambda")->w;
        assert_int_equal(mat_size(L), D);
        mat_fill(L, 0);
        for (int k = 0; k < set[i]; k++)
            L.v[k] = 1;
        fixture_change(&a, 0, 1, mat_of(w, D, D));
        lapack_svd(mat_of(w, D, D), (struct mat){0}, S, (struct mat){0});
        for (int k = 0; k < D; k++)
            assert_int_equal(S[k] > tolerance(1e-12, 1e-5), k < set[i]);
        fixture_close(&a);
    }
}

int main(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(milora_splits_W0),
        cmocka_unit_test(mica_holds_the_least_direction),
        cmocka_unit_test(gralora_of_one_block_is_lora),
        cmocka_unit_test(oft_keeps_the_gram_matrix),
        cmocka_unit_test(hra_keeps_the_gram_matrix),
        cmocka_unit_test(hra_changes_a_subspace),
        cmocka_unit_test(delora_is_bounded_by_lambda),
        cmocka_unit_test(c3a_blocks_are_shifts),
        cmocka_unit_test(randlora_has_full_rank),
    };
    return cmocka_run_group_tests_name("splits", tests, NULL, NULL);
}
