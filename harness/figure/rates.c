/* How much a method's score depends on its learning rate; the whole search, nothing left out. */
#include "figure/figure.h"

#include "core/arena.h"
#include "experiment/search.h"
#include "stats/bootstrap.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Validation scores over the tuning seeds of a rate: the least and the largest, NaN when there is none. */
struct range {
    double low, high;
};

static struct range range_of(const struct results *r, int cell, const char *rate)
{
    struct range a = {NAN, NAN};
    for (int i = 0; i < r->n; i++) {
        const struct result *w = &r->row[i];
        if (!w->run->tuning || w->run->cell != cell || strcmp(w->run->rate, rate) != 0 || !w->ok ||
            isnan(result_value(w, FACT_valid_metric)))
            continue;
        a.low = fmin(a.low, result_value(w, FACT_valid_metric)); /* of a number and NaN the number */
        a.high = fmax(a.high, result_value(w, FACT_valid_metric));
    }
    return a;
}

/* Where a rate of the cell stands in its window. */
static int place_of(const struct cell *c, const char *rate)
{
    int k = 0;
    while (strcmp(c->rate[k], rate) != 0)
        k++;
    return k;
}

/* Decades of rates whose mean is within a point of the best, from the lowest such rate to the highest. */
static double plateau(const struct cell *c, const double *mean, int best)
{
    int from = best, to = best;
    while (from > 0 && mean[from - 1] > mean[best] - 0.01)
        from--;
    while (to < c->rates - 1 && mean[to + 1] > mean[best] - 0.01)
        to++;
    return log10(strtod(c->rate[to], NULL) / strtod(c->rate[from], NULL));
}

/* One panel: a cell's curve. */
static void put_cell(struct plot *p, const struct groups *g, int cell)
{
    const struct plan *plan = g->rows->plan;
    const struct cell *c = &plan->cell[cell];
    const struct choice *o = &plan->choice[cell];
    const bool floor_of_scale = strcmp(cell_get(c, "method"), "head") == 0; /* it fails by what a failure is */
    for (int k = 0; k < c->rates; k++) {
        struct range a = range_of(g->rows, cell, c->rate[k]);
        PLOT_ROW(p, strtod(c->rate[k], NULL), 100 * o->mean[k], 100 * a.low, 100 * a.high,
                 o->rate && strcmp(o->rate, c->rate[k]) == 0,
                 floor_of_scale ? 0 : o->failed[k] / (double)grid_tuning_seeds(c->grid));
    }
    plot_gap(p);
}

/* Validation scores of a search, (rates, seeds). */
struct search {
    double *score;
    int rates, seeds;
};

/* The place of the rate that the given seeds would have chosen: the best mean, the smaller rate of equal ones. */
static double optimum(const int *seed, int count, const void *data)
{
    const struct search *s = data;
    int best = 0;
    double most = -INFINITY;
    for (int k = 0; k < s->rates; k++) {
        double sum = 0;
        for (int i = 0; i < count; i++)
            sum += s->score[k * s->seeds + seed[i]];
        if (sum > most)
            most = sum, best = k;
    }
    return best;
}

/* The percentile interval of the optimum over the tuning seeds, in places. A diverged run counts as search.c has it. */
static struct interval optimum_interval(const struct results *r, int cell)
{
    const struct cell *c = &r->plan->cell[cell];
    struct search s = {.rates = c->rates, .seeds = (int)grid_tuning_seeds(c->grid)};
    int n = s.rates * s.seeds;
    s.score = mem_alloc((size_t)n * sizeof *s.score);
    double worst = 0;
    for (int i = 0; i < n; i++)
        s.score[i] = NAN;
    for (int i = 0; i < r->n; i++) {
        const struct result *w = &r->row[i];
        if (!w->run->tuning || w->run->cell != cell || !w->ok)
            continue;
        s.score[place_of(c, w->run->rate) * s.seeds + w->run->seed - c->grid->tune_first] =
            result_value(w, FACT_valid_metric);
        worst = fmin(worst, result_value(w, FACT_valid_metric)); /* of a number and NaN the number */
    }
    for (int i = 0; i < n; i++)
        s.score[i] = isnan(s.score[i]) ? worst : s.score[i];
    struct interval x =
        bootstrap_interval(INTERVAL_PERCENTILE, (struct statistic){optimum, &s}, s.seeds, BOOTSTRAP_RESAMPLES, 6);
    free(s.score);
    return x;
}

/* The chosen rate with the ends of its interval, which stand at rates of the window. */
static void put_optimum(struct plot *p, const struct groups *g, int cell)
{
    const struct cell *c = &g->rows->plan->cell[cell];
    const struct choice *o = &g->rows->plan->choice[cell];
    struct interval x = optimum_interval(g->rows, cell);
    PLOT_ROW(p, strtod(o->rate, NULL), x.kind == INTERVAL_NONE ? NAN : strtod(c->rate[(int)floor(x.low)], NULL),
             x.kind == INTERVAL_NONE ? NAN : strtod(c->rate[(int)ceil(x.high)], NULL), 100 * o->score);
}

