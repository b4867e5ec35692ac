/* Grouping the runs that are compared. */
#include "analysis/groups.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/hash.h"
#include "core/set.h"
#include "stats/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool group_first(const struct groups *g, int i)
{
    for (int k = 0; k < i; k++)
        if (strcmp(g->group[k].label, g->group[i].label) == 0)
            return false;
    return true;
}

char *display_results(const struct groups *g, const struct display *d, const char *name)
{
    const char *given = display_get(d, "file", "");
    return *given ? mem_text("%s", given) : mem_text("%s/%s", session_results(g->rows->plan->session), name);
}

const struct setting *display_setting(const struct display *d, const char *key)
{
    return setting_find(d->setting, d->settings, key, NULL);
}

bool setting_names(const struct setting *s, const char *word)
{
    for (int i = 0; s && i < s->values; i++)
        if (strcmp(s->value[i], word) == 0)
            return true;
    return !s;
}

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

/* Adds a run; of two of one training that which is ok stays, else that which measured more, else the first. */
static void add_run(struct group *g, const struct result *w, bool alone)
{
    for (int i = 0; i < g->n && !alone; i++) {
        const struct result *other = g->run[i];
        if (!results_one_training(other, w))
            continue;
        if (w->ok != other->ok ? w->ok : results_measures_more(w->setup, other->setup))
            g->run[i] = w;
        return;
    }
    if ((g->n & (g->n - 1)) == 0) /* a power of two: double */
        g->run = mem_grow(g->run, (size_t)(g->n ? 2 * g->n : 1) * sizeof(struct result *));
    g->run[g->n++] = w;
}

static void count_runs(struct group *g)
{
    for (int i = 0; i < g->n; i++) {
        const struct result *w = g->run[i];
        g->ok += w->ok;
        g->collapsed += w->ok && w->collapsed;
        if (w->ok && !w->facts->listed && g->samples < GROUP_SAMPLE)
            g->sample[g->samples++] = w;
    }
}

/* Whether no other cell trains as this one does. */
static bool trains_alone(const struct results *r, const bool *in, int cell)
{
    for (int i = 0; i < r->plan->cells; i++)
        if (i != cell && in[i] && setups_train_alike(&r->setup[i], &r->setup[cell]))
            return false;
    return true;
}

