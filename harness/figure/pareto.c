/* Score against every cost, and how sure it is that a method is on the front. */
#include "figure/figure.h"

#include "core/arena.h"
#include "core/rng.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FRONT_DRAWS = 2000 };

static void put_series(struct plot *p, const struct groups *g, const struct series *series, int n)
{
    plot_number(p, "series", n);
    for (int m = 0; m < n; m++) {
        char *name = series_name(g, &series[m]);
        plot_style(p, m, name, series[m].method);
        free(name);
    }
}

/* One method over all tasks: its cost, its score, and how often it is on the front when seeds are drawn again. */
struct point {
    const struct series *series;
    double cost, score, front;
    double price; /* the cost that decides who beats whom */
};

/* The scores of a series on a task in blocks of repetitions, the same block for the same repetition in all series. */
struct blocks {
    int n; /* at most STATS_MANY: so many repetitions are drawn one by one, more in blocks of equal length */
    double sum[STATS_MANY], mean; /* mean: of all runs */
    int count[STATS_MANY];
};

struct run_of {
    const struct result *row;
    int series;
};

static int by_repetition(const void *a, const void *b)
{
    const struct run_of *x = a, *y = b;
    int order = results_order(x->row, y->row);
    return order ? order : x->series - y->series;
}

/* Fills own[i * tasks] with the scores of point i on a task: repetitions that any of the points has, in order. */
static void fill_blocks(struct blocks *own, int tasks, const struct point *point, int n, const struct groups *g,
                        const char *task)
{
    struct run_of *run = mem_alloc(sizeof *run);
    int runs = 0, repetitions = 0;
    for (int i = 0; i < n; i++) {
        const struct group *a = series_group(g, point[i].series, task);
        own[i * tasks].mean = group_mean(a, FACT_test_metric);
        run = mem_grow(run, (size_t)(runs + a->n) * sizeof *run);
        for (int k = 0; k < a->n; k++)
            if (a->run[k]->ok)
                run[runs++] = (struct run_of){a->run[k], i};
    }
    qsort(run, (size_t)runs, sizeof *run, by_repetition);
    for (int k = 0; k < runs; k++)
        repetitions += !k || !results_twins(run[k - 1].row, run[k].row);
    int blocks = repetitions < STATS_MANY ? repetitions : STATS_MANY, at = 0;
    for (int i = 0; i < n; i++)
        own[i * tasks].n = blocks;
    for (int k = 0; k < runs; k++) {
        at += k && !results_twins(run[k - 1].row, run[k].row);
        struct blocks *b = &own[run[k].series * tasks];
        int block = (int)((double)at * blocks / repetitions);
        b->sum[block] += result_value(run[k].row, FACT_test_metric);
        b->count[block]++;
    }
    free(run);
}

/* The mean over a draw of blocks; over all runs when the series has none of them. */
static double drawn_mean(const struct blocks *b, const int *drawn)
{
    double sum = 0;
    int n = 0;
    for (int k = 0; k < b->n; k++) {
        sum += b->sum[drawn[k]];
        n += b->count[drawn[k]];
    }
    return n ? sum / n : b->mean;
}

/* Seeds are drawn once per task for all series, which share them: what a seed does to all changes no front. */
static void front_probability(struct point *point, int n, const struct groups *g, const char *const *task, int tasks)
{
    struct rng r = rng_stream(0, RNG_BOOTSTRAP, stream_id("front", task[0], n), STREAM_STRATA);
    struct blocks *blocks = mem_alloc((size_t)(n * tasks) * sizeof *blocks);
    int drawn[STATS_MANY] = {0};
    for (int t = 0; t < tasks; t++)
        fill_blocks(blocks + t, tasks, point, n, g, task[t]);
    for (int draw = 0; draw < FRONT_DRAWS; draw++) {
        double score[SERIES_MOST] = {0};
        for (int t = 0; t < tasks; t++) {
            for (int k = 0; k < blocks[t].n; k++)
                drawn[k] = (int)rng_below(&r, (uint32_t)blocks[t].n);
            for (int i = 0; i < n; i++)
                score[i] += drawn_mean(&blocks[i * tasks + t], drawn) / tasks;
        }
        for (int i = 0; i < n; i++) {
            bool beaten = false;
            for (int k = 0; k < n && !beaten; k++)
                beaten = k != i && score[k] >= score[i] && point[k].price <= point[i].price &&
                         (score[k] > score[i] || point[k].price < point[i].price);
            point[i].front += beaten ? 0 : 1.0 / FRONT_DRAWS;
        }
    }
    free(blocks);
}