static bool searched(const struct groups *g, int cell, const char *task)
{
    const struct plan *p = g->rows->plan;
    return *g->label[cell] && strcmp(g->task[cell], task) == 0 && p->choice[cell].mean && p->choice[cell].complete;
}

static void put_words(struct plot *p, const struct groups *g, int cell, int panel)
{
    const struct plan *plan = g->rows->plan;
    const struct cell *c = &plan->cell[cell];
    const struct choice *o = &plan->choice[cell];
    const int best = search_best(o, c->rates); /* the chosen one may be another, where all tasks have one rate */
    const struct setup *setup = &g->rows->setup[cell];
    struct series s = {.label = g->label[cell], .budget = setup->budget, .method = setup->method};
    char *name = series_name(g, &s);
    plot_style(p, panel, name, g->rows->setup[cell].method);
    plot_text_i(p, "words", panel, "chosen %s%s, plateau %.1f dec.", rate_text(strtod(o->rate, NULL)),
                o->edge ? " (edge)" : "", plateau(c, o->mean, best));
    free(name);
}

/* The least and the largest number of tuning seeds of the cells; "3" or "2 to 3". */
static const char *seeds_words(const struct plan *p, const int *cell, int n)
{
    static char text[64];
    int least = 0, most = 0;
    for (int i = 0; i < n; i++) {
        const struct grid *grid = p->cell[cell[i]].grid;
        int seeds = (int)grid_tuning_seeds(grid);
        least = !i || seeds < least ? seeds : least;
        most = seeds > most ? seeds : most;
    }
    snprintf(text, sizeof text, least == most ? "%d" : "%d to %d", least, most);
    return text;
}

/* The panel of LoRA, which the others have behind them; -1 where it was not searched. */
static int reference_of(const struct groups *g, const char *task, const int *cell, int n)
{
    const struct group *lora = group_of_method(g, task, "lora");
    for (int i = 0; i < n && lora; i++)
        if (strcmp(g->label[cell[i]], lora->label) == 0 && g->rows->setup[cell[i]].budget == lora->budget)
            return i;
    return -1;
}

static bool draw(const struct scene *s)
{
    const struct groups *g = s->g;
    const char *task = s->task[0];
    const struct plan *plan = g->rows->plan;
    int *cell = mem_alloc((size_t)(plan->cells + 1) * sizeof *cell), n = 0, edges = 0;
    double lowest = NAN, highest = NAN;
    for (int i = 0; i < plan->cells; i++)
        if (searched(g, i, task))
            cell[n++] = i;
    if (!n) {
        free(cell);
        return false;
    }
    struct plot p;
    plot_open(&p, "rates.gp", s->to->id, s->name);
    p.width = 1200, p.height = 150 + 245 * ((n + 3) / 4);
    plot_number(&p, "panels", n);
    plot_number(&p, "reference", reference_of(g, task, cell, n));
    for (int i = 0; i < n; i++) {
        put_words(&p, g, cell[i], i);
        edges += plan->choice[cell[i]].edge != 0;
        double rate = strtod(plan->choice[cell[i]].rate, NULL);
        lowest = i ? fmin(lowest, rate) : rate;
        highest = i ? fmax(highest, rate) : rate;
    }
    plot_block(&p, "curves", "lr mean_valid least largest chosen share_of_failed_seeds; one series per method");
    for (int i = 0; i < n; i++)
        put_cell(&p, g, cell[i]);
    plot_block(&p, "optima", "chosen low high mean_valid; one row per method");
    for (int i = 0; i < n; i++)
        put_optimum(&p, g, cell[i]);
    char *title = mem_text("%s: chosen learning rates differ by a factor of %s between methods%s", task,
                           count_text(round(highest / lowest)), edges ? "; some stand at the edge" : "");
    char *caption =
        mem_text("%s: mean validation score x 100 against learning rate, n = %s tuning seeds per rate, band: lowest to "
                 "highest seed. Ring: chosen rate, bar: the rates that 95 %% of 10,000 resamples of the tuning seeds "
                 "would choose on this task alone; red column: share of seeds that failed, the panel's height being "
                 "all. Dashed: LoRA. "
                 "Plateau: decades of rates within a point "
                 "of the best. Values below the frame stand at its lower edge.",
                 s->to->id, seeds_words(plan, cell, n));
    gallery_add(s->to, &p, title, caption);
    plot_close(&p);
    free(cell);
    return true;
}

const struct figure_kind figure_rates = {
    .name = "rates",
    .alias = "f6",
    .title = "Learning-rate sensitivity",
    .help =
        "Validation score over the searched rates, a panel per method with LoRA behind it; for grids with tune_seeds.",
    .keys = "",
    .absent = "its grids have no finished search (tune_seeds)",
    .per_task = true,
    .draw = draw,
};
