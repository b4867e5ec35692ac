/* What the methods' papers and their algebra say must be equal, is: each method against another, or against a direct
 * sum. */
#include "tests/fixture.h"

#include "core/arena.h"
#include "core/rng.h"
#include "math/lapack.h"
#include "math/linalg.h"
#include "tune/lowrank.h"

#include <stdlib.h>
#include <string.h>

static const bool precise = sizeof(real) == sizeof(double);

static double tolerance(double in_double, double in_float)
{
    return precise ? in_double : in_float;
}

/* No decay, and Adam blind to the size of a gradient: what the identities under Adam need. */
static void pure_adam(struct fixture *f)
{
    f->tiny.adam.eps = 1e-30;
    f->tiny.adam.weight_decay = 0;
}

/* Trains a and b alike and holds their weights together. */
static void same_after_training(struct fixture *a, struct fixture *b, double allowed)
{
    fixture_train(a, TINY_STEPS);
    fixture_train(b, TINY_STEPS);
    fixture_same_weights(a, b, allowed);
    fixture_close(a);
    fixture_close(b);
}

static bool same_bits(struct mat a, struct mat b)
{
    return mat_size(a) == mat_size(b) && memcmp(a.v, b.v, mat_size(a) * sizeof(real)) == 0;
}

static struct mat new_mat(int rows, int cols)
{
    return mat_of(mem_alloc((size_t)rows * (size_t)cols * sizeof(real)), rows, cols);
}

static struct mat copy_of(struct mat m)
{
    struct mat c = new_mat(m.rows, m.cols);
    mat_copy(m, c);
    return c;
}

static double distance(struct mat a, struct mat b)
{
    struct mat d = copy_of(a);
    mat_add(-1, b, d);
    double n = sqrt(mat_dot(d, d));
    free(d.v);
    return n;
}

/* ---- LoRA under other names */

static void lora_plus_at_ratio_one_is_lora(void **state)
{
    (void)state;
    struct fixture a, b;
    fixture_open(&a, "lora_plus", "ratio=1 dropout=0.2");
    fixture_open(&b, "lora", "dropout=0.2");
    same_after_training(&a, &b, 0);
}

static void lora_plus_is_lora_at_alpha_times_ratio(void **state)
{
    (void)state;
    struct fixture a, b;
    fixture_open(&a, "lora_plus", "ratio=16 alpha=3");
    fixture_open(&b, "lora", "alpha=48");
    pure_adam(&a);
    pure_adam(&b);
    same_after_training(&a, &b, tolerance(1e-12, 1e-5));
}

static void lora_plus_is_not_lora_at_the_same_alpha(void **state)
{
    (void)state;
    struct fixture a, b;
    fixture_open(&a, "lora_plus", "");
    fixture_open(&b, "lora", "");
    fixture_train(&a, 2);
    fixture_train(&b, 2);
    assert_true(fixture_weight_distance(&a, &b) > 1e-3);
    fixture_close(&a);
    fixture_close(&b);
}

static void rslora_is_lora_at_alpha_root_rank(void **state)
{
    (void)state;
    struct fixture a, b;
    fixture_open(&a, "rslora", "rank=4 alpha=5 dropout=0.2");
    fixture_open(&b, "lora", "rank=4 alpha=10 dropout=0.2");
    same_after_training(&a, &b, 0);
}

static void full_qv_trains_the_targets_alone(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "full_qv", "");
    fixture_train(&f, 2);
    for (int i = 0; i < f.tiny.model.nbase; i++) {
        const struct param *p = f.tiny.model.param[i];
        bool target = strstr(p->name, "self.query.weight") || strstr(p->name, "self.value.weight");
        assert_int_equal(p->trains, target);
        assert_int_equal(same_bits(p->w, p->w0), !target);
    }
    fixture_close(&f);
}

/* Adding b_k to every key adds the same number to a row of scores, which softmax does not see. */
static void a_key_bias_has_no_gradient(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "bitfit", "");
    tiny_objective(&f.tiny, true);
    for (int l = 0; l < f.tiny.model.config.layers; l++) {
        struct mat k = f.tiny.model.layer[l].site[TARGET_K].b->g, q = f.tiny.model.layer[l].site[TARGET_Q].b->g;
        assert_true(sqrt(mat_dot(k, k)) < tolerance(1e-15, 1e-7));
        assert_true(sqrt(mat_dot(q, q)) > 1e-4);
    }
    fixture_close(&f);
}

