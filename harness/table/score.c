/* The main table: every method against LoRA at the same budget, with what may and what may not be read from it. */
#include "analysis/verdict.h"
#include "table/kind.h"

#include "core/arena.h"
#include "stats/ranktest.h"
#include "stats/stats.h"
#include "stats/superiority.h"

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
    C_RUN,
    C_MEAN,
    C_RANGE,
    C_LOW,
    C_HIGH,
    C_OTHER_LOW,
    C_OTHER_HIGH,
    C_MEDIAN,
    C_IQM,
    C_BEST,
    C_DIFFERENCE,
    C_DIFFERENCE_RANGE,
    C_DIFFERENCE_LOW,
    C_DIFFERENCE_HIGH,
    C_PROBABILITY,
    C_PROBABILITY_RANGE,
    C_PROBABILITY_LOW,
    C_PROBABILITY_HIGH,
    C_VERDICT,
    C_P,
    C_HOLM,
    C_COLLAPSED,
    C_PARAMETERS,
    C_DEVIATION
};

static void columns(struct table *s, const char *reference, bool iqm)
{
    char difference[128], better[128];
    snprintf(difference, sizeof difference, "Δ %s", reference);
    snprintf(better, sizeof better, "P(> %s)", reference);
    group_columns(s);
    const struct column rest[] = {
        {"Runs ok", "runs", READERS, true},
        {"", "ok", PROGRAMS, true},
        {"", "run", PROGRAMS, true},
        {"Mean", "mean", EVERYONE, true},
        {"95 % interval", "interval", READERS, true},
        {"", "low", PROGRAMS, true},
        {"", "high", PROGRAMS, true},
        {"", "other_low", PROGRAMS, true},
        {"", "other_high", PROGRAMS, true},
        {"Median", "median", EVERYONE, true},
        {"IQM", "iqm", iqm ? EVERYONE : PROGRAMS, true},
        {"Best valid", "best_on_validation", EVERYONE, true},
        {difference, "difference", EVERYONE, true},
        {"95 % interval", "difference_interval", READERS, true},
        {"", "difference_low", PROGRAMS, true},
        {"", "difference_high", PROGRAMS, true},
        {better, "probability", EVERYONE, true},
        {"95 % interval", "probability_interval", READERS, true},
        {"", "probability_low", PROGRAMS, true},
        {"", "probability_high", PROGRAMS, true},
        {"Verdict", "verdict", EVERYONE, false},
        {"", "p", PROGRAMS, true},
        {"p, Holm", "p_holm", EVERYONE, true},
        {"Collapsed", "collapsed", EVERYONE, true},
        {"Parameters", "parameters", EVERYONE, true},
        {"Off budget", "deviation", EVERYONE, true},
    };
    table_columns(s, rest, sizeof rest / sizeof *rest);
}

static void write_comparison(struct table *s, const struct judgement *l)
{
    const struct interval *p = &l->superiority.probability;
    table_value(s, C_DIFFERENCE, l->difference.estimate, points_text(l->difference.estimate));
    table_text(s, C_DIFFERENCE_RANGE, "%s", range_text(l->difference.low, l->difference.high, true));
    table_number(s, C_DIFFERENCE_LOW, l->difference.low, 4);
    table_number(s, C_DIFFERENCE_HIGH, l->difference.high, 4);
    if (!isnan(p->estimate))
        table_number(s, C_PROBABILITY, p->estimate, 2);
    if (!isnan(p->low))
        table_text(s, C_PROBABILITY_RANGE, "[%.2f, %.2f]", p->low, p->high);
    table_number(s, C_PROBABILITY_LOW, p->low, 4);
    table_number(s, C_PROBABILITY_HIGH, p->high, 4);
    if (l->pairs > 1)
        table_text(s, C_VERDICT, "%s", verdict_name(l->superiority.verdict));
    table_number(s, C_P, l->p, 4);
    /* An exact p that this many pairs cannot bring below 0.05 is not printed as if it were a finding. */
    if (!isnan(l->holm))
        table_value(s, C_HOLM, l->holm, smallest_p(l->pairs) > 0.05 ? "–" : p_text(l->holm));
}

