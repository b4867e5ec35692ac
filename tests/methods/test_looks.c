/* Starts that are read from training data: what they take from the gradient or the inputs, and from no other data. */
#include "experiment/executor.h"
#include "tests/fixture.h"
#include "tests/scratch.h"

#include "core/arena.h"
#include "math/lapack.h"
#include "math/linalg.h"
#include "tune/look.h"

#include <stdlib.h>
#include <string.h>

enum { D = 16, R = 3 }; /* inputs and outputs of q and v; the rank */

static double tolerance(double in_double, double in_float)
{
    return sizeof(real) == sizeof(double) ? in_double : in_float;
}

/* Phase 0 and its verdict; phase 1 has begun. `sum`: what site 0 added up, copied, or NULL. */
static void look(struct fixture *f, struct mat *sum)
{
    const struct look *k = f->tiny.tuning.site[0]->state;
    tiny_measure(&f->tiny);
    if (sum) {
        *sum = mat_of(mem_alloc(mat_size(k->sum) * sizeof(real)), k->sum.rows, k->sum.cols);
        mat_copy(k->sum, *sum);
    }
    tuning_end_phase(&f->tiny.tuning);
    tiny_begin(&f->tiny, 1);
}

static double square(struct mat m)
{
    return mat_dot(m, m);
}

/* ---- LoRA-GA */

/* The gradient that it saw is that of the dense weight; A takes its r largest directions, B the next r, both c long. */
static void lora_ga_starts_in_the_gradient(void **state)
{
    (void)state;
    struct fixture a, dense;
    double S[D];
    real ga[D * R], bg[R * D], bga[R * R], aa[R * R];
    fixture_open(&a, "lora_ga", "rank=3 gamma=8");
    fixture_open(&dense, "full_qv", "");
    look(&a, NULL);
    tiny_objective(&dense.tiny, true);
    for (int i = 0; i < a.tiny.tuning.nsites; i++) {
        struct mat G = dense.tiny.tuning.site[i]->W->g, GA = mat_of(ga, D, R), BG = mat_of(bg, R, D);
        struct mat A = fixture_site_param(&a, i, "lora_A.weight")->w, B = fixture_site_param(&a, i, "lora_B.weight")->w;
        struct mat BGA = mat_of(bga, R, R), AA = mat_of(aa, R, R);
        double first = 0, second = 0;
        lapack_svd(G, (struct mat){0}, S, (struct mat){0});
        for (int k = 0; k < R; k++) {
            first += 0.5 * S[k] * S[k]; /* c^2 = sqrt(16) / 8 */
            second += 0.5 * S[R + k] * S[R + k];
        }
        gemm_nt(1, G, A, 0, GA);
        gemm_tn(1, B, G, 0, BG);
        gemm_tn(1, B, GA, 0, BGA);
        gemm_nt(1, A, A, 0, AA);
        near(square(GA), first, tolerance(1e-10, 1e-3) * first);
        near(square(BG), second, tolerance(1e-10, 1e-3) * first);
        assert_true(sqrt(square(BGA)) < tolerance(1e-12, 1e-4) * S[0]); /* different directions */
        for (int k = 0; k < R * R; k++)
            near(aa[k], k % (R + 1) ? 0 : 0.5, tolerance(1e-12, 1e-5));
        near(square(B), 0.5 * R, tolerance(1e-12, 1e-5));
    }
    fixture_close(&a);
    fixture_close(&dense);
}

/* ---- EVA */

/* Its sum is over all rows of the batch; A is orthonormal and holds as much of their variance as r directions can. */
static void eva_holds_the_most_variance(void **state)
{
    (void)state;
    struct fixture f;
    struct mat sum;
    double S[D], most = 0;
    real c[D * D], ca[D * R], aca[R * R], aa[R * R];
    fixture_open(&f, "eva", "rank=3 rho=1");
    const double n = f.tiny.batch.N;
    look(&f, &sum);
    struct mat C = mat_of(c, D, D), CA = mat_of(ca, D, R), ACA = mat_of(aca, R, R), AA = mat_of(aa, R, R);
    struct mat A = fixture_site_param(&f, 0, "lora_A.weight")->w;
    for (int i = 0; i < D; i++)
        for (int j = 0; j < D; j++)
            c[i * D + j] = sum.v[i * D + j] - sum.v[D * D + i] * sum.v[D * D + j] / (real)n;
    lapack_svd(C, (struct mat){0}, S, (struct mat){0});
    gemm_nt(1, C, A, 0, CA);
    gemm_nn(1, A, CA, 0, ACA);
    gemm_nt(1, A, A, 0, AA);
    double held = 0;
    for (int k = 0; k < R; k++) {
        most += S[k];
        held += (double)aca[k * R + k];
    }
    near(held, most, tolerance(1e-11, 1e-4) * most);
    for (int k = 0; k < R * R; k++)
        near(aa[k], k % (R + 1) == 0, tolerance(1e-12, 1e-5));
    assert_true(square(fixture_site_param(&f, 0, "lora_B.weight")->w) == 0);
    /* q and v of a layer read the same x */
    assert_memory_equal(A.v, fixture_site_param(&f, 1, "lora_A.weight")->w.v, R * D * sizeof(real));
    free(sum.v);
    fixture_close(&f);
}

