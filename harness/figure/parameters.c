/* Figures 4 and 8: score against parameters, and against what is forgotten. */
#include "analysis/coupling.h"
#include "report/finding.h"

#include "core/arena.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TASKS_MAX = 12, SERIES_MAX = 48 };

/* Points of one method joined by a line: its variants and budgets, by parameters. */
static int compare_size(const void *a, const void *b)
{
    double x = group_mean(*(const struct group *const *)a, result_active),
           y = group_mean(*(const struct group *const *)b, result_active);
    return (x > y) - (x < y);
}

static int groups_of(const struct groups *g, const char *task, const struct method *m, const struct group **found)
{
    int n = 0;
    for (int i = 0; i < g->n && n < SERIES_MAX; i++)
        if (g->group[i].setup->method == m && g->group[i].ok && strcmp(g->group[i].task, task) == 0)
            found[n++] = &g->group[i];
    qsort(found, (size_t)n, sizeof(const struct group *), compare_size);
    return n;
}

static int methods_of(const struct groups *g, const struct method **method)
{
    int n = 0;
    for (int i = 0; i < g->n; i++) {
        bool known = !g->group[i].ok;
        for (int k = 0; k < n && !known; k++)
            known = method[k] == g->group[i].setup->method;
        if (!known && n < SERIES_MAX)
            method[n++] = g->group[i].setup->method;
    }
    return n;
}

static void put_sizes(struct plot *p, const struct groups *g, const char *task, const struct method *m)
{
    const struct group *found[SERIES_MAX];
    int n = groups_of(g, task, m, found);
    for (int i = 0; i < n; i++) {
        struct interval v = group_interval(found[i], result_test);
        plot_put(p, group_mean(found[i], result_active));
        plot_put(p, 100 * v.estimate), plot_put(p, 100 * v.low), plot_put(p, 100 * v.high);
        plot_line(p);
    }
    plot_gap(p);
}

bool figure_parameters(struct gallery *to, const struct groups *g, const struct display *d, char *why, size_t size)
{
    const char *task[TASKS_MAX];
    const struct method *method[SERIES_MAX];
    int tasks = groups_tasks(g, d, task, TASKS_MAX), methods = methods_of(g, method);
    if (!methods || !tasks) {
        snprintf(why, size, "none of its runs has been made");
        return false;
    }
    struct plot p;
    char words[160];
    bool whole = false;
    plot_open(&p, "f04_parameters.gp", to->id, d->name);
    p.width = 1200, p.height = 150 + 400 * ((tasks + 1) / 2);
    plot_number(&p, "tasks", tasks);
    plot_number(&p, "methods", methods);
    for (int m = 0; m < methods; m++)
        plot_style(&p, m, method[m]->title, method[m]);
    for (int t = 0; t < tasks; t++) {
        const struct group *full = group_of_method(g, task[t], "full"), *head = group_of_method(g, task[t], "head");
        whole |= full != NULL;
        plot_text_i(&p, "task", t, "%s", task[t]);
        plot_number_i(&p, "full", t, full ? 100 * group_mean(full, result_test) : NAN);
        plot_number_i(&p, "head", t, head ? 100 * group_mean(head, result_test) : NAN);
    }
    plot_block(&p, "sizes", "parameters mean low high; one series per task and method");
    for (int t = 0; t < tasks; t++)
        for (int m = 0; m < methods; m++)
            put_sizes(&p, g, task[t], method[m]);
    bars_words(g, words, sizeof words);
    char *caption = mem_text("%s: test score x 100 against trained adapter parameters in use at the end (the head "
                             "apart), %s. Methods of one size stand side by side.%s",
                             to->id, words, whole ? " Dashed: full fine-tuning." : "");
    char *title = size_finding(g, task, tasks);
    gallery_add(to, &p, title, caption);
    plot_close(&p);
    return true;
}

/* ---- Forgetting ------------------------------------------------------------------------------------------------ */

