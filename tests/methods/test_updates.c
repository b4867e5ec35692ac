/* Identities of what a method adds to W0: places, ranks, symmetries and special cases that its paper states. */
#include "tests/fixture.h"

#include "core/arena.h"
#include "math/lapack.h"
#include "math/linalg.h"
#include "tune/places.h"

#include <stdlib.h>
#include <string.h>

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

/* ---- PSOFT */

/* Exact rotations with a = b = 1 turn the r leading components among themselves: W (W - W0)' stays within their span,
 * and B R A has the singular values of B A. */
static void psoft_keeps_the_tail(void **state)
{
    (void)state;
    struct fixture a;
    real w[D * D], tail[D * D];
    double S0[D], S[D];
    fixture_open(&a, "psoft", "rank=4");
    struct mat q = fixture_site_param(&a, 0, "psoft_R.weight")->w, W = mat_of(w, D, D), T = mat_of(tail, D, D);
    for (int i = 0; i < q.cols; i++)
        q.v[i] = (real)(0.1 * (i + 1));
    fixture_change(&a, 0, 1, W);
    assert_int_equal(rank_of(W), 4);
    const struct site *s = a.tiny.tuning.site[0];
    struct mat A = fixture_site_param(&a, 0, "psoft_A")->w, B = fixture_site_param(&a, 0, "psoft_B")->w;
    mat_copy(W, T); /* change + s B A = s B R A */
    gemm_nn(adapter_scale(&a.tiny.common), B, A, 1, T);
    lapack_svd(s->W->w0, (struct mat){0}, S0, (struct mat){0});
    lapack_svd(T, (struct mat){0}, S, (struct mat){0});
    assert_true(S[4] < tolerance(1e-12, 1e-5) && S[3] > 0.1);
    double sum0 = 0, sum = 0, cut = 0; /* B = U S: turning does not keep each value, but the product of all */
    for (int k = 0; k < 4; k++) {
        sum0 += log(S0[k]);
        sum += log(S[k]);
    }
    near(sum, sum0, tolerance(1e-12, 1e-4));
    mat_fill(q, 0); /* a = 0 cuts the components off: what is left has W0's smaller values */
    mat_fill(fixture_site_param(&a, 0, "psoft_R.vector_a")->w, 0);
    fixture_change(&a, 0, 1, W);
    mat_add(1, s->W->w0, W);
    lapack_svd(W, (struct mat){0}, S, (struct mat){0});
    for (int k = 0; k < D - 4; k++)
        cut = fmax(cut, fabs(S[k] - S0[k + 4]));
    near(cut, 0, tolerance(1e-12, 1e-5));
    fixture_close(&a);
}

/* ---- KaSA */

/* At the start W is W0 without its r least singular values: B = 0 adds nothing. */
static void kasa_starts_without_the_least(void **state)
{
    (void)state;
    struct fixture a;
    double S0[D], S[D];
    fixture_open(&a, "kasa", "rank=3");
    const struct site *s = a.tiny.tuning.site[0];
    lapack_svd(s->W->w0, (struct mat){0}, S0, (struct mat){0});
    lapack_svd(s->W->w, (struct mat){0}, S, (struct mat){0});
    for (int k = 0; k < D; k++)
        near(S[k], k < D - 3 ? S0[k] : 0, tolerance(1e-12, 1e-5));
    fixture_close(&a);
}

/* ---- Spectra */

/* Waves of different frequencies are orthogonal, and (u, v) is the same wave as (-u, -v): with all places, |D|^2 is k^2
 * D^2 / 2 times the sum over l of c_l (c_l + c of the opposite place). */
static void fourierft_waves_are_orthogonal(void **state)
{
    (void)state;
    struct fixture a;
    real w[D * D], c[D * D] = {0};
    fixture_open(&a, "fourierft", "rank=8 scale=256");
    struct mat spectrum = fixture_site_param(&a, 0, "fourierft_spectrum")->w;
    assert_int_equal(spectrum.cols, D * D);
    tiny_perturb(&a.tiny, 3, 0.5);
    struct arena *scratch = &a.tiny.mem.scratch;
    int place[D * D];
    places_draw(scratch, 777, D * D, D * D, place);
    for (int l = 0; l < D * D; l++)
        c[place[l]] = spectrum.v[l];
    double sum = 0;
    for (int u = 0; u < D; u++)
        for (int v = 0; v < D; v++)
            sum += (double)c[u * D + v] * (double)(c[u * D + v] + c[(D - u) % D * D + (D - v) % D]) / 2;
    fixture_change(&a, 0, 1, mat_of(w, D, D)); /* k = 256 / D^2 = 1 */
    near(mat_dot(mat_of(w, D, D), mat_of(w, D, D)) / (D * D), sum, tolerance(1e-11, 1e-4));
    fixture_close(&a);
}

/* The transform is orthonormal: |D| = scale |c|, whatever the places. */
static void waveft_keeps_lengths(void **state)
{
    (void)state;
    struct fixture a;
    real w[D * D];
    fixture_open(&a, "waveft", "rank=3 scale=7");
    tiny_perturb(&a.tiny, 3, 0.5);
    struct mat c = fixture_site_param(&a, 0, "waveft_spectrum")->w;
    fixture_change(&a, 0, 1.0 / 7, mat_of(w, D, D));
    near(mat_dot(mat_of(w, D, D), mat_of(w, D, D)), mat_dot(c, c), tolerance(1e-12, 1e-4));
    fixture_close(&a);
}

