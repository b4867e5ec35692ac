/* Identities of methods whose pairs are computed: from one vector, from a bank, in blocks, in a frame, or by projection;
 * and of LoRA-Pro's step. */
#include "tests/fixture.h"

#include "core/arena.h"
#include "math/lapack.h"
#include "math/linalg.h"
#include "tune/lowrank.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { D = 16 }; /* inputs and outputs of q and v */

static double tolerance(double in_double, double in_float)
{
    return sizeof(real) == sizeof(double) ? in_double : in_float;
}

/* W_eff - W0 of a site, for free(.v). */
static struct mat update_of(struct fixture *f, int i)
{
    const struct site *s = f->tiny.tuning.site[i];
    struct mat W = mat_of(mem_alloc((size_t)s->out * (size_t)s->in * sizeof(real)), s->out, s->in);
    struct mat b = mat_of(mem_alloc((size_t)s->out * sizeof(real)), 1, s->out);
    site_weight(s, W, b);
    mat_add(-1, s->W->w0, W);
    free(b.v);
    return W;
}

/* ---- Uni-LoRA */

/* The projection P from theta to all entries of all A and B has P'P = I: every column sums to one in squares, and no
 * entry has two numbers. Each number occurs as often as any other, give or take one. */
static void unilora_projects_orthonormally(void **state)
{
    (void)state;
    static const char *const part[] = {"A", "B"};
    struct fixture f;
    enum { N = 37 };
    double square[N] = {0};
    int times[N] = {0}, least = 1000, most = 0;
    fixture_open(&f, "unilora", "length=37 pair=2 targets=q,up");
    for (int i = 0; i < f.tiny.tuning.nsites; i++)
        for (int k = 0; k < 2; k++) {
            char name[64];
            snprintf(name, sizeof name, "unilora_indices_%s", part[k]);
            struct mat place = fixture_site_param(&f, i, name)->w;
            snprintf(name, sizeof name, "unilora_scales_%s", part[k]);
            struct mat scale = fixture_site_param(&f, i, name)->w;
            for (size_t j = 0; j < mat_size(place); j++) {
                times[(int)place.v[j]]++;
                square[(int)place.v[j]] += (double)scale.v[j] * (double)scale.v[j];
            }
        }
    for (int n = 0; n < N; n++) {
        near(square[n], 1, tolerance(1e-12, 1e-5));
        least = times[n] < least ? times[n] : least;
        most = times[n] > most ? times[n] : most;
    }
    assert_true(most - least <= 1);
    fixture_close(&f);
}

/* What trains is one vector of as many numbers as the ranks of all sites. */
static void unilora_trains_one_vector(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "unilora", "rank=7");
    assert_int_equal(tuning_count_trained(&f.tiny.tuning), 7 * f.tiny.tuning.nsites);
    assert_int_equal(fixture_param(&f, "unilora_theta_d")->w.cols, 7 * f.tiny.tuning.nsites);
    fixture_close(&f);
}

/* ---- VB-LoRA */

/* Where one logit stands out by far, every piece is that vector of the bank: A repeats it, and B does. */
static void vblora_takes_the_chosen_vector(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "vblora", "rank=5 length=8");
    static const char *const logits[] = {"vblora_logits_A", "vblora_logits_B"};
    struct mat V = fixture_param(&f, "vblora_vector_bank")->w;
    for (int k = 0; k < 2; k++) {
        struct mat z = fixture_site_param(&f, 0, logits[k])->w;
        for (int i = 0; i < z.rows; i++)
            *mat_at(z, i, 3) = 100;
    }
    struct mat W = update_of(&f, 0);
    for (int i = 0; i < D; i++)
        for (int j = 0; j < D; j++)
            near(mat_get(W, i, j), mat_get(V, 3, i % 8) * mat_get(V, 3, j % 8), tolerance(1e-15, 1e-6));
    free(W.v);
    fixture_close(&f);
}

/* ---- BD-LoRA */

