/* What is learnt against what is forgotten: every run's score and the rise of its pretraining loss. */
#include "figure/figure.h"

#include "core/arena.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_lr(const void *a, const void *b)
{
    double x = (*(const struct result *const *)a)->lr, y = (*(const struct result *const *)b)->lr;
    return (x > y) - (x < y);
}

/* One seed's path: the runs of a method from its lowest rate to its highest; a gap ends it. Returns how many they are.
 */
static int put_path(struct plot *p, const struct group *const *found, int n, int seed)
{
    const struct result *path[SERIES_MOST];
    int length = 0;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < found[i]->n && length < SERIES_MOST; k++)
            if (found[i]->run[k]->run->seed == seed && found[i]->run[k]->ok &&
                isfinite(result_value(found[i]->run[k], FACT_forgetting)))
                path[length++] = found[i]->run[k];
    qsort(path, (size_t)length, sizeof(const struct result *), by_lr);
    for (int i = 0; i < length; i++) {
        plot_put(p, 100 * result_value(path[i], FACT_test_metric));
        plot_put(p, result_value(path[i], FACT_forgetting));
        plot_line(p);
    }
    plot_line(p); /* a blank line breaks the line that gnuplot draws */
    return length;
}

/* All paths of a method on a task; returns how many points, and in `joined` whether a path has more than one. */
static int put_paths(struct plot *p, const struct groups *g, const char *task, const struct method *m, bool *joined)
{
    const struct group *found[SERIES_MOST];
    int n = 0, points = 0;
    for (int i = 0; i < g->n && n < SERIES_MOST; i++)
        if (g->group[i].setup->method == m && g->group[i].ok && strcmp(g->group[i].task, task) == 0)
            found[n++] = &g->group[i];
    for (int i = 0; i < n; i++)
        for (int k = 0; k < found[i]->n; k++)
            points += found[i]->run[k]->ok && isfinite(result_value(found[i]->run[k], FACT_forgetting));
    for (int k = 0; points && k < found[0]->n && k < GROUP_SAMPLE; k++)
        *joined |= put_path(p, found, n, found[0]->run[k]->run->seed) > 1;
    return points;
}

/* Which group of runs forgets most and which method's worst is least; the head alone, which changes nothing, apart. */
static char *headline(const struct groups *g)
{
    const struct group *most = NULL, *least = NULL;
    for (int i = 0; i < g->n; i++) {
        const struct group *a = &g->group[i];
        double v = group_mean(a, FACT_forgetting);
        if (!isfinite(v) || strcmp(a->setup->method->name, "head") == 0)
            continue;
        most = !most || v > group_mean(most, FACT_forgetting) ? a : most;
        least = !least || v < group_mean(least, FACT_forgetting) ? a : least;
    }
    return most ? mem_text("What is forgotten: from %.2f nats (%s, %s) to %.2f (%s, %s)",
                           group_mean(least, FACT_forgetting), least->label, least->task,
                           group_mean(most, FACT_forgetting), most->label, most->task)
                : mem_text("What is learnt and what is forgotten");
}

static bool draw(const struct scene *s)
{
    const struct groups *g = s->g;
    const char *const *task = s->task;
    const struct method *method[SERIES_MOST];
    int tasks = s->tasks, methods = groups_methods(g, method, SERIES_MOST), points = 0;
    bool joined = false;
    struct plot p;
    plot_open(&p, "forgetting.gp", s->to->id, s->name);
    p.width = 1200, p.height = 190 + 400 * ((tasks + 1) / 2);
    plot_number(&p, "tasks", tasks);
    plot_number(&p, "methods", methods);
    for (int m = 0; m < methods; m++)
        plot_style(&p, m, method[m]->title, method[m]);
    for (int t = 0; t < tasks; t++)
        plot_text_i(&p, "task", t, "%s", task[t]);
    plot_block(&p, "runs", "score forgetting; one series per task and method, a blank line between seeds");
    for (int t = 0; t < tasks; t++)
        for (int m = 0; m < methods; m++) {
            points += put_paths(&p, g, task[t], method[m], &joined);
            plot_gap(&p);
        }
    if (points) {
        char *caption = mem_text(
            "%s: rise of the held-out masked-word loss (nats, logarithmic above 0.1) from pretrained to fine-tuned, "
            "against test score x 100. One mark per run, n = %s per method, task and rate%s%s. No interval is drawn.",
            s->to->id, runs_words(g), first_words(g),
            joined ? "; a line joins the runs of one seed, by rising learning rate" : "");
        gallery_add(s->to, &p, headline(g), caption);
    }
    plot_close(&p);
    return points > 0;
}

const struct figure_kind figure_forgetting = {
    .name = "forgetting",
    .alias = "f8",
    .title = "What is learnt and what is forgotten",
    .help = "Rise of the pretraining loss against the score, one mark per run; for runs with forgetting = documents.",
    .keys = "",
    .absent = "no run has measured forgetting (forgetting = documents)",
    .draw = draw,
};
