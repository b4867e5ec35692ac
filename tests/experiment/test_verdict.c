/* A placebo and planted handicaps through the whole of search, pairing and statistics, from records to printed words.
 */
/* precision: float */
#include "tests/scratch.h"

#include "core/arena.h"
#include "core/csv_file.h"
#include "core/file.h"
#include "tests/fake.h"

#include <math.h>

static const char grids[] =
    "[experiment]\ntitle = t\n"
    "[defaults]\nbase = tiny-random\ntask = cola sst mnli qnli\nntrain = 40\nnvalid = 10\nntest = 10\nrank = 2\n"
    "choose = common\ntune_seeds = 0..1\nseeds = 100..109\nlr = 1e-3 3e-3 1e-2 3e-2\n"
    "[grid ends]\nmethod = head full full_qv\n"
    "[grid lora]\nmethod = lora\nseeds = 100..119\n"
    "[grid methods]\nmethod = dora vera\n"
    "[grid placebo]\nmethod = lora\ntwin = 1\n"
    "[table score]\n[table rates]\n[table decision]\n[table matrix]\n";

static unsigned word(const char *text)
{
    unsigned h = 0;
    while (*text)
        h = 31 * h + (unsigned char)*text++;
    return h;
}

/* Rates have a peak, at 1e-2 for DoRA and at 3e-3 for the others; each run has a chance of its own (sd 0.006). DoRA is two
 * points worse at its best rate; VeRA is as good as LoRA; LoRA and its twin have one law. */
static double law(const struct spec *s)
{
    const char *m = s->method->name;
    const bool dora = strcmp(m, "dora") == 0;
    struct rng own =
        rng_stream(word(s->task->name) + word(m), RNG_TEST, (uint32_t)s->train.seed, (uint32_t)s->train.twin);
    double off = 2 * log10(s->train.lr / (dora ? 1e-2 : 3e-3)), level = strcmp(m, "head") == 0 ? 0.5 : 0.8;
    if (strcmp(m, "full_qv") == 0 && s->train.seed == 103)
        return 0.57; /* a fifth of the way from the head alone to full fine-tuning: it has failed */
    return level + 0.006 * rng_normal(&own) - 0.02 * off * off + (strcmp(m, "full") == 0 ? 0.05 : dora ? -0.02 : 0);
}

static int row_of(const struct csv_file *f, const char *task, const char *method)
{
    for (int i = 0; i < csv_file_rows(f); i++)
        if (strcmp(csv_file_text(f, i, csv_file_column(f, "task")), task) == 0 &&
            strcmp(csv_file_text(f, i, csv_file_column(f, "method")), method) == 0)
            return i;
    fail_msg("no row of %s on %s", method, task);
    return -1;
}

/* Catches: a twin that wins, a handicap that is missed or an equivalence that is not seen, whatever part is at fault: one
 * rate for all methods (DoRA's loss would be two points more), a sign turned round, a margin in other units. */
