/* How much of a planted weight change is recovered by adapters of less, equal and higher rank. */
#include "figure/figure.h"

#include "core/arena.h"
#include "stats/contrast.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Shares that LoRA recovers of changes of known rank, with at least that rank (enough) or with less; returns how many.
 */
static int recovered(const struct groups *g, const char *const *task, int tasks, bool enough, double **v)
{
    int n = 0;
    *v = mem_alloc(sizeof **v);
    for (int i = 0; i < g->n; i++) {
        const struct group *a = &g->group[i];
        bool shown = false;
        for (int t = 0; t < tasks; t++)
            shown |= strcmp(a->task, task[t]) == 0;
        if (!shown || strcmp(a->setup->method->name, "lora") != 0 || setup_is(a->setup, "task.plant", "mag") ||
            (a->setup->rank >= setup_number(a->setup, "task.k")) != enough)
            continue;
        *v = mem_grow(*v, (size_t)(n + a->n + 1) * sizeof **v);
        n += group_values(a, FACT_test_metric, *v + n);
    }
    return n;
}

/* What LoRA recovers of planted changes of at most its own rank, and of those of higher rank. */
static char *headline(const struct groups *g, const char *const *task, int tasks)
{
    double *with, *without;
    int n = recovered(g, task, tasks, true, &with), fewer = recovered(g, task, tasks, false, &without);
    const double enough = stats_mean(with, n), less = stats_mean(without, fewer);
    const struct contrast c = contrast_of(with, n, without, fewer);
    const bool apart = c.low > 0 || c.high < 0;
    free(with);
    free(without);
    if (n && fewer)
        return mem_text("LoRA recovers %.0f %% of a planted change with its rank or more, %.0f %% with less%s",
                        100 * enough, 100 * less, apart ? "" : " (not surely apart)");
    if (n || fewer)
        return mem_text("LoRA recovers %.0f %% of a planted change with %s", 100 * (n ? enough : less),
                        n ? "its rank or more" : "less than its rank");
    return mem_text("How much of a planted change is recovered, by the adapter’s rank");
}

static int by_rank(const void *a, const void *b)
{
    return (*(const struct group *const *)a)->setup->rank - (*(const struct group *const *)b)->setup->rank;
}

static void put_planted(struct plot *p, const struct groups *g, const char *task, const struct method *m)
{
    const struct group *found[SERIES_MOST];
    int n = 0;
    for (int i = 0; i < g->n && n < SERIES_MOST; i++)
        if (g->group[i].setup->method == m && strcmp(g->group[i].task, task) == 0 && g->group[i].ok)
            found[n++] = &g->group[i];
    qsort(found, (size_t)n, sizeof(const struct group *), by_rank);
    for (int i = 0; i < n; i++) {
        const struct group *a = found[i];
        struct interval v = group_interval(a, FACT_test_metric);
        PLOT_ROW(p, a->setup->method->no_rank ? 0 : a->setup->rank, v.estimate, v.low, v.high);
    }
    plot_gap(p);
}

static bool draw(const struct scene *s)
{
    const struct groups *g = s->g;
    const char *task[TASKS_MOST];
    struct series series[SERIES_MOST];
    const struct method *method[SERIES_MOST];
    int tasks = 0, methods = 0, n = groups_series(g, series);
    struct plot p;
    char words[160];
    plot_open(&p, "planted.gp", s->to->id, s->name);
    for (int t = 0; t < s->tasks; t++)
        for (int i = 0; i < g->n; i++)
            if (g->group[i].setup->task->kind == TASK_VECTOR && g->group[i].ok &&
                strcmp(g->group[i].task, s->task[t]) == 0) {
                bool ranked = !setup_is(g->group[i].setup, "task.plant", "mag");
                plot_text_i(&p, "task", tasks, "%s", s->task[t]);
                plot_number_i(&p, "planted", tasks, ranked ? setup_number(g->group[i].setup, "task.k") : NAN);
                task[tasks++] = s->task[t];
                break;
            }
    for (int i = 0; i < n; i++) {
        bool known = false;
        for (int k = 0; k < methods && !known; k++)
            known = method[k] == series[i].method;
        if (known)
            continue;
        plot_style(&p, methods, series[i].method->title, series[i].method);
        method[methods++] = series[i].method;
    }
    plot_number(&p, "tasks", tasks);
    plot_number(&p, "methods", methods);
    plot_block(&p, "recovered", "rank mean low high; one series per task and method; rank 0: a method without ranks");
    for (int t = 0; t < tasks; t++)
        for (int m = 0; m < methods; m++)
            put_planted(&p, g, task[t], method[m]);
    if (tasks) {
        p.width = 1200, p.height = 170 + 330 * ((tasks + 2) / 3);
        bars_words(g, words, sizeof words);
        char *caption = mem_text("%s: share of a planted weight change’s effect that is recovered on test inputs (1: "
                                 "all, 0: as the untouched base) against the adapter’s rank; %s. Dashed: planted rank. "
                                 "Methods without ranks stand at the right edge.",
                                 s->to->id, words);
        gallery_add(s->to, &p, headline(g, task, tasks), caption);
    }
    plot_close(&p);
    return tasks > 0;
}

const struct figure_kind figure_planted = {
    .name = "planted",
    .alias = "f10",
    .title = "What is recovered of a planted change",
    .help = "Recovered share against the adapter’s rank, a panel per planted change.",
    .keys = "",
    .absent = "none of its tasks has a planted change with ok runs",
    .draw = draw,
};
