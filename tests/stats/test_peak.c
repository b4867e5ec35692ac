/* Best rates by hand: parabolas, edges, plateaus, and what is lost above. */
/* precision: float */
#include "stats/peak.h"
#include "tests/near.h"

#include <math.h>

/* Catches: neighbours exchanged, unequal distances taken for equal, a vertex beyond the half way to a neighbour. */
static void vertex_of_a_parabola(void **state)
{
    (void)state;
    const double x[] = {-3, -2.5, -2, -1}, best = -2.2;
    double y[4];
    for (int i = 0; i < 4; i++)
        y[i] = 0.9 - 0.1 * (x[i] - best) * (x[i] - best);
    struct peak p = peak_of(x, y, 4);
    near(p.at, best, 1e-12);
    near(p.height, y[2], 0);
    assert_int_equal(p.best, 2);
    assert_int_equal(p.edge, 0);
    near(p.width, 0, 0);
    const double two[] = {0.8, 0.9, 0.9, 0.5};
    near(peak_of(x, two, 4).at, -2.25, 1e-12); /* two equal scores: half way between */
    const double fall[] = {0.9 - 1e-9, 0.9, 0.7, 0};
    assert_true(peak_of(x, fall, 4).at > -2.76 && peak_of(x, fall, 4).at < -2.74);
}

/* Catches: next to a rate at which training fails, a best rate half a rung too low, with a certainty that nobody has. */
static void cliffs(void **state)
{
    (void)state;
    const double x[] = {-3, -2.5, -2, -1}, failed[] = {0.86, 0.87, 0.045, 0.01}, fair[] = {0.86, 0.87, 0.8, 0.01};
    const struct peak p = peak_of(x, failed, 4);
    near(p.at, -2.5, 0);
    near(p.width, 0.25, 1e-12);
    near(peak_of(x, fair, 4).width, 0, 0);
    assert_true(peak_of(x, fair, 4).at < -2.5);
}

/* Catches: a window's end taken for a peak between rates; none or one rate taken for a search. */
static void edges(void **state)
{
    (void)state;
    const double x[] = {-3, -2.5, -2}, up[] = {0.1, 0.2, 0.3}, down[] = {0.3, 0.2, 0.1}, flat[] = {0.3, 0.3, 0.3};
    near(peak_of(x, up, 3).at, -2, 0);
    assert_int_equal(peak_of(x, up, 3).edge, 1);
    near(peak_of(x, up, 3).width, 0.25, 1e-12);
    near(peak_of(x, up, 1).width, 0, 0);
    near(peak_of(x, down, 3).at, -3, 0);
    assert_int_equal(peak_of(x, down, 3).edge, -1);
    assert_int_equal(peak_of(x, flat, 3).edge, -1); /* of equal scores the lowest rate */
    assert_int_equal(peak_of(x, up, 1).edge, 0);
    assert_true(isnan(peak_of(x, up, 0).at));
}

/* Catches: the loss at another distance, or with the sign of a gain. */
static void losses(void **state)
{
    (void)state;
    const double x[] = {-3, -2.5228787, -2, -1.5228787, -1}, y[] = {0.7, 0.9, 0.8, 0.5, 0};
    const struct peak p = peak_of(x, y, 5);
    near(peak_loss(p, x, y, 5, 0.5), 0.1, 1e-12); /* 3e-3 to 1e-2 */
    near(peak_loss(p, x, y, 5, 1), 0.4, 1e-12);
    assert_true(isnan(peak_loss(p, x, y, 3, 1))); /* not tried */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vertex_of_a_parabola),
        cmocka_unit_test(cliffs),
        cmocka_unit_test(edges),
        cmocka_unit_test(losses),
    };
    return cmocka_run_group_tests_name("peak", tests, NULL, NULL);
}
