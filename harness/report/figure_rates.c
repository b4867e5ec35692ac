/* Figure 6: how much a method's score depends on its learning rate; the whole search, nothing left out. */
#include "report/figure.h"

#include "core/arena.h"
#include "report/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TASKS_MAX = 32, PANELS_MAX = 40, SEEDS_MAX = 64 };

struct rate {
    double mean, low, high; /* validation score over the tuning seeds: mean, least, largest */
    int n, collapsed;
};

static struct rate rate_of(const struct rows *r, int cell, const char *rate)
{
    struct rate a = {NAN, NAN, NAN, 0, 0};
    double sum = 0;
    for (int i = 0; i < r->n; i++) {
        const struct row *w = &r->row[i];
        if (!w->run->tuning || w->run->cell != cell || strcmp(w->run->rate, rate) != 0 || !w->ok || isnan(w->valid))
            continue;
        sum += w->valid;
        a.low = a.n ? fmin(a.low, w->valid) : w->valid;
        a.high = a.n ? fmax(a.high, w->valid) : w->valid;
        a.collapsed += w->collapsed;
        a.n++;
    }
    a.mean = a.n ? sum / a.n : NAN;
    return a;
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

/* One panel: a cell's curve. Returns the seeds of its search, 0 when it has no finished search. */
static int put_cell(struct plot *p, const struct groups *g, int cell)
{
    const struct plan *plan = g->rows->plan;
    const struct cell *c = &plan->cell[cell];
    const struct choice *o = &plan->choice[cell];
    int seeds = c->grid->tune_last - c->grid->tune_first + 1;
    for (int k = 0; k < c->rates; k++) {
        struct rate a = rate_of(g->rows, cell, c->rate[k]);
        plot_put(p, strtod(c->rate[k], NULL));
        plot_put(p, 100 * o->mean[k]);
        plot_put(p, 100 * a.low);
        plot_put(p, 100 * a.high);
        plot_put(p, o->rate && strcmp(o->rate, c->rate[k]) == 0);
        plot_put(p, o->collapsed[k]);
        plot_line(p);
    }
    plot_gap(p);
    return seeds;
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
    int best = 0;
    while (strcmp(c->rate[best], o->rate) != 0)
        best++;
    struct series s = {g->label[cell], g->rows->setup[cell].budget, g->rows->setup[cell].method};
    char *name = series_name(g, &s);
    plot_style(p, panel, name, g->rows->setup[cell].method);
    plot_text_i(p, "words", panel, "best %s%s, plateau %.1f dec.", rate_text(strtod(o->rate, NULL)),
                o->edge ? " (edge)" : "", plateau(c, o->mean, best));
    free(name);
}

static bool draw_task(struct gallery *to, const struct groups *g, const struct display *d, const char *task, int tasks)
{
    const struct plan *plan = g->rows->plan;
    int cell[PANELS_MAX], n = 0, seeds = 0, edges = 0;
    double lowest = NAN, highest = NAN;
    for (int i = 0; i < plan->cells && n < PANELS_MAX; i++)
        if (searched(g, i, task))
            cell[n++] = i;
    if (!n)
        return false;
    struct plot p;
    char *name = figure_name(d, task, tasks);
    plot_open(&p, "f06_rates.gp", to->id, name);
    p.width = 1200, p.height = 150 + 245 * ((n + 3) / 4);
    plot_number(&p, "panels", n);
    for (int i = 0; i < n; i++) {
        put_words(&p, g, cell[i], i);
        edges += plan->choice[cell[i]].edge;
        double rate = strtod(plan->choice[cell[i]].rate, NULL);
        lowest = i ? fmin(lowest, rate) : rate;
        highest = i ? fmax(highest, rate) : rate;
    }
    plot_block(&p, "curves", "lr mean_valid least largest chosen collapsed; one series per method");
    for (int i = 0; i < n; i++)
        seeds = put_cell(&p, g, cell[i]);
    char *title = mem_text("%s: best learning rates differ by a factor of %s between methods%s", task,
                           count_text(round(highest / lowest)), edges ? "; some stand at the edge" : "");
    char *caption = mem_text("%s: mean validation score x 100 against learning rate, n = %d tuning seeds per rate, "
                             "band: lowest to highest seed. Ring: "
                             "chosen rate; cross: a seed collapsed. Grey: the other methods. Plateau: decades of rates "
                             "within a point of the best. Values below the frame stand at its lower edge.",
                             to->id, seeds);
    gallery_add(to, &p, title, caption);
    plot_close(&p);
    free(name);
    return true;
}

bool figure_rates(struct gallery *to, const struct groups *g, const struct display *d, char *why, size_t size)
{
    const char *task[TASKS_MAX];
    int tasks = figure_tasks(g, d, task, TASKS_MAX), drawn = 0;
    for (int i = 0; i < tasks; i++)
        drawn += draw_task(to, g, d, task[i], tasks);
    if (!drawn)
        snprintf(why, size, "its grids have no finished search (tune_seeds)");
    return drawn > 0;
}
