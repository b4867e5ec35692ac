/* Gathering (dD, dM) points and correlating them with runs, not points, as the unit of resampling. */
#include "analysis/coupling.h"

#include "core/arena.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void add_point(struct cloud *c, double x, double y, int layer, int step)
{
    size_t n = (size_t)c->n + 1;
    c->direction = mem_grow(c->direction, n * sizeof(double));
    c->magnitude = mem_grow(c->magnitude, n * sizeof(double));
    c->layer = mem_grow(c->layer, n * sizeof(int));
    c->step = mem_grow(c->step, n * sizeof(int));
    c->run = mem_grow(c->run, n * sizeof(int));
    c->direction[c->n] = x, c->magnitude[c->n] = y;
    c->layer[c->n] = layer, c->step[c->n] = step, c->run[c->n] = c->runs;
    c->layers = layer >= c->layers ? layer + 1 : c->layers;
    c->n++;
}

void cloud_add(struct cloud *c, const struct group *g, int target, enum axis axis)
{
    for (int i = 0; i < g->samples; i++) {
        const struct run *r = result_run(g->sample[i]);
        int before = c->n;
        for (int k = 0; k < r->probes; k++) {
            const struct probe *p = &r->probe[k];
            const double *dM[] = {p->row_dM, p->col_dM, p->null_dM}, *dD[] = {p->row_dD, p->col_dD, p->null_dD};
            for (int s = 0; s < r->sites; s++) {
                const int own = s % TARGETS;
                const bool both = target == CLOUD_QV && (own == TARGET_Q || own == TARGET_V);
                if ((both || target == -1 || own == target) && p->row_dD[s] > 0 && p->step > 0 &&
                    isfinite(dD[axis][s]) && isfinite(dM[axis][s]))
                    add_point(c, dD[axis][s], dM[axis][s], s / TARGETS, p->step);
            }
        }
        c->runs += c->n > before;
    }
}

void cloud_free(struct cloud *c)
{
    free(c->direction);
    free(c->magnitude);
    free(c->layer);
    free(c->step);
    free(c->run);
    *c = (struct cloud){0};
}

int cloud_steps(const struct cloud *c, int *step, int max)
{
    int n = 0;
    for (int i = 0; i < c->n; i++) {
        int k = 0;
        while (k < n && step[k] < c->step[i])
            k++;
        if ((k < n && step[k] == c->step[i]) || (n == max && k == 0))
            continue;
        if (n == max) { /* the earliest makes room: the last checkpoint must be there */
            memmove(step, step + 1, (size_t)(--k) * sizeof *step);
            step[k] = c->step[i];
            continue;
        }
        memmove(step + k + 1, step + k, (size_t)(n - k) * sizeof *step);
        step[k] = c->step[i];
        n++;
    }
    return n;
}

static void copy_point(struct cloud *to, const struct cloud *c, int i, double x, double y)
{
    to->runs = c->run[i];
    add_point(to, x, y, c->layer[i], c->step[i]);
}

struct cloud cloud_at(const struct cloud *c, int step)
{
    struct cloud part = {0};
    for (int i = 0; i < c->n; i++)
        if (c->step[i] == step)
            copy_point(&part, c, i, c->direction[i], c->magnitude[i]);
    part.runs = c->runs;
    return part;
}

struct cloud cloud_of_run(const struct cloud *c, int run)
{
    struct cloud part = {0};
    for (int i = 0; i < c->n; i++)
        if (c->run[i] == run) {
            copy_point(&part, c, i, c->direction[i], c->magnitude[i]);
            part.run[part.n - 1] = 0;
        }
    part.runs = part.n > 0;
    return part;
}

struct cloud cloud_relative(const struct cloud *c, const double *norm)
{
    struct cloud part = {0};
    for (int i = 0; i < c->n; i++)
        copy_point(&part, c, i, c->direction[i], c->magnitude[i] / norm[c->layer[i]]);
    part.runs = c->runs;
    return part;
}

struct cloud cloud_log(const struct cloud *c)
{
    struct cloud part = {0};
    for (int i = 0; i < c->n; i++)
        if (c->direction[i] > 0 && c->magnitude[i] > 0)
            copy_point(&part, c, i, log(c->direction[i]), log(c->magnitude[i]));
    part.runs = c->runs;
    return part;
}

