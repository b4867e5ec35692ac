/* The main table: every method against LoRA, with what may and what may not be read from it. */
#include "analysis/verdict.h"
#include "analysis/words.h"
#include "table/kind.h"

#include "core/arena.h"
#include "stats/meta.h"
#include "stats/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    C_TASK,
    C_BUDGET,
    C_METHOD,
    C_RUNS,
    C_OK,
    C_FAILED,
    C_MEAN,
    C_RANGE,
    C_LOW,
    C_HIGH,
    C_MEDIAN,
    C_DIFFERENCE,
    C_DIFFERENCE_RANGE,
    C_DIFFERENCE_LOW,
    C_DIFFERENCE_HIGH,
    C_VERDICT,
    C_AHEAD,
    C_P,
    C_ADJUSTED,
    C_TRAINED,
    C_OFF,
    C_END,
    C_STORED
};

static void columns(struct table *s, const char *reference)
{
    char difference[128], ahead[128];
    snprintf(difference, sizeof difference, "Δ %s", reference);
    snprintf(ahead, sizeof ahead, "Runs ahead of %s", reference);
    group_columns(s);
    const struct column rest[] = {
        {"Runs", "runs", EVERYONE, true},
        {"", "ok", PROGRAMS, true},
        {"Failed", "failed", EVERYONE, true},
        {"Mean", "mean", EVERYONE, true},
        {"95 % interval", "interval", READERS, true},
        {"", "low", PROGRAMS, true},
        {"", "high", PROGRAMS, true},
        {"Median", "median", EVERYONE, true},
        {difference, "difference", EVERYONE, true},
        {"95 % interval", "difference_interval", READERS, true},
        {"", "difference_low", PROGRAMS, true},
        {"", "difference_high", PROGRAMS, true},
        {"Verdict", "verdict", EVERYONE, false},
        {ahead, "ahead", EVERYONE, true},
        {"", "p", PROGRAMS, true},
        {"p, adjusted", "p_adjusted", EVERYONE, true},
        {"Trained", "parameters_trained", EVERYONE, true},
        {"Against budget", "off_budget", EVERYONE, true},
        {"Left at the end", "parameters_active", EVERYONE, true},
        {"Stored", "parameters_stored", EVERYONE, true},
    };
    table_columns(s, rest, sizeof rest / sizeof *rest);
}

static void write_line(struct table *s, const struct groups *all, const struct judgement *l)
{
    const struct group *g = l->group;
    const double trained = group_mean(g, FACT_parameters_trained), end = group_mean(g, FACT_parameters_active),
                 stored = group_mean(g, FACT_parameters_stored);
    group_row(s, all, g->task, g->budget, g->label);
    if (!g->budget)
        table_text(s, C_BUDGET, "–");
    table_number(s, C_RUNS, g->n, 0);
    table_number(s, C_OK, g->ok, 0);
    table_value(s, C_FAILED, l->failed < 0 ? NAN : l->failed, l->failed < 0 ? "–" : count_text(l->failed));
    table_value(s, C_MEAN, l->mean, percent_text(l->mean));
    table_text(s, C_RANGE, "%s", range_text(l->interval.low, l->interval.high, false));
    table_number(s, C_LOW, l->interval.low, 4);
    table_number(s, C_HIGH, l->interval.high, 4);
    table_value(s, C_MEDIAN, l->median, percent_text(l->median));
    if (l->reference) {
        const struct contrast *c = &l->contrast;
        table_value(s, C_DIFFERENCE, c->difference, points_text(c->difference));
        table_text(s, C_DIFFERENCE_RANGE, "%s", range_text(c->low, c->high, true));
        table_number(s, C_DIFFERENCE_LOW, c->low, 4);
        table_number(s, C_DIFFERENCE_HIGH, c->high, 4);
        table_text(s, C_VERDICT, "%s", verdict_names[l->verdict]);
        if (!isnan(l->ahead))
            table_number(s, C_AHEAD, l->ahead, 2);
        table_number(s, C_P, c->p, 4);
        if (!isnan(l->adjusted))
            table_value(s, C_ADJUSTED, l->adjusted, p_text(l->adjusted));
    }
    table_value(s, C_TRAINED, trained, count_text(trained));
    table_value(s, C_END, end, count_text(end));
    table_value(s, C_STORED, stored, count_text(stored));
    if (g->budget && !isnan(trained)) {
        const bool at_end = setup_is(g->setup, "budget_at", "end");
        const double off = trained / g->budget - 1;
        char words[48];
        snprintf(words, sizeof words, "%+.1f %%%s", fabs(off) < 5e-4 ? 0 : 100 * off, at_end ? " *" : "");
        table_value(s, C_OFF, off, words);
    }
}