static void write_line(struct table *s, const struct judgement *l)
{
    const struct group *g = l->group;
    double parameters = group_mean(g, FACT_parameters_active);
    group_row(s, g->task, g->budget, g->label);
    if (!g->budget)
        table_text(s, C_BUDGET, "–");
    table_text(s, C_RUNS, "%d / %d", g->ok, g->n);
    table_number(s, C_OK, g->ok, 0);
    table_number(s, C_RUN, g->n, 0);
    table_value(s, C_MEAN, l->mean, percent_text(l->mean));
    table_text(s, C_RANGE, "%s", range_text(l->interval.low, l->interval.high, false));
    table_number(s, C_LOW, l->interval.low, 4);
    table_number(s, C_HIGH, l->interval.high, 4);
    table_number(s, C_OTHER_LOW, l->other.low, 4);
    table_number(s, C_OTHER_HIGH, l->other.high, 4);
    table_value(s, C_MEDIAN, l->median, percent_text(l->median));
    table_value(s, C_IQM, l->iqm, percent_text(l->iqm));
    table_value(s, C_BEST, l->best, percent_text(l->best));
    write_comparison(s, l);
    table_number(s, C_COLLAPSED, g->collapsed, 0);
    table_value(s, C_PARAMETERS, parameters, count_text(parameters));
    double off = g->budget ? parameters / g->budget - 1 : NAN;
    if (!isnan(off)) {
        char words[32];
        snprintf(words, sizeof words, fabs(off) < 5e-5 ? "0 %%" : "%+.1f %%", 100 * off);
        table_value(s, C_DEVIATION, off, words);
    }
}

/* The most comparisons that a task has. */
static int compared(const struct judgement *line, int n)
{
    int most = 0;
    for (int i = 0; i < n; i++) {
        int count = 0;
        for (int k = 0; k < n; k++)
            count += line[k].pairs > 1 && strcmp(line[k].group->task, line[i].group->task) == 0;
        most = count > most ? count : most;
    }
    return most;
}

/* What the test set can tell. Only a share of its examples has a binomial error: MCC, F1 and r have none. */
static void note_examples(struct table *s, const struct group *g, int items, double mean, enum fact_id of)
{
    enum metric metric = g->setup->metric;
    if (!items || of == FACT_valid_metric)
        return;
    if (of == FACT_test_second)
        table_note(s, "%s: %s test examples.", g->task, count_text(items));
    else if (metric == METRIC_ACCURACY)
        table_note(s, "%s: %s test examples; one binomial standard error at the best mean is %s points.", g->task,
                   count_text(items), percent_text(binomial_error(mean, items)));
    else
        table_note(s, "%s: %s test examples; %s has no binomial standard error.", g->task, count_text(items),
                   metric_name(metric));
}

/* What n runs can tell, and what the test set can tell: one line per task. */
static void add_limits(struct table *s, const struct judgement *line, int n, enum fact_id of)
{
    double *sd = mem_alloc((size_t)n * sizeof *sd);
    for (int first = 0; first < n;) {
        int count = 0, spread = 0, pairs = 0, items = 0;
        double mean = 0;
        for (; first + count < n && strcmp(line[first + count].group->task, line[first].group->task) == 0; count++) {
            const struct judgement *l = &line[first + count];
            for (int i = 0; i < l->group->n; i++)
                if (l->group->run[i]->ok && l->group->run[i]->facts->items > 0)
                    items = (int)l->group->run[i]->facts->items;
            if (!isnan(l->sd))
                sd[spread++] = l->sd;
            if (!isnan(l->sd) && (!pairs || l->pairs < pairs))
                pairs = l->pairs;
            mean = isnan(l->mean) ? mean : fmax(mean, l->mean);
        }
        const char *task = line[first].group->task;
        if (spread) {
            double typical = stats_median(sd, spread);
            table_note(s,
                       "%s: %d paired runs detect a difference of %s points with power 0.8 (two-sided, 5 %%; the "
                       "differences' standard deviation is %s, median over methods); one point needs %s pairs.",
                       task, pairs, percent_text(smallest_difference(typical, pairs, 0.8, 0.05)), percent_text(typical),
                       pairs_for_a_point(typical));
        }
        const struct setup *setup = line[first].group->setup;
        if (!items && !setup->task->load) /* a list does not say, and what is generated has as many as were asked for */
            items = (int)setup_number(setup, "ntest");
        note_examples(s, line[first].group, items, mean, of);
        first += count;
    }
    free(sd);
}

