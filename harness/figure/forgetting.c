/* What is learnt against what is forgotten: median score and median rise of the pretraining loss. */
#include "figure/figure.h"

#include "core/arena.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_lr(const void *a, const void *b)
{
    const struct group *x = *(const struct group *const *)a, *y = *(const struct group *const *)b;
    return (x->run[0]->lr > y->run[0]->lr) - (x->run[0]->lr < y->run[0]->lr);
}

/* The median of a fact and its quartiles; false when no run has it. */
static bool put_quartiles(struct plot *p, const struct group *a, enum fact_id of, double unit)
{
    double *v = mem_alloc((size_t)(a->n + 1) * sizeof *v);
    const int n = group_values(a, of, v);
    plot_put(p, unit * stats_median(v, n));
    plot_put(p, n ? unit * stats_quantile(v, n, 0.25) : NAN);
    plot_put(p, n ? unit * stats_quantile(v, n, 0.75) : NAN);
    free(v);
    return n > 0;
}

/* A mark for each group of a method on a task, by rising rate; returns how many. */
static int put_groups(struct plot *p, const struct groups *g, const char *task, const struct method *m)
{
    const struct group *found[SERIES_MOST];
    int n = 0;
    for (int i = 0; i < g->n && n < SERIES_MOST; i++)
        if (g->group[i].setup->method == m && g->group[i].ok && strcmp(g->group[i].task, task) == 0 &&
            isfinite(group_mean(&g->group[i], FACT_forgetting)))
            found[n++] = &g->group[i];
    qsort(found, (size_t)n, sizeof(const struct group *), by_lr);
    for (int i = 0; i < n; i++) {
        if (i && found[i]->run[0]->lr == found[i - 1]->run[0]->lr)
            plot_line(p); /* a blank line: no line is drawn between variants of one rate */
        put_quartiles(p, found[i], FACT_test_metric, 100);
        put_quartiles(p, found[i], FACT_forgetting, 1);
        plot_line(p);
    }
    return n;
}

/* Which of the groups shown forgets least and which most, by its median; the head alone, which changes nothing, apart. */
static char *headline(const struct scene *s)
{
    const struct group *most = NULL, *least = NULL;
    for (int i = 0; i < s->g->n; i++) {
        const struct group *a = &s->g->group[i];
        const double v = group_median(a, FACT_forgetting);
        if (!isfinite(v) || strcmp(a->setup->method->name, "head") == 0 || !scene_shows(s, a->task))
            continue;
        most = !most || v > group_median(most, FACT_forgetting) ? a : most;
        least = !least || v < group_median(least, FACT_forgetting) ? a : least;
    }
    return most ? mem_text("What is forgotten: from %.2f nats (%s, %s) to %.2f (%s, %s)",
                           group_median(least, FACT_forgetting), least->label, least->task,
                           group_median(most, FACT_forgetting), most->label, most->task)
                : mem_text("What is learnt and what is forgotten");
}

static bool draw(const struct scene *s)
{
    const struct groups *g = s->g;
    const char *const *task = s->task;
    const struct method *method[SERIES_MOST];
    int tasks = s->tasks, methods = groups_methods(g, method), points = 0;
    struct plot p;
    plot_open(&p, "forgetting.gp", s->to->id, s->name);
    p.width = 1200, p.height = 190 + 400 * ((tasks + 1) / 2);
    plot_legend_room(&p, methods);
    plot_number(&p, "tasks", tasks);
    plot_number(&p, "methods", methods);
    for (int m = 0; m < methods; m++)
        plot_style(&p, m, method[m]->title, method[m]);
    for (int t = 0; t < tasks; t++)
        plot_text_i(&p, "task", t, "%s", task[t]);
    plot_block(&p, "runs", "score low high forgetting low high; one series per task and method");
    for (int t = 0; t < tasks; t++)
        for (int m = 0; m < methods; m++) {
            points += put_groups(&p, g, task[t], method[m]);
            plot_gap(&p);
        }
    if (points) {
        char *caption = mem_text(
            "%s: rise of the held-out masked-word loss (nats, logarithmic above 0.1) from pretrained to fine-tuned, "
            "against test score x 100: medians of n = %s runs per method, task and rate, bars: the middle half. A line "
            "joins the rates of a method, where there are several.",
            s->to->id, runs_words(g));
        gallery_add(s->to, &p, headline(s), caption);
    }
    plot_close(&p);
    return points > 0;
}

const struct figure_kind figure_forgetting = {
    .name = "forgetting",
    .alias = "f8",
    .title = "What is learnt and what is forgotten",
    .help =
        "Rise of the pretraining loss against the score, medians and quartiles; for runs with forgetting = documents.",
    .keys = "",
    .absent = "no run has measured forgetting (forgetting = documents)",
    .draw = draw,
};
