/* Tables along an axis, on made-up runs whose peaks, slopes, distances and bits are known. */
/* precision: float */
#include "tests/scratch.h"

#include "core/arena.h"
#include "core/file.h"
#include "record/runs_csv.h"
#include "record/sharpness.h"
#include "tests/fake.h"
#include "tests/near.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Field k of a line of a CSV without quotes, into text. */
static void field(const char *line, int k, char text[128])
{
    for (; k > 0; k--)
        line += strcspn(line, ",") + 1;
    snprintf(text, 128, "%.*s", (int)strcspn(line, ",\n"), line);
}

static int column_of(const char *csv, const char *name)
{
    char text[128];
    for (int k = 0; k < 64; k++) {
        field(csv, k, text);
        if (strcmp(text, name) == 0)
            return k;
    }
    fail_msg("no column %s", name);
    return -1;
}

/* The number of a row, by its name and that of the column. */
static double number_of(const char *csv, const char *row, const char *column)
{
    char text[128];
    const int name = column_of(csv, "name"), k = column_of(csv, column);
    for (const char *line = strchr(csv, '\n'); line && line[1]; line = strchr(line + 1, '\n')) {
        field(line + 1, name, text);
        if (strcmp(text, row) != 0)
            continue;
        field(line + 1, k, text);
        return *text ? strtod(text, NULL) : NAN;
    }
    fail_msg("no row %s in\n%s", row, csv);
    return NAN;
}

static char *table_of(const char *ini, fake_score *score, const char *table)
{
    char path[64];
    const char *file = scratch_text("along.ini", ini);
    fake_results(scratch, file, score);
    assert_int_equal(fake_report(scratch, file), EXIT_OK);
    snprintf(path, sizeof path, "tables/along-%s.csv", table);
    return file_read(scratch_path(path), 1 << 20, NULL);
}

#define TINY "base = tiny-random\ntask = cola\nntrain = 64\nnvalid = 10\nntest = 10\n"

/* LoRA's best rate is 10^-2 at rank 1 and falls with the root of the rank; full fine-tuning's is 10^-3; seeds shift both. */
static double parabola(const struct spec *s)
{
    const bool lora = strcmp(s->method->name, "lora") == 0;
    const double best = (lora ? -2 - 0.5 * log10(s->adapter.rank) : -3) + 0.02 * (s->train.seed - 1);
    const double off = log10(s->train.lr) - best;
    return 0.9 - (lora ? 0 : 0.05) - 0.1 * off * off;
}

/* Catches: the peak taken at the best rate alone; seeds mixed; a ratio upside down; a slope of other logarithms; a loss at
 * another distance; the label's rank taken for a line of its own. */
static void best_rates(void **state)
{
    (void)state;
    char *csv = table_of(
        "[experiment]\ntitle = x\n[grid a]\n" TINY
        "method = lora full\nrank = 1 4 16\nlr = 1e-4 3.1622777e-4 1e-3 3.1622777e-3 1e-2 3.1622777e-2\nseeds = 0..2\n"
        "[table peaks]\nover = rank\nreference = \"Full fine-tuning\"\n",
        parabola, "peaks");
    near(number_of(csv, "LoRA rank=1", "rate"), 1e-2, 1e-3);
    near(number_of(csv, "LoRA rank=16", "rate"), 2.5e-3, 1e-4);
    near(number_of(csv, "LoRA rank=1", "times"), 10, 1e-3);
    assert_true(isnan(number_of(csv, "LoRA rank=1", "times_low"))); /* what does not vary at all has no interval */
    near(number_of(csv, "LoRA slope", "slope"), -0.5, 1e-3);
    near(number_of(csv, "LoRA slope", "slope_high"), -0.5, 1e-2);
    near(number_of(csv, "LoRA slope", "n"), 3, 0);
    /* the best rate of the ladder is 3.2e-3, 0.102 of a decade above the peak of seed 1; one rung above: 0.602 */
    near(number_of(csv, "LoRA rank=16", "lost3"), 0.1 * (0.602 * 0.602 - 0.102 * 0.102), 3e-3);
    near(number_of(csv, "LoRA rank=1", "edge"), 0, 0);
    /* at rank 4 the peak lies 0.199 of a decade beside a rate of the ladder, at rank 1 on one */
    near(number_of(csv, "LoRA slope", "spread"), 0.1 * 0.199 * 0.199, 3e-4);
    free(csv);
}

/* Of three ranks none is better than another: what one seed gains at rank 1 or 4 the next one loses there. */
static double no_place(const struct spec *s)
{
    static const double gain[2][3] = {{0.05, -0.05, 0}, {-0.05, 0.05, 0}};
    const double off = log10(s->train.lr) + 2.5;
    return 0.85 + (s->adapter.rank < 16 ? gain[s->adapter.rank > 1][s->train.seed] : 0) - 0.1 * off * off;
}

