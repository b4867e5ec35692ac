/* Exact paired tests, Holm, superiority and power against scipy and against plain enumeration. */
/* precision: float */
#include "stats/ranktest.h"
#include "stats/stats.h"
#include "stats/superiority.h"

#include "core/rng.h"
#include "tests/golden/stats.h"
#include "tests/near.h"

static const double X[12] = GOLDEN_X_DATA, Y[12] = GOLDEN_Y_DATA, D[10] = GOLDEN_D_DATA;
static const double A[8] = GOLDEN_A_DATA, B[8] = GOLDEN_B_DATA, P[5] = GOLDEN_P_DATA;

static void less(const double *x, const double *y, int n, double shift, double *d)
{
    for (int i = 0; i < n; i++)
        d[i] = x[i] - y[i] - shift;
}

static void wilcoxon_golden(void **state)
{
    (void)state;
    double d[60];
    less(X, Y, 12, 0.18, d);
    near(wilcoxon_signed_rank(d, 12, ZEROS_PRATT).p, GOLDEN_WILCOXON, 1e-14);
    near(wilcoxon_signed_rank(D, 10, ZEROS_PRATT).p, GOLDEN_WILCOXON_PRATT, 1e-14);
    near(wilcoxon_signed_rank(D, 10, ZEROS_DROP).p, GOLDEN_WILCOXON_DROP, 1e-14);
    for (int i = 0; i < 60; i++)
        d[i] = (i + 1) * (i % 5 < 2 ? -1 : 1);
    near(wilcoxon_signed_rank(d, 60, ZEROS_DROP).p, GOLDEN_WILCOXON_60, 1e-13);
    /* D by hand: zeros take ranks 1 and 2, |1| 3.5 twice, |2| 6 three times, then 8, 9, 10. */
    struct signed_rank pratt = wilcoxon_signed_rank(D, 10, ZEROS_PRATT), drop = wilcoxon_signed_rank(D, 10, ZEROS_DROP);
    assert_true(pratt.minus == 3.5 + 6 && pratt.plus == 3.5 + 6 + 6 + 8 + 9 + 10 && pratt.signs == 8);
    assert_true(drop.minus == 1.5 + 4 && drop.plus == 1.5 + 4 + 4 + 6 + 7 + 8);
}

/* Two-sided p by walking through all sign patterns of the given mid-ranks: what the dynamic program must equal. */
static double enumerated(const double *rank, int n, double plus)
{
    int below = 0, above = 0;
    for (int pattern = 0; pattern < 1 << n; pattern++) {
        double sum = 0;
        for (int i = 0; i < n; i++)
            sum += pattern >> i & 1 ? rank[i] : 0;
        below += sum <= plus;
        above += sum >= plus;
    }
    return fmin(1, 2.0 * (below < above ? below : above) / (1 << n));
}

static void wilcoxon_equals_enumeration(void **state)
{
    (void)state;
    struct rng r = rng_stream(1, RNG_TEST, 1, 0);
    for (int trial = 0; trial < 60; trial++) {
        int n = 1 + trial % 10;
        double d[10], size[10], rank[10], plus = 0;
        for (int i = 0; i < n; i++) {
            d[i] = (1 + rng_below(&r, 4)) * (rng_below(&r, 2) ? 0.01 : -0.01); /* many ties, no zeros */
            size[i] = fabs(d[i]);
        }
        stats_ranks(size, n, 0, rank);
        for (int i = 0; i < n; i++)
            plus += d[i] > 0 ? rank[i] : 0;
        struct signed_rank got = wilcoxon_signed_rank(d, n, ZEROS_DROP);
        near(got.p, enumerated(rank, n, plus), 1e-14);
        near(got.plus, plus, 1e-14);
    }
}

/* Ties of differences of scores hold up to rounding: 0.9 - 0.8 and 0.8 - 0.7 differ in their last bits. */
static void wilcoxon_sees_ties_through_rounding(void **state)
{
    (void)state;
    double d[] = {0.9 - 0.8, 0.8 - 0.7, 0.7 - 0.8}, clean[] = {1, 1, -1};
    assert_true(d[0] != d[1]);
    struct signed_rank a = wilcoxon_signed_rank(d, 3, ZEROS_PRATT), b = wilcoxon_signed_rank(clean, 3, ZEROS_PRATT);
    assert_true(a.plus == 4 && a.minus == 2 && a.p == b.p);
}

