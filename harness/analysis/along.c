/* Gathering runs along an axis, and calling lines by what is left of their labels without it. */
#include "analysis/along.h"

#include "core/arena.h"
#include "core/die.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Takes the part of a label away that begins so, up to the next blank. */
static void take(char *label, const char *part)
{
    char *from = strstr(label, part);
    if (!from)
        return;
    const char *end = from + strlen(part) + strcspn(from + strlen(part), " ");
    memmove(from, end, strlen(end) + 1);
}

/* What labels (analysis/labels.c) say of the setting: " r=4", " alpha x2", " on deep", " batch=8". */
static void axis_part(const char *over, char *part, size_t size)
{
    const char *dot = strchr(over, '.');
    if (strcmp(over, "rank") == 0)
        snprintf(part, size, " r=");
    else if (strcmp(over, "alpha") == 0)
        snprintf(part, size, " alpha x");
    else if (strcmp(over, "base") == 0)
        snprintf(part, size, " on ");
    else
        snprintf(part, size, " %s=", dot ? dot + 1 : over);
}

static void name_of(const struct groups *g, int cell, const char *over, bool by_grid, char label[LABEL_TEXT],
                    char task[LABEL_TEXT])
{
    char part[OPTION_TEXT];
    const struct cell *c = &g->rows->plan->cell[cell];
    snprintf(label, LABEL_TEXT, "%s", g->label[cell]);
    if (by_grid)
        snprintf(label, LABEL_TEXT, "%.30s, %.60s", g->rows->setup[cell].method->title, c->grid->name);
    snprintf(task, LABEL_TEXT, "%s", g->task[cell]);
    take(label, " lr=");
    if (!*over)
        return;
    axis_part(over, part, sizeof part);
    take(strcmp(over, "rank") == 0 || strcmp(over, "alpha") == 0 ? label : task, part);
}

/* alpha = 0 stands for twice the rank; a base for its width. */
static double value_of(const struct groups *g, int cell, const char *over)
{
    const struct setup *s = &g->rows->setup[cell];
    if (!*over)
        return 0;
    if (strcmp(over, "base") == 0)
        return plan_width(g->rows->plan, &g->rows->plan->cell[cell]);
    const double v = setup_number(s, over);
    return strcmp(over, "alpha") == 0 && v == 0 ? 2.0 * s->rank : v;
}

static int text_index(char (**list)[LABEL_TEXT], int *n, const char *text)
{
    for (int i = 0; i < *n; i++)
        if (strcmp((*list)[i], text) == 0)
            return i;
    *list = mem_grow(*list, (size_t)(*n + 1) * sizeof **list);
    snprintf((*list)[*n], LABEL_TEXT, "%s", text);
    return (*n)++;
}

static int place_of(const struct along *a, double v)
{
    int at = 0;
    while (at < a->nx && a->x[at] < v)
        at++;
    return at;
}

static void add_place(struct along *a, double v)
{
    const int at = place_of(a, v);
    if (at < a->nx && a->x[at] == v)
        return;
    a->x = mem_grow(a->x, (size_t)(a->nx + 1) * sizeof *a->x);
    memmove(a->x + at + 1, a->x + at, (size_t)(a->nx - at) * sizeof *a->x);
    a->x[at] = v;
    a->nx++;
}

/* Where a cell of the plan belongs. */
struct home {
    int series, task;
    double value;
};

static struct home home_of(struct along *a, const struct groups *g, int cell, bool by_grid)
{
    char label[LABEL_TEXT], task[LABEL_TEXT];
    const int lines = a->nseries;
    name_of(g, cell, a->over, by_grid, label, task);
    struct home h = {.value = value_of(g, cell, a->over)};
    h.series = text_index(&a->series, &a->nseries, label);
    h.task = text_index(&a->task, &a->tasks, task);
    if (a->nseries > lines) {
        a->method = mem_grow(a->method, (size_t)a->nseries * sizeof *a->method);
        a->method[h.series] = g->rows->setup[cell].method;
    }
    add_place(a, h.value);
    return h;
}