/* What the test set can tell. Only a share of its examples has a binomial error: MCC, F1 and r have none. */
static void note_examples(struct table *s, const struct group *g, int items, double mean, enum fact_id of)
{
    enum metric metric = g->setup->metric;
    if (!items || of == FACT_valid_metric)
        return;
    if (of == FACT_test_second || metric != METRIC_ACCURACY)
        table_note(s, "%s: %s test examples.", g->task, count_text(items));
    else
        table_note(s, "%s: %s test examples; one binomial standard error at the best mean is %s points.", g->task,
                   count_text(items), percent_text(binomial_error(mean, items)));
}

/* What n runs can tell, what pairing them by seed would tell, and how many runs a difference as small as the margin asks
 * for: a line per task. Of methods with a budget; references lie further off than any power needs. */
static void note_power(struct table *s, const struct judgement *line, int n, double margin)
{
    struct contrast *c = mem_alloc(2 * (size_t)(n + 1) * sizeof *c), *paired = c + n + 1;
    double *runs = mem_alloc((size_t)(n + 1) * sizeof *runs);
    int known = 0;
    for (int i = 0; i < n; i++)
        if (line[i].group->budget && line[i].reference) {
            c[known] = line[i].contrast;
            paired[known] = line[i].paired;
            runs[known++] = line[i].n;
        }
    const double found = detectable_median(c, known), in_pairs = detectable_median(paired, known);
    if (!isnan(found)) {
        char *more =
            found > margin
                ? mem_text("; for %s about %s runs of a method are needed, LoRA’s in the present proportion",
                           percent_text(margin), count_text(ceil(stats_median(runs, known) * pow(found / margin, 2))))
                : mem_text("%s", "");
        char *pairs = isnan(in_pairs) ? mem_text("%s", "")
                                      : mem_text(" (%s if runs were paired by seed)", percent_text(in_pairs));
        table_note(s,
                   "%s: a difference of %s points%s is found with power 0.8 (two-sided, 5 %%; median over methods)%s.",
                   line[0].group->task, percent_text(found), pairs, more);
        free(more);
        free(pairs);
    }
    free(runs);
    free(c);
}

/* What n runs can tell, and what the test set can tell: a line per task each. */
static void add_limits(struct table *s, const struct judgement *line, int n, enum fact_id of, double margin)
{
    for (int first = 0, count = 0; first < n; first += count) {
        int items = 0;
        double mean = 0;
        for (count = 0; first + count < n && strcmp(line[first + count].group->task, line[first].group->task) == 0;
             count++) {
            const struct judgement *l = &line[first + count];
            for (int i = 0; i < l->group->n; i++)
                if (l->group->run[i]->ok && l->group->run[i]->facts->items > 0)
                    items = (int)l->group->run[i]->facts->items;
            mean = isnan(l->mean) ? mean : fmax(mean, l->mean);
        }
        note_power(s, line + first, count, margin);
        const struct setup *setup = line[first].group->setup;
        if (!items && !setup->task->load) /* a list does not say, and what is generated has as many as were asked for */
            items = (int)setup_number(setup, "ntest");
        note_examples(s, line[first].group, items, mean, of);
    }
}

/* The median over methods of how scores on a seed go together with the reference's; NaN when nowhere known. */
static double togetherness(const struct judgement *line, int n)
{
    double *r = mem_alloc((size_t)(n + 1) * sizeof *r);
    int known = 0;
    for (int i = 0; i < n; i++)
        if (!isnan(line[i].together))
            r[known++] = line[i].together;
    const double median = stats_median(r, known);
    free(r);
    return median;
}

