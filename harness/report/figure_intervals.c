/* Figure 12: all methods with their intervals; who improves on LoRA; who would have won with one seed. */
#include "report/figure.h"

#include "core/arena.h"
#include "report/stats.h"
#include "report/suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TASKS_MAX = 12, SERIES_MAX = 48, RESAMPLES = 10000 };

/* Scores (series, tasks, seeds) of the seeds that all have; seeds 0 when some group is absent. */
struct block {
    struct series series[SERIES_MAX];
    const char *task[TASKS_MAX];
    int methods, tasks, seeds;
    double *score;
};

static void drop_series(struct block *b, int i)
{
    memmove(b->series + i, b->series + i + 1, (size_t)(b->methods - i - 1) * sizeof *b->series);
    b->methods--;
}

/* The series that every task has, with the same number of ok runs. */
static struct block complete_block(const struct groups *g, const struct display *d)
{
    struct block b = {.tasks = figure_tasks(g, d, b.task, TASKS_MAX)};
    int most = 0;
    b.methods = figure_series(g, b.series, SERIES_MAX);
    for (int i = 0; i < g->n; i++)
        most = g->group[i].ok > most ? g->group[i].ok : most;
    for (int i = b.methods - 1; i >= 0; i--) {
        bool whole = true;
        for (int t = 0; t < b.tasks && whole; t++) {
            const struct group *a = series_group(g, &b.series[i], b.task[t]);
            whole = a && a->ok == most && a->n == most;
        }
        if (!whole)
            drop_series(&b, i);
    }
    b.seeds = b.methods ? most : 0;
    b.score = mem_alloc(((size_t)b.methods * (size_t)b.tasks * (size_t)b.seeds + 1) * sizeof *b.score);
    for (int i = 0; i < b.methods; i++)
        for (int t = 0; t < b.tasks; t++)
            group_values(series_group(g, &b.series[i], b.task[t]), row_test,
                         b.score + (size_t)((i * b.tasks + t) * b.seeds));
    return b;
}

/* How often each method would have had the best mean over tasks, had one seed been run. */
static void roulette(const struct block *b, double *won)
{
    double *mean = mem_alloc((size_t)(b->methods * b->seeds + 1) * sizeof *mean);
    for (int m = 0; m < b->methods; m++)
        for (int s = 0; s < b->seeds; s++)
            for (int t = 0; t < b->tasks; t++)
                mean[m * b->seeds + s] += b->score[(m * b->tasks + t) * b->seeds + s] / b->tasks;
    seed_roulette(mean, b->methods, b->seeds, true, won);
    free(mean);
}

static int reference_of(const struct block *b)
{
    for (int i = 0; i < b->methods; i++)
        if (strcmp(b->series[i].method->name, "lora") == 0 &&
            strcmp(b->series[i].label, b->series[i].method->title) == 0)
            return i;
    return -1;
}

static void put_task(struct plot *p, const struct groups *g, const struct series *series, int n, const char *task)
{
    for (int i = 0; i < n; i++) {
        const struct group *a = series_group(g, &series[i], task);
        struct interval v = a ? group_interval(a, row_test) : (struct interval){NAN, NAN, NAN, INTERVAL_NONE, false, 0};
        plot_put(p, 100 * v.estimate);
        plot_put(p, 100 * v.low);
        plot_put(p, 100 * v.high);
        plot_put(p, i);
        plot_put(p, method_color(series[i].method));
        plot_put(p, method_mark(series[i].method));
        plot_line(p);
    }
    plot_gap(p);
}

static void put_seeds(struct plot *p, const struct groups *g, const struct series *series, int n, const char *task)
{
    for (int i = 0; i < n; i++) {
        const struct group *a = series_group(g, &series[i], task);
        for (int k = 0; a && k < a->n; k++) {
            plot_put(p, 100 * a->run[k]->test);
            plot_put(p, i);
            plot_put(p, method_color(series[i].method));
            plot_line(p);
        }
    }
    plot_gap(p);
}

/* Per series: P(better than LoRA) over tasks with its interval, and the share of one-seed wins; NaN where incomplete.
 */
static bool put_suite(struct plot *p, const struct block *b, const struct series *series, int n)
{
    int lora = reference_of(b);
    double *won = mem_alloc((size_t)(b->methods + 1) * sizeof *won);
    struct table t = {b->score, b->methods, b->tasks, b->seeds};
    bool any = b->methods > 1 && b->seeds > 1;
    if (any)
        roulette(b, won);
    plot_block(p, "suite", "probability low high row color won");
    for (int i = 0; i < n; i++) {
        int m = 0;
        while (m < b->methods &&
               (strcmp(b->series[m].label, series[i].label) != 0 || b->series[m].budget != series[i].budget))
            m++;
        struct interval v = {NAN, NAN, NAN, INTERVAL_NONE, false, 0};
        if (any && m < b->methods && lora >= 0 && m != lora)
            v = table_bootstrap(t, table_improvement, &(struct rival){m, lora}, true, RESAMPLES,
                                stream_id(series[i].label, "suite", 0));
        plot_put(p, v.estimate), plot_put(p, v.low), plot_put(p, v.high);
        plot_put(p, i), plot_put(p, method_color(series[i].method));
        plot_put(p, any && m < b->methods ? won[m] : NAN);
        plot_line(p);
    }
    free(won);
    return any;
}