static bool wanted(const struct groups *g, const struct result *w, bool search)
{
    const struct grid *grid = g->rows->plan->cell[w->run->cell].grid;
    const bool searched = grid_tuning_seeds(grid) > 0;
    return *g->label[w->run->cell] && w->present && (search ? w->run->tuning || !searched : !w->run->tuning);
}

static void add(struct along *a, const struct home *h, const struct result *w, bool search)
{
    const double score = result_value(w, search ? FACT_valid_metric : FACT_test_metric);
    const struct along_run r = {.series = h->series,
                                .x = place_of(a, h->value),
                                .task = h->task,
                                .seed = w->run->seed,
                                .rate = w->lr,
                                .score = w->ok ? score : 0,
                                .run = w};
    if (isnan(r.score) || along_find(a, r.series, r.x, r.task, r.seed, r.rate)) /* not looked at; of two grids */
        return;
    a->least = !a->n || r.seed < a->least ? r.seed : a->least;
    a->most = !a->n || r.seed > a->most ? r.seed : a->most;
    if ((a->n & (a->n - 1)) == 0) /* a power of two: double */
        a->run = mem_grow(a->run, (size_t)(a->n ? 2 * a->n : 1) * sizeof *a->run);
    a->run[a->n++] = r;
}

struct along along_make(const struct groups *g, const struct display *d, bool search)
{
    struct along a = {.over = display_get(d, "over", ""), .reference = -1};
    const char *series = display_get(d, "series", "label"), *reference = display_get(d, "reference", "LoRA");
    const bool by_grid = strcmp(series, "grid") == 0;
    if (!by_grid && strcmp(series, "label") != 0)
        die(EXIT_USAGE, "[%s %s]: series = %s is neither label nor grid", d->is_figure ? "figure" : "table", d->name,
            series);
    const int cells = g->rows->plan->cells;
    struct home *home = mem_alloc((size_t)(cells + 1) * sizeof *home);
    for (int i = 0; i < cells; i++)
        if (*g->label[i])
            home[i] = home_of(&a, g, i, by_grid);
    for (int i = 0; i < g->rows->n; i++)
        if (wanted(g, &g->rows->row[i], search))
            add(&a, &home[g->rows->row[i].run->cell], &g->rows->row[i], search);
    free(home);
    for (int i = 0; i < a.nseries; i++)
        a.reference = strcmp(a.series[i], reference) == 0 ? i : a.reference;
    return a;
}

void along_free(struct along *a)
{
    free(a->series);
    free(a->task);
    free(a->method);
    free(a->x);
    free(a->run);
    *a = (struct along){0};
}

char *along_name(const struct along *a, int series, int x)
{
    const char *dot = strchr(a->over, '.');
    return *a->over ? mem_text("%s %s=%g", a->series[series], dot ? dot + 1 : a->over, a->x[x])
                    : mem_text("%s", a->series[series]);
}

int along_window(const struct along *a, int series, int x, int task, int seed, double *rate, double *score)
{
    int n = 0;
    for (int i = 0; i < a->n; i++) {
        const struct along_run *r = &a->run[i];
        if (r->series != series || r->x != x || r->task != task || r->seed != seed)
            continue;
        const double at = log10(r->rate);
        int k = n++;
        for (; k > 0 && rate[k - 1] > at; k--)
            rate[k] = rate[k - 1], score[k] = score[k - 1];
        rate[k] = at, score[k] = r->score;
    }
    return n;
}

const struct along_run *along_find(const struct along *a, int series, int x, int task, int seed, double rate)
{
    for (int i = 0; i < a->n; i++) {
        const struct along_run *r = &a->run[i];
        if (r->series == series && r->x == x && r->task == task && r->seed == seed && (isnan(rate) || r->rate == rate))
            return r;
    }
    return NULL;
}