/* ---- SVFT */

/* A diagonal M adds to the singular values, in their order, and a band keeps what it adds near them. */
static void svft_diagonal_moves_singular_values(void **state)
{
    (void)state;
    struct fixture a;
    real w[D * D];
    double S0[D], S[D];
    fixture_open(&a, "svft", "rank=1");
    struct mat m = fixture_site_param(&a, 0, "svft_M")->w, W0 = a.tiny.tuning.site[0]->W->w0;
    assert_int_equal(m.cols, D);
    for (int k = 0; k < D; k++)
        m.v[k] = (real)(D - k);
    fixture_change(&a, 0, 1, mat_of(w, D, D));
    mat_add(1, W0, mat_of(w, D, D));
    lapack_svd(W0, (struct mat){0}, S0, (struct mat){0});
    lapack_svd(mat_of(w, D, D), (struct mat){0}, S, (struct mat){0});
    for (int k = 0; k < D; k++)
        near(S[k], S0[k] + D - k, tolerance(1e-12, 1e-5));
    fixture_close(&a);
}

/* ---- RoAd */

/* alpha = 1 turns pairs of outputs: W'W stays, at any angles. */
static void road_keeps_lengths_of_columns(void **state)
{
    (void)state;
    struct fixture a;
    real w[D * D], g[D * D], g0[D * D];
    struct mat W = mat_of(w, D, D), W0;
    fixture_open(&a, "road", "group=8");
    struct mat theta = fixture_site_param(&a, 0, "road_theta")->w;
    for (int k = 0; k < theta.cols; k++)
        theta.v[k] = (real)(0.3 * (k + 1));
    W0 = a.tiny.tuning.site[0]->W->w0;
    fixture_change(&a, 0, 1, W);
    mat_add(1, W0, W);
    gemm_tn(1, W, W, 0, mat_of(g, D, D));
    gemm_tn(1, W0, W0, 0, mat_of(g0, D, D));
    for (int i = 0; i < D * D; i++)
        near((double)g[i], (double)g0[i], tolerance(1e-13, 1e-5));
    assert_true(fabs((double)w[0] - (double)W0.v[0]) > 1e-3);
    fixture_close(&a);
}

/* ---- MoSLoRA */

/* K = I, frozen, is LoRA, step for step up to rounding. */
static void moslora_of_the_identity_is_lora(void **state)
{
    (void)state;
    struct fixture a, b;
    fixture_open(&a, "moslora", "dropout=0.2");
    fixture_open(&b, "lora", "dropout=0.2");
    for (int i = 0; i < a.tiny.tuning.nsites; i++) {
        struct param *K = fixture_site_param(&a, i, "lora_AB.weight");
        mat_fill(K->w, 0);
        for (int k = 0; k < K->w.rows; k++)
            *mat_at(K->w, k, k) = 1;
        K->lr_scale = 0;
    }
    fixture_train(&a, TINY_STEPS);
    fixture_train(&b, TINY_STEPS);
    fixture_same_weights(&a, &b, tolerance(1e-12, 1e-5));
    fixture_close(&a);
    fixture_close(&b);
}

/* ---- Norms and biases */

/* LN tuning trains every norm and nothing else; with the biases of linear layers it would be what full does to both. */
static void ln_tuning_trains_norms_alone(void **state)
{
    (void)state;
    struct fixture a;
    int trained = 0;
    fixture_open(&a, "ln_tuning", "");
    for (int i = 0; i < a.tiny.model.nbase; i++) {
        const struct param *p = a.tiny.model.param[i];
        assert_int_equal(p->trains, strstr(p->name, "LayerNorm") && strncmp(p->name, "bert.", 5) == 0);
        trained += p->trains;
    }
    assert_int_equal(trained, 2 * (2 * a.tiny.model.config.layers + 1));
    fixture_close(&a);
}

/* BEFT is BitFit of the value biases: without decay, the same steps. */
static void beft_is_bitfit_of_values(void **state)
{
    (void)state;
    struct fixture a, b;
    fixture_open(&a, "beft", "");
    fixture_open(&b, "head", "");
    a.tiny.adam.weight_decay = b.tiny.adam.weight_decay = 0;
    for (int l = 0; l < b.tiny.model.config.layers; l++)
        tuning_train(b.tiny.model.layer[l].site[TARGET_V].b, 1);
    model_allocate_training(&b.tiny.model);
    fixture_train(&a, TINY_STEPS);
    fixture_train(&b, TINY_STEPS);
    fixture_same_weights(&a, &b, tolerance(1e-12, 1e-5));
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
        cmocka_unit_test(psoft_keeps_the_tail),
        cmocka_unit_test(kasa_starts_without_the_least),
        cmocka_unit_test(fourierft_waves_are_orthogonal),
        cmocka_unit_test(waveft_keeps_lengths),
        cmocka_unit_test(svft_diagonal_moves_singular_values),
        cmocka_unit_test(road_keeps_lengths_of_columns),
        cmocka_unit_test(moslora_of_the_identity_is_lora),
        cmocka_unit_test(ln_tuning_trains_norms_alone),
        cmocka_unit_test(beft_is_bitfit_of_values),
    };
    return cmocka_run_group_tests_name("updates", tests, NULL, NULL);
}
