/* Starting values: bounds, spreads, factors and masks, which training hides and gradients cannot see. */
#include "tests/fixture.h"

#include "core/arena.h"
#include "math/lapack.h"
#include "math/linalg.h"

#include <stdlib.h>
#include <string.h>

static double largest(struct mat m)
{
    double big = 0;
    for (size_t i = 0; i < mat_size(m); i++)
        big = fmax(big, fabs((double)m.v[i]));
    return big;
}

static double spread(struct mat m)
{
    return sqrt(mat_dot(m, m) / (double)mat_size(m));
}

/* A ~ U(-1/sqrt(in), 1/sqrt(in)): the fan-in, which only rectangular sites tell from the fan-out. */
static void pairs_start_kaiming_uniform_and_zero(void **state)
{
    (void)state;
    static const char *const method[] = {"lora", "lora_plus", "lora_fa",    "rslora",
                                         "hira", "dora",      "delta_lora", "lora_drop"};
    for (size_t k = 0; k < sizeof method / sizeof *method; k++) {
        struct fixture f;
        fixture_open(&f, method[k], "rank=16 targets=up,down");
        for (int i = 0; i < f.tiny.tuning.nsites; i++) {
            struct mat A = fixture_site_param(&f, i, "lora_A.weight")->w;
            double bound = 1 / sqrt(A.cols);
            assert_true(largest(A) <= bound * (1 + 1e-6) && largest(A) > 0.95 * bound);
            near(spread(A), bound / sqrt(3), 0.02);
            assert_true(largest(fixture_site_param(&f, i, "lora_B.weight")->w) == 0);
        }
        struct mat a = fixture_site_param(&f, 0, "lora_A.weight")->w, b = fixture_site_param(&f, 2, "lora_A.weight")->w;
        assert_true(memcmp(a.v, b.v, mat_size(a) * sizeof(real)) != 0); /* each site has its own */
        fixture_close(&f);
    }
}

static void adalora_starts_normal_with_sd_002_and_E_zero(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "adalora", "rank=10 targets=up");
    near(spread(fixture_site_param(&f, 0, "lora_A")->w), 0.02, 0.002);
    near(spread(fixture_site_param(&f, 0, "lora_B")->w), 0.02, 0.002);
    assert_true(largest(fixture_site_param(&f, 0, "lora_A")->w) > 0.04);
    assert_true(largest(fixture_site_param(&f, 0, "lora_E")->w) == 0);
    fixture_close(&f);
}

/* With R = I, B R A is the best approximation of rank r to W0: singular values S_1..S_r of W0, then zeros. */
static void lora_xs_frames_the_largest_singular_triplets(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "lora_xs", "rank=5 targets=down");
    const struct site *s = f.tiny.tuning.site[0];
    struct mat R = fixture_site_param(&f, 0, "lora_latent_mapping.weight")->w;
    assert_true(largest(R) < 1e-4 && largest(R) > 1e-6);
    mat_fill(R, 0);
    for (int k = 0; k < 5; k++)
        R.v[k * 5 + k] = 1;
    struct mat W = mat_of(mem_alloc(mat_size(s->W->w) * sizeof(real)), s->out, s->in);
    struct mat b = mat_of(mem_alloc((size_t)s->out * sizeof(real)), 1, s->out);
    double S0[16], S[16], scale = tuning_scale(&f.tiny.tuning);
    site_weight(s, W, b);
    mat_add(-1, s->W->w0, W);
    lapack_svd(s->W->w0, (struct mat){0}, S0, (struct mat){0});
    lapack_svd(W, (struct mat){0}, S, (struct mat){0});
    for (int k = 0; k < 16; k++)
        near(S[k], k < 5 ? scale * S0[k] : 0, sizeof(real) == sizeof(double) ? 1e-12 : 1e-5);
    free(W.v);
    free(b.v);
    fixture_close(&f);
}

/* k different places, spread over the matrix, another set for every site. */
static void shira_draws_its_places_evenly(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "shira", "rank=3 targets=down");
    int n[2] = {0}, upper = 0, same = 0;
    struct mat W[2], b = mat_of(mem_alloc(64 * sizeof(real)), 1, 16);
    for (int i = 0; i < 2; i++) {
        const struct site *s = f.tiny.tuning.site[i];
        mat_fill(fixture_site_param(&f, i, "shira_weight")->w, 100);
        W[i] = mat_of(mem_alloc(mat_size(s->W->w) * sizeof(real)), s->out, s->in);
        site_weight(s, W[i], b);
        for (size_t k = 0; k < mat_size(W[i]); k++) {
            n[i] += W[i].v[k] > 50;
            upper += i == 0 && W[i].v[k] > 50 && k < mat_size(W[i]) / 2;
            same += i == 1 && W[0].v[k] > 50 && W[1].v[k] > 50;
        }
    }
    assert_int_equal(n[0], 3 * (16 + 24));
    assert_int_equal(n[1], 3 * (16 + 24));
    assert_true(upper > 40 && upper < 80);
    assert_true(same < 80);
    free(W[0].v);
    free(W[1].v);
    free(b.v);
    fixture_close(&f);
}

int main(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_start_kaiming_uniform_and_zero),
        cmocka_unit_test(adalora_starts_normal_with_sd_002_and_E_zero),
        cmocka_unit_test(lora_xs_frames_the_largest_singular_triplets),
        cmocka_unit_test(shira_draws_its_places_evenly),
    };
    return cmocka_run_group_tests_name("inits", tests, NULL, NULL);
}
