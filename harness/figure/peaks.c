/* The best rate along an axis, a line per method, on logarithmic scales; without an axis a point per method. */
#include "analysis/optima.h"
#include "figure/figure.h"

#include "core/arena.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* "LoRA: slope -0.41 [-0.50, -0.32]", or the name alone; for free(). */
static char *label_of(const struct optima *s, int series)
{
    double *slope = mem_alloc((size_t)(2 * s->units + 2) * sizeof *slope), width = 0;
    const bool axis = *s->a.over && s->a.nx > 2;
    const int n = axis ? optima_slopes(s, series, slope, slope + s->units + 1, &width) : 0;
    const struct interval v = nested_interval(slope, n ? s->a.tasks : 0, s->seeds, width);
    char *words = n && !isnan(v.low)
                      ? mem_text("%s: slope %+.2f [%+.2f, %+.2f]", s->a.series[series], v.estimate, v.low, v.high)
                  : n ? mem_text("%s: slope %+.2f", s->a.series[series], v.estimate)
                      : mem_text("%s", s->a.series[series]);
    free(slope);
    return words;
}

/* The points of a line; returns the most units that stand behind one. */
static int put_line(struct plot *p, const struct optima *s, int series, int row)
{
    double *v = mem_alloc((size_t)(s->units + 1) * sizeof *v), width;
    int most = 0;
    for (int x = 0; x < s->a.nx; x++) {
        const int n = optima_rates(s, series, x, v, &width);
        const struct interval m = nested_interval(v, s->a.tasks, s->seeds, width);
        if (!n)
            continue;
        PLOT_ROW(p, *s->a.over ? s->a.x[x] : row + 1, pow(10, m.estimate), pow(10, m.low), pow(10, m.high));
        most = n > most ? n : most;
    }
    plot_gap(p);
    free(v);
    return most;
}

static bool has_runs(const struct along *a, int series)
{
    for (int i = 0; i < a->n; i++)
        if (a->run[i].series == series)
            return true;
    return false;
}

static bool draw(const struct scene *s)
{
    struct optima all = optima_make(s->g, s->d);
    const struct along *a = &all.a;
    int lines = 0, most = 0, missing = 0;
    struct plot p;
    plot_open(&p, "peaks.gp", s->to->id, s->name);
    for (int i = 0; i < a->nseries; i++) {
        missing += !has_runs(a, i);
        if (!has_runs(a, i))
            continue;
        char *words = label_of(&all, i);
        plot_text_i(&p, "label", lines, "%s", words);
        plot_number_i(&p, "color", lines, sequence_color(lines, a->nseries + 1));
        lines++;
        free(words);
    }
    plot_number(&p, "lines", lines);
    plot_text(&p, "axis", "%s", *a->over ? a->over : "method, in the order of the legend");
    plot_block(&p, "peaks", "place best_rate low high; one series per line");
    for (int i = 0, row = 0; i < a->nseries; i++)
        if (has_runs(a, i)) {
            const int n = put_line(&p, &all, i, row++);
            most = n > most ? n : most;
        }
    p.width = 1150, p.height = 420 + 22 * lines;
    char kind[256];
    nested_words(a->tasks, kind, sizeof kind);
    char *rest = missing ? mem_text(" %d of %d lines have no runs yet.", missing, a->nseries) : mem_text("%s", "");
    if (lines)
        gallery_add(
            s->to, &p, mem_text("The best rate %s%s", *a->over ? "along " : "of every method", a->over),
            mem_text("%s: the rate at the top of a parabola through the best validation score and its neighbours, mean "
                     "of logarithms over n = %d pairs of a task and a "
                     "seed at most, each searched by itself; bars: 95 %% intervals %s, wider by half a rung where the "
                     "ladder alone says it. Slope: of log best rate on log "
                     "%s.%s",
                     s->to->id, most, kind, *a->over ? a->over : "place", rest));
    free(rest);
    plot_close(&p);
    optima_free(&all);
    return lines > 0;
}

const struct figure_kind figure_peaks = {
    .name = "peaks",
    .title = "The best rate along an axis",
    .help =
        "Best rates with their intervals as a setting moves, a line per method, and the slope of each; for grids of "
        "several rates.",
    .keys = ALONG_KEYS,
    .absent = "no run has a validation score",
    .draw = draw,
};
