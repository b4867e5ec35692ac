/* Whether the best rate is explained by how sharply the loss bends where a run begins: rate times largest eigenvalue of the Hessian. */
#include "analysis/sharp.h"
#include "table/kind.h"

#include "core/arena.h"

#include <math.h>
#include <stdlib.h>

struct columns {
    int what, n, tasks, value[SHARP_PRODUCT + 1], times[SHARP_PRODUCT + 1], spread_rate, spread, slope, name;
};

static struct interval over_tasks(const struct sharp_lines *s, const double *v, double width)
{
    return nested_interval(v, s->o.a.tasks, s->o.seeds, width);
}

/* An interval of logarithms, and what single pairs say, as what they are logarithms of. */
static void put(struct table *t, int column, const struct sharp_lines *s, double *v, double width)
{
    put_power(t, column, over_tasks(s, v, width));
    const int n = values_present(v, s->o.units);
    for (int i = 0; i < n; i++)
        v[i] = pow(10, v[i]);
    table_draws(t, column, v, n);
}

static void add_line(struct table *t, const struct columns *c, const struct sharp_lines *s, int series, double *v)
{
    const char *name = s->o.a.series[series];
    double width;
    const int n = sharp_values(s, series, SHARP_PRODUCT, v, &width);
    if (!n)
        return;
    table_row(t);
    table_text(t, c->what, "%s", name);
    table_text(t, c->name, "%s", name);
    table_number(t, c->n, n, 0);
    table_number(t, c->tasks, s->o.a.tasks, 0);
    for (enum sharp_value k = SHARP_RATE; k <= SHARP_PRODUCT; k++) {
        if (c->value[k] >= 0 && sharp_values(s, series, k, v, &width))
            put(t, c->value[k], s, v, width);
        if (c->times[k] >= 0 && series != s->o.a.reference && sharp_times(s, series, k, v, &width))
            put(t, c->times[k], s, v, width);
    }
}

static void add_all(struct table *t, const struct columns *c, const struct sharp_lines *s, double *v)
{
    double width;
    const int n = sharp_spreads(s, SHARP_PRODUCT, v, &width);
    if (!n || s->o.a.nseries < 2)
        return;
    table_row(t);
    table_text(t, c->what, "all");
    table_text(t, c->name, "all");
    table_number(t, c->n, n, 0);
    table_number(t, c->tasks, s->o.a.tasks, 0);
    put(t, c->spread, s, v, width);
    if (sharp_spreads(s, SHARP_RATE, v, &width))
        put(t, c->spread_rate, s, v, width);
    if (sharp_slopes(s, v, &width)) {
        put_interval(t, c->slope, over_tasks(s, v, width), 2, true);
        table_draws(t, c->slope, v, values_present(v, s->o.units));
    }
}

static void fill(struct table *t, const struct groups *g, const struct display *d)
{
    struct sharp_lines s = sharp_lines_make(g, d);
    double *v = mem_alloc((size_t)(s.o.units + 1) * sizeof *v);
    struct columns c = {.what = table_column(t, "Method", "method", EVERYONE, false)};
    c.n = table_column(t, "n", "n", EVERYONE, true);
    c.tasks = table_column(t, "", "tasks", PROGRAMS, true);
    c.value[SHARP_RATE] = interval_columns(t, "Best rate", "rate");
    c.value[SHARP_ADAPTER] = interval_columns(t, "Largest eigenvalue", "eigenvalue");
    c.value[SHARP_WHOLE] = interval_columns(t, "With the classifier", "whole");
    c.value[SHARP_PRODUCT] = -1;
    c.times[SHARP_RATE] = interval_columns(t, "Rate, times the reference’s", "rate_times");
    c.times[SHARP_ADAPTER] = interval_columns(t, "Eigenvalue, times", "eigenvalue_times");
    c.times[SHARP_WHOLE] = -1;
    c.times[SHARP_PRODUCT] = interval_columns(t, "Their product, times", "product_times");
    c.spread_rate = interval_columns(t, "Rates, largest over smallest", "spread_rate");
    c.spread = interval_columns(t, "Products, largest over smallest", "spread");
    c.slope = interval_columns(t, "Slope", "slope");
    c.name = table_column(t, "", "name", PROGRAMS, false);
    for (int i = 0; i < s.o.a.nseries; i++)
        add_line(t, &c, &s, i, v);
    add_all(t, &c, &s, v);
    char kind[256];
    nested_words(s.o.a.tasks, kind, sizeof kind);
    table_caption(t,
                  "%s: the rate with the highest validation score and the largest eigenvalue of the loss's Hessian "
                  "before the first step, for each of n pairs of a task and a seed by itself; means of logarithms. The "
                  "Hessian is the plain one, not as Adam scales it, over the adapter's parameters and, in a column of "
                  "its own, over the classifier's too, on the first 256 training examples, known to 1 %%. Times: the "
                  "ratio to %s. Largest over smallest: of the methods, pair by pair. Slope: of log best rate on log "
                  "eigenvalue over the methods. Intervals: %s; where a rate is in them wider by half a rung if the "
                  "ladder alone says it.",
                  t->id, s.o.a.reference >= 0 ? s.o.a.series[s.o.a.reference] : "nothing", kind);
    table_absent(t, "no run has both a validation score and a line of sharpness.csv (`peftlab sharpness` makes it)");
    free(v);
    sharp_lines_free(&s);
}

const struct table_kind table_sharpness = {
    .name = "sharpness",
    .title = "Best rates and how sharply the loss bends",
    .help =
        "Best rate times largest eigenvalue of the Hessian at step 0 per method, from the sharpness.csv that `peftlab "
        "sharpness` makes; for grids of several rates.",
    .keys = "reference file",
    .absent = "no run has been asked how sharply its loss bends",
    .fill = fill,
};
