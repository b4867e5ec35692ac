/* Identities of what a method adds to W0: places, ranks, symmetries and special cases that its paper states. */
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

/* How many singular values of M are not rounding of the largest. */
static int rank_of(struct mat M)
{
    double S[64];
    int n = M.rows < M.cols ? M.rows : M.cols, rank = 0;
    lapack_svd(M, (struct mat){0}, S, (struct mat){0});
    for (int k = 0; k < n; k++)
        rank += S[k] > tolerance(1e-12, 1e-5) * S[0];
    return rank;
}

/* ---- LoRA's other starts */

/* Each factor has half the rank, and the two halves do not meet: B A = 0. */
static void orthogonal_start_has_halves_that_do_not_meet(void **state)
{
    (void)state;
    struct fixture a;
    real w[D * D];
    fixture_open(&a, "lora", "rank=6 init=orthogonal");
    struct mat A = fixture_site_param(&a, 0, "lora_A.weight")->w, B = fixture_site_param(&a, 0, "lora_B.weight")->w;
    assert_int_equal(rank_of(A), 3);
    assert_int_equal(rank_of(B), 3);
    gemm_nn(1, B, A, 0, mat_of(w, D, D));
    near(mat_dot(mat_of(w, D, D), mat_of(w, D, D)), 0, tolerance(1e-28, 1e-12));
    fixture_train(&a, 2);
    assert_int_equal(rank_of(A), 6);
    fixture_close(&a);
}

static void uniform_start_fills_both(void **state)
{
    (void)state;
    struct fixture a;
    fixture_open(&a, "lora", "rank=4 init=uniform");
    struct mat B = fixture_site_param(&a, 0, "lora_B.weight")->w;
    double largest = 0;
    for (size_t i = 0; i < mat_size(B); i++)
        largest = fmax(largest, fabs((double)B.v[i]));
    assert_true(largest <= 0.5 && largest > 0.45); /* 1 / sqrt 4 */
    fixture_close(&a);
}

/* ---- SHiRA's mask */

/* What trains are the 96 entries of W0 that no other is larger than. */
static void magnitude_mask_holds_the_largest(void **state)
{
    (void)state;
    struct fixture a;
    real w[D * D];
    int changed = 0;
    double least = INFINITY, left = 0;
    fixture_open(&a, "shira", "rank=3 mask=magnitude");
    fixture_train(&a, 2);
    fixture_change(&a, 0, 1, mat_of(w, D, D));
    const real *W0 = a.tiny.tuning.site[0]->W->w0.v;
    for (int i = 0; i < D * D; i++) {
        double size = fabs((double)W0[i]);
        changed += w[i] != 0;
        if (w[i] != 0)
            least = fmin(least, size);
        else
            left = fmax(left, size);
    }
    assert_int_equal(changed, 3 * (D + D));
    assert_true(least >= left);
    fixture_close(&a);
}

/* ---- MiSS */

/* With every D_i = I, bat adds W0 itself and an identity in every block. */
static void bat_of_identities_doubles_W0(void **state)
{
    (void)state;
    enum { SIDE = 4 };
    struct fixture a;
    real w[D * D];
    fixture_open(&a, "miss", "variant=bat rank=4");
    struct mat B = fixture_site_param(&a, 0, "miss_block")->w, W0 = a.tiny.tuning.site[0]->W->w0;
    for (int i = 0; i < D; i++)
        *mat_at(B, i, i % SIDE) = 1;
    fixture_change(&a, 0, 1, mat_of(w, D, D));
    for (int i = 0; i < D; i++)
        for (int j = 0; j < D; j++)
            near((double)w[i * D + j], mat_get(W0, i, j) + (i % SIDE == j % SIDE), tolerance(1e-13, 1e-5));
    fixture_close(&a);
}

/* As many columns as outputs are plain MiSS, step for step. */
static void mini_of_all_columns_is_miss(void **state)
{
    (void)state;
    struct fixture a, b;
    fixture_open(&a, "miss", "variant=mini mini=16");
    fixture_open(&b, "miss", "");
    fixture_train(&a, TINY_STEPS);
    fixture_train(&b, TINY_STEPS);
    fixture_same_weights(&a, &b, 0);
    fixture_close(&a);
    fixture_close(&b);
}

int main(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orthogonal_start_has_halves_that_do_not_meet),
        cmocka_unit_test(uniform_start_fills_both),
        cmocka_unit_test(magnitude_mask_holds_the_largest),
        cmocka_unit_test(bat_of_identities_doubles_W0),
        cmocka_unit_test(mini_of_all_columns_is_miss),
    };
    return cmocka_run_group_tests_name("updates", tests, NULL, NULL);
}
