/* Naming the variants of methods and tasks by what differs between them, and grouping the runs that are compared. */
#include "report/rows.h"

#include "core/arena.h"
#include "report/keyset.h"
#include "report/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct setting *display_setting(const struct display *d, const char *key)
{
    for (int i = 0; i < d->settings; i++)
        if (strcmp(d->setting[i].key, key) == 0)
            return &d->setting[i];
    return NULL;
}

bool setting_names(const struct setting *s, const char *word)
{
    for (int i = 0; s && i < s->values; i++)
        if (strcmp(s->value[i], word) == 0)
            return true;
    return !s;
}

/* ---- Labels ---------------------------------------------------------------------------------------------------- */

static bool starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* What is an axis of its own, or changes nothing that is compared. */
static bool nuisance(const char *key)
{
    static const char *const keys[] = {"method", "task",   "lr",    "seed",       "evaluate", "budget",
                                       "extra",  "probes", "evals", "forgetting", "exact"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return rows_repetition(key);
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
        snprintf(to, left, " on %s", value);
    else if (strcmp(key, "alpha") == 0 && s->rank)
        snprintf(to, left, " alpha x%g", strtod(value, NULL) / (2 * s->rank));
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
static bool differs(const struct rows *r, const bool *in, const struct setup *s, const char *key, const char *value,
                    bool task)
{
    for (int i = 0; i < r->plan->cells; i++)
        if (in[i] && same_kind(&r->setup[i], s, task) && strcmp(setup_get(&r->setup[i], key), value) != 0)
            return true;
    return false;
}

/* What the name says already: the member of a family, and how many steps its epochs are. */
static bool said(const struct setup *s, const char *key)
{
    return strcmp(key, "task.member") == 0 || (strcmp(key, "steps") == 0 && strcmp(setup_get(s, "epochs"), "0") != 0);
}

/* "cola" of the family glue is a name like "mnli". */
static const char *task_name(const struct setup *s)
{
    const char *member = setup_get(s, "task.member");
    return *member ? member : s->task->name;
}

static void name_cell(const struct groups *g, const bool *in, int cell, bool task)
{
    const struct setup *s = &g->rows->setup[cell];
    char *label = task ? g->task[cell] : g->label[cell], key[128], value[OPTION_TEXT];
    snprintf(label, LABEL_TEXT, "%s", task ? task_name(s) : s->method->title);
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

static bool alike(const struct groups *g, int a, int b)
{
    return strcmp(g->label[a], g->label[b]) == 0 && strcmp(g->task[a], g->task[b]) == 0 &&
           g->rows->setup[a].budget == g->rows->setup[b].budget;
}

/* Without a search the rate is a setting like any other: it is named where nothing else tells two cells apart. */
static void name_rates(const struct groups *g, const bool *in)
{
    const struct plan *p = g->rows->plan;
    bool *ambiguous = mem_alloc((size_t)p->cells * sizeof *ambiguous);
    for (int a = 0; a < p->cells; a++)
        for (int b = 0; in[a] && b < p->cells; b++)
            if (a != b && in[b] && alike(g, a, b) && strcmp(p->cell[a].rate[0], p->cell[b].rate[0]) != 0 &&
                p->cell[a].grid->tune_last < p->cell[a].grid->tune_first)
                ambiguous[a] = true;
    for (int a = 0; a < p->cells; a++)
        if (ambiguous[a]) {
            size_t used = strlen(g->label[a]);
            snprintf(g->label[a] + used, LABEL_TEXT - used, " lr=%s", p->cell[a].rate[0]);
        }
    free(ambiguous);
}

/* ---- Groups ---------------------------------------------------------------------------------------------------- */

static struct group *group_of(struct groups *g, int cell)
{
    const struct setup *s = &g->rows->setup[cell];
    for (int i = 0; i < g->n; i++)
        if (strcmp(g->group[i].label, g->label[cell]) == 0 && strcmp(g->group[i].task, g->task[cell]) == 0 &&
            g->group[i].budget == s->budget)
            return &g->group[i];
    g->group = mem_grow(g->group, (size_t)(g->n + 1) * sizeof *g->group);
    g->group[g->n] = (struct group){.task = g->task[cell], .label = g->label[cell], .setup = s, .budget = s->budget};
    return &g->group[g->n++];
}

static void add_run(struct group *g, const struct row *w)
{
    if ((g->n & (g->n - 1)) == 0) /* a power of two: double */
        g->run = mem_grow(g->run, (size_t)(g->n ? 2 * g->n : 1) * sizeof(struct row *));
    g->run[g->n++] = w;
    g->ok += w->ok;
    g->collapsed += w->ok && w->collapsed;
    if (w->ok && !w->facts->listed && g->samples < GROUP_SAMPLE)
        g->sample[g->samples++] = w;
}

/* A run of two cells of a group counts once. */
static void add_runs(struct groups *g, const bool *in)
{
    const struct rows *r = g->rows;
    struct keyset seen = {0};
    int *of = mem_alloc((size_t)(r->plan->cells + 1) * sizeof *of); /* the cell's group, from 1 on */
    for (int i = 0; i < r->n; i++) {
        const struct row *w = &r->row[i];
        int cell = w->run->cell;
        if (!in[cell] || w->run->tuning)
            continue;
        if (!of[cell]) {
            const struct group *own = group_of(g, cell);
            of[cell] = 1 + (int)(own - g->group);
        }
        if (keyset_add(&seen, w->run->key, of[cell]))
            add_run(&g->group[of[cell] - 1], w);
    }
    keyset_free(&seen);
    free(of);
}

/* Stable: tasks as they first appear, then budgets, then as they come. */
static void sort_groups(struct groups *g)
{
    for (int i = 1; i < g->n; i++)
        for (int k = i; k > 0; k--) {
            struct group *a = &g->group[k - 1], *b = &g->group[k], swap = *a;
            bool same = strcmp(a->task, b->task) == 0, earlier = false;
            for (int j = 0; j < k - 1 && !same; j++)
                earlier |= strcmp(g->group[j].task, b->task) == 0;
            if (same ? a->budget <= b->budget : !earlier)
                break;
            *a = *b;
            *b = swap;
        }
}

void groups_make(struct groups *g, const struct rows *r, const struct setting *grids)
{
    const struct plan *p = r->plan;
    *g = (struct groups){.rows = r};
    g->label = mem_alloc((size_t)p->cells * sizeof *g->label);
    g->task = mem_alloc((size_t)p->cells * sizeof *g->task);
    bool *in = mem_alloc((size_t)p->cells * sizeof *in);
    for (int i = 0; i < p->cells; i++)
        in[i] = setting_names(grids, p->cell[i].grid->name);
    for (int i = 0; i < p->cells; i++)
        if (in[i]) {
            name_cell(g, in, i, false);
            name_cell(g, in, i, true);
        }
    name_rates(g, in);
    add_runs(g, in);
    sort_groups(g);
    free(in);
}

void groups_free(struct groups *g)
{
    for (int i = 0; i < g->n; i++)
        free(g->group[i].run);
    free(g->group);
    free(g->label);
    free(g->task);
    *g = (struct groups){0};
}

int group_values(const struct group *g, row_value *of, double *v)
{
    int n = 0;
    for (int i = 0; i < g->n; i++)
        if (g->run[i]->ok && isfinite(of(g->run[i])))
            v[n++] = of(g->run[i]);
    return n;
}

static int seed_order(const void *a, const void *b)
{
    const struct by_seed *x = a, *y = b;
    return x->seed != y->seed ? (x->seed > y->seed) - (x->seed < y->seed) : (x->at > y->at) - (x->at < y->at);
}

struct by_seed *group_by_seed(const struct group *g)
{
    struct by_seed *s = mem_alloc((size_t)(g->n + 1) * sizeof *s);
    for (int i = 0; i < g->n; i++)
        s[i] = (struct by_seed){g->run[i]->run->seed, i};
    qsort(s, (size_t)g->n, sizeof *s, seed_order);
    return s;
}

/* The place of the first run of a seed, or of the next one. */
static int first_of_seed(const struct group *g, const struct by_seed *order, int seed)
{
    int low = 0, high = g->n;
    while (low < high) {
        int middle = (low + high) / 2;
        if (order[middle].seed < seed)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct row *group_ok(const struct group *g, const struct by_seed *order, const struct row *like)
{
    const struct row *found = NULL;
    int seed = like->run->seed;
    for (int i = first_of_seed(g, order, seed); i < g->n && order[i].seed == seed; i++)
        if (g->run[order[i].at]->ok && rows_twins(g->run[order[i].at], like))
            found = g->run[order[i].at];
    return found;
}

int group_pairs(const struct group *a, const struct group *b, row_value *of, double *va, double *vb)
{
    struct by_seed *order = group_by_seed(b);
    int n = 0;
    for (int i = 0; i < a->n; i++) {
        const struct row *x = a->run[i];
        for (int k = first_of_seed(b, order, x->run->seed); k < b->n && order[k].seed == x->run->seed; k++) {
            const struct row *y = b->run[order[k].at];
            if (!x->ok || !y->ok || !rows_twins(x, y) || !isfinite(of(x)) || !isfinite(of(y)))
                continue;
            va[n] = of(x);
            vb[n++] = of(y);
            break;
        }
    }
    free(order);
    return n;
}

double group_mean(const struct group *g, row_value *of)
{
    double sum = 0;
    int n = 0;
    for (int i = 0; i < g->n; i++)
        if (g->run[i]->ok && isfinite(of(g->run[i]))) {
            sum += of(g->run[i]);
            n++;
        }
    return n ? sum / n : NAN;
}

double group_median(const struct group *g, row_value *of)
{
    double *v = mem_alloc((size_t)(g->n + 1) * sizeof *v);
    double m = stats_median(v, group_values(g, of, v));
    free(v);
    return m;
}

const char *sample_words(const struct groups *g)
{
    static char text[64];
    bool more = false, listed = false;
    snprintf(text, sizeof text, ", the first %d of each", GROUP_SAMPLE);
    for (const struct group *a = g->group; a < g->group + g->n; a++) {
        more |= a->ok > a->samples;
        listed |= a->ok > a->samples && a->samples < GROUP_SAMPLE;
    }
    return listed ? ", of each those whose record is here" : more ? text : "";
}

const struct group *groups_find(const struct groups *all, const char *task, const char *label, int budget)
{
    for (int i = 0; i < all->n; i++)
        if (strcmp(all->group[i].task, task) == 0 && strcmp(all->group[i].label, label) == 0 &&
            all->group[i].budget == budget)
            return &all->group[i];
    return NULL;
}

static bool is_reference(const struct group *g, const char *wanted)
{
    return *wanted ? strcmp(g->label, wanted) == 0
                   : strcmp(g->setup->method->name, "lora") == 0 && strcmp(g->label, g->setup->method->title) == 0;
}

const struct group *groups_reference(const struct groups *all, const struct group *g, const char *wanted)
{
    const struct group *found = NULL;
    double nearest = INFINITY, own = log1p(group_mean(g, row_active));
    bool plain = false;
    for (int i = 0; i < all->n; i++)
        plain |= is_reference(&all->group[i], wanted);
    for (int i = 0; i < all->n; i++) {
        const struct group *c = &all->group[i];
        bool candidate =
            plain ? is_reference(c, wanted) : strcmp(c->setup->method->name, "lora") == 0 && c->setup->rank == 4;
        double far = fabs(log1p(group_mean(c, row_active)) - own);
        if (!candidate || strcmp(c->task, g->task) != 0 || (g->budget && c->budget != g->budget))
            continue;
        if (!found || far < nearest) {
            found = c;
            nearest = far;
        }
    }
    return found == g ? NULL : found;
}
