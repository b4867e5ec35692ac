/* Score against trained parameters: a line per method through its budgets. */
#include "figure/figure.h"

#include "core/arena.h"
#include "stats/meta.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Points of one method joined by a line: its variants and budgets, by parameters. */
static int compare_size(const void *a, const void *b)
{
    double x = group_mean(*(const struct group *const *)a, FACT_parameters_trained),
           y = group_mean(*(const struct group *const *)b, FACT_parameters_trained);
    return (x > y) - (x < y);
}

static int groups_of(const struct groups *g, const char *task, const struct method *m, const struct group **found)
{
    int n = 0;
    for (int i = 0; i < g->n && n < SERIES_MOST; i++)
        if (g->group[i].setup->method == m && g->group[i].ok && strcmp(g->group[i].task, task) == 0)
            found[n++] = &g->group[i];
    qsort(found, (size_t)n, sizeof(const struct group *), compare_size);
    return n;
}

static void put_sizes(struct plot *p, const struct groups *g, const char *task, const struct method *m)
{
    const struct group *found[SERIES_MOST];
    int n = groups_of(g, task, m, found);
    for (int i = 0; i < n; i++) {
        struct interval v = group_interval(found[i], FACT_test_metric);
        PLOT_ROW(p, group_mean(found[i], FACT_parameters_trained), 100 * v.estimate, 100 * v.low, 100 * v.high);
    }
    plot_gap(p);
}

/* What a method gains from one budget to another, the mean over the tasks, all of which must have both; NaN otherwise. */
static struct interval gain_of(const struct scene *s, const char *label, int low, int high)
{
    struct contrast c[TASKS_MOST];
    for (int t = 0; t < s->tasks; t++) {
        const struct group *a = groups_find(s->g, s->task[t], label, high),
                           *b = groups_find(s->g, s->task[t], label, low);
        if (!a || !b || !a->ok || !b->ok)
            return no_interval(NAN);
        double *d = mem_alloc((size_t)(a->n + 1) * sizeof *d);
        c[t] = contrast_paired(d, paired_differences(a, b, FACT_test_metric, d));
        free(d);
    }
    return pool(c, s->tasks).here;
}

static char *gain_words(const struct scene *s, int low, int high)
{
    const struct group *least = NULL, *most = NULL;
    double smallest = NAN, largest = NAN;
    int methods = 0, sure = 0;
    for (int i = 0; i < s->g->n; i++) {
        const struct group *a = &s->g->group[i];
        if (a->budget != low || strcmp(a->task, s->task[0]) != 0)
            continue;
        const struct interval v = gain_of(s, a->label, low, high);
        if (isnan(v.estimate))
            continue;
        methods++;
        sure += v.low > 0 || v.high < 0;
        if (!(v.estimate >= smallest))
            smallest = v.estimate, least = a;
        if (!(v.estimate <= largest))
            largest = v.estimate, most = a;
    }
    if (!least || !most)
        return NULL;
    return methods == 1 ? mem_text("From %s to %s parameters: %+.1f points (%s)%s", count_text(low), count_text(high),
                                   100 * smallest, least->label, sure ? "" : ", not clear of zero")
                        : mem_text("From %s to %s parameters: %+.1f (%s) to %+.1f points (%s), %d of %d clear of zero",
                                   count_text(low), count_text(high), 100 * smallest, least->label, 100 * largest,
                                   most->label, sure, methods);
}

/* On how many tasks an adapter of at most a tenth of full fine-tuning's parameters is within two points of it. */
static char *tenth_words(const struct scene *s)
{
    const struct groups *g = s->g;
    int known = 0, near = 0;
    for (int t = 0; t < s->tasks; t++) {
        const struct group *full = group_of_method(g, s->task[t], "full");
        bool found = false;
        for (int i = 0; full && i < g->n; i++) {
            const struct group *a = &g->group[i];
            found |= strcmp(a->task, s->task[t]) == 0 && a->ok && a != full &&
                     group_mean(a, FACT_parameters_trained) <= 0.1 * group_mean(full, FACT_parameters_trained) &&
                     group_mean(a, FACT_test_metric) > group_mean(full, FACT_test_metric) - 0.02;
        }
        known += full != NULL;
        near += found;
    }
    return known
               ? mem_text(
                     "What parameters buy: a tenth of them is within two points of full fine-tuning on %d of %d tasks",
                     near, known)
               : NULL;
}

/* What methods gain between the least and the largest budget, as the mean of paired differences over tasks; with one
 * budget, on how many tasks a tenth of full fine-tuning's parameters comes near to it. */
static char *headline(const struct scene *s)
{
    int low = 0, high = 0;
    const struct group *best = NULL;
    for (int i = 0; i < s->g->n; i++) {
        const struct group *a = &s->g->group[i];
        if (!a->ok || !scene_shows(s, a->task))
            continue;
        low = a->budget && (!low || a->budget < low) ? a->budget : low;
        high = a->budget > high ? a->budget : high;
        best = !best || group_mean(a, FACT_test_metric) > group_mean(best, FACT_test_metric) ? a : best;
    }
    char *words = low < high ? gain_words(s, low, high) : NULL;
    words = words ? words : tenth_words(s);
    if (words || !best)
        return words ? words : mem_text("Score against parameters");
    return mem_text("The best mean score is %.1f (%s, %s, %s parameters)", 100 * group_mean(best, FACT_test_metric),
                    best->label, best->task, count_text(group_mean(best, FACT_parameters_trained)));
}

static bool draw(const struct scene *s)
{
    const struct groups *g = s->g;
    const char *const *task = s->task;
    const struct method *method[SERIES_MOST];
    int tasks = s->tasks, methods = groups_methods(g, method);
    if (!methods)
        return false;
    struct plot p;
    char words[160];
    bool whole = false;
    plot_open(&p, "parameters.gp", s->to->id, s->name);
    p.width = 1200, p.height = 150 + 400 * ((tasks + 1) / 2);
    plot_legend_room(&p, methods);
    plot_number(&p, "tasks", tasks);
    plot_number(&p, "methods", methods);
    for (int m = 0; m < methods; m++)
        plot_style(&p, m, method[m]->title, method[m]);
    for (int t = 0; t < tasks; t++) {
        const struct group *full = group_of_method(g, task[t], "full"), *head = group_of_method(g, task[t], "head");
        whole |= full != NULL;
        plot_text_i(&p, "task", t, "%s", task[t]);
        plot_number_i(&p, "full", t, full ? 100 * group_mean(full, FACT_test_metric) : NAN);
        plot_number_i(&p, "head", t, head ? 100 * group_mean(head, FACT_test_metric) : NAN);
    }
    plot_block(&p, "sizes", "parameters mean low high; one series per task and method");
    for (int t = 0; t < tasks; t++)
        for (int m = 0; m < methods; m++)
            put_sizes(&p, g, task[t], method[m]);
    bars_words(g, words, sizeof words);
    char *caption = mem_text("%s: test score x 100 against adapter parameters that train at the peak (the head "
                             "apart), %s. A line joins the sizes and variants of a method.%s",
                             s->to->id, words, whole ? " Dashed: full fine-tuning." : "");
    gallery_add(s->to, &p, headline(s), caption);
    plot_close(&p);
    return true;
}

const struct figure_kind figure_parameters = {
    .name = "parameters",
    .alias = "f4",
    .title = "Score against trained parameters",
    .help = "A panel per task, a line per method through its budgets.",
    .keys = "",
    .absent = "none of its runs has been made",
    .draw = draw,
};
