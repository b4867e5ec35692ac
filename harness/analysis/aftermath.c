/* Values of altered runs, and of runs as they are, task by task. */
#include "analysis/aftermath.h"

#include "analysis/series.h"
#include "core/arena.h"
#include "stats/bootstrap.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct altered_step as_trained = {CHANGE_SCALE, 1};

double aftermath_best_t(const struct altered_list *l, const char *key)
{
    double best = NAN, score = -INFINITY;
    for (int i = 0; i < altered_steps_size; i++) {
        const struct altered_step s = altered_steps[i];
        const struct altered *a =
            s.change == CHANGE_SCALE && s.amount >= 0.5 ? altered_find(l, key, s.change, s.amount) : NULL;
        if (!a || !(a->valid > score || (a->valid == score && s.amount > best)))
            continue;
        best = s.amount, score = a->valid;
    }
    return best;
}

double aftermath_of(const struct altered_list *l, const struct result *w, struct altered_step step, enum aftermath what)
{
    if (!w->ok)
        return NAN;
    const char *key = w->facts->key;
    if (isnan(step.amount))
        step.amount = aftermath_best_t(l, key);
    const struct altered *a = altered_find(l, key, step.change, step.amount),
                         *run = altered_find(l, key, as_trained.change, as_trained.amount);
    if (!a || !run)
        return NAN;
    switch (what) {
    case AFTER_SCORE:
        return a->test;
    case AFTER_FORGETTING:
        return a->forgetting;
    case AFTER_SCORE_LESS:
        return a->test - run->test;
    case AFTER_FORGETTING_LESS:
        return a->forgetting - run->forgetting;
    case AFTER_REGAINED:
        return run->forgetting > 0 ? 1 - a->forgetting / run->forgetting : NAN;
    case AFTER_RANK90:
        return a->rank90;
    case AFTER_INTRUDERS:
        return a->intruders;
    }
    return NAN;
}

double aftermath_score_at(const struct altered_list *l, const struct result *w, double goal)
{
    if (!w->ok)
        return NAN;
    const struct altered *above = altered_find(l, w->facts->key, as_trained.change, as_trained.amount);
    if (!above || above->forgetting <= goal)
        return above ? above->test : NAN;
    for (;;) { /* down from t = 1 to the next smaller t of the list */
        const struct altered *below = NULL;
        for (int i = 0; i < altered_steps_size; i++) {
            const struct altered_step s = altered_steps[i];
            if (s.change == CHANGE_SCALE && s.amount < above->step.amount && (!below || s.amount > below->step.amount))
                below = altered_find(l, w->facts->key, s.change, s.amount);
        }
        if (!below)
            return NAN;
        if (below->forgetting <= goal) {
            const double share = (goal - below->forgetting) / (above->forgetting - below->forgetting);
            return below->test + share * (above->test - below->test);
        }
        above = below;
    }
}

/* The place of a task among those that have values, -1: none. */
static int task_of(const struct values *x, const char *task)
{
    for (int t = 0; t < x->tasks; t++)
        if (strcmp(x->task[t], task) == 0)
            return t;
    return -1;
}

struct values values_of(const struct groups *g, const char *label,
                        double (*of)(const struct result *w, const void *data), const void *data)
{
    struct values x = {.tasks = 0};
    for (int i = 0; i < g->n && x.tasks < TASKS_MOST; i++) {
        const struct group *a = &g->group[i];
        if (strcmp(a->label, label) != 0 || task_of(&x, a->task) >= 0)
            continue;
        const int t = x.tasks++;
        x.task[t] = a->task;
        x.v[t] = mem_alloc((size_t)(a->n + 1) * sizeof *x.v[t]);
        x.seed[t] = mem_alloc((size_t)(a->n + 1) * sizeof *x.seed[t]);
        for (int k = 0; k < a->n; k++) {
            const double v = of(a->run[k], data);
            if (!isfinite(v))
                continue;
            x.seed[t][x.n[t]] = a->run[k]->run->seed;
            x.v[t][x.n[t]++] = v;
        }
    }
    return x;
}

void values_free(struct values *x)
{
    for (int t = 0; t < x->tasks; t++) {
        free(x->v[t]);
        free(x->seed[t]);
    }
    x->tasks = 0;
}

int values_least(const struct values *x)
{
    int least = INT_MAX;
    for (int t = 0; t < x->tasks; t++)
        least = x->n[t] < least ? x->n[t] : least;
    return x->tasks ? least : 0;
}

struct pooled values_pool(const struct values *x, const struct values *other)
{
    struct contrast all[TASKS_MOST] = {{.difference = 0}};
    int tasks = 0;
    for (int t = 0; t < x->tasks; t++) {
        const int o = other ? task_of(other, x->task[t]) : 0;
        if (o >= 0)
            all[tasks++] =
                other ? contrast_of(x->v[t], x->n[t], other->v[o], other->n[o]) : contrast_paired(x->v[t], x->n[t]);
    }
    struct pooled p = pool(all, tasks);
    /* Weights by the inverse of a variance have no place for runs that do not vary at all: task means weigh alike then. */
    double means[TASKS_MOST];
    bool still = false;
    for (int t = 0; t < tasks; t++) {
        means[t] = all[t].difference;
        still |= all[t].error == 0;
    }
    if (still)
        p.like = student_interval(means, tasks);
    return p;
}

/* Per seed of the first task the mean over tasks; NaN where a task lacks it. */
static double *by_seed(const struct values *x, int *n)
{
    *n = x->tasks ? x->n[0] : 0;
    double *mean = mem_alloc((size_t)(*n + 1) * sizeof *mean);
    for (int i = 0; i < *n; i++)
        for (int t = 0; t < x->tasks; t++) {
            double v = NAN;
            for (int k = 0; k < x->n[t]; k++)
                v = x->seed[t][k] == x->seed[0][i] ? x->v[t][k] : v;
            mean[i] += v / x->tasks;
        }
    return mean;
}

int values_draws(const struct values *x, const struct values *other, double **draw)
{
    int n, m = 1, found = 0;
    double *mean = by_seed(x, &n), *less = other ? by_seed(other, &m) : mem_alloc(sizeof *less);
    *draw = mem_alloc((size_t)(n * m + 1) * sizeof **draw);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < m; k++)
            if (isfinite(mean[i] - less[k]))
                (*draw)[found++] = mean[i] - less[k];
    free(mean);
    free(less);
    return found;
}