/* ---- LoRA-FA */

static void lora_fa_is_lora_whose_A_stands(void **state)
{
    (void)state;
    struct fixture a, b;
    fixture_open(&a, "lora_fa", "dropout=0.2");
    fixture_open(&b, "lora", "dropout=0.2");
    for (int i = 0; i < b.tiny.tuning.nsites; i++)
        fixture_site_param(&b, i, "lora_A.weight")->lr_scale = 0; /* its decay is a share of the rate */
    struct mat A = copy_of(fixture_site_param(&a, 0, "lora_A.weight")->w);
    fixture_train(&a, 3);
    assert_true(same_bits(A, fixture_site_param(&a, 0, "lora_A.weight")->w));
    free(A.v);
    fixture_train(&b, 3);
    fixture_same_weights(&a, &b, 0);
    fixture_close(&a);
    fixture_close(&b);
}

/* On a layer whose input nobody else keeps, all that LoRA-FA saves is that input: N x in numbers. */
static void lora_fa_saves_exactly_the_input(void **state)
{
    (void)state;
    size_t kept[2];
    struct fixture f;
    for (int i = 0; i < 2; i++) {
        fixture_open(&f, i ? "lora_fa" : "lora", "targets=o layers=0");
        tiny_run(&f.tiny, tiny_pass(&f.tiny, true, true));
        kept[i] = f.tiny.mem.saved.used;
        if (i == 0)
            fixture_close(&f);
    }
    const struct site *s = f.tiny.tuning.site[0];
    assert_int_equal(kept[0] - kept[1], (size_t)f.tiny.batch.N * (size_t)s->in * sizeof(real));
    fixture_close(&f);
}

/* dB' = argmin ||s dB' A - G||, G the gradient of the dense weight: the residual is orthogonal to A's rows. */
static void projected_gradient_is_the_nearest(void **state)
{
    (void)state;
    struct fixture a, dense;
    fixture_open(&a, "lora_fa", "projected=1 rank=4");
    fixture_open(&dense, "full_qv", "");
    tiny_objective(&a.tiny, true);
    tiny_objective(&dense.tiny, true);
    tuning_before_step(&a.tiny.tuning);
    for (int i = 0; i < a.tiny.tuning.nsites; i++) {
        const struct lowrank *l = a.tiny.tuning.site[i]->state;
        struct mat G = dense.tiny.tuning.site[i]->W->g, R = copy_of(G), RA = new_mat(G.rows, 4);
        gemm_nn(l->s, l->B->g, l->A->w, -1, R); /* R = s dB' A - G */
        gemm_nt(1, R, l->A->w, 0, RA);
        double size = sqrt(mat_dot(G, G)), best = mat_dot(R, R);
        assert_true(sqrt(mat_dot(RA, RA)) < tolerance(1e-6, 1e-4) * size);
        l->B->g.v[3] += (real)(0.01 * size);
        gemm_nn(l->s, l->B->g, l->A->w, 0, R);
        mat_add(-1, G, R);
        assert_true(mat_dot(R, R) > best);
        free(R.v);
        free(RA.v);
    }
    fixture_close(&a);
    fixture_close(&dense);
}

/* ---- Delta-LoRA */

/* W_T - W_0 = lambda s (B_T A_T - B_K A_K) */
static void delta_lora_telescopes(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "delta_lora", "lambda=0.7 start=2");
    const struct site *s = f.tiny.tuning.site[0];
    const struct lowrank *l = s->state;
    fixture_train(&f, 2);
    assert_true(same_bits(s->W->w, s->W->w0));
    struct mat A = copy_of(l->A->w), B = copy_of(l->B->w), moved = new_mat(s->out, s->in);
    fixture_train(&f, TINY_STEPS - 2);
    gemm_nn(0.7 * l->s, l->B->w, l->A->w, 0, moved);
    gemm_nn(-0.7 * l->s, B, A, 1, moved);
    mat_add(1, s->W->w0, moved);
    double size = distance(s->W->w, s->W->w0);
    assert_true(size > 1e-4);
    assert_true(distance(moved, s->W->w) < tolerance(1e-13, 1e-5) * size + tolerance(1e-14, 1e-6));
    free(A.v);
    free(B.v);
    free(moved.v);
    fixture_close(&f);
}