static void caption(struct table *s, const struct groups *g, const struct judgement *line, const char *of,
                    const char *reference)
{
    char kind[256];
    int most = 0, pairs = 0, extra = 0;
    for (int i = 0; i < g->n; i++) {
        most = line[i].n > most ? line[i].n : most;
        pairs = line[i].pairs > pairs ? line[i].pairs : pairs;
        extra += line[i].group->n - line[i].group->ok;
    }
    interval_words(most, kind, sizeof kind);
    const char *metric = metric_name(g->group[0].setup->metric);
    for (int i = 1; i < g->n; i++)
        if (g->group[i].setup->metric != g->group[0].setup->metric)
            metric = "each task's metric";
    if (strcmp(of, "second") == 0)
        metric = "second metric of each task";
    table_caption(s,
                  "%s: %s%s x 100 over n = %s seeds per row. Interval of the mean: %s. Δ: paired by seed against %s at "
                  "the same budget (references without a budget: against the one of nearest size).",
                  s->id,
                  strcmp(of, "test") == 0     ? "test "
                  : strcmp(of, "best") == 0   ? "test, at the best validation, "
                  : strcmp(of, "second") == 0 ? "test "
                                              : "validation ",
                  metric, runs_words(g), kind, reference);
    table_note(s,
               "Verdict: P(> %s) is the share of seeds that beat it (ties half), with its bootstrap interval; \"not "
               "significant\" when that contains 0.5 or the exact sign test does not reject; \"meaningful\" above 0.75 "
               "or below 0.25.",
               reference);
    if (pairs > 1 && smallest_p(pairs) > 0.05)
        table_note(s,
                   "The exact signed-rank p of %d pairs cannot fall below %s, so it is not shown; nor can a verdict be "
                   "other than \"not significant\".",
                   pairs, p_text(smallest_p(pairs)));
    int methods = compared(line, g->n);
    if (pairs > 1 && smallest_p(pairs) * methods > 0.05)
        table_note(s,
                   "The fewest pairs that can be significant, all of them agreeing: %d for one comparison, %d after "
                   "Holm over the %d of a task.",
                   pairs_for_a_verdict(1), pairs_for_a_verdict(methods), methods);
    if (extra)
        table_note(s, "%d reported runs are missing, diverged or failed; means are over the others.", extra);
}

static void fill(struct table *s, const struct groups *g, const struct display *d)
{
    enum fact_id of = display_metric(d);
    char *wanted = display_words(d, "reference");
    struct judgement *line = mem_alloc((size_t)(g->n + 1) * sizeof *line);
    const char *reference = *wanted ? wanted : "LoRA";
    bool iqm = false, any = false;
    for (int i = 0; i < g->n; i++) {
        line[i] = judgement_of(g, &g->group[i], of, wanted);
        iqm |= line[i].n >= 8;
        any |= line[i].n > 0;
        reference = line[i].reference ? line[i].reference->label : reference;
    }
    if (any) {
        judgements_adjust(line, g->n);
        columns(s, reference, iqm);
        for (int i = 0; i < g->n; i++)
            write_line(s, &line[i]);
        caption(s, g, line, display_get(d, "metric", "test"), reference);
        add_limits(s, line, g->n, of);
    }
    free(line);
    free(wanted);
}

const struct table_kind table_score = {
    .name = "score",
    .title = "Every method against LoRA at the same budget",
    .help = "Per task, budget and method: mean, interval, paired difference to the reference, verdict, collapses, "
            "parameters.",
    .keys = "metric reference",
    .absent = "none of its runs has been made",
    .fill = fill,
};