static void edges(void **state)
{
    (void)state;
    double zeros[4] = {0}, win[5] = {1, 2, 3, 4, 5}, d[5], adjusted[1];
    assert_true(wilcoxon_signed_rank(zeros, 4, ZEROS_PRATT).p == 1 &&
                wilcoxon_signed_rank(zeros, 4, ZEROS_DROP).p == 1);
    assert_true(wilcoxon_signed_rank(win, 0, ZEROS_DROP).p == 1);
    assert_true(sign_test_p(0, 0) == 1);
    /* five seeds cannot go below 0.0625, whatever the test */
    assert_true(smallest_p(5) == 0.0625 && wilcoxon_signed_rank(win, 5, ZEROS_DROP).p == 0.0625 &&
                sign_test_p(5, 0) == 0.0625);
    assert_true(smallest_p(1) == 1 && smallest_p(0) == 1);
    for (int i = 0; i < 5; i++)
        d[i] = -win[i];
    assert_true(wilcoxon_signed_rank(d, 5, ZEROS_DROP).p == 0.0625);
    holm(win, 0, adjusted);
}

static void sign_test_golden(void **state)
{
    (void)state;
    near(sign_test_p(6, 1), GOLDEN_SIGN_TEST, 1e-14);
}

/* Under the null an exact p is at most alpha in at most alpha of the cases: all 2^8 sign patterns of one sample. */
static void exact_p_holds_its_level(void **state)
{
    (void)state;
    int hits = 0;
    for (int pattern = 0; pattern < 256; pattern++) {
        double d[8];
        for (int i = 0; i < 8; i++)
            d[i] = (pattern >> i & 1 ? 1 : -1) * (1 + 0.37 * i * i);
        hits += wilcoxon_signed_rank(d, 8, ZEROS_DROP).p <= 0.05;
    }
    assert_true(hits > 0 && hits <= 12); /* 0.05 * 256 = 12.8 */
}

static void holm_by_hand(void **state)
{
    (void)state;
    /* 0.005 x 5, 0.01 x 4, 0.03 x 3, then 0.04 x 2 raised to 0.09, then 0.2 */
    double want[5] = {0.04, 0.09, 0.09, 0.025, 0.2}, got[6], with_nan[6], equal[3] = {0.02, 0.02, 0.02};
    holm(P, 5, got);
    for (int i = 0; i < 5; i++) {
        near(got[i], want[i], 1e-15);
        with_nan[i] = P[i];
    }
    with_nan[5] = NAN;
    holm(with_nan, 6, got);
    near(got[0], 0.04, 1e-15);
    assert_true(isnan(got[5]));
    holm(equal, 3, got);
    near(got[0], 0.06, 1e-15);
    near(got[2], 0.06, 1e-15);
}

static void superiority_golden(void **state)
{
    (void)state;
    struct superiority paired = superiority_paired(A, B, 8, 2000, 3);
    struct superiority back = superiority_paired(B, A, 8, 2000, 3);
    near(paired.probability.estimate, GOLDEN_SUPERIORITY, 1e-14);
    near(paired.probability.low, GOLDEN_SUPERIORITY_LOW, 1e-12);
    near(paired.probability.high, GOLDEN_SUPERIORITY_HIGH, 1e-12);
    near(paired.probability.estimate + back.probability.estimate, 1, 1e-14);
    near(paired.probability.low + back.probability.high, 1, 1e-12);
    assert_int_equal(paired.verdict, NOT_SIGNIFICANT);
}

/* b is 0 throughout; a wins `wins` of n. */
static enum verdict verdict_of(int wins, int n, double *low)
{
    double a[200], b[200] = {0};
    for (int i = 0; i < n; i++)
        a[i] = i < wins ? 1 : -1;
    struct superiority s = superiority_paired(a, b, n, 4000, 1);
    *low = s.probability.low;
    return s.verdict;
}

