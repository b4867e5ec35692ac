/* The rates that a comparison begins with: carried over to another width, and as text. */
/* precision: float */
#include "experiment/rates.h"
#include "tests/process.h"
#include "tune/tuning.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void rate_is(const char *method, int d, const char *want)
{
    char text[16];
    rates_text(rates_rung(method_find(method), d), text);
    assert_string_equal(text, want);
}

/* Full fine-tuning's rate shrinks with the width, that of a pair of factors with its root; who has no line has LoRA's. */
static void rates(void **state)
{
    (void)state;
    char full[16], lora[16], text[16];
    rates_text(rates_rung(method_find("full"), 64), full);
    rates_text(rates_rung(method_find("lora"), 64), lora);
    assert_int_equal(rates_rung(method_find("full"), 6400), rates_rung(method_find("full"), 64) - 4);
    assert_int_equal(rates_rung(method_find("lora"), 6400), rates_rung(method_find("lora"), 64) - 2);
    assert_int_equal(rates_head_rung(6400), rates_head_rung(64) - 4);
    rate_is("full", 64, full);
    struct method nobody = *method_find("loha"); /* pairs at one rate, as LoRA has */
    nobody.name = "nobody";
    rates_text(rates_rung(&nobody, 64), text);
    assert_string_equal(text, lora);
    for (int rung = -9; rung <= 3; rung++) {
        static const char *const want[] = {"3e-5", "1e-4", "3e-4", "1e-3", "3e-3", "1e-2", "3e-2",
                                           "1e-1", "3e-1", "1e0",  "3e0",  "1e1",  "3e1"};
        rates_text(rung, text);
        assert_string_equal(text, want[rung + 9]);
    }
}

/* Catches: a new reference, from which the rates were not made anew. */
static void rates_of_the_reference(void **state)
{
    char said[4096];
    (void)state;
    if (process_shell("scripts/rates | diff experiments/rates.csv -", said, sizeof said))
        fail_msg("scripts/reference writes experiments/rates.csv: %s", said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rates), cmocka_unit_test(rates_of_the_reference)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