static void bdlora_of_one_block_is_lora(void **state)
{
    (void)state;
    struct fixture a, b;
    fixture_open(&a, "bdlora", "blocks=1 targets=q,o,up,down dropout=0.2");
    fixture_open(&b, "lora", "targets=q,o,up,down dropout=0.2");
    fixture_train(&a, TINY_STEPS);
    fixture_train(&b, TINY_STEPS);
    fixture_same_weights(&a, &b, tolerance(1e-11, 1e-4));
    fixture_close(&a);
    fixture_close(&b);
}

/* Block i of B's rows sees the components of block i alone, so that the update of its outputs has rank r / blocks. */
static void bdlora_blocks_have_their_own_components(void **state)
{
    (void)state;
    struct fixture f;
    double S[D / 2];
    fixture_open(&f, "bdlora", "blocks=2 rank=4");
    tiny_perturb(&f.tiny, 3, 0.3);
    struct mat W = update_of(&f, 0);
    for (int i = 0; i < 2; i++) {
        lapack_svd(mat_rows(W, i * D / 2, D / 2), (struct mat){0}, S, (struct mat){0});
        assert_true(S[1] > 1e-3 && S[2] < tolerance(1e-12, 1e-5));
    }
    free(W.v);
    fixture_close(&f);
}

/* ---- TinyLoRA */

/* Thirteen numbers for a whole model: tied, all sites share u; untied, each has its own. */
static void tinylora_counts_its_groups(void **state)
{
    (void)state;
    struct fixture f;
    static const struct {
        const char *options;
        int groups;
    } cases[] = {{"rank=13 tying=1", 1}, {"rank=13 tying=0.5", 3}, {"rank=13 tying=0", 6}};
    for (int i = 0; i < 3; i++) {
        fixture_open(&f, "tinylora", cases[i].options);
        assert_int_equal(f.tiny.tuning.nsites, 6);
        assert_int_equal(tuning_count_trained(&f.tiny.tuning), 13 * cases[i].groups);
        fixture_close(&f);
    }
}

/* The update stays in the frame: its rank is f, and W0's largest singular vectors span it. */
static void tinylora_stays_in_its_frame(void **state)
{
    (void)state;
    struct fixture f;
    double S[D], S0[D];
    real u[D * D], vt[D * D];
    struct mat U = mat_of(u, D, D), Vt = mat_of(vt, D, D);
    fixture_open(&f, "tinylora", "rank=9");
    tiny_perturb(&f.tiny, 3, 0.3);
    mat_fill(fixture_param(&f, "tinylora_v.0")->w, 1);
    const struct site *s = f.tiny.tuning.site[0];
    lowrank_factor(&f.tiny.tuning, s->W->w0, 1, fixture_site_param(&f, 0, "tinylora_A")->w,
                   fixture_site_param(&f, 0, "tinylora_B")->w);
    struct mat W = update_of(&f, 0);
    lapack_svd(W, (struct mat){0}, S, (struct mat){0});
    assert_true(S[2] > 1e-3 && S[3] < tolerance(1e-12, 1e-4) * S[0]);
    lapack_svd(s->W->w0, U, S0, Vt);
    real left[D * D], out[D * D];
    gemm_tn(1, mat_cols(U, 3, D - 3), W, 0, mat_of(left, D - 3, D)); /* outside of the first three: nothing */
    gemm_nt(1, W, mat_rows(Vt, 3, D - 3), 0, mat_of(out, D, D - 3));
    struct mat L = mat_of(left, D - 3, D), O = mat_of(out, D, D - 3);
    assert_true(sqrt(mat_dot(L, L)) < tolerance(1e-12, 1e-4) * S[0]);
    assert_true(sqrt(mat_dot(O, O)) < tolerance(1e-12, 1e-4) * S[0]);
    free(W.v);
    fixture_close(&f);
}

/* ---- GLoRA */