static void draw_profile(struct gallery *to, const struct display *d, const struct block *b)
{
    enum { POINTS = 101 };
    double threshold[POINTS], share[POINTS], low = 1, high = 0;
    struct plot p;
    size_t per = (size_t)(b->tasks * b->seeds);
    for (size_t i = 0; i < per * (size_t)b->methods; i++) {
        low = fmin(low, b->score[i]);
        high = fmax(high, b->score[i]);
    }
    for (int i = 0; i < POINTS; i++)
        threshold[i] = low - 0.005 + (high - low + 0.01) * i / (POINTS - 1);
    char *name = mem_text("%s-profile", d->name);
    plot_open(&p, "f12_profile.gp", to->id, name);
    plot_number(&p, "series", b->methods);
    for (int m = 0; m < b->methods; m++)
        plot_style(&p, m, b->series[m].label, b->series[m].method);
    plot_block(&p, "profile", "threshold share_of_runs_above; one series per method");
    for (int m = 0; m < b->methods; m++) {
        performance_profile(b->score + per * (size_t)m, (int)per, threshold, POINTS, share);
        for (int i = 0; i < POINTS; i++) {
            plot_put(&p, 100 * threshold[i]);
            plot_put(&p, share[i]);
            plot_line(&p);
        }
        plot_gap(&p);
    }
    char *caption = mem_text("%s: share of runs whose test score x 100 is above each value, n = %d runs per method (%d "
                             "tasks, %d seeds); no interval is "
                             "drawn. Higher and further right is better.",
                             to->id, (int)per, b->tasks, b->seeds);
    gallery_add(to, &p, "Performance profile: how often a method reaches a score", caption);
    plot_close(&p);
    free(caption);
    free(name);
}

bool figure_intervals(struct gallery *to, const struct groups *g, const struct display *d, char *why, size_t size)
{
    const char *task[TASKS_MAX];
    struct series series[SERIES_MAX];
    int tasks = figure_tasks(g, d, task, TASKS_MAX), n = figure_series(g, series, SERIES_MAX);
    if (!n || !tasks) {
        snprintf(why, size, "none of its runs has been made");
        return false;
    }
    struct block b = complete_block(g, d);
    struct plot p;
    char words[160];
    plot_open(&p, "f12_intervals.gp", to->id, d->name);
    p.width = 280 + 210 * (tasks + 2), p.height = 170 + 34 * n;
    plot_number(&p, "series", n);
    plot_number(&p, "tasks", tasks);
    for (int i = 0; i < n; i++) {
        char *name = series_name(g, &series[i]);
        plot_text_i(&p, "label", i, "%s", name);
        free(name);
    }
    for (int t = 0; t < tasks; t++) {
        struct series lora = {NULL, 0, NULL};
        for (int i = 0; i < n; i++)
            lora = strcmp(series[i].method->name, "lora") == 0 && !lora.label ? series[i] : lora;
        const struct group *a = lora.label ? series_group(g, &lora, task[t]) : NULL;
        plot_text_i(&p, "task", t, "%s", task[t]);
        plot_number_i(&p, "lora", t, a ? 100 * group_mean(a, row_test) : NAN);
    }
    plot_block(&p, "means", "mean low high row color mark; one series per task");
    for (int t = 0; t < tasks; t++)
        put_task(&p, g, series, n, task[t]);
    plot_block(&p, "seeds", "score row color; one series per task");
    for (int t = 0; t < tasks; t++)
        put_seeds(&p, g, series, n, task[t]);
    bool suite = put_suite(&p, &b, series, n);
    plot_number(&p, "suite", suite);
    figure_interval_words(g, words, sizeof words);
    char *caption = mem_text("%s: test score x 100 per task, %s; small dots are seeds, the line is LoRA’s mean. "
                             "P(better than LoRA): mean over tasks, "
                             "95 %% percentile bootstrap, seeds resampled within tasks. Roulette: how often a method "
                             "would have had the best mean "
                             "with one seed.",
                             to->id, words);
    gallery_add(to, &p, "All methods with their intervals: which differences are real", caption);
    plot_close(&p);
    if (suite)
        draw_profile(to, d, &b);
    free(b.score);
    free(caption);
    return true;
}