static int fewest(const struct judgement *line, int n)
{
    int least = n ? line[0].n : 0;
    for (int i = 1; i < n; i++)
        least = line[i].n < least ? line[i].n : least;
    return least;
}

static void caption(struct table *s, const struct groups *g, const struct judgement *line, const char *of,
                    const char *reference)
{
    char kind[256];
    int most = 0, lost = 0;
    bool marked = false;
    for (int i = 0; i < g->n; i++) {
        most = line[i].n > most ? line[i].n : most;
        lost += line[i].group->n - line[i].group->ok;
        marked |= setup_is(line[i].group->setup, "budget_at", "end");
    }
    interval_words(most, kind, sizeof kind);
    const char *metric = metric_name(g->group[0].setup->metric);
    for (int i = 1; i < g->n; i++)
        if (g->group[i].setup->metric != g->group[0].setup->metric)
            metric = "each task's metric";
    if (strcmp(of, "second") == 0)
        metric = "second metric of each task";
    table_caption(
        s,
        "%s: %s%s x 100 over n = %s runs per row. Interval of the mean: %s. Δ: unpaired (Welch) against %s at "
        "the same budget, or the one of nearest size.",
        s->id,
        strcmp(of, "test") == 0     ? "test "
        : strcmp(of, "best") == 0   ? "test, at the best validation, "
        : strcmp(of, "second") == 0 ? "test "
                                    : "validation ",
        metric, runs_words(g), kind, reference);
    table_note(
        s,
        "Verdict, margin %g point%s: equivalent when the interval of Δ lies inside the margin; better or worse when "
        "it leaves out 0 and p, adjusted for all rows of the task (Dunnett, variances apart), is at most 0.05; not "
        "worse (not better) when it clears the margin on one side; else undecided. Failed: diverged, or less than "
        "a quarter of the way from the head alone to full fine-tuning, where that leads by more than the margin. Runs "
        "ahead: over all pairs of a run of each, "
        "ties half.",
        100 * g->rows->plan->experiment->margin, plural(100 * g->rows->plan->experiment->margin));
    const int least = fewest(line, g->n);
    if (least >= INTERVAL_LEAST)
        table_note(s, "Simulated coverage of the interval of Δ, %d against %d normal runs: %.0f %%.", least, most,
                   100 * pooled_coverage(POOLED_HERE, 1, least, most, 0, 4000));
    const double r = togetherness(line, g->n);
    if (!isnan(r))
        table_note(s, "Not paired by seed: the scores of two methods on a seed have correlation %.2f (median).", r);
    if (marked)
        table_note(s, "* The budget counts what is left at the end; more is trained.");
    if (lost)
        table_note(s, "%d reported runs are missing, diverged or failed; means are over the others.", lost);
}

static void fill(struct table *s, const struct groups *g, const struct display *d)
{
    enum fact_id of = display_metric(d);
    char *wanted = display_reference(d);
    struct judgement *line = mem_alloc((size_t)(g->n + 1) * sizeof *line);
    const char *reference = *wanted ? wanted : "LoRA";
    bool any = false;
    for (int i = 0; i < g->n; i++) {
        line[i] = judgement_of(g, &g->group[i], of, wanted);
        any |= line[i].n > 0;
        reference = line[i].reference ? line[i].reference->label : reference;
    }
    if (any) {
        judgements_adjust(line, g->n, g->rows->plan->experiment->margin);
        columns(s, reference);
        for (int i = 0; i < g->n; i++)
            write_line(s, g, &line[i]);
        caption(s, g, line, display_get(d, "metric", "test"), reference);
        add_limits(s, line, g->n, of, g->rows->plan->experiment->margin);
    }
    free(line);
    free(wanted);
}

const struct table_kind table_score = {
    .name = "score",
    .title = "Every method against LoRA",
    .help =
        "Per task, budget and method: mean, interval, difference to the reference, verdict, failed runs, parameters.",
    .keys = "metric reference",
    .absent = "none of its runs has been made",
    .fill = fill,
};
