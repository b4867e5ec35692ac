/* Tables that show runs as they are: every seed's score, measured costs, and the search for learning rates. */
#include "table/table.h"

#include "core/arena.h"
#include "stats/stats.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare_seeds(const void *a, const void *b)
{
    return (*(const int *)a > *(const int *)b) - (*(const int *)a < *(const int *)b);
}

/* All seeds that occur, ascending, for free(); of more than STATS_MANY, one more. */
static int *seeds_of(const struct groups *g, int *n)
{
    int *seed = NULL, count = 0;
    for (int i = 0; i < g->n; i++)
        for (int k = 0; k < g->group[i].n && count <= STATS_MANY; k++) {
            int s = g->group[i].run[k]->run->seed, known = 0;
            for (int j = 0; j < count && !known; j++)
                known = seed[j] == s;
            if (known)
                continue;
            seed = mem_grow(seed, (size_t)(count + 1) * sizeof *seed);
            seed[count++] = s;
        }
    if (count)
        qsort(seed, (size_t)count, sizeof *seed, compare_seeds);
    *n = count;
    return seed;
}

static void begin_row(struct sheet *s, const struct group *a)
{
    sheet_row(s);
    sheet_text(s, 0, "%s", a->task);
    if (a->budget)
        sheet_value(s, 1, a->budget, count_text(a->budget));
    sheet_text(s, 2, "%s", a->label);
}

bool table_seeds(struct sheet *s, const struct groups *g, const struct display *d, char *why, size_t size)
{
    result_value *of = display_metric(d);
    int n, *seed = seeds_of(g, &n);
    char name[32], column[32];
    int first = 3;
    if (n > STATS_MANY) {
        snprintf(why, size, "more than %d seeds make no table; runs.csv has them all", STATS_MANY);
        free(seed);
        return false;
    }
    sheet_column(s, "Task", "task", EVERYONE, false);
    sheet_column(s, "Budget", "budget", EVERYONE, true);
    sheet_column(s, "Method", "method", EVERYONE, false);
    for (int i = 0; i < n; i++) {
        snprintf(name, sizeof name, "Seed %d", seed[i]);
        snprintf(column, sizeof column, "seed_%d", seed[i]);
        sheet_column(s, name, column, EVERYONE, true);
    }
    bool *filled = mem_alloc((size_t)n + 1);
    for (int i = 0; i < g->n; i++) {
        const struct group *a = &g->group[i];
        for (int k = 0; k < a->n; k++) {
            int c = first;
            while (seed[c - first] != a->run[k]->run->seed)
                c++;
            const struct result *w = a->run[k];
            if (k == 0 || filled[c - first]) { /* another teacher, order, ... has the same seeds once more */
                begin_row(s, a);
                memset(filled, 0, (size_t)n);
            }
            filled[c - first] = true;
            sheet_value(s, c, of(w), w->ok ? percent_text(of(w)) : w->present ? "diverged" : "missing");
            if (w->ok && w->collapsed)
                sheet_value(s, c, of(w), "collapsed");
        }
    }
    sheet_caption(s,
                  "%s: score x 100 of every reported run, n = %s per method; a method has as many rows as a seed has "
                  "repetitions.",
                  s->id, runs_words(g));
    free(filled);
    free(seed);
    if (!s->rows)
        snprintf(why, size, "no cell has reported runs");
    return s->rows > 0;
}

static void scaled(struct sheet *s, int column, double v, double unit, int decimals)
{
    char words[64];
    snprintf(words, sizeof words, "%.*f", decimals, v / unit);
    sheet_value(s, column, v, isnan(v) ? "–" : words);
}

/* Median of one kind of memory, bytes, over the runs whose records are at hand: the index has only the sum. */
static double memory_median(const struct group *g, int kind)
{
    double v[GROUP_SAMPLE];
    for (int i = 0; i < g->samples; i++)
        v[i] = result_run(g->sample[i])->cost.arena_peak[kind];
    return stats_median(v, g->samples);
}

enum { COST_COUNTS = 3, COST_MEMORY = COST_COUNTS + 4, COST_SPEED = COST_MEMORY + MEMORY_KINDS + 1 };

static void add_cost(struct sheet *s, const struct group *a)
{
    result_value *const counts[] = {result_trained, result_active, result_stored, result_head};
    double ms = group_median(a, result_ms), batch = strtod(setup_get(a->setup, "batch"), NULL);
    begin_row(s, a);
    for (int k = 0; k < 4; k++) {
        double v = group_mean(a, counts[k]);
        sheet_value(s, COST_COUNTS + k, v, count_text(v));
    }
    for (int k = 0; k < MEMORY_KINDS; k++)
        scaled(s, COST_MEMORY + k, memory_median(a, k), 1 << 20, 2);
    scaled(s, COST_MEMORY + MEMORY_KINDS, group_median(a, result_bytes), 1 << 20, 1);
    scaled(s, COST_SPEED, group_median(a, result_flops), 1e6, 1);
    scaled(s, COST_SPEED + 1, ms, 1, 2);
    scaled(s, COST_SPEED + 2, 1000 * batch / ms, 1, 0);
    scaled(s, COST_SPEED + 3, group_median(a, result_train_seconds), 1, 2);
    scaled(s, COST_SPEED + 4, 4 * (group_mean(a, result_stored) + group_mean(a, result_head)), 1024, 1);
}

