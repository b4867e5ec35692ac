/* Shifts, spectra and intruders of matrices small enough to work by hand. */
#include "model/weightstat.h"

#include "tests/near.h"

#include <string.h>

#ifdef PEFTLAB_DOUBLE
static const double rounding = 1e-13;
#else
static const double rounding = 1e-6;
#endif

/* Rows: (3,4) -> (6,8) doubles its length, same direction; (1,0) -> (0,1) turns by 90 degrees, same length.
 * Columns: (3,1) -> (6,0) and (4,0) -> (8,1). Catches rows taken for columns, and signed for absolute changes. */
static void shift_by_hand(void **state)
{
    (void)state;
    real v[] = {3, 4, 1, 0}, w[] = {6, 8, 0, 1};
    struct mat V = mat_of(v, 2, 2), W = mat_of(w, 2, 2);
    struct weight_shift rows = weight_shift_rows(W, V), columns = weight_shift_columns(W, V);
    near(rows.magnitude, 2.5, 1e-15);
    near(rows.direction, 0.5, 1e-15);
    near(columns.magnitude, 0.5 * (6 - sqrt(10) + sqrt(65) - 4), 1e-15);
    near(columns.direction, 0.5 * (1 - 18 / (6 * sqrt(10)) + 1 - 32 / (4 * sqrt(65))), 1e-14);
    real shrunk[] = {1.5, 2, 1, 0}; /* (3,4) halves, the other stays */
    near(weight_shift_rows(mat_of(shrunk, 2, 2), V).magnitude, 1.25, 1e-15);
    struct weight_shift none = weight_shift_rows(V, V);
    assert_true(none.magnitude == 0 && none.direction == 0);
}

/* Columns of a matrix are rows of its transpose; a view into wider storage gives the same as a dense copy. */
static void shift_of_views_and_transposes(void **state)
{
    (void)state;
    enum { M = 3, K = 4, LD = 7 };
    real wide[M * LD], w[M * K], wt[K * M], v[M * K], vt[K * M];
    struct rng r = rng_stream(1, RNG_TEST, 1, 0);
    rng_fill_normal(&r, mat_of(wide, M, LD), 1);
    rng_fill_normal(&r, mat_of(v, M, K), 1);
    for (int i = 0; i < M; i++)
        for (int j = 0; j < K; j++) {
            w[i * K + j] = wt[j * M + i] = wide[i * LD + j];
            vt[j * M + i] = v[i * K + j];
        }
    struct mat view = {wide, M, K, LD}, V = mat_of(v, M, K);
    struct weight_shift a = weight_shift_rows(view, V), b = weight_shift_rows(mat_of(w, M, K), V);
    struct weight_shift c = weight_shift_columns(view, V), d = weight_shift_rows(mat_of(wt, K, M), mat_of(vt, K, M));
    assert_true(a.magnitude == b.magnitude && a.direction == b.direction);
    near(c.magnitude, d.magnitude, 1e-15);
    near(c.direction, d.direction, 1e-15);
}

/* An angle of 2^-10: 1 - cos would lose half of its digits in float; the identity of the definition does not. */
static void small_angles_keep_their_digits(void **state)
{
    (void)state;
    double angle = 0x1p-10;
    real v[] = {1, 0}, w[] = {1, (real)angle};
    double want = 0.5 * angle * angle * (1 - 0.75 * angle * angle); /* 1 - 1/sqrt(1 + angle^2), two terms */
    near(weight_shift_rows(mat_of(w, 1, 2), mat_of(v, 1, 2)).direction / want, 1, 1e-10);
}

static void zero_vectors(void **state)
{
    (void)state;
    real v[] = {0, 0, 0, 0}, w[] = {0, 0, 3, 4};
    struct weight_shift s = weight_shift_rows(mat_of(w, 2, 2), mat_of(v, 2, 2));
    near(s.magnitude, 2.5, 1e-15);
    near(s.direction, 0.5, 1e-15); /* 0 for the pair of zero rows, 1 for the row that came to be */
}