/* The series that every task has, with mean cost and score. */
static int gather(const struct groups *g, const struct series *series, int n, const char *const *task, int tasks,
                  enum fact_id of, struct point *point)
{
    int kept = 0;
    for (int i = 0; i < n; i++) {
        struct point p = {.series = &series[i]};
        bool whole = true;
        for (int t = 0; t < tasks && whole; t++) {
            const struct group *a = series_group(g, &series[i], task[t]);
            whole = a && a->ok;
            p.cost += whole ? group_median(a, of) / tasks : 0;
            p.score += whole ? group_mean(a, FACT_test_metric) / tasks : 0;
        }
        if (whole && isfinite(p.cost))
            point[kept++] = p;
    }
    return kept;
}

/* A method's place among all costs: on how many of them it is on the front in most draws, and the sum of its
 * probabilities. */
struct standing {
    const char *name;
    int costs;
    double probability;
};

static int by_standing(const void *a, const void *b)
{
    const struct standing *x = a, *y = b;
    return x->costs != y->costs ? (x->costs < y->costs) - (x->costs > y->costs)
                                : (x->probability < y->probability) - (x->probability > y->probability);
}

/* The two that are on the front most often; reorders s (n), one for each method but the head alone. */
static char *front_words(struct standing *s, int n, int costs)
{
    qsort(s, (size_t)n, sizeof *s, by_standing);
    if (!costs)
        return mem_text("Score against cost: no cost is known of all methods");
    if (!n || !s[0].costs)
        return mem_text("No method but the head alone is on a front in most draws");
    if (n == 1 || !s[1].costs)
        return mem_text("Most often on the front: %s (%d of %d costs)", s[0].name, s[0].costs, costs);
    int more = 0;
    while (more + 2 < n && s[more + 2].costs == s[1].costs)
        more++;
    char *words = mem_text("Most often on the front: %s (%d of %d costs), %s (%d)", s[0].name, s[0].costs, costs,
                           s[1].name, s[1].costs);
    if (!more)
        return words;
    mem_append(&words, ", %d more (%d)", more, s[1].costs);
    return words;
}

/* Counts a cost on which a method is on the front in at least half of the draws. */
static void stand(struct standing *s, const struct point *p)
{
    s->costs += p->front >= 0.5;
    s->probability += p->front;
}

/* The title: without the head alone, the cheapest by far, which is on every front. */
static char *standing_words(const struct groups *g, const struct series *series, int n, struct standing *s, int costs)
{
    struct standing shown[SERIES_MOST];
    char *name[SERIES_MOST];
    int count = 0;
    for (int i = 0; i < n; i++) {
        if (strcmp(series[i].method->name, "head") == 0)
            continue;
        name[count] = series_name(g, &series[i]);
        shown[count] = s[i];
        shown[count].name = name[count];
        count++;
    }
    char *words = front_words(shown, count, costs);
    for (int i = 0; i < count; i++)
        free(name[i]);
    return words;
}

