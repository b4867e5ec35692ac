/* Aggregates over tasks and seeds against rliable, ranks against scipy, variance shares and roulette by hand. */
/* precision: float */
#include "stats/aggregate.h"
#include "stats/distribution.h"
#include "stats/stats.h"

#include "core/rng.h"
#include "tests/golden/stats.h"
#include "tests/near.h"

static const double scores[36] = GOLDEN_TABLE_DATA, ranked[20] = GOLDEN_RANKED_DATA;
static const struct cube table = {scores, 3, 3, 4};
static const int second = 1;
static const struct rival pair = {0, 1}, reverse = {1, 0};

static void aggregates_golden(void **state)
{
    (void)state;
    near(cube_iqm(table, &second), GOLDEN_TABLE_IQM, 1e-14);
    near(cube_improvement(table, &pair), GOLDEN_IMPROVEMENT, 1e-14);
    near(cube_improvement(table, &pair) + cube_improvement(table, &reverse), 1, 1e-14);
    near(cube_rank(table, &second), GOLDEN_TABLE_RANK, 1e-14);
    double sum = 0;
    for (int m = 0; m < 3; m++)
        sum += cube_rank(table, &m);
    near(sum, 6, 1e-14); /* ranks of three methods: 1 + 2 + 3 */
}

/* The same three scores in another order have one mean, whatever rounding says. */
static void ranks_tie_through_rounding(void **state)
{
    (void)state;
    double v[6] = {0.7, 0.1, 0.3, 0.1, 0.3, 0.7};
    struct cube t = {v, 2, 1, 3};
    assert_true(stats_mean(v, 3) != stats_mean(v + 3, 3));
    near(cube_rank(t, &second), 1.5, 1e-15);
}

static void stratified_golden(void **state)
{
    (void)state;
    struct interval own = cube_bootstrap(table, cube_iqm, &second, false, 1000, 5);
    struct interval both = cube_bootstrap(table, cube_improvement, &pair, true, 1000, 6);
    near(own.low, GOLDEN_STRATIFIED_LOW, 1e-12);
    near(own.high, GOLDEN_STRATIFIED_HIGH, 1e-12);
    near(both.low, GOLDEN_TOGETHER_LOW, 1e-12);
    near(both.high, GOLDEN_TOGETHER_HIGH, 1e-12);
    struct interval again = cube_bootstrap(table, cube_iqm, &second, false, 1000, 5);
    assert_true(again.low == own.low && again.high == own.high && own.kind == INTERVAL_PERCENTILE);
    struct cube single = {scores, 3, 3, 1};
    assert_true(isnan(cube_bootstrap(single, cube_iqm, &second, false, 10, 5).low));
}

/* Mean over tasks and seeds of a method. */
static double mean_of(struct cube t, const void *method)
{
    int n = t.tasks * t.seeds;
    return stats_mean(t.v + *(const int *)method * n, n);
}

/* Resampling must stay within a task: with one score per task over all seeds nothing can move. */
static void strata_do_not_mix(void **state)
{
    (void)state;
    double v[2 * 3 * 4];
    for (int i = 0; i < 24; i++) {
        int group = i / 4; /* constant over the 4 seeds of each (method, task) */
        v[i] = group;
    }
    struct cube t = {v, 2, 3, 4};
    struct interval own = cube_bootstrap(t, mean_of, &second, false, 200, 1);
    assert_true(own.low == own.high && own.low == own.estimate && own.estimate == 4);
}

/* With paired draws a method that is always 1 better at the same seed stays exactly 1 better. */
static double lead(struct cube t, const void *unused)
{
    (void)unused;
    int first = 0;
    return mean_of(t, &second) - mean_of(t, &first);
}

static void paired_draws_share_seeds(void **state)
{
    (void)state;
    double v[2 * 2 * 5];
    struct rng r = rng_stream(1, RNG_TEST, 3, 0);
    for (int i = 0; i < 10; i++) {
        v[i] = rng_below(&r, 64);
        v[10 + i] = v[i] + 1;
    }
    struct cube t = {v, 2, 2, 5};
    struct interval paired = cube_bootstrap(t, lead, NULL, true, 300, 1);
    struct interval apart = cube_bootstrap(t, lead, NULL, false, 300, 1);
    near(paired.low, 1, 1e-12);
    near(paired.high, 1, 1e-12);
    assert_true(apart.high - apart.low > 1);
}