/* Catches: a best place that is ahead of the worst by what chose the two. */
static void places_that_are_alike(void **state)
{
    (void)state;
    char *csv = table_of(
        "[experiment]\ntitle = x\n[grid a]\n" TINY
        "method = lora\nrank = 1 4 16\nlr = 1e-3 3.1622777e-3 1e-2\nseeds = 0..2\n[table peaks]\nover = rank\n",
        no_place, "peaks");
    near(number_of(csv, "LoRA slope", "spread"), -0.2 / 3, 1e-6);
    free(csv);
}

/* Largest eigenvalues of the runs at one rate: LoRA's 2, full fine-tuning's 60. */
static void put_eigenvalues(void)
{
    struct runs_list runs;
    struct sharp_list l = {0};
    runs_list_read(&runs, scratch_path("runs.csv"));
    for (int i = 0; i < runs.n; i++) {
        const struct facts *f = &runs.row[i].facts;
        if (fabs(f->lr - 1e-4) > 1e-9)
            continue;
        struct sharp *s = &PUSH(l.row, l.n);
        *s = (struct sharp){.adapter = strcmp(f->method, "lora") == 0 ? 2 : 60, .whole = 70, .off = 0.01};
        snprintf(s->key, sizeof s->key, "%s", f->key);
    }
    assert_int_equal(l.n, 6);
    sharp_write(&l, scratch_path("sharpness.csv"));
    sharp_free(&l);
    runs_list_free(&runs);
}

/* Catches: eigenvalues looked up at the best rate alone, where the list has another; the two eigenvalues exchanged; a product that is
 * a quotient, a spread of sums, a slope with its axes exchanged. */
static void rates_and_eigenvalues(void **state)
{
    (void)state;
    const char *ini =
        "[experiment]\ntitle = x\n[grid a]\n" TINY
        "method = lora full\nrank = 1\nlr = 1e-4 3.1622777e-4 1e-3 3.1622777e-3 1e-2 3.1622777e-2\nseeds = 0..2\n"
        "[table peaks]\n[table sharpness]\n";
    free(table_of(ini, parabola, "peaks"));
    put_eigenvalues();
    char *csv = table_of(ini, parabola, "sharpness");
    near(number_of(csv, "LoRA", "eigenvalue"), 2, 1e-6);
    near(number_of(csv, "LoRA", "whole"), 70, 1e-6);
    near(number_of(csv, "LoRA", "rate"), 1e-2, 1e-3);
    near(number_of(csv, "Full fine-tuning", "rate_times"), 0.1, 1e-3);
    near(number_of(csv, "Full fine-tuning", "eigenvalue_times"), 30, 1e-4);
    near(number_of(csv, "Full fine-tuning", "product_times"), 3, 1e-2);
    near(number_of(csv, "all", "n"), 3, 0);
    near(number_of(csv, "all", "spread_rate"), 10, 1e-2);
    near(number_of(csv, "all", "spread"), 3, 1e-2);
    assert_true(isnan(number_of(csv, "all", "spread_high")));
    near(number_of(csv, "all", "slope"), -1 / log10(30), 1e-2);
    free(csv);
}

/* LoRA is a point behind for every halving of the rank; the search's seeds see 10 points less for both. */
static double doubling(const struct spec *s)
{
    const bool lora = strcmp(s->method->name, "lora") == 0;
    const double rank = log2(s->adapter.rank), seed = 0.001 * (s->train.seed % 10);
    return 0.8 + seed - (s->train.lr > 0.005 ? 0.02 : 0) - (lora ? 0.05 - 0.01 * rank : 0) -
           (s->train.seed < 10 ? 0.1 : 0);
}

/* Catches: a difference upside down; a slope per decade; seeds of two methods mixed; the search counted among the reported. */
static void distances(void **state)
{
    (void)state;
    char *csv = table_of("[experiment]\ntitle = x\n[grid a]\n" TINY
                         "method = lora dora full\nrank = 1 4 16\nlr = 1e-3 1e-2\ntune_seeds = 0..1\nseeds = 100..103\n"
                         "[table trend]\nover = rank\nreference = \"Full fine-tuning\"\nagainst = DoRA\n",
                         doubling, "trend");
    near(number_of(csv, "LoRA rank=1", "difference"), -0.05, 1e-6);
    near(number_of(csv, "LoRA rank=16", "difference"), -0.01, 1e-6);
    near(number_of(csv, "LoRA rank=16", "n"), 4, 0);
    near(number_of(csv, "LoRA slope", "slope"), 0.01, 1e-6);
    near(number_of(csv, "LoRA slope", "slope_low"), 0.01, 1e-6);
    near(number_of(csv, "DoRA slope", "slope"), 0, 1e-6);
    near(number_of(csv, "LoRA slope", "slope_less"), 0.01, 1e-6);
    near(number_of(csv, "LoRA rank=4", "alone"), -0.03, 1e-6);
    free(csv);
}

