/* Planted teachers: the change has the rank, size, place and kind it was asked for. */
#include "core/die.h"
#include "data/task.h"
#include "data/teacher.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

extern const struct task task_planted;

enum { WIDTH = 24, LAYERS = 4 };
static real before[2 * LAYERS + 1][WIDTH * WIDTH], after[2 * LAYERS + 1][WIDTH * WIDTH];

static double norm(const real *a, const real *b, int n)
{
    double s = 0;
    for (int i = 0; i < n; i++)
        s += pow((double)a[i] - (b ? (double)b[i] : 0), 2);
    return sqrt(s);
}

/* Plants into q and v of four layers (and one o); returns in changed[] which sites moved. */
static void plant(const char *const *set, bool changed[2 * LAYERS + 1])
{
    struct teacher_site sites[2 * LAYERS + 1];
    struct rng r = rng_stream(1, RNG_TEST, 0, 0);
    union {
        double align;
        char bytes[2048];
    } opts;
    struct task_env env = {.opts = &opts};
    option_defaults(task_planted.options, &opts);
    for (; *set; set += 2)
        option_set(option_find(task_planted.options, set[0]), &opts, set[1]);
    for (int k = 0; k <= 2 * LAYERS; k++) {
        rng_fill_normal(&r, mat_of(before[k], WIDTH, WIDTH), 1);
        memcpy(after[k], before[k], sizeof after[k]);
        sites[k] = (struct teacher_site){k / 2 % LAYERS,
                                         k == 2 * LAYERS ? "o"
                                         : k % 2         ? "v"
                                                         : "q",
                                         mat_of(after[k], WIDTH, WIDTH)};
    }
    task_planted.teach(&env, sites, 2 * LAYERS + 1);
    for (int k = 0; k <= 2 * LAYERS; k++)
        changed[k] = norm(after[k], before[k], WIDTH * WIDTH) > 0;
}

static void test_plant_low(void **state)
{
    bool changed[2 * LAYERS + 1];
    double x[WIDTH] = {0};
    (void)state;
    plant((const char *const[]){"k", "3", "rho", "0.5", NULL}, changed);
    for (int k = 0; k <= 2 * LAYERS; k++)
        assert_int_equal(changed[k], k / 2 == 1 || k / 2 == 2);
    for (int k = 2; k < 6; k++)
        assert_true(fabs(norm(after[k], before[k], WIDTH * WIDTH) / norm(before[k], NULL, WIDTH * WIDTH) - .5) < 1e-5);
    /* rank 3: any fourth row of the change is a combination of three others; eliminate and look at what is left */
    double rows[4][WIDTH];
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < WIDTH; j++)
            rows[i][j] = (double)after[2][5 * i * WIDTH + j] - (double)before[2][5 * i * WIDTH + j];
    for (int i = 0; i < 4; i++)
        for (int m = 0; m < i; m++) {
            double c = 0, q = 0;
            for (int j = 0; j < WIDTH; j++) {
                c += rows[i][j] * rows[m][j];
                q += rows[m][j] * rows[m][j];
            }
            for (int j = 0; j < WIDTH; j++)
                rows[i][j] -= c / q * rows[m][j];
        }
    for (int j = 0; j < WIDTH; j++)
        x[0] += fabs(rows[3][j]);
    assert_true(x[0] < 1e-4);
    for (int j = 0; j < WIDTH; j++)
        x[1] += fabs(rows[2][j]);
    assert_true(x[1] > .01); /* and not rank 2 */
}

static void test_plant_dir_and_mag(void **state)
{
    bool changed[2 * LAYERS + 1];
    (void)state;
    plant((const char *const[]){"plant", "dir", "layers", "0,3", NULL}, changed);
    for (int k = 0; k <= 2 * LAYERS; k++)
        assert_int_equal(changed[k], k < 2 || k == 6 || k == 7);
    for (int i = 0; i < WIDTH; i++)
        assert_true(fabs(norm(after[0] + i * WIDTH, NULL, WIDTH) / norm(before[0] + i * WIDTH, NULL, WIDTH) - 1) <
                    1e-5);
    plant((const char *const[]){"plant", "mag", NULL}, changed);
    for (int k = 0; k <= 2 * LAYERS; k++)
        assert_int_equal(changed[k], k < 2 * LAYERS);
    for (int i = 0; i < WIDTH; i++)
        for (int j = 1; j < WIDTH; j++) {
            double here = (double)after[3][i * WIDTH + j] / (double)before[3][i * WIDTH + j];
            double first = (double)after[3][i * WIDTH] / (double)before[3][i * WIDTH];
            assert_true(fabs(here / first - 1) < 1e-5);
        }
}

static void test_plant_errors(void **state)
{
    static const char *const bad[] = {"1,,2", "x", "1;2", "9", "", "-1", "1,"};
    (void)state;
    for (volatile int k = 0; k < 7; k++) {
        struct trap trap;
        bool changed[2 * LAYERS + 1];
        if (trap_set(&trap))
            assert_int_equal(trap.code, EXIT_USAGE);
        else {
            plant((const char *const[]){"layers", bad[k], NULL}, changed);
            fail_msg("layers \"%s\" was accepted", bad[k]);
        }
        trap_end(&trap);
    }
}

static void test_basis(void **state)
{
    struct rng r = rng_stream(3, RNG_TEST, 0, 0);
    double *Q = teacher_basis(&r, 64, 64);
    (void)state;
    for (int i = 0; i < 64; i++)
        for (int j = 0; j <= i; j++) {
            double s = 0;
            for (int k = 0; k < 64; k++)
                s += Q[64 * i + k] * Q[64 * j + k];
            assert_true(fabs(s - (i == j)) < 1e-12);
        }
    free(Q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_plant_low), cmocka_unit_test(test_plant_dir_and_mag),
                                       cmocka_unit_test(test_plant_errors), cmocka_unit_test(test_basis)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