static void delta_lora_from_the_start_is_lora_with_more_alpha(void **state)
{
    (void)state;
    struct fixture a, b;
    fixture_open(&a, "delta_lora", "lambda=0.5 start=0 alpha=4");
    fixture_open(&b, "lora", "alpha=6");
    a.tiny.adam.eps = b.tiny.adam.eps = 1e-30; /* decay may stay: it is inside the differences */
    same_after_training(&a, &b, tolerance(1e-11, 2e-4));
}

/* ---- DoRA */

static void dora_starts_at_the_base(void **state)
{
    (void)state;
    struct fixture a, b;
    for (int full = 0; full < 2; full++) {
        fixture_open(&a, "dora", full ? "norm_gradient=full" : "dropout=0.3");
        fixture_open(&b, "head", "");
        struct mat base = copy_of(tiny_run(&b.tiny, tiny_pass(&b.tiny, false, false)));
        assert_true(same_bits(tiny_run(&a.tiny, tiny_pass(&a.tiny, true, false)), base));
        free(base.v);
        fixture_close(&a);
        fixture_close(&b);
    }
}

/* <dV_i, V_i> of row i from dB alone: with r = in, A is invertible, V = Y A, dB = s dV A', so <dV_i, V_i> = <dB_i, Y_i>
 * / s. */
static double radial(struct fixture *f, int i)
{
    const struct site *s = f->tiny.tuning.site[0];
    const struct lowrank *l = s->state;
    struct mat V = copy_of(s->W->w), AA = new_mat(s->rank, s->rank), AV = new_mat(s->rank, s->out);
    gemm_nn(l->s, l->B->w, l->A->w, 1, V);
    gemm_nt(1, l->A->w, l->A->w, 0, AA);
    gemm_nt(1, l->A->w, V, 0, AV);
    assert_int_equal(lapack_cholesky(AA), 0);
    lapack_cholesky_solve(AA, AV); /* Y' */
    double sum = 0;
    for (int k = 0; k < s->rank; k++)
        sum += (double)l->B->g.v[i * s->rank + k] * (double)AV.v[k * s->out + i] / l->s;
    free(V.v);
    free(AA.v);
    free(AV.v);
    return fabs(sum);
}

static void dora_full_gradient_is_orthogonal_to_each_row(void **state)
{
    (void)state;
    struct fixture f, d;
    fixture_open(&f, "dora", "norm_gradient=full rank=16");
    fixture_open(&d, "dora", "rank=16");
    tiny_perturb(&f.tiny, 3, 0.1);
    tiny_perturb(&d.tiny, 3, 0.1);
    tiny_objective(&f.tiny, true);
    tiny_objective(&d.tiny, true);
    double full = 0, detached = 0;
    for (int i = 0; i < 16; i++) {
        full = fmax(full, radial(&f, i));
        detached = fmax(detached, radial(&d, i));
    }
    assert_true(detached > 1e-4 && full < tolerance(1e-10, 1e-2) * detached);
    struct mat m = fixture_site_param(&f, 0, "lora_magnitude_vector.weight")->g;
    assert_true(distance(m, fixture_site_param(&d, 0, "lora_magnitude_vector.weight")->g) <
                tolerance(1e-14, 1e-5) * sqrt(mat_dot(m, m)));
    fixture_close(&f);
    fixture_close(&d);
}

/* ---- Shared and factorised */