/* A training counts once in a group, were it that of two cells or measured in two ways. */
static void add_runs(struct groups *g, const bool *in)
{
    const struct results *r = g->rows;
    struct set seen = {0};
    int *of = mem_alloc((size_t)(r->plan->cells + 1) * sizeof *of); /* the cell's group, from 1 on */
    bool *alone = mem_alloc((size_t)(r->plan->cells + 1) * sizeof *alone);
    for (int i = 0; i < r->n; i++) {
        const struct result *w = &r->row[i];
        int cell = w->run->cell;
        if (!in[cell] || w->run->tuning)
            continue;
        if (!of[cell]) {
            const struct group *own = group_of(g, cell);
            of[cell] = 1 + (int)(own - g->group);
            alone[cell] = trains_alone(r, in, cell);
        }
        if (set_add_text(&seen, w->run->key, of[cell]))
            add_run(&g->group[of[cell] - 1], w, alone[cell]);
    }
    for (int i = 0; i < g->n; i++)
        count_runs(&g->group[i]);
    set_free(&seen);
    free(alone);
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

/* How many different labels and budgets the groups have, or tasks. */
static int different(const struct groups *g, bool tasks)
{
    struct set seen = {0};
    for (int i = 0; i < g->n; i++)
        set_add_text(&seen, tasks ? g->group[i].task : g->group[i].label, tasks ? 0 : g->group[i].budget);
    int n = (int)seen.n;
    set_free(&seen);
    return n;
}

static void refuse_crowds(const struct groups *g)
{
    const int tasks = different(g, true), series = different(g, false);
    if (tasks > TASKS_MOST || series > SERIES_MOST)
        die(EXIT_USAGE,
            "%d tasks and %d methods, variants and budgets beside each other, at most %d and %d are shown: "
            "name fewer grids with the key grids",
            tasks, series, TASKS_MOST, SERIES_MOST);
}

void groups_make(struct groups *g, const struct results *r, const struct setting *grids)
{
    const struct plan *p = r->plan;
    *g = (struct groups){.rows = r};
    g->label = mem_alloc((size_t)p->cells * sizeof *g->label);
    g->task = mem_alloc((size_t)p->cells * sizeof *g->task);
    bool *in = mem_alloc((size_t)p->cells * sizeof *in);
    for (int i = 0; i < p->cells; i++)
        in[i] = setting_names(grids, p->cell[i].grid->name);
    labels_make(r, in, g->label, g->task);
    add_runs(g, in);
    sort_groups(g);
    free(in);
    refuse_crowds(g);
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

int group_values(const struct group *g, enum fact_id of, double *v)
{
    int n = 0;
    for (int i = 0; i < g->n; i++)
        if (g->run[i]->ok && isfinite(result_value(g->run[i], of)))
            v[n++] = result_value(g->run[i], of);
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

const struct result *group_ok(const struct group *g, const struct by_seed *order, const struct result *like)
{
    const struct result *found = NULL;
    int seed = like->run->seed;
    for (int i = first_of_seed(g, order, seed); i < g->n && order[i].seed == seed; i++)
        if (g->run[order[i].at]->ok && results_twins(g->run[order[i].at], like))
            found = g->run[order[i].at];
    return found;
}

int group_pairs(const struct group *a, const struct group *b, enum fact_id of, double *va, double *vb)
{
    struct by_seed *order = group_by_seed(b);
    int n = 0;
    for (int i = 0; i < a->n; i++) {
        const struct result *x = a->run[i];
        for (int k = first_of_seed(b, order, x->run->seed); k < b->n && order[k].seed == x->run->seed; k++) {
            const struct result *y = b->run[order[k].at];
            if (!x->ok || !y->ok || !results_twins(x, y) || !isfinite(result_value(x, of)) ||
                !isfinite(result_value(y, of)))
                continue;
            va[n] = result_value(x, of);
            vb[n++] = result_value(y, of);
            break;
        }
    }
    free(order);
    return n;
}

double group_mean(const struct group *g, enum fact_id of)
{
    double sum = 0;
    int n = 0;
    for (int i = 0; i < g->n; i++)
        if (g->run[i]->ok && isfinite(result_value(g->run[i], of))) {
            sum += result_value(g->run[i], of);
            n++;
        }
    return n ? sum / n : NAN;
}

double group_median(const struct group *g, enum fact_id of)
{
    double *v = mem_alloc((size_t)(g->n + 1) * sizeof *v);
    double m = stats_median(v, group_values(g, of, v));
    free(v);
    return m;
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

/* Where no group has the wanted label, LoRA of rank 4 stands for it. */
static bool candidate(const struct group *g, const char *wanted, bool plain)
{
    return plain ? is_reference(g, wanted) : strcmp(g->setup->method->name, "lora") == 0 && g->setup->rank == 4;
}

/* Whether nothing but the reference itself has its budget: then nothing is to be compared with it. */
static bool alone(const struct groups *all, const struct group *g)
{
    for (int i = 0; i < all->n && g->budget; i++)
        if (all->group[i].budget == g->budget && strcmp(all->group[i].task, g->task) == 0 &&
            strcmp(all->group[i].label, g->label) != 0)
            return false;
    return g->budget;
}

const struct group *groups_reference(const struct groups *all, const struct group *g, const char *wanted)
{
    const struct group *found = NULL;
    double nearest = INFINITY, own = log1p(group_mean(g, FACT_parameters_active));
    bool plain = false, same = false, company = false; /* is there one at g's budget; is there one that is not alone? */
    for (int i = 0; i < all->n; i++)
        plain |= is_reference(&all->group[i], wanted);
    for (int i = 0; i < all->n; i++) {
        const struct group *c = &all->group[i];
        if (!candidate(c, wanted, plain) || strcmp(c->task, g->task) != 0)
            continue;
        same |= g->budget && c->budget == g->budget && !alone(all, c);
        company |= !alone(all, c);
    }
    for (int i = 0; i < all->n; i++) {
        const struct group *c = &all->group[i];
        double far = fabs(log1p(group_mean(c, FACT_parameters_active)) - own);
        if (!candidate(c, wanted, plain) || strcmp(c->task, g->task) != 0 || (same && c->budget != g->budget) ||
            (company && alone(all, c)))
            continue;
        if (!found || far < nearest) {
            found = c;
            nearest = far;
        }
    }
    return found == g ? NULL : found;
}

const struct group *group_of_method(const struct groups *g, const char *task, const char *method)
{
    const struct group *found = NULL;
    int best = 0;
    for (int i = 0; i < g->n; i++) {
        const struct group *c = &g->group[i];
        if (strcmp(c->task, task) != 0 || strcmp(c->setup->method->name, method) != 0 || !c->ok)
            continue;
        int fit = strcmp(c->label, c->setup->method->title) == 0 ? 3 : c->setup->rank == 4 ? 2 : 1;
        if (fit > best) {
            best = fit;
            found = c;
        }
    }
    return found;
}

unsigned stream_id(const char *a, const char *b, int c)
{
    const uint32_t h = hash_fnv32(FNV32 ^ (unsigned)c, a, strlen(a));
    return hash_fnv32(hash_fnv32(h, "\xff", 1), b, strlen(b));
}
