/* A mean that differs names the choice of a rate, or the seed, behind it. */
/* precision: float */
#include "report/parted.h"
#include "tests/scratch.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* A list of two runs of one method at a rate, and one of another method that must not be taken for it. */
static void read_list(struct runs_list *l, const char *name, const char *lr, const char *first, const char *second)
{
    char text[2048];
    snprintf(text, sizeof text,
             "key,spec,method,task,seed,lr,test_metric,curve_hash,weights_hash\n"
             "1%.63s,method=lora;lr=%s;seed=100;task=cola,lora,cola,100,%s,%s," HASH "," HASH "\n"
             "2%.63s,method=lora;lr=%s;seed=101;task=cola,lora,cola,101,%s,%s," HASH "," HASH "\n"
             "3%.63s,method=dora;lr=%s;seed=100;task=cola,dora,cola,100,%s,0.9," HASH "," HASH "\n",
             HASH, lr, lr, first, HASH, lr, lr, second, HASH, lr, lr);
    runs_list_read(l, scratch_text(name, text));
}

/* Catches: runs of another method; a difference of seeds where the rates differ; the wrong one of two seeds. */
static void what_parted(void **state)
{
    (void)state;
    struct runs_list then, rate, seed;
    char text[160];
    read_list(&then, "then.csv", "0.003", "0.8", "0.84");
    read_list(&rate, "rate.csv", "0.01", "0.7", "0.71");
    read_list(&seed, "seed.csv", "0.003", "0.81", "0.5");
    parted_words(&rate, &then, "cola", 0.82, text, sizeof text);
    assert_string_equal(text, "the search chose rate 0.01, not 0.003");
    parted_words(&seed, &then, "cola", 0.82, text, sizeof text);
    assert_string_equal(text, "the run that parts most is seed 101, 20123456789a: 0.5000, not 0.8400");
    parted_words(&then, &then, "cola", 0.82, text, sizeof text);
    assert_string_equal(text, "");
    parted_words(&seed, &then, "sst", 0.82, text, sizeof text);
    assert_string_equal(text, "");
    runs_list_free(&then);
    runs_list_free(&rate);
    runs_list_free(&seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(what_parted, scratch_open, scratch_close)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