/* A alone is HiRA, W0 o (X Y). */
static void glora_of_A_is_hira(void **state)
{
    (void)state;
    struct fixture a, b;
    fixture_open(&a, "glora", "");
    fixture_open(&b, "hira", "");
    tiny_perturb(&b.tiny, 3, 0.3);
    for (int i = 0; i < a.tiny.tuning.nsites; i++) {
        mat_copy(fixture_site_param(&b, i, "lora_B.weight")->w, fixture_site_param(&a, i, "glora_A.Xd")->w);
        mat_copy(fixture_site_param(&b, i, "lora_A.weight")->w, fixture_site_param(&a, i, "glora_A.Xu")->w);
    }
    fixture_same_weights(&a, &b, tolerance(1e-14, 1e-6));
    fixture_close(&a);
    fixture_close(&b);
}

/* E shifts every output, D scales the bias, C shifts by W0 C. */
static void glora_shifts_the_bias(void **state)
{
    (void)state;
    struct fixture f;
    real w[D * D], b[D], want[D], column[D] = {0};
    fixture_open(&f, "glora", "c=vector");
    const struct site *s = f.tiny.tuning.site[0];
    mat_fill(fixture_site_param(&f, 0, "glora_D.X")->w, 0.5);
    mat_fill(fixture_site_param(&f, 0, "glora_E.X")->w, 0.25);
    fixture_site_param(&f, 0, "glora_C.X")->w.v[2] = column[2] = 3;
    site_weight(s, mat_of(w, D, D), mat_of(b, 1, D));
    gemm_nt(1, mat_of(column, 1, D), s->W->w0, 0, mat_of(want, 1, D));
    for (int i = 0; i < D; i++)
        near((double)b[i], 1.5 * (double)s->b->w0.v[i] + 0.25 + (double)want[i], tolerance(1e-14, 1e-6));
    fixture_close(&f);
}

/* ---- DEFT */

/* PaRa takes r directions out of W: what is left has no part of them, and its rank is lower by r. */
static void para_takes_directions_out(void **state)
{
    (void)state;
    struct fixture f;
    double S[D];
    real w[D * D], b[D], q[D * 3], z[9], left[3 * D];
    fixture_open(&f, "deft", "para=1 projector=qr rank=3");
    struct mat W = mat_of(w, D, D), Q = mat_of(q, D, 3), L = mat_of(left, 3, D);
    site_weight(f.tiny.tuning.site[0], W, mat_of(b, 1, D));
    lapack_qr(fixture_site_param(&f, 0, "deft_P")->w, Q, mat_of(z, 3, 3));
    gemm_tn(1, Q, W, 0, L);
    lapack_svd(W, (struct mat){0}, S, (struct mat){0});
    assert_true(sqrt(mat_dot(L, L)) < tolerance(1e-13, 1e-5));
    assert_true(S[D - 4] > 1e-3 && S[D - 3] < tolerance(1e-13, 1e-5));
    fixture_close(&f);
}

/* In those directions DEFT's W is whatever R says: Q' W = s R, whatever W0 was. */
static void deft_puts_R_in_their_place(void **state)
{
    (void)state;
    struct fixture f;
    real w[D * D], b[D], q[D * 3], z[9], left[3 * D];
    fixture_open(&f, "deft", "projector=qr rank=3");
    tiny_perturb(&f.tiny, 3, 0.3);
    struct mat W = mat_of(w, D, D), Q = mat_of(q, D, 3), L = mat_of(left, 3, D);
    site_weight(f.tiny.tuning.site[0], W, mat_of(b, 1, D));
    lapack_qr(fixture_site_param(&f, 0, "deft_P")->w, Q, mat_of(z, 3, 3));
    gemm_tn(1, Q, W, 0, L);
    mat_add(-tuning_scale(&f.tiny.tuning), fixture_site_param(&f, 0, "deft_R")->w, L);
    assert_true(sqrt(mat_dot(L, L)) < tolerance(1e-13, 1e-4));
    fixture_close(&f);
}

/* ---- LoRA-Pro */

/* Where Adam's eps is huge a step is the gradient's, times c: then W moves along the part of the full gradient G that a
 * pair can follow: B'(dW/c - G) = 0 and (dW/c - G) A' = 0; and of all such pairs it moves the one nearest to LoRA's:
 * (gA - fA) A' = B' (gB - fB). */