static void vera_has_one_A_and_one_B_from_the_seed(void **state)
{
    (void)state;
    struct fixture a, b, c;
    fixture_open(&a, "vera", "rank=20 targets=q,v,up,down");
    fixture_open(&b, "vera", "rank=20 targets=q,v,up,down");
    fixture_open_seed(&c, "vera", "rank=20 targets=q,v,up,down", 2);
    fixture_train(&a, 3);
    const char *const name[2] = {"vera_A", "vera_B"};
    for (int k = 0; k < 2; k++) {
        int n = 0;
        for (int i = 0; i < a.tiny.model.nparam; i++)
            n += strcmp(a.tiny.model.param[i]->name, name[k]) == 0;
        assert_int_equal(n, 1);
        const struct param *p = fixture_param(&a, name[k]);
        assert_true(same_bits(p->w, fixture_param(&b, name[k])->w));
        assert_false(same_bits(p->w, fixture_param(&c, name[k])->w));
        assert_int_equal(p->trains, false);
        double bound = sqrt(6.0 / p->w.cols), largest = 0; /* kaiming: fan-in is the number of columns */
        for (size_t i = 0; i < mat_size(p->w); i++)
            largest = fmax(largest, fabs((double)p->w.v[i]));
        assert_true(largest <= bound && largest > 0.98 * bound);
    }
    assert_true((double)fixture_site_param(&b, 0, "vera_lambda_d")->w.v[7] == (double)(real)0.1);
    fixture_close(&a);
    fixture_close(&b);
    fixture_close(&c);
}

/* W0 - s B A is what is left of W0 without its r largest singular values, and W0 comes back at the start. */
static void pissa_and_olora_start_at_the_base(void **state)
{
    (void)state;
    struct fixture a, b;
    for (int k = 0; k < 2; k++) {
        fixture_open(&a, k ? "olora" : "pissa", "rank=3 targets=q,v,up,down");
        fixture_open(&b, "head", "");
        fixture_same_weights(&a, &b, tolerance(1e-14, 1e-6));
        const struct site *s = a.tiny.tuning.site[0];
        assert_true(distance(s->W->w, s->W->w0) > 0.1);
        double S0[16], S[16];
        lapack_svd(s->W->w0, (struct mat){0}, S0, (struct mat){0});
        lapack_svd(s->W->w, (struct mat){0}, S, (struct mat){0});
        if (k == 0)
            for (int i = 0; i < 16; i++)
                near(S[i], i + 3 < 16 ? S0[i + 3] : 0, tolerance(1e-12, 1e-5));
        fixture_close(&a);
        fixture_close(&b);
    }
}

/* sum of ||s B A x||^2 by the Gram matrices and by the definition. */
static void output_by_gram_matrices_is_the_direct_sum(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "lora", "targets=up rank=4");
    tiny_perturb(&f.tiny, 5, 0.3);
    struct site *s = f.tiny.tuning.site[0];
    struct pass p = tiny_pass(&f.tiny, false, true);
    struct rng r = rng_stream(1, RNG_TEST, 1, 0);
    struct mat x = new_mat(9, s->in), y = new_mat(9, s->out), y0 = new_mat(9, s->out);
    rng_fill_normal(&r, x, 1);
    site_plain_forward(s, x, y0);
    site_forward(s, &p, x, y);
    double direct = distance(y, y0);
    near(lowrank_output(&p, s->state), direct * direct, tolerance(1e-12, 1e-4));
    free(x.v);
    free(y.v);
    free(y0.v);
    fixture_close(&f);
}

int main(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lora_plus_at_ratio_one_is_lora),
        cmocka_unit_test(lora_plus_is_lora_at_alpha_times_ratio),
        cmocka_unit_test(lora_plus_is_not_lora_at_the_same_alpha),
        cmocka_unit_test(rslora_is_lora_at_alpha_root_rank),
        cmocka_unit_test(full_qv_trains_the_targets_alone),
        cmocka_unit_test(a_key_bias_has_no_gradient),
        cmocka_unit_test(lora_fa_is_lora_whose_A_stands),
        cmocka_unit_test(lora_fa_saves_exactly_the_input),
        cmocka_unit_test(projected_gradient_is_the_nearest),
        cmocka_unit_test(delta_lora_telescopes),
        cmocka_unit_test(delta_lora_from_the_start_is_lora_with_more_alpha),
        cmocka_unit_test(dora_starts_at_the_base),
        cmocka_unit_test(dora_full_gradient_is_orthogonal_to_each_row),
        cmocka_unit_test(vera_has_one_A_and_one_B_from_the_seed),
        cmocka_unit_test(pissa_and_olora_start_at_the_base),
        cmocka_unit_test(output_by_gram_matrices_is_the_direct_sum),
    };
    return cmocka_run_group_tests_name("identities", tests, NULL, NULL);
}