struct cloud cloud_given_size(const struct cloud *c, const struct cloud *size)
{
    struct cloud part = {0};
    double *x = mem_alloc((size_t)(c->n + 1) * sizeof *x);
    for (int i = 0; i < c->n; i++)
        x[i] = size->magnitude[i];
    const struct line d = stats_line(x, c->direction, c->n), m = stats_line(x, c->magnitude, c->n);
    for (int i = 0; i < c->n; i++)
        copy_point(&part, c, i, c->direction[i] - d.intercept - d.slope * x[i],
                   c->magnitude[i] - m.intercept - m.slope * x[i]);
    part.runs = c->runs;
    free(x);
    return part;
}

struct cloud cloud_without_time(const struct cloud *c)
{
    struct cloud part = {0};
    for (int i = 0; i < c->n; i++) {
        double x = 0, y = 0;
        int n = 0;
        for (int k = 0; k < c->n; k++)
            if (c->step[k] == c->step[i]) {
                x += c->direction[k];
                y += c->magnitude[k];
                n++;
            }
        copy_point(&part, c, i, c->direction[i] - x / n, c->magnitude[i] - y / n);
    }
    part.runs = c->runs;
    return part;
}

/* What r or the slope is resampled of. */
struct sample {
    const struct cloud *cloud;
    bool slope;
};

/* The first point of a run, or of the next that has any; points stand in the order of the runs. */
static int first_point(const struct cloud *c, int run)
{
    int low = 0, high = c->n;
    while (low < high) {
        int middle = (low + high) / 2;
        if (c->run[middle] < run)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Of the points of the runs index[0..count), a run as often as it was drawn. */
static double measure(const struct cloud *c, const int *index, int count, bool slope)
{
    size_t room = 1;
    for (int i = 0; i < count; i++)
        room += (size_t)(first_point(c, index[i] + 1) - first_point(c, index[i]));
    double *x = mem_alloc(2 * room * sizeof *x), *y = x + room;
    int n = 0;
    for (int i = 0; i < count; i++) {
        int from = first_point(c, index[i]), points = first_point(c, index[i] + 1) - from;
        memcpy(x + n, c->direction + from, (size_t)points * sizeof *x);
        memcpy(y + n, c->magnitude + from, (size_t)points * sizeof *y);
        n += points;
    }
    double v = slope ? stats_line(x, y, n).slope : stats_pearson(x, y, n);
    free(x);
    return v;
}

static double of_one(const int *index, int count, const void *data)
{
    const struct sample *s = data;
    return measure(s->cloud, index, count, s->slope);
}

/* Clouds of several tasks, what they are compared with, and to what both are closer or farther; NULL: nothing. */
struct several {
    const struct cloud *a, *b, *to;
    int tasks;
    bool slope;
};

static double of_several(const int *index, int count, const void *data)
{
    const struct several *s = data;
    double sum = 0;
    for (int t = 0; t < s->tasks; t++) {
        double a = measure(&s->a[t], index, count, s->slope), b = s->b ? measure(&s->b[t], index, count, s->slope) : 0;
        double to = s->to ? measure(&s->to[t], index, count, s->slope) : 0;
        sum += s->to ? fabs(a - to) - fabs(b - to) : a - b;
    }
    return sum / s->tasks;
}

enum { RESAMPLES = 2000 };

struct coupling coupling_of(const struct cloud *c, unsigned id)
{
    struct sample r = {c, false}, slope = {c, true};
    return (struct coupling){
        .r = bootstrap_interval(INTERVAL_BCA, (struct statistic){of_one, &r}, c->runs, RESAMPLES, id),
        .slope = bootstrap_interval(INTERVAL_BCA, (struct statistic){of_one, &slope}, c->runs, RESAMPLES, id + 1),
        .points = c->n,
        .runs = c->runs,
    };
}

struct interval coupling_over(const struct cloud *a, const struct cloud *b, const struct cloud *to, int tasks,
                              bool slope, unsigned id)
{
    struct several s = {a, b, to, tasks, slope};
    int runs = a[0].runs;
    for (int t = 0; t < tasks; t++) {
        runs = a[t].runs < runs ? a[t].runs : runs;
        runs = b && b[t].runs < runs ? b[t].runs : runs;
        runs = to && to[t].runs < runs ? to[t].runs : runs;
    }
    return bootstrap_interval(INTERVAL_BCA, (struct statistic){of_several, &s}, runs, RESAMPLES, id);
}