/* All ranks are given, none beyond rho, and rho = 1 gives each site its own. */
static void eva_gives_all_ranks(void **state)
{
    (void)state;
    struct fixture f;
    for (int rho = 1; rho <= 2; rho++) {
        int sum = 0, uneven = 0;
        fixture_open(&f, "eva", rho == 1 ? "rank=3 rho=1 targets=q,o,down" : "rank=3 rho=2 targets=q,o,down");
        look(&f, NULL);
        for (int i = 0; i < f.tiny.tuning.nsites; i++) {
            int rank = fixture_site_param(&f, i, "lora_A.weight")->w.rows;
            assert_true(rank >= 1 && rank <= rho * R);
            sum += rank;
            uneven += rank != R;
        }
        assert_int_equal(sum, R * f.tiny.tuning.nsites);
        assert_int_equal(uneven > 0, rho == 2);
        fixture_close(&f);
    }
}

/* ---- CorDA */

/* At full rank s B A is W0 and nothing is left; the r smallest and the d - r largest parts are W0 together. */
static void corda_parts_are_W0(void **state)
{
    (void)state;
    struct fixture f, g;
    fixture_open(&f, "corda", "rank=16");
    look(&f, NULL);
    const struct site *s = f.tiny.tuning.site[0];
    assert_true(square(s->W->w) < tolerance(1e-18, 1e-4) * square(s->W->w0));
    fixture_close(&f);
    fixture_open(&f, "corda", "rank=13 mode=ipm");
    fixture_open(&g, "corda", "rank=3 mode=kpm");
    look(&f, NULL);
    look(&g, NULL);
    struct mat left = f.tiny.tuning.site[0]->W->w; /* of W0: the three smallest; and all but these */
    mat_add(1, g.tiny.tuning.site[0]->W->w, left);
    mat_add(-1, g.tiny.tuning.site[0]->W->w0, left);
    assert_true(square(left) < tolerance(1e-20, 1e-6) * square(g.tiny.tuning.site[0]->W->w0));
    fixture_close(&f);
    fixture_close(&g);
}

/* s B A C~ holds the r largest singular values of W0 C~: the part is largest where the inputs are. */
static void corda_weighs_by_the_inputs(void **state)
{
    (void)state;
    struct fixture f;
    struct mat C;
    double S0[D], S[D], mean = 0;
    real ba[D * D], bac[D * D], wc[D * D];
    struct mat BA = mat_of(ba, D, D), BAC = mat_of(bac, D, D), WC = mat_of(wc, D, D);
    fixture_open(&f, "corda", "rank=3");
    look(&f, &C);
    const struct site *s = f.tiny.tuning.site[0];
    const struct look *k = s->state;
    for (int i = 0; i < D; i++)
        mean += (double)C.v[i * D + i] / D;
    for (int i = 0; i < D; i++)
        C.v[i * D + i] += (real)(0.01 * mean);
    gemm_nn(k->l.s, k->l.B->w, k->l.A->w, 0, BA);
    gemm_nn(1, BA, C, 0, BAC);
    gemm_nn(1, s->W->w0, C, 0, WC);
    lapack_svd(WC, (struct mat){0}, S0, (struct mat){0});
    lapack_svd(BAC, (struct mat){0}, S, (struct mat){0});
    for (int i = 0; i < D; i++)
        near(S[i], i < R ? S0[i] : 0, tolerance(1e-10, 1e-3) * S0[0]);
    free(C.v);
    fixture_close(&f);
}

/* ---- The data */

/* The loss curve and final weights of a run of four steps. */
static void curve(const char *method, const char *option, char *hash)
{
    char name[64];
    snprintf(name, sizeof name, "method=%s", method);
    const char *a[] = {name,      "task=sst", "base=tiny-random", "rank=2",   "steps=4",
                       "batch=8", "evals=1",  "ntrain=64",        "probes=0", option};
    struct session *s = session_open(scratch);
    struct identity p;
    struct run r;
    identity_make(s, &p, sizeof a / sizeof *a, a);
    struct run_needs needs = executor_load(s, &p);
    run_execute(&r, &p.spec, p.base, needs.splits, needs.env, NULL);
    memcpy(hash, r.check.weights_hash, HASH_HEX);
    run_free(&r);
    identity_free(&p);
    session_close(s);
}

/* Other validation examples change nothing; other training batches, and more of them, do. */
static void only_training_data_are_seen(void **state)
{
    (void)state;
    static const char *const method[] = {"lora_ga", "eva", "corda"};
    for (int i = 0; i < 3; i++) {
        char plain[HASH_HEX], valid[HASH_HEX], more[HASH_HEX];
        curve(method[i], "nvalid=16", plain);
        curve(method[i], "nvalid=48", valid);
        curve(method[i], "method.batches=3", more);
        assert_memory_equal(plain, valid, HASH_HEX);
        assert_memory_not_equal(plain, more, HASH_HEX);
    }
}

int main(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lora_ga_starts_in_the_gradient),
        cmocka_unit_test(eva_holds_the_most_variance),
        cmocka_unit_test(eva_gives_all_ranks),
        cmocka_unit_test(corda_parts_are_W0),
        cmocka_unit_test(corda_weighs_by_the_inputs),
        cmocka_unit_test(only_training_data_are_seen),
    };
    return cmocka_run_group_tests_name("looks", tests, scratch_open, scratch_close);
}
