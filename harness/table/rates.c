/* The search for learning rates: every rate that was tried, and which was chosen. */
#include "analysis/series.h"
#include "table/kind.h"

#include "core/arena.h"
#include "stats/stats.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The validation score of a search run; NaN when it diverged or has not been made. */
static double score_at(const struct groups *g, int cell, const char *rate, int seed)
{
    for (int i = 0; i < g->rows->n; i++) {
        const struct result *w = &g->rows->row[i];
        if (w->run->tuning && w->run->cell == cell && w->run->seed == seed && strcmp(w->run->rate, rate) == 0)
            return w->ok ? result_value(w, FACT_valid_metric) : NAN;
    }
    return NAN;
}

/* Tasks of one method at one budget, whose cells have the same rates. */
struct family {
    const struct groups *g;
    int cell[TASKS_MOST], tasks;
};

/* Of a run of the search; one that diverged is worth what the head alone has. */
static double worth(const struct family *f, int task, int rate, int seed)
{
    const struct plan *p = f->g->rows->plan;
    const double v = score_at(f->g, f->cell[task], p->cell[f->cell[task]].rate[rate], seed);
    return isnan(v) ? p->head[f->cell[task]] : v;
}

/* Sum over the seeds of the search but one. */
static double without(const struct family *f, int task, int rate, int left_out)
{
    const struct cell *c = &f->g->rows->plan->cell[f->cell[task]];
    double sum = 0;
    for (int seed = c->grid->tune_first; seed <= c->grid->tune_last; seed++)
        if (seed != left_out)
            sum += worth(f, task, rate, seed);
    return sum;
}

/* What a rate per task gains over one rate on the seed that chose neither, the mean over tasks; of rates the one with the highest mean
 * is taken. */
static double gain_on(const struct family *f, int seed)
{
    const struct plan *p = f->g->rows->plan;
    const int rates = p->cell[*f->cell].rates;
    int common = 0;
    double gain = 0;
    double most = -INFINITY;
    for (int k = 0; k < rates; k++) {
        double sum = 0;
        for (int t = 0; t < f->tasks; t++)
            sum += without(f, t, k, seed) / (p->full[f->cell[t]] - p->head[f->cell[t]]);
        if (sum > most)
            most = sum, common = k;
    }
    for (int t = 0; t < f->tasks; t++) {
        int own = 0;
        for (int k = 1; k < rates; k++)
            own = without(f, t, k, seed) > without(f, t, own, seed) ? k : own;
        gain += (worth(f, t, own, seed) - worth(f, t, common, seed)) / f->tasks;
    }
    return gain;
}

/* What one rate for all tasks costs against a rate for each, judged where neither was chosen. */
static void note_common(struct table *s, const struct groups *g)
{
    const struct plan *p = g->rows->plan;
    double *gain = mem_alloc((size_t)(p->cells + 1) * sizeof *gain); /* per method, the mean over the seeds */
    int n = 0;
    for (int i = 0; i < p->cells; i++) {
        struct family f = {.g = g};
        const struct grid *grid = p->cell[i].grid;
        bool first = *g->label[i] && p->choice[i].complete && strcmp(grid->choose, "common") == 0 &&
                     strcmp(cell_get(&p->cell[i], "method"), "head") != 0;
        for (int k = 0; k < p->cells && first; k++)
            if (p->cell[k].grid == grid && strcmp(g->label[k], g->label[i]) == 0 && f.tasks < TASKS_MOST &&
                g->rows->setup[k].budget == g->rows->setup[i].budget && p->cell[k].rates == p->cell[i].rates) {
                first &= (f.tasks > 0 || k == i) && p->full[k] > p->head[k]; /* else each chose for itself */
                f.cell[f.tasks++] = k;
            }
        if (!first || f.tasks < 2 || grid_tuning_seeds(grid) < 2)
            continue;
        gain[n] = 0;
        for (int seed = grid->tune_first; seed <= grid->tune_last; seed++)
            gain[n] += gain_on(&f, seed) / grid_tuning_seeds(grid);
        n++;
    }
    if (n > 1)
        table_note(
            s,
            "One rate for all tasks: with a tuning seed left out in turn, a rate per task chosen on the others is %s "
            "points better on it than one rate (%d methods on the same data, standard error between them %s).",
            points_text(stats_mean(gain, n)), n, percent_text(stats_sd(gain, n) / sqrt(n)));
    free(gain);
}

static void fill(struct table *s, const struct groups *g, const struct display *d)
{
    (void)d;
    const struct plan *p = g->rows->plan;
    group_columns(s);
    table_column(s, "Rate", "lr", EVERYONE, true);
    table_column(s, "Mean validation", "valid", EVERYONE, true);
    table_column(s, "Failed", "failed", EVERYONE, true);
    table_column(s, "Seeds", "seeds", EVERYONE, true);
    table_column(s, "Chosen", "chosen", EVERYONE, false);
    int missing = 0, cells = 0, edges = 0, extended = 0, least = INT_MAX, most = 0;
    for (int i = 0; i < p->cells; i++) {
        const struct cell *c = &p->cell[i];
        const struct choice *o = &p->choice[i];
        int seeds = (int)grid_tuning_seeds(c->grid);
        if (!*g->label[i] || seeds < 1 || !o->mean)
            continue;
        bool made = false;
        for (int k = 0; k < c->rates; k++)
            made |= !isnan(o->mean[k]);
        missing += !made;
        if (!made)
            continue;
        cells++;
        edges += o->edge != 0;
        extended += o->extended != 0;
        least = seeds * c->rates < least ? seeds * c->rates : least;
        most = seeds * c->rates > most ? seeds * c->rates : most;
        for (int k = 0; k < c->rates; k++) {
            bool chosen = o->rate && strcmp(o->rate, c->rate[k]) == 0;
            double lr = strtod(c->rate[k], NULL);
            group_row(s, g, g->task[i], g->rows->setup[i].budget, g->label[i]);
            table_value(s, 3, lr, rate_text(lr));
            table_value(s, 4, o->mean[k], percent_text(o->mean[k]));
            table_number(s, 5, o->failed[k], 0);
            table_number(s, 6, seeds, 0);
            table_text(s, 7, "%s%s", chosen ? "chosen" : "", chosen && o->edge ? ", at the edge" : "");
        }
    }
    table_caption(s,
                  "%s: the search, on validation alone. %d searches of %d to %d runs each; %d optima at the edge of "
                  "their window, %d windows extended by one rate.",
                  s->id, cells, cells ? least : 0, most, edges, extended);
    if (missing)
        table_note(s, "%d searches have not been made.", missing);
    note_common(s, g);
}

const struct table_kind table_rates = {
    .name = "rates",
    .title = "The search for learning rates",
    .help = "Validation score of every rate, the chosen one, edges and failed runs; for grids with tune_seeds.",
    .keys = "",
    .absent = "its grids search no rates (tune_seeds)",
    .fill = fill,
};
