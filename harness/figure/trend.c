/* Differences to a reference along an axis, a panel per method: what grows with the model, the batch or the length of a run. */
#include "analysis/distance.h"
#include "analysis/words.h"
#include "figure/figure.h"

#include "core/arena.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* "-0.4 points per doubling [-0.7, -0.1]", or what is missing; for free(). */
static char *words_of(const struct distances *s, int series, int places)
{
    double *v = mem_alloc((size_t)(s->seeds + 1) * sizeof *v);
    int n = 0;
    distances_slopes(s, series, v);
    for (int k = 0; k < s->seeds; k++)
        if (isfinite(v[k]))
            v[n++] = v[k];
    const struct interval m = mean_interval(v, n, stream_id(s->a.series[series], "slope", 1));
    free(v);
    return !places            ? mem_text("no runs yet")
           : places < s->a.nx ? mem_text("%d of %d places have runs", places, s->a.nx)
           : n && !isnan(m.low)
               ? mem_text("%s per doubling %s", points_text(m.estimate), range_text(m.low, m.high, true))
               : mem_text("%s", "");
}

static int places_with_runs(const struct distances *s, int series)
{
    double *v = mem_alloc((size_t)(s->seeds + 1) * sizeof *v);
    int places = 0;
    for (int x = 0; x < s->a.nx; x++)
        places += distances_at(s, series, x, v) > 0;
    free(v);
    return places;
}

static void put_panel(struct plot *p, const struct distances *s, int series)
{
    double *v = mem_alloc((size_t)(s->seeds + 1) * sizeof *v);
    for (int x = 0; x < s->a.nx; x++) {
        const int n = distances_at(s, series, x, v);
        const struct interval m = mean_interval(v, n, stream_id(s->a.series[series], "trend", x));
        if (n)
            PLOT_ROW(p, *s->a.over ? s->a.x[x] : 1, 100 * m.estimate, 100 * m.low, 100 * m.high);
    }
    plot_gap(p);
    free(v);
}

static bool draw(const struct scene *s)
{
    struct distances all = distances_make(s->g, s->d);
    const struct along *a = &all.a;
    const double margin = s->g->rows->plan->experiment->margin;
    int panels = 0, drawn = 0, lacking = 0;
    struct plot p;
    plot_open(&p, "trend.gp", s->to->id, s->name);
    for (int i = 0; i < a->nseries && a->reference >= 0; i++) {
        if (i == a->reference)
            continue;
        const int places = places_with_runs(&all, i);
        char *words = words_of(&all, i, places);
        plot_style(&p, panels, a->series[i], a->method[i]);
        plot_text_i(&p, "words", panels++, "%s", words);
        free(words);
        drawn += places > 0;
        lacking += places < a->nx;
    }
    plot_number(&p, "panels", panels);
    plot_number(&p, "margin", 100 * margin);
    plot_number(&p, "first", *a->over && a->nx ? a->x[0] : 1);
    plot_number(&p, "last", *a->over && a->nx ? a->x[a->nx - 1] : 1);
    plot_text(&p, "axis", "%s",
              strcmp(a->over, "base") == 0 ? "width d of the base"
              : *a->over                   ? a->over
                                           : "one place");
    plot_block(&p, "differences", "place difference low high; one series per panel");
    for (int i = 0; i < a->nseries && a->reference >= 0; i++)
        if (i != a->reference)
            put_panel(&p, &all, i);
    if (drawn) {
        const int columns = panels < 4 ? panels : 4, rows = (panels + columns - 1) / columns;
        char kind[256];
        interval_words(all.seeds, kind, sizeof kind);
        p.width = 130 + 250 * columns, p.height = 150 + 245 * rows;
        char *rest =
            lacking ? mem_text(" %d of %d panels lack runs, and say so.", lacking, panels) : mem_text("%s", "");
        gallery_add(
            s->to, &p,
            mem_text("Less the score of %s, along %s", a->series[a->reference],
                     strcmp(a->over, "base") == 0 ? "the width of the base"
                     : *a->over                   ? a->over
                                                  : "one place"),
            mem_text(
                "%s: difference to %s in points of test score, mean over tasks; bars: 95 %% intervals over at most %d "
                "seeds, %s. Above a panel: slope per doubling, with half the width of its interval. A diverged run "
                "counts as 0. Grey "
                "band: the margin of equivalence, %g point%s.%s",
                s->to->id, a->series[a->reference], all.seeds, kind, 100 * margin, plural(100 * margin), rest));
        free(rest);
    }
    plot_close(&p);
    distances_free(&all);
    return drawn > 0;
}

const struct figure_kind figure_trend = {
    .name = "trend",
    .title = "Against a reference along an axis",
    .help = "Differences to a reference with their intervals as a setting moves, a panel per method; panels without "
            "runs say so.",
    .keys = ALONG_KEYS,
    .absent = "no method has reported runs beside those of the reference",
    .draw = draw,
};
