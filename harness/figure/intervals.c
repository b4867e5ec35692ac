/* All methods with their intervals; who improves on LoRA; who would have won with one seed. */
#include "analysis/scores.h"
#include "figure/figure.h"

#include "core/arena.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RESAMPLES = 10000 };

static void put_task(struct plot *p, const struct groups *g, const struct series *series, int n, const char *task)
{
    for (int i = 0; i < n; i++) {
        const struct group *a = series_group(g, &series[i], task);
        struct interval v =
            a ? group_interval(a, FACT_test_metric) : (struct interval){NAN, NAN, NAN, INTERVAL_NONE, false, 0};
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
        for (int k = 0; a && k < a->n && k < GROUP_SAMPLE; k++) {
            plot_put(p, 100 * result_value(a->run[k], FACT_test_metric));
            plot_put(p, i);
            plot_put(p, method_color(series[i].method));
            plot_line(p);
        }
    }
    plot_gap(p);
}

/* Per series: P(better than LoRA) over tasks with its interval, and the share of one-seed wins; NaN where incomplete.
 */
static bool put_suite(struct plot *p, const struct scores *b, const struct series *series, int n)
{
    double *won = mem_alloc((size_t)(b->methods + 1) * sizeof *won);
    struct cube t = {b->score, b->methods, b->tasks, b->seeds};
    bool any = b->methods > 1 && b->seeds > 1;
    if (any)
        scores_roulette(b, won);
    plot_block(p, "suite", "probability low high row color won");
    for (int i = 0; i < n; i++) {
        int m = scores_series(b, series[i].label, series[i].budget);
        struct interval v = {NAN, NAN, NAN, INTERVAL_NONE, false, 0};
        if (any && m >= 0 && b->rival[m] >= 0)
            v = cube_bootstrap(t, cube_improvement, &(struct rival){m, b->rival[m]}, true, RESAMPLES,
                               stream_id(series[i].label, "suite", 0));
        plot_put(p, v.estimate), plot_put(p, v.low), plot_put(p, v.high);
        plot_put(p, i), plot_put(p, method_color(series[i].method));
        plot_put(p, any && m >= 0 ? won[m] : NAN);
        plot_line(p);
    }
    free(won);
    return any;
}

/* Per seed the share of tasks on which a method is at LoRA's mean or above it. */
static void reached(const struct scores *b, int method, int lora, double *share)
{
    for (int s = 0; s < b->seeds; s++) {
        share[s] = 0;
        for (int t = 0; t < b->tasks; t++) {
            double goal = stats_mean(b->score + (lora * b->tasks + t) * b->seeds, b->seeds);
            share[s] += (b->score[(method * b->tasks + t) * b->seeds + s] >= goal) / (double)b->tasks;
        }
    }
}

/* Which method at LoRA's budget reaches LoRA's mean of the task in most runs. Scores as they are, not normalised. */
static char *profile_headline(const struct scores *b)
{
    int lora = scores_reference(b), best = -1, second = -1;
    double *share = mem_alloc((size_t)(b->methods * b->seeds + 1) * sizeof *share), top = 0, next = 0;
    for (int m = 0; m < b->methods; m++) {
        if (lora < 0 || m == lora || (b->series[lora].budget && b->series[m].budget != b->series[lora].budget))
            continue;
        reached(b, m, lora, share + m * b->seeds);
        double mean = stats_mean(share + m * b->seeds, b->seeds);
        if (best < 0 || mean > top)
            second = best, next = top, best = m, top = mean;
        else if (second < 0 || mean > next)
            second = m, next = mean;
    }
    char *words =
        best < 0   ? mem_text("How often a method reaches a score")
        : top == 0 ? mem_text("No method at LoRA’s budget reaches its mean in any run")
                   : mem_text("LoRA’s mean is reached most by %s (%.0f %% of runs)", b->series[best].label, 100 * top);
    if (second >= 0 && top > 0) {
        for (int s = 0; s < b->seeds; s++)
            share[best * b->seeds + s] -= share[second * b->seeds + s];
        struct interval v = mean_interval(share + best * b->seeds, b->seeds, stream_id("profile", "reached", 0));
        char *longer = mem_text("%s, %s %s (%.0f %%)", words, v.low > 0 ? "then by" : "not surely more than by",
                                b->series[second].label, 100 * next);
        free(words);
        words = longer;
    }
    free(share);
    return words;
}