static int by_lr(const void *a, const void *b)
{
    double x = (*(const struct result *const *)a)->lr, y = (*(const struct result *const *)b)->lr;
    return (x > y) - (x < y);
}

/* One seed's path: the runs of a method from its lowest rate to its highest; a gap ends it. Returns how many they are.
 */
static int put_path(struct plot *p, const struct group *const *found, int n, int seed)
{
    const struct result *path[SERIES_MAX];
    int length = 0;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < found[i]->n && length < SERIES_MAX; k++)
            if (found[i]->run[k]->run->seed == seed && found[i]->run[k]->ok && isfinite(found[i]->run[k]->forgetting))
                path[length++] = found[i]->run[k];
    qsort(path, (size_t)length, sizeof(const struct result *), by_lr);
    for (int i = 0; i < length; i++) {
        plot_put(p, 100 * path[i]->test), plot_put(p, path[i]->forgetting);
        plot_line(p);
    }
    plot_line(p); /* a blank line breaks the line that gnuplot draws */
    return length;
}

/* All paths of a method on a task; returns how many points, and in `joined` whether a path has more than one. */
static int put_paths(struct plot *p, const struct groups *g, const char *task, const struct method *m, bool *joined)
{
    const struct group *found[SERIES_MAX];
    int n = groups_of(g, task, m, found), points = 0;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < found[i]->n; k++)
            points += found[i]->run[k]->ok && isfinite(found[i]->run[k]->forgetting);
    for (int k = 0; points && k < found[0]->n && k < GROUP_SAMPLE; k++)
        *joined |= put_path(p, found, n, found[0]->run[k]->run->seed) > 1;
    return points;
}

/* A series without points would shift the next one's index. */
static void put_none(struct plot *p)
{
    plot_put(p, NAN), plot_put(p, NAN);
    plot_line(p);
}

/* Which group of runs forgets most and which method's worst is least; the head alone, which changes nothing, apart. */
static char *forgetting_words(const struct groups *g)
{
    const struct group *most = NULL, *least = NULL;
    for (int i = 0; i < g->n; i++) {
        const struct group *a = &g->group[i];
        double v = group_mean(a, result_forgetting);
        if (!isfinite(v) || strcmp(a->setup->method->name, "head") == 0)
            continue;
        most = !most || v > group_mean(most, result_forgetting) ? a : most;
        least = !least || v < group_mean(least, result_forgetting) ? a : least;
    }
    return most ? mem_text("What is forgotten: from %.2f nats (%s, %s) to %.2f (%s, %s)",
                           group_mean(least, result_forgetting), least->label, least->task,
                           group_mean(most, result_forgetting), most->label, most->task)
                : mem_text("What is learnt and what is forgotten");
}

bool figure_forgetting(struct gallery *to, const struct groups *g, const struct display *d, char *why, size_t size)
{
    const char *task[TASKS_MAX];
    const struct method *method[SERIES_MAX];
    int tasks = groups_tasks(g, d, task, TASKS_MAX), methods = methods_of(g, method), points = 0;
    bool joined = false;
    struct plot p;
    plot_open(&p, "f08_forgetting.gp", to->id, d->name);
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
            int put = put_paths(&p, g, task[t], method[m], &joined);
            if (!put)
                put_none(&p);
            plot_gap(&p);
            points += put;
        }
    if (points) {
        char *caption = mem_text(
            "%s: rise of the held-out masked-word loss (nats, logarithmic above 0.1) from pretrained to fine-tuned, "
            "against test score x 100. One mark per run, n = %s per method, task and rate%s%s. No interval is drawn.",
            to->id, runs_words(g), first_words(g),
            joined ? "; a line joins the runs of one seed, by rising learning rate" : "");
        char *title = forgetting_words(g);
        gallery_add(to, &p, title, caption);
    } else
        snprintf(why, size, "no run has measured forgetting (forgetting = documents)");
    plot_close(&p);
    return points > 0;
}
