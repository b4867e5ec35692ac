/* How methods stand to a reference along an axis (rank, steps, batch, width), and whether the distance grows. */
#include "analysis/distance.h"
#include "table/kind.h"

#include "core/arena.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct columns {
    int what, n, tasks, score, difference, alone, slope, less, name;
};

/* How many tasks a line has runs of at a place; at every place for x < 0. */
static int tasks_at(const struct along *a, int series, int x)
{
    int all = 0;
    for (int t = 0; t < a->tasks; t++) {
        int places = 0;
        for (int k = 0; k < a->nx; k++) {
            bool any = false;
            for (int i = 0; i < a->n; i++)
                any |= a->run[i].series == series && a->run[i].task == t && a->run[i].x == k;
            places += any && (x < 0 || k == x);
        }
        all += places == (x < 0 ? a->nx : 1);
    }
    return all;
}

static void add_place(struct table *t, const struct columns *c, const struct distances *s, int series, int x)
{
    double *v = mem_alloc((size_t)(s->seeds + 1) * sizeof *v), score = 0;
    const int n = distances_at(s, series, x, v);
    int runs = 0;
    char *name = along_name(&s->a, series, x);
    for (int i = 0; i < s->a.n; i++)
        if (s->a.run[i].series == series && s->a.run[i].x == x) {
            score += s->a.run[i].score;
            runs++;
        }
    if (runs) {
        table_row(t);
        table_text(t, c->what, "%s", name);
        table_text(t, c->name, "%s", name);
        table_value(t, c->score, score / runs, percent_text(score / runs));
        table_number(t, c->n, series == s->a.reference ? runs : n, 0);
        table_number(t, c->tasks, tasks_at(&s->a, series, x), 0);
    }
    if (n) {
        put_points(t, c->difference, mean_interval(v, n, stream_id(name, "trend", 0)));
        table_draws(t, c->difference, v, n);
        const double one = distances_alone(s, series, x);
        if (isfinite(one))
            table_value(t, c->alone, one, points_text(one));
    }
    free(name);
    free(v);
}

/* The mean of (seeds) values that are finite, and each as what a single run would have said. */
static int put_seeds(struct table *t, int column, double *v, int seeds, unsigned id)
{
    int n = 0;
    for (int k = 0; k < seeds; k++)
        if (isfinite(v[k]))
            v[n++] = v[k];
    if (n) {
        put_points(t, column, mean_interval(v, n, id));
        table_draws(t, column, v, n);
    }
    return n;
}

static void add_slope(struct table *t, const struct columns *c, const struct distances *s, int series, int rival)
{
    double *own = mem_alloc((size_t)(2 * s->seeds + 2) * sizeof *own), *less = own + s->seeds + 1;
    const char *name = s->a.series[series];
    bool any = false;
    distances_slopes(s, series, own);
    if (rival >= 0 && rival != series)
        distances_slopes(s, rival, less);
    for (int k = 0; k < s->seeds; k++) {
        less[k] = own[k] - less[k];
        any |= isfinite(own[k]);
    }
    if (any) {
        const unsigned id = stream_id(name, "slope", 1);
        table_row(t);
        table_text(t, c->what, "%s: per doubling", name);
        table_text(t, c->name, "%s slope", name);
        table_number(t, c->tasks, tasks_at(&s->a, series, -1), 0);
        table_number(t, c->n, put_seeds(t, c->slope, own, s->seeds, id), 0);
        if (rival >= 0 && rival != series)
            put_seeds(t, c->less, less, s->seeds, id + 1);
    }
    free(own);
}

static void fill(struct table *t, const struct groups *g, const struct display *d)
{
    struct distances s = distances_make(g, d);
    const char *against = display_get(d, "against", "");
    char kind[256];
    int rival = -1;
    const bool compared = s.a.reference >= 0;
    for (int i = 0; i < s.a.nseries; i++)
        rival = strcmp(s.a.series[i], against) == 0 ? i : rival;
    struct columns c = {.what = table_column(t, "Method", "method", EVERYONE, false)};
    c.n = table_column(t, "n", "n", EVERYONE, true);
    c.tasks = table_column(t, "Tasks", "tasks", EVERYONE, true);
    c.score = table_column(t, "Test score", "score", EVERYONE, true);
    c.difference = interval_columns(t, "Less the reference’s", "difference");
    c.alone = table_column(t, "One seed, one rate", "alone", EVERYONE, true);
    c.slope = *s.a.over ? interval_columns(t, "Per doubling", "slope") : -1;
    c.less = rival >= 0 ? interval_columns(t, "Less that of the rival", "slope_less") : -1;
    c.name = table_column(t, "", "name", PROGRAMS, false);
    for (int i = 0; i < s.a.nseries && compared; i++) {
        for (int x = 0; x < s.a.nx; x++)
            add_place(t, &c, &s, i, x);
        if (*s.a.over && s.a.nx > 2 && i != s.a.reference)
            add_slope(t, &c, &s, i, rival);
    }
    interval_words(s.seeds, kind, sizeof kind);
    table_caption(t,
                  "%s: test scores along %s, and their difference to %s in points: per seed the mean over the tasks "
                  "that both have (scores of other tasks are not to be held beside each other), a run that diverged "
                  "being worth 0. "
                  "n: seeds (of the reference: runs). Per doubling: the slope of that difference on the logarithm of "
                  "%s, for seeds with "
                  "every place, over the tasks that stand at every place.%s%s%s One seed, one rate: the difference as "
                  "one seed of the search "
                  "has it, both at the rate that the reference chose, on validation. Intervals over seeds: %s.",
                  t->id, *s.a.over ? s.a.over : "nothing", s.a.reference >= 0 ? s.a.series[s.a.reference] : "nothing",
                  *s.a.over ? s.a.over : "nothing", rival >= 0 ? " The rival: " : "",
                  rival >= 0 ? s.a.series[rival] : "", rival >= 0 ? "." : "", kind);
    table_absent(t, "no run of the reference, %s, has a test score", display_get(d, "reference", "LoRA"));
    distances_free(&s);
}

const struct table_kind table_trend = {
    .name = "trend",
    .title = "Against a reference along an axis",
    .help =
        "Test scores and their difference to a reference as a setting moves, and how much the difference grows with "
        "every doubling.",
    .keys = ALONG_KEYS " against",
    .absent = "no run of the reference has a test score",
    .fill = fill,
};
