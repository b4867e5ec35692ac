/* Titles of figures: what they say is what the numbers say, and no more than the intervals allow. */
#include "tests/scratch.h"

#include "core/file.h"
#include "report/finding.h"
#include "tests/fake.h"

static void says(char *title, const char *wanted)
{
    assert_string_equal(title, wanted);
    free(title);
}

/* Catches: a title that names the wrong method, or takes a difference within its interval for one. */
static void titles_by_hand(void **state)
{
    (void)state;
    struct standing s[] = {{"A", 1, 3.9}, {"B", 3, 2.0}, {"C", 3, 2.5}, {"D", 3, 1.9}};
    says(front_finding(s, 4, 4), "Most often on the front: C (3 of 4 costs), B (3), 1 more (3)");
    says(front_finding(s, 1, 4), "Most often on the front: C (3 of 4 costs)");
    double score[] = {.5, .6, .7, .6, .9, .9, .9, .9, .9, .1, .1, .1};
    struct scores b = {.series = {{"LoRA", 8, method_find("lora")},
                                  {"DoRA", 8, method_find("dora")},
                                  {"LoRA-FA", 8, method_find("lora_fa")}},
                       .methods = 3,
                       .tasks = 1,
                       .seeds = 4,
                       .score = score};
    says(profile_finding(&b),
         "LoRA’s mean is reached most by DoRA (100 % of runs), not surely more than by LoRA-FA (25 %)");
    score[8] = .1;
    says(profile_finding(&b), "LoRA’s mean is reached most by DoRA (100 % of runs), then by LoRA-FA (0 %)");
    b.series[1].budget = 16;
    says(profile_finding(&b), "No method at LoRA’s budget reaches its mean in any run");
}

/* Rising with the rank; of planted changes of rank 2 nine tenths from rank 2 on. */
static double fake_by_rank(const struct spec *s)
{
    if (s->kind == TASK_VECTOR)
        return s->adapter.rank >= 2 ? 0.9 : 0.4;
    return strcmp(s->method->name, "lora") == 0 ? 0.68 + 0.02 * s->adapter.rank : 0.65 + 0.025 * s->adapter.rank;
}

/* Catches: gains taken the other way round or of unequal methods; more rank taken for less. */
static void titles_of_runs(void **state)
{
    (void)state;
    if (access("/usr/bin/gnuplot", X_OK))
        skip();
    const char *ini = scratch_text(
        "says.ini", "[experiment]\ntitle = x\n[grid a]\nbase = tiny-random\ntask = cola\nntrain = 40\nnvalid = 10\n"
                    "ntest = 10\nmethod = lora lora_fa\nbudget = 256 512\nlr = 1e-2\nseeds = 0..2\n"
                    "[grid p]\nbase = tiny-random\ntask = planted\ntask.layers = 0\ntask.k = 2\nnvalid = 4\nntest = 4\n"
                    "method = lora\nrank = 1 2 4\nlr = 1e-2\nseeds = 0..2\n[table t]\nkind = score\n"
                    "[figure f4]\ngrids = a\n[figure f10]\ngrids = p\n");
    fake_results(scratch, ini, fake_by_rank);
    assert_int_equal(fake_report(scratch, ini), EXIT_OK);
    char *page = file_read(scratch_path("report.html"), 16 << 20, NULL);
    assert_non_null(
        strstr(page, "From 256 to 512 parameters: +2.0 (LoRA) to +5.0 points (LoRA-FA), 2 of 2 clear of zero"));
    assert_non_null(strstr(page, "LoRA recovers 90 % of a planted change with its rank or more, 40 % with less<"));
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(titles_by_hand),
        cmocka_unit_test_setup_teardown(titles_of_runs, scratch_open, scratch_close),
    };
    return cmocka_run_group_tests_name("titles", tests, NULL, NULL);
}