static void profile(void **state)
{
    (void)state;
    double v[] = {0.1, 0.5, 0.5, 0.9}, at[] = {0, 0.1, 0.5, 0.9}, want[] = {1, 0.75, 0.25, 0}, got[4];
    performance_profile(v, 4, at, 4, got);
    assert_memory_equal(got, want, sizeof want);
}

static void friedman_golden(void **state)
{
    (void)state;
    double rank[4], flat[6] = {1, 1, 1, 2, 2, 2};
    struct friedman f = friedman_test(ranked, 5, 4, rank);
    near(f.chi2, GOLDEN_FRIEDMAN, 1e-13);
    near(f.f, GOLDEN_IMAN_DAVENPORT, 1e-13);
    near(f.p, GOLDEN_IMAN_DAVENPORT_P, 1e-12);
    near(rank[3], 1, 1e-14); /* the last method is best on every task */
    near(rank[0] + rank[1] + rank[2] + rank[3], 10, 1e-14);
    assert_true(isnan(friedman_test(flat, 2, 3, rank).p) && rank[0] == 2);
    assert_true(isnan(friedman_test(ranked, 1, 4, rank).chi2));
    double clear[6] = {3, 2, 1, 6, 5, 4}; /* full agreement: chi2 = N (k - 1), F infinite */
    struct friedman g = friedman_test(clear, 2, 3, rank);
    near(g.chi2, 4, 1e-14);
    assert_true(g.p == 0);
}

/* P(range of k normals <= w) = k int phi(z) (Phi(z) - Phi(z - w))^(k-1) dz must be 0.95 at q sqrt(2). */
static void nemenyi(void **state)
{
    (void)state;
    near(critical_difference(6, 9), GOLDEN_NEMENYI, 1e-6);
    near(critical_difference(20, 9), GOLDEN_NEMENYI_20, 1e-6);
    for (int k = 2; k <= 20; k++) {
        double w = critical_difference(k, 1) / sqrt(k * (k + 1) / 6.0) * M_SQRT2, sum = 0;
        for (double z = -8; z < 14; z += 0.01)
            sum += 0.01 * k * exp(-0.5 * z * z) / sqrt(2 * M_PI) * pow(normal_cdf(z) - normal_cdf(z - w), k - 1);
        near(sum, 0.95, 1e-6);
    }
}

/* Sums of three effects alone: the variances are those of the effects, whatever seeds are paired, and nothing is left.
 * Catches: the estimates of a nested design, which give order the variance within and init and data what is over. */
static void variance_by_hand(void **state)
{
    (void)state;
    double v[8], flat[8] = {1, 2, 1, 2, 1, 2, 1, 2};
    for (int i = 0; i < 8; i++)
        v[i] = 2 * (i & 4) + (i & 2) + (i & 1);
    struct components c = variance_components(v, 2, 2, 2);
    near(c.data, 32, 1e-13);
    near(c.init, 2, 1e-13);
    near(c.order, 0.5, 1e-13);
    near(c.interaction, 0, 1e-13);
    c = variance_components(flat, 2, 2, 2);
    assert_true(c.data == 0 && c.init == 0 && c.interaction == 0);
    near(c.order, 0.5, 1e-14);
    double parity[8] = {0, 2, 2, 0, 2, 0, 0, 2}; /* all three factors together: MS 8, moments of pairs -4 */
    c = variance_components(parity, 2, 2, 2);
    near(c.interaction, 8, 1e-13);
    near(c.data, 2, 1e-13); /* (0 - 0 - 0 + 8) / 4 */
    assert_true(isnan(variance_components(v, 1, 2, 2).order));
}

/* Exact fractions from the expected mean squares solved as linear equations in Python's fractions; of the interactions
 * data x init has -215/72 and data x order -101/24, which count as 0, init x order 19/18 and all three 4409/72.
 * Catches: factors or extents taken for one another, negative components that lessen others. */
