/* Direction against magnitude: what is taken out of a cloud of points is gone, and what is left is as by hand. */
/* precision: float */
#include "analysis/coupling.h"
#include "core/arena.h"
#include "stats/stats.h"
#include "tests/near.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { RUNS = 3, STEPS = 4, LAYERS = 5, POINTS = RUNS * STEPS * LAYERS };

/* Size grows with the step and differs by layer; at equal size the more a matrix turns the less it stretches. */
static struct cloud made(bool unit)
{
    struct cloud c = {.n = POINTS, .runs = RUNS, .layers = LAYERS};
    c.direction = mem_alloc(POINTS * sizeof(double));
    c.magnitude = mem_alloc(POINTS * sizeof(double));
    c.layer = mem_alloc(POINTS * sizeof(int));
    c.step = mem_alloc(POINTS * sizeof(int));
    c.run = mem_alloc(POINTS * sizeof(int));
    for (int i = 0; i < POINTS; i++) {
        int run = i / (STEPS * LAYERS), step = i / LAYERS % STEPS, layer = i % LAYERS;
        double size = 1 + step + 0.3 * layer, turn = unit ? 0 : 0.02 * ((7 * i) % 11 - 5);
        c.run[i] = run, c.step[i] = 100 * (step + 1), c.layer[i] = layer;
        c.direction[i] = size * size * (1 + turn);
        c.magnitude[i] = size * (1 - turn);
    }
    return c;
}

/* Catches: the size of an update left in, or taken out of one of the two only. */
static void size_hides_the_sign(void **state)
{
    (void)state;
    struct cloud c = made(false), by = made(true), seen = cloud_log(&c), size = cloud_log(&by);
    struct cloud sized = cloud_given_size(&seen, &size);
    assert_true(coupling_of(&c, 1).r.low > 0.8);
    assert_true(stats_pearson(seen.direction, seen.magnitude, seen.n) > 0.8);
    assert_true(stats_pearson(sized.direction, sized.magnitude, sized.n) < -0.99);
    near(stats_pearson(size.direction, size.magnitude, size.n), 1, 1e-12); /* what sizes alone predict */
    assert_int_equal(sized.runs, RUNS);
    struct cloud third = cloud_at(&sized, 300);
    assert_int_equal(third.n, RUNS * LAYERS);
    cloud_free(&third);
    cloud_free(&c), cloud_free(&by), cloud_free(&sized);
    cloud_free(&seen), cloud_free(&size);
}

/* Catches: means taken over all steps at once, or over one run's. */
static void time_is_taken_out(void **state)
{
    (void)state;
    struct cloud c = made(false), still = cloud_without_time(&c);
    for (int k = 1; k <= STEPS; k++) {
        struct cloud at = cloud_at(&still, 100 * k);
        near(stats_mean(at.direction, at.n), 0, 1e-12);
        near(stats_mean(at.magnitude, at.n), 0, 1e-12);
        cloud_free(&at);
    }
    cloud_free(&c), cloud_free(&still);
}

/* Catches: points of another run; layers scaled by their neighbour's norm. */
static void one_run_and_relative(void **state)
{
    (void)state;
    const double norm[LAYERS] = {1, 2, 4, 8, 16};
    struct cloud c = made(false), one = cloud_of_run(&c, 1), scaled = cloud_relative(&c, norm);
    assert_int_equal(one.n, STEPS * LAYERS);
    assert_int_equal(one.runs, 1);
    for (int i = 0; i < one.n; i++) {
        near(one.direction[i], c.direction[STEPS * LAYERS + i], 0);
        assert_int_equal(one.run[i], 0);
    }
    for (int i = 0; i < POINTS; i++)
        near(scaled.magnitude[i], c.magnitude[i] / norm[i % LAYERS], 1e-15);
    cloud_free(&c), cloud_free(&one), cloud_free(&scaled);
}

/* All points on a line: r is the slope's sign. */
static struct cloud line(double slope)
{
    struct cloud c = made(false);
    for (int i = 0; i < POINTS; i++)
        c.magnitude[i] = slope * c.direction[i];
    return c;
}

/* Catches: "closer to" answered by "less than"; the two distances taken the other way round. */
static void closer_to_a_third(void **state)
{
    (void)state;
    struct cloud a[] = {line(1), line(-1)}, b[] = {line(3), line(4)}, to[] = {line(2.5), line(1)};
    near(coupling_over(a, b, NULL, 2, true, 1).estimate, (-2 - 5) / 2.0, 1e-9);
    near(coupling_over(a, b, to, 1, true, 1).estimate, 1.5 - 0.5, 1e-9);
    near(coupling_over(b, a, to, 1, true, 1).estimate, 0.5 - 1.5, 1e-9);
    near(coupling_over(a, b, to, 2, true, 1).estimate, ((1.5 - 0.5) + (2 - 3)) / 2, 1e-9);
    near(coupling_over(a, b, to, 2, false, 1).estimate, ((0 - 0) + (2 - 0)) / 2.0, 1e-9);
    for (int t = 0; t < 2; t++)
        cloud_free(&a[t]), cloud_free(&b[t]), cloud_free(&to[t]);
}

/* Catches: an interval that draws runs which the third cloud does not have. */
static void shared_runs(void **state)
{
    (void)state;
    struct cloud a = line(1), b = line(3), whole = line(2.5), one = cloud_of_run(&whole, 0);
    assert_true(isnan(coupling_over(&a, &b, &one, 1, true, 1).low));
    assert_false(isnan(coupling_over(&a, &b, &whole, 1, true, 1).low));
    cloud_free(&a), cloud_free(&b), cloud_free(&whole), cloud_free(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(size_hides_the_sign),  cmocka_unit_test(time_is_taken_out),
        cmocka_unit_test(one_run_and_relative), cmocka_unit_test(closer_to_a_third),
        cmocka_unit_test(shared_runs),
    };
    return cmocka_run_group_tests_name("coupling", tests, NULL, NULL);
}
