/* peftlab race: it answers in a sentence, and keeps what it writes to a folder of its own. */
/* precision: float */
#include "tests/process.h"
#include "tests/scratch.h"

#include <string.h>

static void expect(const char *words, int code, const char *says)
{
    char command[2048], text[1 << 14];
    const char *program = getenv("PEFTLAB");
    assert_non_null(program);
    snprintf(command, sizeof command, "cd '%s' && PEFTLAB='%s' && { %s; } 2>&1", scratch, program, words);
    int got = process_shell(command, text, sizeof text);
    if (got != code || !strstr(text, says))
        fail_msg("`%s` ended with %d and \"%s\"; %d and \"%s\" were wanted", words, got, text, code, says);
}

#define WORDS \
    " base=tiny-random task=sst steps=8 ntrain=64 nvalid=32 ntest=32 seeds=10..12 lr=1e-2 ladder=1e-2 budget=512"

/* Catches: a page or a list of runs that a race replaces; a budget whose race is written over another's; an option of one
 * method that is refused for the other; runs of LoRA that are made again for every race. */
static void test_own_folder(void **state)
{
    (void)state;
    expect("mkdir results && echo mine >results/report.html && echo mine >results/runs.csv", 0, "");
    expect("\"$PEFTLAB\" race dora" WORDS, 0, " over 3 seeds, too few for any verdict");
    expect("cat results/report.html results/runs.csv", 0, "mine\nmine\n");
    expect("\"$PEFTLAB\" race lora_drop dora threshold=0.8" WORDS, 0, "12 existed, 0 failed");
    expect("ls results/race | wc -l", 0, "2");
    expect("cat results/race/lora_drop+dora*/race.ini", 0, "threshold.lora_drop = 0.8\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_own_folder, scratch_open, scratch_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