static void variance_golden(void **state)
{
    (void)state;
    static const double v[24] = {12, 23, 50, -2, 44, 39, 57,  19, 7,  0,  33, -11,
                                 70, 67, 83, 22, 74, 80, 109, 49, 58, 42, 83, 36};
    struct components c = variance_components(v, 2, 3, 4);
    near(c.data, 20927 / 24.0, 1e-12);
    near(c.init, 6985 / 36.0, 1e-12);
    near(c.order, 14941 / 36.0, 1e-12);
    near(c.interaction, 19 / 18.0 + 4409 / 72.0, 1e-12);
}

/* Crossed draws: one effect per data seed, per init seed, per order seed, one per pair of data and init, and chance.
 * Catches: an interaction of two factors counted as what either explains alone. */
static void variance_recovered(void **state)
{
    (void)state;
    enum { LEVELS = 6, DRAWS = 2000 };
    static double v[LEVELS * LEVELS * LEVELS];
    struct rng r = rng_stream(1, RNG_TEST, 4, 0);
    struct components sum = {0};
    for (int draw = 0; draw < DRAWS; draw++) {
        double data[LEVELS], init[LEVELS], order[LEVELS], both[LEVELS][LEVELS];
        for (int i = 0; i < LEVELS; i++) {
            data[i] = 3 * rng_normal(&r), init[i] = 2 * rng_normal(&r), order[i] = rng_normal(&r);
            for (int j = 0; j < LEVELS; j++)
                both[i][j] = 2 * rng_normal(&r);
        }
        for (int at = 0; at < LEVELS * LEVELS * LEVELS; at++) {
            int i = at / (LEVELS * LEVELS), j = at / LEVELS % LEVELS, k = at % LEVELS;
            v[at] = data[i] + init[j] + order[k] + both[i][j] + rng_normal(&r);
        }
        struct components c = variance_components(v, LEVELS, LEVELS, LEVELS);
        sum.data += c.data / DRAWS, sum.init += c.init / DRAWS;
        sum.order += c.order / DRAWS, sum.interaction += c.interaction / DRAWS;
    }
    near(sum.data, 9, 0.04); /* 0.4, three standard errors; without the pairs' mean squares 9.6 would be expected */
    near(sum.init, 4, 0.04);
    near(sum.order, 1, 0.025);
    near(sum.interaction, 5, 0.02);
}

static void roulette_by_hand(void **state)
{
    (void)state;
    double v[6] = {1, 4, 2, 3, 0, NAN}, won[3]; /* 2 seeds: first draws 1 or 4, second 2 or 3, third 0 or diverges */
    seed_roulette(v, 3, 2, won);
    assert_true(won[0] == 0.5 && won[1] == 0.5 && won[2] == 0);
    double tie[6] = {1, 1, 1, 1, 1, 0};
    seed_roulette(tie, 3, 2, won); /* a third each, then two halves */
    near(won[0], 1.0 / 6 + 0.25, 1e-15);
    near(won[2], 1.0 / 6, 1e-15);
    double all_diverged[4] = {NAN, NAN, NAN, NAN};
    seed_roulette(all_diverged, 2, 2, won);
    assert_true(won[0] == 0.5 && won[1] == 0.5);
}

/* Few seeds make a percentile bootstrap too sure: it covers less than it says, and that is what is printed. */
static void coverage_of_a_suite(void **state)
{
    (void)state;
    const double few = cube_coverage(4, 5, 400, 300), many = cube_coverage(4, 20, 200, 300);
    assert_true(few > 0.8 && few < 0.95 && many > 0.9 && many < 0.98);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coverage_of_a_suite),
        cmocka_unit_test(aggregates_golden),
        cmocka_unit_test(stratified_golden),
        cmocka_unit_test(ranks_tie_through_rounding),
        cmocka_unit_test(strata_do_not_mix),
        cmocka_unit_test(paired_draws_share_seeds),
        cmocka_unit_test(profile),
        cmocka_unit_test(friedman_golden),
        cmocka_unit_test(nemenyi),
        cmocka_unit_test(variance_by_hand),
        cmocka_unit_test(variance_golden),
        cmocka_unit_test(variance_recovered),
        cmocka_unit_test(roulette_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
