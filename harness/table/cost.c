/* What a step costs, measured in the reported runs themselves. */
#include "table/kind.h"

#include "stats/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void scaled(struct table *s, int column, double v, double unit, int decimals)
{
    char words[64];
    snprintf(words, sizeof words, "%.*f", decimals, v / unit);
    table_value(s, column, v, isnan(v) ? "–" : words);
}

enum { COST_COUNTS = 3, COST_MEMORY = COST_COUNTS + 4, COST_SPEED = COST_MEMORY + MEMORY_KINDS + 1 };

static void add_cost(struct table *s, const struct groups *g, const struct group *a)
{
    const enum fact_id counts[] = {FACT_parameters_trained, FACT_parameters_active, FACT_parameters_stored,
                                   FACT_parameters_head};
    const enum fact_id memory[MEMORY_KINDS] = {FACT_bytes_weights, FACT_bytes_grads, FACT_bytes_moments,
                                               FACT_bytes_activations, FACT_bytes_scratch};
    double ms = group_median(a, FACT_step_ms), batch = setup_number(a->setup, "batch");
    group_row(s, g, a->task, a->budget, a->label);
    for (int k = 0; k < 4; k++) {
        double v = group_mean(a, counts[k]);
        table_value(s, COST_COUNTS + k, v, count_text(v));
    }
    for (int k = 0; k < MEMORY_KINDS; k++)
        scaled(s, COST_MEMORY + k, group_median(a, memory[k]), 1 << 20, 2);
    scaled(s, COST_MEMORY + MEMORY_KINDS, group_median(a, FACT_peak_bytes), 1 << 20, 1);
    scaled(s, COST_SPEED, group_median(a, FACT_flops_per_step), 1e6, 1);
    scaled(s, COST_SPEED + 1, ms, 1, 2);
    scaled(s, COST_SPEED + 2, 1000 * batch / ms, 1, 0);
    scaled(s, COST_SPEED + 3, group_median(a, FACT_seconds_train), 1, 2);
    scaled(s, COST_SPEED + 4, 4 * (group_mean(a, FACT_parameters_stored) + group_mean(a, FACT_parameters_head)), 1024,
           1);
}

static void fill(struct table *s, const struct groups *g, const struct display *d)
{
    (void)d;
    static const struct column columns[] = {
        {"Trained", "parameters_trained", EVERYONE, true},
        {"In use", "parameters_active", EVERYONE, true},
        {"Stored", "parameters_stored", EVERYONE, true},
        {"Head", "parameters_head", EVERYONE, true},
        {"Weights, MiB", "bytes_weights", EVERYONE, true},
        {"Gradients, MiB", "bytes_grads", EVERYONE, true},
        {"Moments, MiB", "bytes_moments", EVERYONE, true},
        {"Activations, MiB", "bytes_activations", EVERYONE, true},
        {"", "bytes_scratch", PROGRAMS, true},
        {"", "bytes", PROGRAMS, true},
        {"MFLOP per step", "flops_per_step", EVERYONE, true},
        {"ms per step", "step_ms", EVERYONE, true},
        {"Examples per s", "examples_per_second", EVERYONE, true},
        {"Training, s", "train_seconds", EVERYONE, true},
        {"Exported, KiB", "exported_bytes", EVERYONE, true},
    };
    group_columns(s);
    table_columns(s, columns, sizeof columns / sizeof *columns);
    for (int i = 0; i < g->n; i++)
        if (g->group[i].ok)
            add_cost(s, g, &g->group[i]);
    table_caption(
        s,
        "%s: what a run costs, medians over n = %s runs%s. Memory: the peak of each kind; weights are those beyond the "
        "base, which all runs share; scratch and the sum are in the CSV. ms per step: processor time of a run's median "
        "step; training: wall clock of all steps, without evaluation, data and start-up. Times were taken in the "
        "reported runs themselves, beside whatever else the machine did meanwhile (a sweep may make several runs at "
        "once), not in a pass of their own with nothing else running, and differ from machine to machine.",
        s->id, runs_words(g), sample_words(g));
}

const struct table_kind table_cost = {
    .name = "cost",
    .title = "What a step costs",
    .help = "Parameters, memory by kind, operations, time of a step, size of an export; medians over runs, measured in "
            "the runs themselves.",
    .keys = "",
    .absent = "no run has been made",
    .fill = fill,
};
