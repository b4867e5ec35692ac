/* Places are those that PyTorch's randperm gives for a seed; there are no more than the matrix has. */
/* precision: float */
#include "tests/near.h"

#include "tune/places.h"

#include <stdlib.h>

static struct arena scratch;

static void compare(uint32_t seed, int all, int first, const int *want, int n)
{
    int *place = mem_alloc((size_t)all * sizeof *place);
    size_t used = scratch.used;
    places_draw(&scratch, seed, all, all, place);
    assert_int_equal(scratch.used, used);
    for (int i = 0; i < n; i++)
        assert_int_equal(place[first + i], want[i]);
    free(place);
}

/* torch.randperm(n, generator=torch.Generator().manual_seed(seed)), PyTorch 2.15 */
static void places_are_pytorch_s(void **state)
{
    (void)state;
    compare(5, 7, 0, (const int[]){1, 0, 4, 2, 6, 5, 3}, 7);
    compare(777, 1000, 0, (const int[]){735, 819, 201, 799}, 4);
    compare(777, 1000, 996, (const int[]){179, 73, 889, 284}, 4); /* beyond the generator's 624 words */
    compare(777, 512, 0, (const int[]){103, 385, 303, 39, 411, 421}, 6);
    compare(332, 512, 0, (const int[]){47, 175, 78, 96, 400, 304}, 6);
    compare(1, 1, 0, (const int[]){0}, 1);
}

static void as_many_as_lora_has_at_most_all(void **state)
{
    (void)state;
    assert_int_equal(places_count(0, 2, 16, 32), 96);
    assert_int_equal(places_count(0, 8, 16, 16), 256);
    assert_int_equal(places_count(0, 9, 16, 16), 256);
    assert_int_equal(places_count(7, 9, 16, 16), 7);
    assert_int_equal(places_count(257, 9, 16, 16), 256);
}

int main(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    arena_open(&scratch, "scratch", 1 << 20);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_pytorch_s),
        cmocka_unit_test(as_many_as_lora_has_at_most_all),
    };
    int failed = cmocka_run_group_tests_name("places", tests, NULL, NULL);
    arena_close(&scratch);
    return failed;
}