/* Normalises the block where head and full fine-tuning are there. */
static void draw_profile(const struct scene *s, struct scores *b)
{
    enum { POINTS = 101 };
    double threshold[POINTS], share[POINTS], low = 1, high = 0;
    struct plot p;
    size_t per = (size_t)b->tasks * (size_t)b->seeds;
    char *title = profile_headline(b); /* before the scores are normalised */
    bool normal = scores_normalise(b);
    double unit = normal ? 1 : 100;
    for (size_t i = 0; i < per * (size_t)b->methods; i++) {
        low = fmin(low, b->score[i]);
        high = fmax(high, b->score[i]);
    }
    for (int i = 0; i < POINTS; i++)
        threshold[i] = low - 0.005 + (high - low + 0.01) * i / (POINTS - 1);
    char *name = mem_text("%s-profile", s->name);
    plot_open(&p, "intervals_profile.gp", s->to->id, name);
    p.width = 1200, p.height = 150 + 175 * ((b->methods + 4) / 5);
    plot_number(&p, "series", b->methods);
    plot_number(&p, "reference", scores_reference(b));
    plot_text(&p, "axis", normal ? "0 = head, 1 = full" : "test score x 100");
    for (int m = 0; m < b->methods; m++)
        plot_style(&p, m, b->series[m].label, b->series[m].method);
    plot_block(&p, "profile", "threshold share_of_runs_above; one series per method");
    for (int m = 0; m < b->methods; m++) {
        performance_profile(b->score + per * (size_t)m, (int)per, threshold, POINTS, share);
        for (int i = 0; i < POINTS; i++) {
            plot_put(&p, unit * threshold[i]);
            plot_put(&p, share[i]);
            plot_line(&p);
        }
        plot_gap(&p);
    }
    char *caption =
        mem_text("%s: share of runs whose test score%s is above each value, n = %d runs per method (%d tasks, %d "
                 "seeds%s); no interval is drawn. Higher and further right is better. Black: LoRA; grey: the others.",
                 s->to->id, normal ? " (0: head only, 1: full fine-tuning of the task)" : " x 100", (int)per, b->tasks,
                 b->seeds, scores_seeds_words(b));
    gallery_add(s->to, &p, title, caption);
    plot_close(&p);
    free(name);
}

/* How many methods at LoRA's budget differ from it: paired intervals that leave out zero. */
static char *apart_words(const struct groups *g)
{
    int cells = 0, better = 0, worse = 0;
    for (int i = 0; i < g->n; i++) {
        const struct group *a = &g->group[i], *b = groups_reference(g, a, "");
        if (!b || !a->ok || a->budget != b->budget)
            continue;
        double *d = mem_alloc((size_t)(a->n + 1) * sizeof *d);
        struct interval v =
            mean_interval(d, paired_differences(a, b, FACT_test_metric, d), stream_id(a->task, a->label, 12));
        free(d);
        cells++;
        better += v.low > 0;
        worse += v.high < 0;
    }
    return mem_text("Against LoRA at equal budget: of %d intervals, unadjusted, %d lie above zero, %d below", cells,
                    better, worse);
}

static bool draw(const struct scene *s)
{
    const struct groups *g = s->g;
    const char *const *task = s->task;
    struct series series[SERIES_MOST];
    int tasks = s->tasks, n = groups_series(g, series, SERIES_MOST);
    if (!n)
        return false;
    struct scores b = scores_make(g, s->d);
    struct plot p;
    char words[160];
    plot_open(&p, "intervals.gp", s->to->id, s->name);
    plot_number(&p, "series", n);
    plot_number(&p, "tasks", tasks);
    for (int i = 0; i < n; i++) {
        char *name = series_name(g, &series[i]);
        plot_text_i(&p, "label", i, "%s", name);
        free(name);
    }
    for (int t = 0; t < tasks; t++) {
        const struct series *lora = NULL;
        for (int i = 0; i < n && !lora; i++)
            lora = strcmp(series[i].method->name, "lora") == 0 ? &series[i] : NULL;
        const struct group *a = lora ? series_group(g, lora, task[t]) : NULL;
        plot_text_i(&p, "task", t, "%s", task[t]);
        plot_number_i(&p, "lora", t, a ? 100 * group_mean(a, FACT_test_metric) : NAN);
    }
    plot_block(&p, "means", "mean low high row color mark; one series per task");
    for (int t = 0; t < tasks; t++)
        put_task(&p, g, series, n, task[t]);
    plot_block(&p, "seeds", "score row color; one series per task");
    for (int t = 0; t < tasks; t++)
        put_seeds(&p, g, series, n, task[t]);
    bool suite = put_suite(&p, &b, series, n);
    const int columns = tasks + (suite ? 2 : 0), lines = columns > 6 ? 2 : 1;
    plot_number(&p, "suite", suite);
    plot_number(&p, "lines", lines);
    p.width = 280 + (lines > 1 ? 240 : 210) * ((columns + lines - 1) / lines), p.height = 120 + (50 + 34 * n) * lines;
    bars_words(g, words, sizeof words);
    char *caption = mem_text(
        "%s: test score x 100 per task, %s; small dots are seeds%s, the line is LoRA’s mean; what stands at an edge "
        "lies beyond it. P(better than LoRA): mean over tasks, 95 %% percentile bootstrap, seeds resampled within "
        "tasks. Roulette: how often a method would have had the best mean of all at its budget with one seed.",
        s->to->id, words, first_words(g));
    char *title = apart_words(g);
    gallery_add(s->to, &p, title, caption);
    plot_close(&p);
    if (suite)
        draw_profile(s, &b);
    scores_free(&b);
    return true;
}

const struct figure_kind figure_intervals = {
    .name = "intervals",
    .alias = "f12",
    .title = "All methods with their intervals",
    .help = "Scores per task, probability of improving on LoRA, one-seed roulette; and the profile of scores.",
    .keys = "",
    .absent = "none of its runs has been made",
    .draw = draw,
};
