/* Rotations: orthogonal, opposite to one another, and the identity at the start. */
#include "tune/rotation.h"

#include "core/rng.h"
#include "math/linalg.h"

#include "tests/near.h"

#include <stdlib.h>

enum { M = 5 };
static const double allowed = sizeof(real) == sizeof(double) ? 1e-13 : 1e-5;

static void set_numbers(real *q, double sd)
{
    struct rng r = rng_stream(6, RNG_TEST, 0, 0);
    for (int i = 0; i < rotation_size(M); i++)
        q[i] = (real)(sd * rng_normal(&r));
}

static double off_identity(struct mat P)
{
    double worst = 0;
    for (int i = 0; i < M; i++)
        for (int j = 0; j < M; j++)
            worst = fmax(worst, fabs((double)P.v[i * P.ld + j] - (i == j)));
    return worst;
}

/* R R' = I for the exact map however large Q is; the series only near the start, better with more terms. */
static void orthogonal(void **state)
{
    (void)state;
    struct arena a;
    real q[M * M];
    arena_open(&a, "test", 1 << 20);
    struct mat R = arena_mat(&a, M, M), P = arena_mat(&a, M, M);
    struct rotation exact = {ROTATION_EXACT, M, 5}, series = {ROTATION_SERIES, M, 5};
    set_numbers(q, 0.7);
    rotation_form(&exact, &a, q, R);
    gemm_nt(1, R, R, 0, P);
    near(off_identity(P), 0, allowed);
    set_numbers(q, 0.05);
    double error[2];
    for (int i = 0; i < 2; i++) {
        series.terms = i ? 8 : 5;
        rotation_form(&series, &a, q, R);
        gemm_nt(1, R, R, 0, P);
        error[i] = off_identity(P);
    }
    assert_true(error[0] < 0.01 && error[1] < error[0]);
    arena_close(&a);
}

/* With many terms the series is the inverse of the exact map: they turn in opposite directions. */
static void opposite(void **state)
{
    (void)state;
    struct arena a;
    real q[M * M];
    arena_open(&a, "test", 1 << 20);
    struct mat R = arena_mat(&a, M, M), S = arena_mat(&a, M, M), P = arena_mat(&a, M, M);
    set_numbers(q, 0.02);
    rotation_form(&(struct rotation){ROTATION_EXACT, M, 5}, &a, q, R);
    rotation_form(&(struct rotation){ROTATION_SERIES, M, ROTATION_TERMS}, &a, q, S);
    gemm_nn(1, R, S, 0, P);
    near(off_identity(P), 0, 10 * allowed);
    assert_true(off_identity(R) > 0.01);
    arena_close(&a);
}

/* At the start both are the identity, bit for bit. */
static void start(void **state)
{
    (void)state;
    struct arena a;
    real q[M * M] = {0};
    arena_open(&a, "test", 1 << 20);
    struct mat R = arena_mat(&a, M, M);
    for (int kind = ROTATION_SERIES; kind <= ROTATION_EXACT; kind++) {
        rotation_form(&(struct rotation){(enum rotation_kind)kind, M, 3}, &a, q, R);
        assert_true(off_identity(R) == 0);
    }
    arena_close(&a);
}

int main(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    const struct CMUnitTest tests[] = {cmocka_unit_test(orthogonal), cmocka_unit_test(opposite),
                                       cmocka_unit_test(start)};
    return cmocka_run_group_tests_name("rotation", tests, NULL, NULL);
}
