/* The rows and panels of what shows several tasks: which tasks, and which methods at which budgets. */
#include "analysis/series.h"

#include "core/arena.h"

#include <string.h>

int groups_tasks(const struct groups *g, const struct display *d, const char *task[])
{
    const struct setting *only = display_setting(d, "task");
    int n = 0;
    for (int i = 0; i < g->n; i++) {
        bool known = !setting_names(only, g->group[i].task) && !setting_names(only, g->group[i].setup->task->name);
        for (int k = 0; k < n && !known; k++)
            known = strcmp(task[k], g->group[i].task) == 0;
        if (!known && n < TASKS_MOST)
            task[n++] = g->group[i].task;
    }
    return n;
}

/* Whether a label has several budgets, but never two on one task. */
static bool own_budgets(const struct groups *g, const char *label)
{
    const struct group *first = NULL;
    bool several = false;
    for (int i = 0; i < g->n; i++) {
        const struct group *a = &g->group[i];
        if (!a->ok || strcmp(a->label, label) != 0)
            continue;
        first = first ? first : a;
        several |= a->budget != first->budget;
        for (int k = 0; k < i; k++)
            if (g->group[k].ok && strcmp(g->group[k].label, label) == 0 && strcmp(g->group[k].task, a->task) == 0)
                return false;
    }
    return several;
}

int groups_series(const struct groups *g, struct series *s)
{
    int n = 0;
    for (int i = 0; i < g->n; i++) {
        const struct group *a = &g->group[i];
        bool known = !a->ok;
        for (int k = 0; k < n && !known; k++)
            known = strcmp(s[k].label, a->label) == 0 && (s[k].budget == a->budget || s[k].own);
        if (!known && n < SERIES_MOST)
            s[n++] = (struct series){a->label, a->budget, own_budgets(g, a->label), a->setup->method};
    }
    return n;
}

const struct group *series_group(const struct groups *g, const struct series *s, const char *task)
{
    for (int i = 0; i < g->n && s->own; i++)
        if (g->group[i].ok && strcmp(g->group[i].task, task) == 0 && strcmp(g->group[i].label, s->label) == 0)
            return &g->group[i];
    return s->own ? NULL : groups_find(g, task, s->label, s->budget);
}

char *series_name(const struct groups *g, const struct series *s)
{
    int budget = 0;
    bool several = false;
    for (int i = 0; i < g->n; i++) {
        several |= g->group[i].budget && budget && g->group[i].budget != budget;
        budget = g->group[i].budget ? g->group[i].budget : budget;
    }
    return several && s->budget && !s->own ? mem_text("%s, %d", s->label, s->budget) : mem_text("%s", s->label);
}

int groups_methods(const struct groups *g, const struct method **method)
{
    int n = 0;
    for (int i = 0; i < g->n; i++) {
        bool known = !g->group[i].ok;
        for (int k = 0; k < n && !known; k++)
            known = method[k] == g->group[i].setup->method;
        if (!known && n < SERIES_MOST)
            method[n++] = g->group[i].setup->method;
    }
    return n;
}
