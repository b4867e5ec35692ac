/* What a run is called by covers what a method file computes, not how it is described or what PEFT calls it. */
/* precision: float */
#include "tests/process.h"
#include "tests/scratch.h"

/* methods/vera.c after a sed script: what scripts/registry says of it, the hash among it. */
static void hash_after(const char *script, char *said, size_t size)
{
    char line[SCRATCH_PATH * 3];
    snprintf(line, sizeof line,
             "mkdir -p %s/methods && sed -E '%s' methods/vera.c >%s/methods/vera.c && top=$PWD && cd %s && "
             "\"$top\"/scripts/registry methods/vera.c 2>errors | grep methods/vera.c | grep -o '\"[0-9a-f]\\{64\\}\"'",
             scratch, script, scratch, scratch);
    assert_int_equal(process_shell(line, said, size), 0);
}

static void description_apart(void **state)
{
    static const char *const same[] = {"s/\"projection_prng_key\", PEFT_NUMBER/\"prng_key\", PEFT_TRUE/",
                                       "s/\\.type = \"VERA\"/.type = \"VERA2\"/", "s/\\.peft = &peft,//",
                                       "s/title = \"VeRA\"/title = \"Vector VeRA\"/", "s/#009E73/#000000/"};
    static const char *const other[] = {"s/mat_add\\(1, z, y\\)/mat_add(2, z, y)/", "s/\\.rank_free = true,//"};
    char plain[256], edited[256];
    (void)state;
    hash_after("", plain, sizeof plain);
    assert_int_equal(strlen(plain), 67);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        hash_after(same[i], edited, sizeof edited);
        assert_string_equal(plain, edited);
    }
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        hash_after(other[i], edited, sizeof edited);
        assert_string_not_equal(plain, edited);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(description_apart)};
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