static void spectrum_by_hand(void **state)
{
    (void)state;
    double even[] = {2, 2, 2, 2}, one[] = {5, 0, 0}, steps[] = {3, 2, 1}, zero[] = {0, 0};
    struct spectrum e = spectrum_of(even, 4), o = spectrum_of(one, 3), s = spectrum_of(steps, 3),
                    z = spectrum_of(zero, 2);
    assert_true(e.rank90 == 4 && o.rank90 == 1);
    near(e.norm, 4, 1e-15);
    assert_int_equal(s.rank90, 2); /* 9 + 4 = 13 of 14 is 93 % */
    assert_true(z.rank90 == 0 && z.norm == 0);
}

/* W - V = 6 (0.6, 0.8)' (0, 1, 0): one singular value 6. */
static void change_has_the_planted_spectrum(void **state)
{
    (void)state;
    real v[] = {1, 2, 3, 4, 5, 6}, w[6];
    memcpy(w, v, sizeof v);
    w[1] += (real)3.6;
    w[4] += (real)4.8;
    double s[2];
    weight_change_spectrum(mat_of(w, 2, 3), mat_of(v, 2, 3), s);
    near(s[0], 6, rounding);
    near(s[1], 0, 10 * rounding);
    weight_change_spectrum(mat_of(w, 3, 2), mat_of(w, 3, 2), s);
    assert_true(s[0] == 0 && s[1] == 0);
}

static void intruders_by_hand(void **state)
{
    (void)state;
    /* U0 spans e1, e2 of R^4. Columns of U: -e1, e3 (an intruder), (e2 + e4) / sqrt 2 (cosine 0.707). */
    real h = (real)M_SQRT1_2, u0[] = {1, 0, 0, 1, 0, 0, 0, 0}, u[] = {-1, 0, 0, 0, 0, h, 0, 1, 0, 0, 0, h};
    struct mat U0 = mat_of(u0, 4, 2), U = mat_of(u, 4, 3);
    double closest[10];
    closest_vectors(U, 3, U0, closest);
    near(closest[0], 1, 1e-15);
    near(closest[1], 0, 1e-15);
    near(closest[2], M_SQRT1_2, rounding);
    /* diag(3, 2, 1) + 1000 x x' with x = (1, 1, 1) / sqrt 3: the new first vector is x, at cosine 0.577 to every axis.
     */
    real v[] = {3, 0, 0, 0, 2, 0, 0, 0, 1}, w[9];
    for (int i = 0; i < 9; i++)
        w[i] = v[i] + (real)1000 / 3;
    weight_closest_vectors(mat_of(w, 3, 3), mat_of(v, 3, 3), 1, closest);
    near(closest[0], 1 / sqrt(3), 1e-3);
    weight_closest_vectors(mat_of(v, 3, 3), mat_of(v, 3, 3), 10, closest);
    for (int j = 0; j < 10; j++)
        assert_true(j < 3 ? fabs(closest[j] - 1) < rounding : isnan(closest[j]));
}

static void null_update_has_rank_and_norm(void **state)
{
    (void)state;
    enum { M = 12, K = 9, RANK = 3 };
    real w[M * K], zero[M * K] = {0}, again[M * K];
    struct rng r = rng_stream(1, RNG_NULL, 1, 0), same = rng_stream(1, RNG_NULL, 1, 0);
    weight_null_update(&r, RANK, 2.5, mat_of(w, M, K));
    weight_null_update(&same, RANK, 2.5, mat_of(again, M, K));
    assert_memory_equal(w, again, sizeof w);
    double s[K];
    weight_change_spectrum(mat_of(w, M, K), mat_of(zero, M, K), s);
    near(spectrum_of(s, K).norm, 2.5, rounding);
    assert_true(s[RANK - 1] > 0.1 && s[RANK] < 10 * rounding);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shift_by_hand),
        cmocka_unit_test(shift_of_views_and_transposes),
        cmocka_unit_test(small_angles_keep_their_digits),
        cmocka_unit_test(zero_vectors),
        cmocka_unit_test(spectrum_by_hand),
        cmocka_unit_test(change_has_the_planted_spectrum),
        cmocka_unit_test(intruders_by_hand),
        cmocka_unit_test(null_update_has_rank_and_norm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
