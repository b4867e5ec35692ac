/* The small product and the transposition are those of plain loops, bit for bit, in every shape of their edges. */
#include "math/tile.h"
#include "tests/near.h"

#include <math.h>

#ifdef PEFTLAB_DOUBLE
#define FUSED fma
#else
#define FUSED fmaf
#endif

enum { MOST_ROWS = 26, MOST_COLS = 41, INNER = 7, LD = 48 };
static real w[MOST_ROWS * LD], m[MOST_COLS * LD], y[MOST_ROWS * LD];

static void fill(real *v, size_t n)
{
    unsigned x = 1;
    for (size_t i = 0; i < n; i++) {
        x = x * 1664525U + 1013904223U;
        v[i] = (real)(x >> 8) / (1 << 23) - 1;
    }
}

static void check_product(int rows, int cols, ptrdiff_t si, ptrdiff_t sk)
{
    const real untouched = 77;
    for (size_t i = 0; i < sizeof y / sizeof *y; i++)
        y[i] = untouched;
    tile_product(w, si, sk, (struct mat){m, INNER, cols, LD}, (struct mat){y, rows, cols, LD});
    for (int i = 0; i < MOST_ROWS; i++)
        for (int j = 0; j < LD; j++) {
            real sum = 0;
            for (int k = 0; k < INNER; k++)
                sum = FUSED(w[i * si + k * sk], m[k * LD + j], sum);
            const real wanted = i < rows && j < cols ? sum : untouched;
            assert_memory_equal(&y[i * LD + j], &wanted, sizeof wanted);
        }
}

static void products(void **state)
{
    (void)state;
    fill(w, sizeof w / sizeof *w);
    fill(m, sizeof m / sizeof *m);
    for (int rows = 1; rows <= MOST_ROWS; rows++)
        for (int cols = 1; cols <= MOST_COLS; cols++) {
            check_product(rows, cols, LD, 1); /* W in rows */
            check_product(rows, cols, 1, LD); /* W in columns */
        }
}

static void transpositions(void **state)
{
    (void)state;
    fill(m, sizeof m / sizeof *m);
    for (int rows = 1; rows <= MOST_ROWS; rows++)
        for (int cols = 1; cols <= MOST_ROWS; cols++)
            for (int n = rows; n <= rows + 9; n++) {
                tile_transpose((struct mat){m, rows, cols, LD}, (real)0.25, (struct mat){y, cols, n, LD});
                for (int j = 0; j < cols; j++)
                    for (int i = 0; i < n; i++)
                        assert_true(y[j * LD + i] == (i < rows ? (real)0.25 * m[i * LD + j] : 0));
            }
}

/* A rate, in operations a second: no core does fewer than a million or more than 128 a cycle at 10 GHz. */
static void machine(void **state)
{
    (void)state;
    assert_true(tile_peak() > 1e6 && tile_peak() < 1.28e12);
    assert_true(tile_columns() == 8 || tile_columns() == 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(products), cmocka_unit_test(transpositions),
                                       cmocka_unit_test(machine)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
