/* Where the best rate lies: per method and place along an axis, against a reference, and as a slope along the axis. */
#include "analysis/optima.h"
#include "table/kind.h"

#include "core/arena.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct columns {
    int what, n, tasks, rate, times, score, loss[OPTIMA_LOSSES], edge, slope, spread, name;
};

static struct interval over_tasks(const struct optima *s, const double *v, double width)
{
    return nested_interval(v, s->a.tasks, s->seeds, width);
}

/* What single pairs say, of logarithms as what they are logarithms of. */
static void put_draws(struct table *t, int column, const struct optima *s, double *v, bool power)
{
    const int n = values_present(v, s->units);
    for (int i = 0; i < n && power; i++)
        v[i] = pow(10, v[i]);
    table_draws(t, column, v, n);
}

/* The row of a line at a place. */
static void add_place(struct table *t, const struct columns *c, const struct optima *s, int series, int x)
{
    double *v = mem_alloc((size_t)(s->units + 1) * sizeof *v), score = 0, width;
    const int n = optima_rates(s, series, x, v, &width);
    char *name = along_name(&s->a, series, x);
    if (n) {
        int edges = 0;
        table_row(t);
        put_power(t, c->rate, over_tasks(s, v, width));
        for (int u = 0; u < s->units; u++)
            if (isfinite(optima_at(s, series, x, u)->at)) {
                edges += optima_at(s, series, x, u)->edge != 0;
                score += optima_at(s, series, x, u)->height / n;
            }
        table_text(t, c->what, "%s", name);
        table_text(t, c->name, "%s", name);
        table_number(t, c->n, n, 0);
        table_number(t, c->tasks, s->a.tasks, 0);
        table_number(t, c->edge, edges, 0);
        table_value(t, c->score, score, percent_text(score));
        for (int k = 0; k < OPTIMA_LOSSES; k++)
            if (optima_losses(s, series, x, k, v)) {
                put_points(t, c->loss[k], over_tasks(s, v, 0));
                put_draws(t, c->loss[k], s, v, false);
            }
        if (series != s->a.reference && optima_times(s, series, x, v, &width)) {
            put_power(t, c->times, over_tasks(s, v, width));
            put_draws(t, c->times, s, v, true);
        }
    }
    free(name);
    free(v);
}

/* The row of a line along the axis. */
static void add_slope(struct table *t, const struct columns *c, const struct optima *s, int series)
{
    double *slope = mem_alloc((size_t)(2 * s->units + 2) * sizeof *slope), *spread = slope + s->units + 1, width;
    const int n = optima_slopes(s, series, slope, spread, &width);
    const char *name = s->a.series[series];
    if (n) {
        table_row(t);
        table_text(t, c->what, "%s: slope", name);
        table_text(t, c->name, "%s slope", name);
        table_number(t, c->n, n, 0);
        table_number(t, c->tasks, s->a.tasks, 0);
        put_interval(t, c->slope, over_tasks(s, slope, width), 2, true);
        put_points(t, c->spread, over_tasks(s, spread, 0));
        put_draws(t, c->slope, s, slope, false);
        put_draws(t, c->spread, s, spread, false);
    }
    free(slope);
}

static void fill(struct table *t, const struct groups *g, const struct display *d)
{
    struct optima s = optima_make(g, d);
    const bool axis = *s.a.over && s.a.nx > 2, compared = s.a.reference >= 0;
    struct columns c = {.what = table_column(t, "Method", "method", EVERYONE, false)};
    c.n = table_column(t, "n", "n", EVERYONE, true);
    c.tasks = table_column(t, "", "tasks", PROGRAMS, true);
    c.rate = interval_columns(t, "Best rate", "rate");
    c.times = compared ? interval_columns(t, "Times the reference’s", "times") : -1;
    c.score = table_column(t, "Best score", "score", EVERYONE, true);
    c.loss[0] = interval_columns(t, "Lost at 3 x", "lost3");
    c.loss[1] = interval_columns(t, "Lost at 10 x", "lost10");
    c.edge = table_column(t, "At an edge", "edge", EVERYONE, true);
    c.slope = axis ? interval_columns(t, "Slope", "slope") : -1;
    c.spread = axis ? interval_columns(t, "Best place over worst", "spread") : -1;
    c.name = table_column(t, "", "name", PROGRAMS, false);
    for (int i = 0; i < s.a.nseries; i++) {
        for (int x = 0; x < s.a.nx; x++)
            add_place(t, &c, &s, i, x);
        if (axis)
            add_slope(t, &c, &s, i);
    }
    char kind[256];
    nested_words(s.a.tasks, kind, sizeof kind);
    table_caption(
        t,
        "%s: the rate with the highest validation score, for each of n pairs of a task and a seed by itself, "
        "those that lack runs left out; "
        "between rates by the parabola through three points, means of logarithms; next to an end of the window or to a "
        "rate that loses a quarter of the score it is the ladder's, and the interval is wider by half a rung. %s%s%s"
        "Lost: score at the best rate of the ladder less that at 3 and 10 times it, over the pairs that have "
        "such a rate "
        "(all n where there is no other number), a run that diverged being worth 0. At an edge: pairs "
        "whose best rate is at an end of the window. %s%s%s"
        "Intervals: %s.",
        t->id, compared ? "Times: the ratio to " : "", compared ? s.a.series[s.a.reference] : "",
        compared ? " on the same task and seed. " : "", axis ? "Slope: of log best rate on log " : "",
        axis ? s.a.over : "",
        axis ? ". Best place over worst: how much the best of its values is ahead of the worst, each at its "
               "own best rate and chosen by the other pairs. "
             : "",
        kind);
    optima_free(&s);
}

const struct table_kind table_peaks = {
    .name = "peaks",
    .title = "Where the best rate lies",
    .help =
        "Best rates by task and seed, as multiples of a reference’s, what is lost above them, and their slope along an "
        "axis; for grids of several rates.",
    .keys = ALONG_KEYS,
    .absent = "no run has a validation score",
    .fill = fill,
};