static void placebo_and_handicap(void **state)
{
    (void)state;
    static const char *const task[] = {"cola", "sst", "mnli", "qnli"};
    struct csv_file f;
    const char *ini = scratch_text("planted.ini", grids);
    int twins = 0, alike = 0;
    fake_results(scratch, ini, law);
    assert_int_equal(fake_report(scratch, ini), EXIT_OK);
    csv_file_read(&f, scratch_path("tables/planted-score.csv"));
    const int verdict = csv_file_column(&f, "verdict"), difference = csv_file_column(&f, "difference");
    const int ahead = csv_file_column(&f, "ahead"), ok = csv_file_column(&f, "ok");
    for (int t = 0; t < 4; t++) {
        int twin = row_of(&f, task[t], "LoRA twin"), worse = row_of(&f, task[t], "DoRA");
        int same = row_of(&f, task[t], "VeRA"), lora = row_of(&f, task[t], "LoRA");
        assert_true(csv_file_number(&f, twin, ok) == 10 && csv_file_number(&f, lora, ok) == 20);
        assert_string_equal(csv_file_text(&f, worse, verdict), "worse");
        assert_true(fabs(csv_file_number(&f, twin, difference)) < 0.007); /* its standard error is 0.0023 */
        assert_true(fabs(csv_file_number(&f, worse, difference) + 0.02) < 0.007);
        assert_true(csv_file_number(&f, worse, ahead) < 0.25);
        twins += strcmp(csv_file_text(&f, twin, verdict), "equivalent") == 0;
        alike += strcmp(csv_file_text(&f, same, verdict), "equivalent") == 0;
        assert_string_not_equal(csv_file_text(&f, twin, verdict), "better");
        assert_string_not_equal(csv_file_text(&f, twin, verdict), "worse");
    }
    assert_true(twins >= 3 && alike >= 3);
    csv_file_free(&f);
    csv_file_read(&f, scratch_path("tables/planted-decision.csv"));
    static const struct {
        const char *method, *verdict;
        double difference, lr;
    } wanted[] = {{"LoRA twin", "equivalent", 0, 3e-3},
                  {"DoRA", "worse", -0.02, 1e-2},
                  {"VeRA", "equivalent", 0, 3e-3},
                  {"Full fine-tuning", "better", 0.05, 3e-3}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        int row = 0;
        while (strcmp(csv_file_text(&f, row, csv_file_column(&f, "method")), wanted[i].method) != 0)
            row++;
        const double low = csv_file_number(&f, row, csv_file_column(&f, "difference_low"));
        const double high = csv_file_number(&f, row, csv_file_column(&f, "difference_high"));
        assert_string_equal(csv_file_text(&f, row, csv_file_column(&f, "verdict")), wanted[i].verdict);
        assert_true(low < wanted[i].difference && wanted[i].difference < high && high - low < 0.012);
        assert_true(fabs(csv_file_number(&f, row, csv_file_column(&f, "lr")) - wanted[i].lr) < 1e-9);
        assert_true(csv_file_number(&f, row, csv_file_column(&f, "like_low")) < low);
        assert_true(csv_file_number(&f, row, csv_file_column(&f, "next_high")) > high);
        assert_true(csv_file_number(&f, row, csv_file_column(&f, "failed")) == 0);
    }
    int fallen = 0;
    while (strcmp(csv_file_text(&f, fallen, csv_file_column(&f, "method")), "Full, adapted matrices") != 0)
        fallen++;
    assert_true(csv_file_number(&f, fallen, csv_file_column(&f, "failed")) == 4); /* a seed on each task */
    char *rates = file_read(scratch_path("tables/planted-rates.md"), 1 << 20, NULL);
    const char *gain = strstr(rates, "a rate per task chosen on the others is "),
               *count = gain ? strstr(gain, "(6 methods on the same data") : NULL;
    assert_non_null(count); /* peaks are the same on all tasks, so nothing is gained */
    assert_true(fabs(strtod(strstr(gain, "is ") + 3, NULL)) < 0.7);
    free(rates);
    csv_file_free(&f);
}

/* Catches: the mean over one task beside means over four, which made a method of three runs the first choice; BitFit called dense;
 * the length of runs that the table leaves out given for that of its rows. */
static void a_part_of_the_tasks(void **state)
{
    (void)state;
    struct csv_file f;
    const char *ini = scratch_text("part.ini", "[experiment]\ntitle = t\n[defaults]\nbase = tiny-random\nntrain = 40\n"
                                               "nvalid = 10\nntest = 10\nrank = 2\nlr = 3e-3\nseeds = 100..105\n"
                                               "task = cola sst mnli qnli\n[grid before]\nmethod = head\nsteps = 77\n"
                                               "[grid all]\nmethod = head full lora dora bitfit\n"
                                               "[grid part]\nmethod = vera\ntask = mnli\n"
                                               "[table decision]\ngrids = all part\n");
    fake_results(scratch, ini, law);
    assert_int_equal(fake_report(scratch, ini), EXIT_OK);
    csv_file_read(&f, scratch_path("tables/part-decision.csv"));
    const int name = csv_file_column(&f, "method"), difference = csv_file_column(&f, "difference");
    const int verdict = csv_file_column(&f, "verdict"), when = csv_file_column(&f, "when");
    for (int i = 0; i < csv_file_rows(&f); i++) {
        const bool part = strcmp(csv_file_text(&f, i, name), "VeRA") == 0;
        const bool lora = strcmp(csv_file_text(&f, i, name), "LoRA") == 0;
        assert_int_equal(strcmp(csv_file_text(&f, i, difference), "") == 0, part || lora);
        assert_int_equal(strcmp(csv_file_text(&f, i, verdict), "") == 0, part || lora);
        assert_int_equal(strcmp(csv_file_text(&f, i, when), "not run on every task") == 0, part);
        if (strcmp(csv_file_text(&f, i, name), "BitFit") == 0)
            assert_null(strstr(csv_file_text(&f, i, when), "dense"));
    }
    csv_file_free(&f);
    char *text = file_read(scratch_path("tables/part-decision.md"), 1 << 20, NULL);
    assert_non_null(strstr(text, "4 tasks, 400 steps, 10 generated test examples, "));
    free(text);
}

