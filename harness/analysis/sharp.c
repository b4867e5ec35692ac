/* Best rates and largest eigenvalues, joined by the keys of runs. */
#include "analysis/sharp.h"

#include "analysis/words.h"
#include "core/arena.h"
#include "record/sharpness.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>

enum { VALUES = SHARP_PRODUCT + 1 };

static double *at(const struct sharp_lines *s, int series, int unit)
{
    return s->value + ((size_t)series * (size_t)s->o.units + (size_t)unit) * VALUES;
}

/* The line of the list that belongs to any of the runs of a line, task and seed: at whatever rate, they begin alike. */
static const struct sharp *found(const struct along *a, const struct sharp_list *l, int series, int task, int seed)
{
    const struct sharp *s = NULL;
    for (int i = 0; i < a->n && !s; i++)
        if (a->run[i].series == series && a->run[i].task == task && a->run[i].seed == seed)
            s = sharp_find(l, a->run[i].run->facts->key);
    return s;
}

struct sharp_lines sharp_lines_make(const struct groups *g, const struct display *d)
{
    struct sharp_lines s = {.o = optima_make(g, d)};
    struct sharp_list l;
    const struct along *a = &s.o.a;
    const int seeds = a->n ? a->most - a->least + 1 : 1;
    char *path = display_results(g, d, "sharpness.csv");
    sharp_read(&l, path);
    free(path);
    s.value = mem_alloc((size_t)(a->nseries * s.o.units * VALUES + 1) * sizeof *s.value);
    for (int i = 0; i < a->nseries; i++)
        for (int u = 0; u < s.o.units; u++) {
            const struct sharp *one = found(a, &l, i, u / seeds, a->least + u % seeds);
            double *v = at(&s, i, u);
            v[SHARP_RATE] = optima_at(&s.o, i, 0, u)->at;
            v[SHARP_ADAPTER] = one && one->adapter > 0 ? log10(one->adapter) : NAN;
            v[SHARP_WHOLE] = one && one->whole > 0 ? log10(one->whole) : NAN;
            v[SHARP_PRODUCT] = v[SHARP_RATE] + v[SHARP_ADAPTER];
        }
    sharp_free(&l);
    return s;
}

void sharp_lines_free(struct sharp_lines *s)
{
    free(s->value);
    optima_free(&s->o);
}

static double width_of(const struct sharp_lines *s, int series, int unit)
{
    return optima_at(&s->o, series, 0, unit)->width;
}

/* To how much a line's best rates are known by the ladder, the mean over units; with another line's added. */
static double mean_width(const struct sharp_lines *s, int series, int other)
{
    double sum = 0;
    int n = 0;
    for (int u = 0; u < s->o.units; u++)
        if (isfinite(at(s, series, u)[SHARP_RATE])) {
            sum += width_of(s, series, u) + (other < 0 ? 0 : width_of(s, other, u));
            n++;
        }
    return n ? sum / n : 0;
}

int sharp_values(const struct sharp_lines *s, int series, enum sharp_value what, double *v, double *width)
{
    int n = 0;
    for (int u = 0; u < s->o.units; u++) {
        v[u] = at(s, series, u)[what];
        n += isfinite(v[u]);
    }
    *width = what == SHARP_RATE || what == SHARP_PRODUCT ? mean_width(s, series, -1) : 0;
    return n;
}

int sharp_times(const struct sharp_lines *s, int series, enum sharp_value what, double *v, double *width)
{
    int n = 0;
    for (int u = 0; u < s->o.units && s->o.a.reference >= 0; u++) {
        v[u] = at(s, series, u)[what] - at(s, s->o.a.reference, u)[what];
        n += isfinite(v[u]);
    }
    *width = what == SHARP_RATE || what == SHARP_PRODUCT ? mean_width(s, series, s->o.a.reference) : 0;
    return n;
}

static bool whole(const struct sharp_lines *s, int unit)
{
    for (int i = 0; i < s->o.a.nseries; i++)
        if (!isfinite(at(s, i, unit)[SHARP_PRODUCT]))
            return false;
    return s->o.a.nseries > 0;
}

int sharp_spreads(const struct sharp_lines *s, enum sharp_value what, double *v, double *width)
{
    double widths = 0;
    int n = 0;
    for (int u = 0; u < s->o.units; u++) {
        int least = 0, most = 0;
        v[u] = NAN;
        if (!whole(s, u))
            continue;
        for (int i = 1; i < s->o.a.nseries; i++) {
            least = at(s, i, u)[what] < at(s, least, u)[what] ? i : least;
            most = at(s, i, u)[what] > at(s, most, u)[what] ? i : most;
        }
        v[u] = at(s, most, u)[what] - at(s, least, u)[what];
        widths += width_of(s, least, u) + width_of(s, most, u);
        n++;
    }
    *width = n ? widths / n : 0;
    return n;
}

int sharp_slopes(const struct sharp_lines *s, double *v, double *width)
{
    const int lines = s->o.a.nseries;
    double *x = mem_alloc((size_t)(3 * lines + 1) * sizeof *x), *y = x + lines, *w = y + lines, widths = 0;
    int n = 0;
    for (int u = 0; u < s->o.units; u++) {
        v[u] = NAN;
        if (!whole(s, u))
            continue;
        for (int i = 0; i < lines; i++) {
            x[i] = at(s, i, u)[SHARP_ADAPTER];
            y[i] = at(s, i, u)[SHARP_RATE];
            w[i] = width_of(s, i, u);
        }
        const double slope = stats_line(x, y, lines).slope;
        if (isfinite(slope))
            v[u] = slope, widths += stats_line_reach(x, w, lines), n++;
    }
    free(x);
    *width = n ? widths / n : 0;
    return n;
}