static void verdicts(void **state)
{
    (void)state;
    double low, a[6] = {6, 7, 8, 9, 10, 11}, b[6] = {0, 1, 2, 3, 4, 5};
    assert_int_equal(verdict_of(5, 5, &low), NOT_SIGNIFICANT); /* p = 0.0625, however clean it looks */
    near(low, 0.47817624, 1e-7);                               /* 0.025^(1/5), Clopper and Pearson */
    assert_int_equal(verdict_of(6, 6, &low), MEANINGFUL);
    assert_int_equal(verdict_of(6, 7, &low), NOT_SIGNIFICANT); /* the bootstrap alone would say yes: */
    assert_true(low > 0.5);
    assert_int_equal(verdict_of(25, 29, &low), MEANINGFUL);
    assert_int_equal(verdict_of(4, 29, &low), MEANINGFUL); /* the other way round */
    assert_int_equal(verdict_of(130, 200, &low), NOT_MEANINGFUL);
    assert_int_equal(verdict_of(100, 200, &low), NOT_SIGNIFICANT);
    struct superiority whole = superiority_paired(a, b, 6, 500, 1), same = superiority_paired(a, a, 6, 500, 1);
    assert_true(whole.verdict == MEANINGFUL && whole.probability.kind == INTERVAL_EXACT && whole.probability.fallback);
    assert_true(same.verdict == NOT_SIGNIFICANT && same.probability.estimate == 0.5 && same.p == 1);
    assert_true(isnan(superiority_paired(a, b, 0, 10, 1).p));
    assert_string_equal(verdict_name(NOT_MEANINGFUL), "significant, not meaningful");
}

/* No bias either way: under the null a verdict is rarer than 1 in 20 at every n of the protocol. */
static void verdict_holds_its_level(void **state)
{
    (void)state;
    static const int sizes[] = {3, 5, 10, 29};
    for (int k = 0; k < 4; k++) {
        struct rng r = rng_stream(2, RNG_TEST, (uint32_t)k, 0);
        int said = 0, n = sizes[k];
        for (int trial = 0; trial < 400; trial++) {
            double a[29], b[29];
            for (int i = 0; i < n; i++) {
                a[i] = rng_normal(&r);
                b[i] = rng_normal(&r);
            }
            said += superiority_paired(a, b, n, 200, 1).verdict != NOT_SIGNIFICANT;
        }
        assert_true(said <= 33); /* 400 x 0.05 and three standard errors */
    }
}

static void power_golden(void **state)
{
    (void)state;
    near(paired_power(1.1, 1, 8, 0.05), GOLDEN_POWER, 1e-8);
    near(smallest_difference(1, 5, 0.8, 0.05), GOLDEN_DIFFERENCE_5, 1e-8);
    near(smallest_difference(1, 29, 0.8, 0.05), GOLDEN_DIFFERENCE_29, 1e-8);
    near(smallest_difference(0.02, 5, 0.8, 0.05), 0.02 * smallest_difference(1, 5, 0.8, 0.05), 1e-14);
    near(paired_power(0, 1, 6, 0.05), 0.05, 1e-8); /* without a difference the power is the level */
    assert_true(isnan(smallest_difference(1, 1, 0.8, 0.05)) && smallest_difference(0, 5, 0.8, 0.05) == 0);
    for (int n = 2; n < 40; n++)
        assert_true(smallest_difference(1, n + 1, 0.8, 0.05) < smallest_difference(1, n, 0.8, 0.05));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wilcoxon_golden),
        cmocka_unit_test(wilcoxon_equals_enumeration),
        cmocka_unit_test(wilcoxon_sees_ties_through_rounding),
        cmocka_unit_test(edges),
        cmocka_unit_test(sign_test_golden),
        cmocka_unit_test(exact_p_holds_its_level),
        cmocka_unit_test(holm_by_hand),
        cmocka_unit_test(superiority_golden),
        cmocka_unit_test(verdicts),
        cmocka_unit_test(verdict_holds_its_level),
        cmocka_unit_test(power_golden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