/* Three tenths higher on the easy task. */
static double easy_and_hard(const struct spec *s)
{
    char value[OPTION_TEXT], text[SPEC_TEXT];
    spec_text(s, text);
    const bool easy = strcmp(spec_get(text, "task.difficulty", value), "0") == 0;
    const char *m = s->method->name;
    return 0.5 + (easy ? 0.3 : 0) + (strcmp(m, "head") == 0 ? 0 : strcmp(m, "full") == 0 ? 0.1 : 0.09);
}

/* Catches: a search whose runs count as failed by the scale of another task of the same name. */
static void each_task_has_its_scale(void **state)
{
    (void)state;
    struct csv_file f;
    const char *ini = scratch_text("scale.ini", "[experiment]\ntitle = t\n[grid g]\nbase = tiny-random\ntask = sst\n"
                                                "method = head full lora\ndifficulty = 0 2\nntrain = 40\nnvalid = 10\n"
                                                "ntest = 10\nrank = 2\nlr = 1e-3 3e-3\ntune_seeds = 0..1\n"
                                                "seeds = 10..12\n[table rates]\n");
    fake_results(scratch, ini, easy_and_hard);
    assert_int_equal(fake_report(scratch, ini), EXIT_OK);
    csv_file_read(&f, scratch_path("tables/scale-rates.csv"));
    assert_int_equal(csv_file_rows(&f), 12);
    for (int i = 0; i < csv_file_rows(&f); i++)
        if (strcmp(csv_file_text(&f, i, csv_file_column(&f, "method")), "LoRA") == 0)
            assert_true(csv_file_number(&f, i, csv_file_column(&f, "failed")) == 0);
    csv_file_free(&f);
}

/* Full fine-tuning and LoRA are far apart, one way or the other. */
static double wild(const struct spec *s)
{
    return 0.5 + (strcmp(s->method->name, "full") == 0 ? 0.4 : 0.1) * (s->train.seed % 2 ? 1 : -1);
}

/* Catches: the size of the test set kept back where the metric has no binomial error, or such an error given to MCC. */
static void what_runs_can_tell(void **state)
{
    (void)state;
    const char *ini = scratch_text("limits.ini", "[experiment]\ntitle = t\n[grid g]\nbase = tiny-random\n"
                                                 "method = lora full\ntask = cola sst\nntrain = 40\nnvalid = 10\n"
                                                 "ntest = 10\nrank = 2\nlr = 1e-2\nseeds = 0..4\n"
                                                 "[table score]\nkind = score\n[table valid]\nkind = score\n"
                                                 "metric = valid\n");
    fake_results(scratch, ini, wild);
    assert_int_equal(fake_report(scratch, ini), EXIT_OK);
    char *text = file_read(scratch_path("tables/limits-score.md"), 1 << 20, NULL);
    assert_non_null(strstr(text, "- cola: 200 test examples.\n"));
    assert_non_null(strstr(text, "- sst: 200 test examples; one binomial standard error at the best mean is "));
    free(text);
    text = file_read(scratch_path("tables/limits-valid.md"), 1 << 20, NULL);
    assert_null(strstr(text, "test examples"));
    free(text);
}

/* What is measured changes no training; the score says which of the runs stayed. The last seed's probes diverge. */
static double fake_by_measure(const struct spec *s)
{
    const int seed = s->train.seed;
    return s->train.probes && seed == 2 ? NAN : 0.5 + seed / 64.0 + (s->train.probes ? 0.25 : 0);
}

/* Catches: one seed measured in two ways counted as two (n = 6 from three seeds), probes or an ok run let go for one
 * without; whole ranks and ranks that meet the budget taken for one adapter. */