/* LoRA ends at 0.8, full fine-tuning at 0.9; made-up runs gain 3 points from each of four evaluations to the next. */
static double ends(const struct spec *s)
{
    return strcmp(s->method->name, "lora") == 0 ? 0.8 : 0.9;
}

/* Catches: the goal of the better one; a ratio upside down; the first evaluation that has the goal taken for the step. */
static void speeds(void **state)
{
    (void)state;
    char *csv = table_of("[experiment]\ntitle = x\n[grid a]\n" TINY
                         "method = lora full\nsteps = 40 80\nevals = 4\nseeds = 0..2\n"
                         "[table speed]\nover = steps\n",
                         ends, "speed");
    /* 0.76 = 0.95 x 0.8: LoRA has 0.74 after 20 of 40 steps and 0.77 after 30; full fine-tuning 0.81 after 10 */
    near(number_of(csv, "Full fine-tuning steps=40", "faster"), (20 + 10 * 2.0 / 3) / 10, 2e-3);
    near(number_of(csv, "Full fine-tuning steps=80", "own"), 20, 1e-6);
    free(csv);
}

/* Catches: nats taken for bits; the whole curve averaged; bits of the pass before; a rate that has learned less; a figure
 * that has other numbers than the table. */
static void bits(void **state)
{
    (void)state;
    char *csv = table_of("[experiment]\ntitle = x\n[grid a]\n" TINY
                         "method = lora\nrank = 2\nsteps = 4\nevaluate = valid\nlr = 1e-3 1e-2\nseeds = 0..2\n"
                         "[table learned]\nover = task.ntrain\n[figure learned]\nover = task.ntrain\n",
                         ends, "learned");
    /* two steps of 32 are a pass over 64: losses 1.1 exp(-3/4 i) for i = 2, 3 */
    const double loss = 1.1 * (exp(-1.5) + exp(-2.25)) / 2, learned = 64 * (1 - loss / log(2));
    near(number_of(csv, "LoRA ntrain=64", "learned"), learned, 1e-9);
    /* two layers of 32: q and v have rank 2 x 64 each, the made-up head 195 */
    near(number_of(csv, "LoRA", "bits"), learned / (2 * 2 * 2 * 64 + 195), 0.01);
    free(csv);
    if (access("/usr/bin/gnuplot", X_OK))
        return;
    char *dat = file_read(scratch_path("figures/along-learned.dat"), 1 << 20, NULL);
    const char *row = strstr(dat, "\n64 ");
    assert_non_null(row);
    near(strtod(row + 4, NULL), learned, 1e-4);
    free(dat);
}

/* Catches: a mark that is not drawn because its one run has no interval. */
static void one_run_has_a_mark(void **state)
{
    (void)state;
    if (access("/usr/bin/gnuplot", X_OK))
        skip();
    free(table_of("[experiment]\ntitle = x\n[grid a]\n" TINY
                  "method = lora\nrank = 2\nsteps = 4\nevaluate = valid\nlr = 1e-2\nseeds = 0\n"
                  "[table learned]\nover = task.ntrain\n[figure learned]\nover = task.ntrain\n",
                  ends, "learned"));
    char *svg = file_read(scratch_path("figures/along-learned.svg"), 1 << 20, NULL);
    const char *key = strstr(svg, "<use "), *mark = key ? strstr(key + 1, "<use ") : NULL;
    assert_non_null(mark);
    free(svg);
}

/* Full fine-tuning and a method half a point and one two and a half points behind LoRA. */
static double behind(const struct spec *s)
{
    const char *m = s->method->name;
    return 0.8 + 0.0001 * (s->train.seed % 5) - (strcmp(m, "dora") == 0 ? 0.005 : strcmp(m, "vera") == 0 ? 0.025 : 0);
}

/* Catches: references counted among the methods; a margin in shares; not proven taken for proven. */
static void margins(void **state)
{
    (void)state;
    char *csv = table_of("[experiment]\ntitle = x\n[grid a]\n" TINY
                         "method = lora dora vera full\nbudget = 512\nseeds = 0..4\n[table passes]\nmargins = 1 3\n",
                         behind, "passes");
    near(number_of(csv, "1 point", "methods"), 2, 0);
    near(number_of(csv, "1 point", "equivalent"), 1, 0);
    near(number_of(csv, "1 point", "worse"), 1, 0);
    near(number_of(csv, "1 point", "share_high"), 0.5, 1e-6);
    near(number_of(csv, "3 points", "share_low"), 1, 1e-6);
    free(csv);
    dies(table_of("[experiment]\ntitle = x\n[grid a]\n" TINY
                  "method = lora dora\nbudget = 512\nseeds = 0..4\n[table passes]\nmargins = some\n",
                  behind, "passes"),
         EXIT_USAGE, "margins: some is not a number of points");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(best_rates, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(places_that_are_alike, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(rates_and_eigenvalues, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(distances, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(speeds, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(bits, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(one_run_has_a_mark, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(margins, scratch_open, scratch_close),
    };
    return cmocka_run_group_tests_name("along", tests, NULL, NULL);
}
