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
           strcmp(key, "steps") == 0 || strcmp(key, "batch") == 0;
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

static bool same_kind(const struct setup *a, const struct setup *b, bool task)
{
    return task ? a->task == b->task : a->method == b->method;
}

/* Whether cells in scope of the same method (or task) differ in a key. */
static bool differs(const struct results *r, const bool *in, const struct setup *s, const char *key, const char *value,
                    bool task)
{
    for (int i = 0; i < r->plan->cells; i++)
        if (in[i] && same_kind(&r->setup[i], s, task) && !setup_is(&r->setup[i], key, value))
            return true;
    return false;
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

/* The names that are being made. */
struct names {
    const struct results *rows;
    char (*label)[LABEL_TEXT], (*task)[LABEL_TEXT];
};

static void name_cell(const struct names *g, const bool *in, int cell, bool task)
{
    const struct setup *s = &g->rows->setup[cell];
    char *label = task ? g->task[cell] : g->label[cell], key[128], value[OPTION_TEXT];
    snprintf(label, LABEL_TEXT, "%.*s", LABEL_TEXT - 1, task ? task_name(s, value) : s->method->title);
    for (const char *p = s->text; *p; p += strcspn(p, "\n") + 1) {
        size_t n = strcspn(p, "=");
        snprintf(key, sizeof key, "%.*s", (int)n, p);
        snprintf(value, sizeof value, "%.*s", (int)strcspn(p + n + 1, "\n"), p + n + 1);
        bool solved = strcmp(key, "rank") == 0 && (s->budget || s->method->no_rank);
        if (nuisance(key) || said(s, key) || solved || of_task(key) != task ||
            !differs(g->rows, in, s, key, value, task))
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
static void name_rates(const struct names *g, const bool *in)
{
    const struct plan *p = g->rows->plan;
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
    const struct names g = {r, label, task};
    for (int i = 0; i < r->plan->cells; i++)
        if (in[i]) {
            name_cell(&g, in, i, false);
            name_cell(&g, in, i, true);
        }
    name_rates(&g, in);
}
