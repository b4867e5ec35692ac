/* Titles of figures: what they say is what the numbers say, and no more than the intervals allow. */
/* precision: float */
#include "tests/scratch.h"

#include "core/arena.h"
#include "core/file.h"
#include "report/report.h"
#include "tests/fake.h"

/* Rising with the rank; of planted changes of rank 2 nine tenths from rank 2 on. */
static double fake_by_rank(const struct spec *s)
{
    const bool lora = strcmp(s->method->name, "lora") == 0;
    const int rank = s->adapter.rank;
    const double noise = 0.0001 * (double)(s->train.seed * rank % 3); /* what does not vary at all has no interval */
    if (s->kind == TASK_VECTOR)
        return noise + (rank >= 2 ? 0.9 : 0.4);
    return noise + (lora ? 0.68 + 0.02 * rank : 0.65 + 0.025 * rank);
}

/* Catches: gains taken the other way round or of unequal methods; more rank taken for less. */
static void gains_and_ranks(void **state)
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

/* LoRA 0.80, DoRA always above it, LoRA-FA above it in one run of four. */
static double fake_profile(const struct spec *s)
{
    const char *name = s->method->name;
    return strcmp(name, "dora") == 0 ? 0.9 : strcmp(name, "lora") == 0 ? 0.8 : s->train.seed == 3 ? 0.85 : 0.1;
}

static const char profile_grid[] = "[experiment]\ntitle = x\n[grid a]\nbase = tiny-random\ntask = cola\nntrain = 40\n"
                                   "nvalid = 10\nntest = 10\nforgetting = 2\nmethod = lora lora_fa dora\nbudget = 512\n"
                                   "lr = 1e-2\nseeds = 0..3\n[table t]\nkind = score\n";

static char *page_of(const char *folder, const char *ini, const char *list)
{
    assert_int_equal(fake_report_list(folder, ini, list), EXIT_OK);
    char *path = mem_text("%s/report.html", folder), *page = file_read(path, 16 << 20, NULL);
    free(path);
    return page;
}

/* Catches: a title that names the wrong method, or takes a difference within its interval for one. */
static void who_reaches_lora(void **state)
{
    (void)state;
    char ini[1024];
    if (access("/usr/bin/gnuplot", X_OK))
        skip();
    snprintf(ini, sizeof ini, "%s[figure f12]\nkind = intervals\n", profile_grid);
    const char *path = scratch_text("reach.ini", ini);
    fake_results(scratch, path, fake_profile);
    char *page = page_of(scratch, path, NULL);
    assert_non_null(
        strstr(page, "LoRA’s mean is reached most by DoRA (100 % of runs), not surely more than by LoRA-FA (25 %)"));
    free(page);
}

/* Catches: a panel left out without a word where methods are many. */
static void a_panel_for_each_search(void **state)
{
    (void)state;
    enum { MANY = 41 };
    char *ini = NULL;
    size_t size = 0;
    if (access("/usr/bin/gnuplot", X_OK))
        skip();
    FILE *f = open_memstream(&ini, &size);
    fputs("[experiment]\ntitle = x\n[grid a]\nbase = tiny-random\ntask = cola\nntrain = 40\nnvalid = 10\nntest = 10\n"
          "method = lora\nlr = 1e-3 1e-2\ntune_seeds = 0..1\nseeds = 100..101\nalpha =",
          f);
    for (int i = 1; i <= MANY; i++)
        fprintf(f, " %d", i);
    fputs("\n[figure f6]\nkind = rates\n", f);
    fclose(f);
    const char *path = scratch_text("many.ini", ini);
    fake_results(scratch, path, fake_plausible);
    assert_int_equal(fake_report(scratch, path), EXIT_OK);
    char *data = file_read(scratch_path("figures/many-f6.dat"), 1 << 20, NULL);
    int panels = 0;
    for (const char *p = data; (p = strstr(p, "# words_")); p++)
        panels++;
    assert_int_equal(panels, MANY);
    free(data);
    free(ini);
}

/* Catches: a front on which the cheaper of two adapters stands because its budget was missed by less; a title that
 * counts costs which only some of the methods' runs know, so that whoever measured himself is ahead. */
static void fronts(void **state)
{
    (void)state;
    char ini[1024], list[SCRATCH_PATH], there[SCRATCH_PATH];
    if (access("/usr/bin/gnuplot", X_OK))
        skip();
    snprintf(ini, sizeof ini, "%s[figure f5]\nkind = pareto\n", profile_grid);
    const char *path = scratch_text("front.ini", ini);
    fake_results(scratch, path, fake_profile);
    char *page = page_of(scratch, path, NULL);
    assert_non_null(strstr(page, "Most often on the front: DoRA (4 of 4 costs)"));
    free(page);
    snprintf(list, sizeof list, "%s", scratch_path("list.csv"));
    snprintf(there, sizeof there, "%s", scratch_path("elsewhere"));
    assert_int_equal(rename(scratch_path("runs.csv"), list), 0);
    fake_age_list(list);
    char *own = strstr(ini, "lora lora_fa dora"); /* two methods have records there, LoRA's runs are listed */
    memcpy(own, "lora_fa dora     ", strlen("lora lora_fa dora"));
    fake_results(there, scratch_text("own.ini", ini), fake_profile);
    page = page_of(there, path, list);
    assert_non_null(strstr(page, "Most often on the front: DoRA (2 of 2 costs)"));
    assert_non_null(strstr(page, "memory beyond the base, MiB (known of 2 of 3)"));
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(gains_and_ranks, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(who_reaches_lora, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(a_panel_for_each_search, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(fronts, scratch_open, scratch_close),
    };
    return cmocka_run_group_tests_name("titles", tests, NULL, NULL);
}