bool table_cost(struct sheet *s, const struct groups *g, const struct display *d, char *why, size_t size)
{
    (void)d;
    static const struct {
        const char *title, *name;
        enum audience audience;
    } columns[] = {
        {"Trained", "parameters_trained", EVERYONE},
        {"In use", "parameters_active", EVERYONE},
        {"Stored", "parameters_stored", EVERYONE},
        {"Head", "parameters_head", EVERYONE},
        {"Weights, MiB", "bytes_weights", EVERYONE},
        {"Gradients, MiB", "bytes_grads", EVERYONE},
        {"Moments, MiB", "bytes_moments", EVERYONE},
        {"Activations, MiB", "bytes_activations", EVERYONE},
        {"", "bytes_scratch", PROGRAMS},
        {"", "bytes", PROGRAMS},
        {"MFLOP per step", "flops_per_step", EVERYONE},
        {"ms per step", "step_ms", EVERYONE},
        {"Examples per s", "examples_per_second", EVERYONE},
        {"Training, s", "train_seconds", EVERYONE},
        {"Exported, KiB", "exported_bytes", EVERYONE},
    };
    sheet_column(s, "Task", "task", EVERYONE, false);
    sheet_column(s, "Budget", "budget", EVERYONE, true);
    sheet_column(s, "Method", "method", EVERYONE, false);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        sheet_column(s, columns[i].title, columns[i].name, columns[i].audience, true);
    for (int i = 0; i < g->n; i++)
        if (g->group[i].ok)
            add_cost(s, &g->group[i]);
    sheet_caption(
        s,
        "%s: what a run costs, medians over n = %s runs%s. Memory: the peak of each kind; weights are those beyond the "
        "base, which all runs share; scratch and the sum are in the CSV. ms per step: processor time of a run's median "
        "step; training: wall clock of all steps, without evaluation, data and start-up. Times were taken in the "
        "reported runs themselves, beside whatever else the machine did meanwhile (a sweep may make several runs at "
        "once), not in a pass of their own with nothing else running, and differ from machine to machine.",
        s->id, runs_words(g), sample_words(g));
    if (!s->rows)
        snprintf(why, size, "no run has been made");
    return s->rows > 0;
}

bool table_rates(struct sheet *s, const struct groups *g, const struct display *d, char *why, size_t size)
{
    (void)d;
    const struct plan *p = g->rows->plan;
    sheet_column(s, "Task", "task", EVERYONE, false);
    sheet_column(s, "Budget", "budget", EVERYONE, true);
    sheet_column(s, "Method", "method", EVERYONE, false);
    sheet_column(s, "Rate", "lr", EVERYONE, true);
    sheet_column(s, "Mean validation", "valid", EVERYONE, true);
    sheet_column(s, "Collapsed", "collapsed", EVERYONE, true);
    sheet_column(s, "Seeds", "seeds", EVERYONE, true);
    sheet_column(s, "Chosen", "chosen", EVERYONE, false);
    int cells = 0, edges = 0, extended = 0, least = INT_MAX, most = 0;
    for (int i = 0; i < p->cells; i++) {
        const struct cell *c = &p->cell[i];
        const struct choice *o = &p->choice[i];
        int seeds = c->grid->tune_last - c->grid->tune_first + 1;
        if (!*g->label[i] || seeds < 1 || !o->mean)
            continue;
        cells++;
        edges += o->edge;
        extended += o->extended != 0;
        least = seeds * c->rates < least ? seeds * c->rates : least;
        most = seeds * c->rates > most ? seeds * c->rates : most;
        for (int k = 0; k < c->rates; k++) {
            bool chosen = o->rate && strcmp(o->rate, c->rate[k]) == 0;
            double lr = strtod(c->rate[k], NULL);
            sheet_row(s);
            sheet_text(s, 0, "%s", g->task[i]);
            if (g->rows->setup[i].budget)
                sheet_value(s, 1, g->rows->setup[i].budget, count_text(g->rows->setup[i].budget));
            sheet_text(s, 2, "%s", g->label[i]);
            sheet_value(s, 3, lr, rate_text(lr));
            sheet_value(s, 4, o->mean[k], percent_text(o->mean[k]));
            sheet_number(s, 5, o->collapsed[k], 0);
            sheet_number(s, 6, seeds, 0);
            sheet_text(s, 7, "%s%s", chosen ? "chosen" : "", chosen && o->edge ? ", at the edge" : "");
        }
    }
    sheet_caption(s,
                  "%s: the search, on validation alone. %d searches of %d to %d runs each; %d optima at the edge of "
                  "their window, %d windows extended by one rate.",
                  s->id, cells, cells ? least : 0, most, edges, extended);
    if (!cells)
        snprintf(why, size, "its grids search no rates (tune_seeds)");
    return cells > 0;
}