static void measured_twice(void **state)
{
    (void)state;
    const char *const grid =
        "base = tiny-random\nmethod = lora\ntask = cola\nntrain = 40\nnvalid = 10\nntest = 10\nlr = 1e-2\n"
        "seeds = 0..2\n";
    char *text = mem_text("[experiment]\ntitle = t\n[grid a]\nrank = 2\nprobes = 0\nevals = 2\n%s[grid b]\nrank = "
                          "2\n%s[grid c]\nrank = 2\nprobes = 0\nforgetting = 2\n%s[grid d]\nbudget = 1000\nprobes = "
                          "0\n%s[grid e]\nbudget = 1000\nprobes = 0\nexact = 0\n%s[table seeds]\nkind = seeds\n"
                          "[table score]\nkind = score\n",
                          grid, grid, grid, grid, grid);
    const char *ini = scratch_text("twice.ini", text);
    fake_results(scratch, ini, fake_by_measure);
    assert_int_equal(fake_report(scratch, ini), EXIT_OK);
    char *csv = file_read(scratch_path("tables/twice-seeds.csv"), 1 << 20, NULL);
    assert_string_equal(strchr(csv, '\n'), "\ncola,,LoRA r=2,0.75,0.765625,0.53125\n"
                                           "cola,1000,LoRA,0.5,0.515625,0.53125\n"
                                           "cola,1000,LoRA exact=0,0.5,0.515625,0.53125\n");
    free(csv);
    csv = file_read(scratch_path("tables/twice-score.csv"), 1 << 20, NULL);
    assert_non_null(strstr(csv, "cola,,LoRA r=2,3,3,0,0.6822916"));
    free(csv);
    free(text);
}

/* The data of a figure of LoRA and full fine-tuning with made-up scores, for free(); skips where gnuplot is absent. */
static char *data_of(const char *figure, const char *grid, fake_score *score)
{
    if (access("/usr/bin/gnuplot", X_OK))
        skip();
    char *text = mem_text("[experiment]\ntitle = t\n[grid g]\nbase = tiny-random\nmethod = lora full\ntask = cola\n"
                          "ntrain = 40\nnvalid = 10\nntest = 10\nrank = 2\n%s[figure %s]\nkind = %s\n",
                          grid, figure, figure);
    const char *ini = scratch_text("drawn.ini", text);
    fake_results(scratch, ini, score);
    assert_int_equal(fake_report(scratch, ini), EXIT_OK);
    free(text);
    text = mem_text("figures/drawn-%s.dat", figure);
    char *data = file_read(scratch_path(text), 1 << 20, NULL);
    free(text);
    return data;
}

/* Full fine-tuning is a thousandth better from every seed, and seeds differ by far more. */
static double always_ahead(const struct spec *s)
{
    return 0.5 + 0.06 * s->train.seed + (strcmp(s->method->name, "full") == 0 ? 0.001 : 0);
}

/* Catches: seeds drawn for each method apart when it is asked how surely a method is on the front, though all share
 * them: it would be one half for the method that is always ahead. */
static void front_of_shared_seeds(void **state)
{
    (void)state;
    char *data = data_of("f5", "lr = 1e-2\nseeds = 0..6\n", always_ahead);
    int surely = 0;
    for (const char *p = data; (p = strstr(p, " 68.1 1 1 0 7\n")); p++) /* score, probability; series, colour, mark */
        surely++;
    assert_int_equal(surely, 4); /* against parameters, memory, time and forgetting */
    free(data);
}

/* On two of three tuning seeds LoRA is best at 3e-3, on the third at 1e-2, by so much that two of it turn the mean: 7
 * of 27 resamples. Full fine-tuning is best at 3e-3 on all. */
static double one_seed_apart(const struct spec *s)
{
    double lr = s->train.lr;
    bool apart = strcmp(s->method->name, "lora") == 0 && s->train.seed == 2;
    return fabs(lr - 3e-3) < 1e-6 ? 0.80 : fabs(lr - 1e-2) < 1e-6 ? (apart ? 0.815 : 0.79) : 0.70;
}

/* Catches: an optimum that looks surer, or less sure, than its tuning seeds make it. */
static void optimum_has_an_interval(void **state)
{
    (void)state;
    char *data = data_of("f6", "lr = 1e-3 3e-3 1e-2\ntune_seeds = 0..2\nseeds = 100..101\n", one_seed_apart);
    assert_non_null(strstr(data, "\n0.003 0.003 0.01 79\n0.003 0.003 0.003 79\n"));
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_part_of_the_tasks, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(placebo_and_handicap, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(each_task_has_its_scale, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(what_runs_can_tell, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(measured_twice, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(front_of_shared_seeds, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(optimum_has_an_interval, scratch_open, scratch_close),
    };
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