/* One panel. */
static void put_points(struct plot *p, const struct point *point, int n, const struct series *series, double unit,
                       bool logarithmic)
{
    for (int i = 0; i < n; i++) {
        double x = point[i].cost / unit;
        PLOT_ROW(p, logarithmic && x < 100 ? 100 : x, 100 * point[i].score, point[i].front,
                 (double)(point[i].series - series), method_color(point[i].series->method),
                 method_mark(point[i].series->method));
    }
    plot_gap(p);
}

/* The parameters of a method with a budget are its budget: what an adapter misses it by, a unit of rank cannot mend. */
static double price(const struct point *p, bool parameters)
{
    return parameters && p->series->budget ? p->series->budget : p->cost;
}

static bool draw(const struct scene *s)
{
    static const struct {
        const char *name;
        double unit;
        enum fact_id of;
        bool parameters; /* a logarithmic axis */
    } axes[] = {{"adapter parameters", 1, FACT_parameters_trained, true},
                {"memory beyond the base, MiB", 1 << 20, FACT_peak_bytes, false},
                {"processor time per step, ms", 1, FACT_step_ms, false},
                {"forgetting, nats", 1, FACT_forgetting, false}};
    enum { AXES = sizeof axes / sizeof *axes };
    const struct groups *g = s->g;
    struct series series[SERIES_MOST];
    struct point point[SERIES_MOST];
    struct standing standing[SERIES_MOST] = {{0}};
    int n = groups_series(g, series), panels = 0, costs = 0;
    const int all = gather(g, series, n, s->task, s->tasks, FACT_test_metric, point); /* with runs on all tasks */
    struct plot p;
    plot_open(&p, "pareto.gp", s->to->id, s->name);
    p.width = 1200;
    put_series(&p, g, series, n);
    for (int a = 0, panel = 0; a < AXES; a++) {
        int kept = gather(g, series, n, s->task, s->tasks, axes[a].of, point);
        if (kept < 2)
            continue;
        plot_text_i(&p, "axis", panel, kept < all ? "%s (known of %d of %d)" : "%s", axes[a].name, kept, all);
        plot_number_i(&p, "logarithmic", panel++, axes[a].parameters);
    }
    plot_block(&p, "points", "cost score probability_of_front series color mark; one series per panel");
    for (int a = 0; a < AXES; a++) {
        int kept = gather(g, series, n, s->task, s->tasks, axes[a].of, point);
        if (kept < 2)
            continue;
        for (int i = 0; i < kept; i++)
            point[i].price = price(&point[i], axes[a].parameters);
        front_probability(point, kept, g, s->task, s->tasks);
        for (int i = 0; i < kept && kept == all; i++)
            stand(&standing[point[i].series - series], &point[i]);
        put_points(&p, point, kept, series, axes[a].unit, axes[a].parameters);
        costs += kept == all;
        panels++;
    }
    plot_number(&p, "panels", panels);
    p.height = panels > 2 ? 860 : 520;
    plot_legend_room(&p, n);
    if (panels) {
        char *caption = mem_text(
            "%s: mean test score x 100 over %d tasks, n = %s runs each, against what they cost: medians over seeds; "
            "time is a run’s median step. Size: probability of being on the front when seeds are drawn again, the same "
            "for "
            "all (%d bootstrap draws); methods of one budget cost the same; below one half the mark is pale. The head "
            "alone, without adapter, stands at the left edge.%s No "
            "interval is drawn.",
            s->to->id, s->tasks, runs_words(g), FRONT_DRAWS,
            costs < panels ? " Runs of a list lack some costs: a panel without all methods counts in no title." : "");
        gallery_add(s->to, &p, standing_words(g, series, n, standing, costs), caption);
    }
    plot_close(&p);
    return panels > 0;
}

const struct figure_kind figure_pareto = {
    .name = "pareto",
    .alias = "f5",
    .title = "Score against cost",
    .help = "Parameters, memory, time and forgetting, with the probability of being on the front when seeds are drawn "
            "again.",
    .keys = "",
    .absent = "no two methods have runs on all of its tasks",
    .draw = draw,
};
