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

/* OFT's exact map keeps W W' at any state: only inputs are turned, so rows keep their lengths and angles. */
static void oft_keeps_the_gram_matrix(void **state)
{
    (void)state;
    struct fixture a;
    real w[D * D], c[D], g[D * D], g0[D * D];
    struct mat W = mat_of(w, D, D), G = mat_of(g, D, D), G0 = mat_of(g0, D, D);
    fixture_open(&a, "oft", "block=4 cayley=exact");
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

int main(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(milora_splits_W0),
        cmocka_unit_test(mica_holds_the_least_direction),
        cmocka_unit_test(gralora_of_one_block_is_lora),
        cmocka_unit_test(oft_keeps_the_gram_matrix),
    };
    return cmocka_run_group_tests_name("splits", tests, NULL, NULL);
}
