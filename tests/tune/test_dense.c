/* Dense updates against loops over the definition, with and without dropout. */
#include "tune/dense.h"

#include "check/tiny.h"
#include "core/rng.h"
#include "math/linalg.h"

#include "tests/near.h"

#include <stdlib.h>

enum { ROWS = 5 };

static double at(struct mat m, int i, int j)
{
    return (double)m.v[(size_t)i * m.ld + j];
}

/* y = x W0' + b + x~ D',  M = dy' x~,  dx += dy W0 + mask o (dy D) / (1 - p) */
static void agrees(double dropout)
{
    struct tiny t;
    tiny_open(&t, NULL, NULL, NULL, 0, 1);
    t.common.dropout = dropout;
    struct site *s = &t.model.layer[1].site[TARGET_UP];
    struct arena *a = &t.mem.saved;
    struct pass p = tiny_pass(&t, true, true);
    struct mat x = arena_mat(a, ROWS, s->in), y = arena_mat(a, ROWS, s->out), dy = arena_mat(a, ROWS, s->out);
    struct mat dx = arena_mat(a, ROWS, s->in), D = dense_room(s, &p);
    struct rng r = rng_stream(3, RNG_TEST, 0, 0);
    rng_fill_normal(&r, x, 1);
    rng_fill_normal(&r, dy, 1);
    rng_fill_normal(&r, D, 1);
    mat_fill(dx, 0.25);
    dense_forward(s, &p, D, x, y);
    struct mat M = dense_backward(s, &p, D, x, dy, dx), dropped = pass_dropout(&p, s, x);
    const double allowed = sizeof(real) == sizeof(double) ? 1e-13 : 2e-5;
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < s->out; j++) {
            double want = at(s->b->w, 0, j);
            for (int k = 0; k < s->in; k++)
                want += at(x, i, k) * at(s->W->w, j, k) + at(dropped, i, k) * at(D, j, k);
            near(at(y, i, j), want, allowed);
        }
    for (int j = 0; j < s->out; j++)
        for (int k = 0; k < s->in; k++) {
            double want = 0;
            for (int i = 0; i < ROWS; i++)
                want += at(dy, i, j) * at(dropped, i, k);
            near(at(M, j, k), want, allowed);
        }
    for (int i = 0; i < ROWS; i++)
        for (int k = 0; k < s->in; k++) {
            double want = 0.25, mask = at(x, i, k) == 0 ? 1 : at(dropped, i, k) / at(x, i, k);
            for (int j = 0; j < s->out; j++)
                want += at(dy, i, j) * (at(s->W->w, j, k) + mask * at(D, j, k));
            near(at(dx, i, k), want, allowed);
        }
    tiny_close(&t);
}

static void plain(void **state)
{
    (void)state;
    agrees(0);
}

static void dropped(void **state)
{
    (void)state;
    agrees(0.4);
}

/* Each set of k places comes equally often, in ascending order. */
static void subsets(void **state)
{
    (void)state;
    enum { ALL = 5, K = 2, DRAWS = 20000 };
    int seen[ALL][ALL] = {{0}}, place[K];
    struct rng r = rng_stream(4, RNG_TEST, 0, 0);
    for (int n = 0; n < DRAWS; n++) {
        rng_subset(&r, ALL, K, place);
        assert_true(place[0] >= 0 && place[0] < place[1] && place[1] < ALL);
        seen[place[0]][place[1]]++;
    }
    for (int i = 0; i < ALL; i++)
        for (int j = i + 1; j < ALL; j++) /* 2000 +- 5 standard deviations of 42 */
            assert_true(abs(seen[i][j] - DRAWS / 10) < 212);
}

int main(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    const struct CMUnitTest tests[] = {cmocka_unit_test(plain), cmocka_unit_test(dropped), cmocka_unit_test(subsets)};
    return cmocka_run_group_tests_name("dense", tests, NULL, NULL);
}