static void lora_pro_is_nearest_to_the_gradient(void **state)
{
    (void)state;
    if (sizeof(real) == sizeof(float))
        skip(); /* steps of 1e-7 are lost in its rounding */
    enum { R = 3 };
    const double c = 1e-7, eps = 1e6;
    struct fixture f, dense;
    real a[R * D], b[D * R], fa[R * D], fb[D * R], left[R * D], right[D * R], x[R * R], y[R * R];
    struct mat A = mat_of(a, R, D), B = mat_of(b, D, R), fA = mat_of(fa, R, D), fB = mat_of(fb, D, R);
    struct mat L = mat_of(left, R, D), O = mat_of(right, D, R), X = mat_of(x, R, R), Y = mat_of(y, R, R);
    fixture_open(&f, "lora_pro", "rank=3 layers=2 targets=v");
    fixture_open(&dense, "full_qv", "layers=2 targets=v");
    tiny_perturb(&f.tiny, 3, 0.3);
    struct site *s = f.tiny.tuning.site[0], *d = dense.tiny.tuning.site[0];
    const struct lowrank *l = s->state;
    f.tiny.adam.eps = eps;
    f.tiny.adam.weight_decay = 0;
    f.tiny.lr = c * eps;
    mat_copy(l->A->w, A);
    mat_copy(l->B->w, B);
    for (int i = 0; i < dense.tiny.model.nparam; i++) /* the same model, its W whole */
        if (dense.tiny.model.param[i]->role == ROLE_HEAD)
            mat_copy(f.tiny.model.param[i]->w, dense.tiny.model.param[i]->w);
    gemm_nn(l->s, B, A, 1, d->W->w);
    tiny_objective(&dense.tiny, true);
    tiny_objective(&f.tiny, true);
    mat_copy(l->A->g, fA);
    mat_copy(l->B->g, fB);
    f.tiny.tuning.adam = &f.tiny.adam;
    f.tiny.tuning.lr = f.tiny.lr;
    tuning_before_step(&f.tiny.tuning);
    struct mat now = update_of(&f, 0), G = d->W->g;
    gemm_nn(-l->s, B, A, 1, now);
    mat_scale(-1 / c, now);
    double size = sqrt(mat_dot(G, G));
    mat_add(-1, G, now);
    gemm_tn(1, B, now, 0, L);
    gemm_nt(1, now, A, 0, O);
    assert_true(sqrt(mat_dot(L, L)) < 1e-5 * size && sqrt(mat_dot(O, O)) < 1e-5 * size);
    assert_true(sqrt(mat_dot(now, now)) < size); /* some of G it cannot follow, not all */
    mat_add(-1, l->A->w, A);
    mat_add(-1, l->B->w, B);
    mat_scale(1 / c, A); /* gA, gB */
    mat_scale(1 / c, B);
    mat_add(-1, fA, A);
    mat_add(-1, fB, B);
    gemm_nt(1, A, l->A->w, 0, X);
    gemm_tn(1, l->B->w, B, 0, Y);
    mat_add(-1, X, Y);
    assert_true(sqrt(mat_dot(X, X)) > 1e-3 * size && sqrt(mat_dot(Y, Y)) < 1e-5 * sqrt(mat_dot(X, X)));
    free(now.v);
    fixture_close(&f);
    fixture_close(&dense);
}

int main(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unilora_projects_orthonormally),
        cmocka_unit_test(unilora_trains_one_vector),
        cmocka_unit_test(vblora_takes_the_chosen_vector),
        cmocka_unit_test(bdlora_of_one_block_is_lora),
        cmocka_unit_test(bdlora_blocks_have_their_own_components),
        cmocka_unit_test(tinylora_counts_its_groups),
        cmocka_unit_test(tinylora_stays_in_its_frame),
        cmocka_unit_test(glora_of_A_is_hira),
        cmocka_unit_test(glora_shifts_the_bias),
        cmocka_unit_test(para_takes_directions_out),
        cmocka_unit_test(deft_puts_R_in_their_place),
        cmocka_unit_test(lora_pro_is_nearest_to_the_gradient),
    };
    return cmocka_run_group_tests_name("shared", tests, NULL, NULL);
}
