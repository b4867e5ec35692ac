/* Naming the variants of methods and tasks by what differs between them. */
#include "analysis/labels.h"

#include "core/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* What is an axis of its own, or changes nothing that is compared. */
static bool nuisance(const char *key)
{
    static const char *const keys[] = {"method", "task", "lr", "seed", "evaluate", "budget", "extra"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return results_repetition(key) || results_measure(key);
}

/* What belongs to the task's name: two methods are compared only where these agree. */
static bool of_task(const char *key)
{
    return starts(key, "task.") || strcmp(key, "base") == 0 || strcmp(key, "base_seed") == 0 ||
           strcmp(key, "steps") == 0 || strcmp(key, "epochs") == 0 || strcmp(key, "batch") == 0;
}

static bool default_value(const struct setup *s, const char *key, const char *value)
{
    char text[OPTION_TEXT];
    const char *name = starts(key, "method.") ? key + 7 : key;
    const struct option *tables[] = {train_options, adapter_options, s->method->options};
    for (int i = 0; i < 3; i++) {
        const struct option *o = tables[i] ? option_find(tables[i], name) : NULL;
        if (!o)
            continue;
        if (o->type == OPT_TEXT)
            return strcmp(value, o->choices) == 0;
        if (o->type == OPT_CHOICE) {
            snprintf(text, sizeof text, "%.*s", (int)strcspn(o->choices, "|"), o->choices);
            return o->def == 0 && strcmp(value, text) == 0;
        }
        if (o->type == OPT_BOOL)
            return (strcmp(value, "1") == 0 || strcmp(value, "true") == 0) == (o->def != 0);
        return strtod(value, NULL) == o->def;
    }
    return false;
}

/* One difference in words, behind the name. */
static void add_part(char *label, const struct setup *s, const char *key, const char *value)
{
    size_t used = strlen(label), left = LABEL_TEXT - used;
    char *to = label + used;
    const char *dot = strchr(key, '.');
    bool always = strcmp(key, "rank") == 0 || strcmp(key, "base") == 0 || of_task(key);
    if (!always && default_value(s, key, value))
        return;
    if (strcmp(key, "rank") == 0)
        snprintf(to, left, " r=%s", value);
    else if (strcmp(key, "base") == 0 || strcmp(key, "targets") == 0)
        snprintf(to, left, " on %s", strcmp(value, "q,k,v,o,up,down") == 0 ? "all matrices" : value);
    else if (strcmp(key, "alpha") == 0 && s->rank)
        snprintf(to, left, " alpha x%g", strtod(value, NULL) / (2 * s->rank));
    else if (strcmp(key, "budget_at") == 0)
        snprintf(to, left, " (end = budget)");
    else if (strcmp(key, "twin") == 0)
        snprintf(to, left, " twin");
    else
        snprintf(to, left, " %s=%s", dot ? dot + 1 : key, value);
}

/* What the name says already: the member of a family, the table, and how many steps its epochs are. */
static bool said(const struct setup *s, const char *key)
{
    return strcmp(key, "task.member") == 0 || strcmp(key, "task.file") == 0 ||
           (strcmp(key, "steps") == 0 && !setup_is(s, "epochs", "0"));
}

static const char *task_name(const struct setup *s, char name[OPTION_TEXT])
{
    char member[OPTION_TEXT], file[OPTION_TEXT];
    task_called(s->task->name, setup_get(s, "task.member", member), setup_get(s, "task.file", file), name);
    return name;
}

/* The names that are being made. Cells of one name are compared: of a task those that it has without what differs, of a
 * method those on one task, each with the first of them. */
struct names {
    const struct results *rows;
    const bool *in;
    char (*label)[LABEL_TEXT], (*task)[LABEL_TEXT];
    int *first;
};

static bool same_task(const struct names *g, int a, int b, bool named)
{
    char x[OPTION_TEXT], y[OPTION_TEXT];
    if (named)
        return strcmp(g->task[a], g->task[b]) == 0;
    return strcmp(task_name(&g->rows->setup[a], x), task_name(&g->rows->setup[b], y)) == 0;
}

/* The first cell of each name, for tasks without what differs, or for methods on tasks that have their names. */
static void find_first(const struct names *g, bool named)
{
    for (int i = 0; i < g->rows->plan->cells; i++) {
        g->first[i] = i;
        for (int k = 0; k < i && g->first[i] == i && g->in[i]; k++)
            if (g->in[k] && g->first[k] == k && same_task(g, i, k, named) &&
                (!named || g->rows->setup[i].method == g->rows->setup[k].method))
                g->first[i] = k;
    }
}

/* Whether cells of one name differ in a key: of this cell's task, or of its method on any one task. What each task has its own
 * of, such as its epochs, tells no variants of a method apart. */
static bool differs(const struct names *g, int cell, const char *key, bool task)
{
    char value[OPTION_TEXT];
    for (int i = 0; i < g->rows->plan->cells; i++) {
        const int first = g->first[i];
        if (!g->in[i] || first == i ||
            (task ? first != g->first[cell] : g->rows->setup[i].method != g->rows->setup[cell].method))
            continue;
        if (!setup_is(&g->rows->setup[i], key, setup_get(&g->rows->setup[first], key, value)))
            return true;
    }
    return false;
}

static void name_cell(const struct names *g, int cell, bool task)
{
    const struct setup *s = &g->rows->setup[cell];
    char *label = task ? g->task[cell] : g->label[cell], key[128], value[OPTION_TEXT];
    snprintf(label, LABEL_TEXT, "%.*s", LABEL_TEXT - 1, task ? task_name(s, value) : s->method->title);
    for (const char *p = s->text; *p; p += strcspn(p, "\n") + 1) {
        size_t n = strcspn(p, "=");
        snprintf(key, sizeof key, "%.*s", (int)n, p);
        snprintf(value, sizeof value, "%.*s", (int)strcspn(p + n + 1, "\n"), p + n + 1);
        bool solved = strcmp(key, "rank") == 0 && (s->budget || s->method->no_rank);
        if (nuisance(key) || said(s, key) || solved || of_task(key) != task || !differs(g, cell, key, task))
            continue;
        add_part(label, s, key, value);
    }
}

static bool alike(const struct names *g, int a, int b)
{
    return strcmp(g->label[a], g->label[b]) == 0 && strcmp(g->task[a], g->task[b]) == 0 &&
           g->rows->setup[a].budget == g->rows->setup[b].budget;
}

/* Without a search the rate is a setting like any other: it is named where nothing else tells two cells apart. */
static void name_rates(const struct names *g)
{
    const struct plan *p = g->rows->plan;
    const bool *in = g->in;
    bool *ambiguous = mem_alloc((size_t)p->cells * sizeof *ambiguous);
    for (int a = 0; a < p->cells; a++)
        for (int b = 0; in[a] && b < p->cells; b++)
            if (a != b && in[b] && alike(g, a, b) && strcmp(p->cell[a].rate[0], p->cell[b].rate[0]) != 0 &&
                !grid_tuning_seeds(p->cell[a].grid))
                ambiguous[a] = true;
    for (int a = 0; a < p->cells; a++)
        if (ambiguous[a]) {
            size_t used = strlen(g->label[a]);
            snprintf(g->label[a] + used, LABEL_TEXT - used, " lr=%s", p->cell[a].rate[0]);
        }
    free(ambiguous);
}

void labels_make(const struct results *r, const bool *in, char (*label)[LABEL_TEXT], char (*task)[LABEL_TEXT])
{
    const int cells = r->plan->cells;
    const struct names g = {r, in, label, task, mem_alloc((size_t)(cells + 1) * sizeof *g.first)};
    for (int named = 0; named < 2; named++) {
        find_first(&g, named);
        for (int i = 0; i < cells; i++)
            if (in[i])
                name_cell(&g, i, !named);
    }
    name_rates(&g);
    free(g.first);
}
