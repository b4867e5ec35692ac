/* Deciding a claim: each kind of value from the runs, or from a table of the experiment. */
#include "table/finding.h"

#include "analysis/alone.h"
#include "analysis/coupling.h"
#include "analysis/printed.h"
#include "table/kind.h"

#include "core/arena.h"
#include "core/die.h"
#include "stats/meta.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct finding nothing(const char *why)
{
    struct finding f = {.value = {NAN, NAN, NAN, INTERVAL_NONE, false, 0}};
    snprintf(f.why, sizeof f.why, "%s", why);
    return f;
}

/* A claim stays undecided with fewer seeds or runs than it asks for. */
static void require(struct finding *f, const struct claim *c, int have, const char *what)
{
    if (have < c->least)
        snprintf(f->why, sizeof f->why, "%d of %d %s", have, c->least, what);
}

static const struct group *find_group(const struct groups *g, const struct claim *c, const char *label,
                                      const char *task)
{
    const int budget = c->budget_b && c->b && strcmp(label, c->b) == 0 ? c->budget_b : c->budget;
    for (int i = 0; i < g->n; i++) {
        const struct group *a = &g->group[i];
        bool size = !budget || !a->budget || a->budget == budget;
        if (size && strcmp(a->label, label) == 0 && strcmp(a->task, task) == 0)
            return a;
    }
    return NULL;
}

/* Tasks on which all labels of the claim have ok runs. */
static int claim_tasks(const struct groups *g, const struct claim *c, const char *task[TASKS_MOST])
{
    int n = 0;
    for (int i = 0; i < g->n && n < TASKS_MOST; i++) {
        const char *t = g->group[i].task;
        bool wanted = !c->tasks, known = false;
        for (int k = 0; k < c->tasks; k++)
            wanted |= strcmp(c->task[k], t) == 0 || strcmp(c->task[k], g->group[i].setup->task->name) == 0;
        for (int k = 0; k < n; k++)
            known |= strcmp(task[k], t) == 0;
        const struct group *a = find_group(g, c, c->a, t), *b = c->b ? find_group(g, c, c->b, t) : a,
                           *to = c->to ? find_group(g, c, c->to, t) : a;
        if (wanted && !known && a && b && to && a->ok && b->ok && to->ok)
            task[n++] = t;
    }
    return n;
}

/* Steps of b over steps until the run reaches b's final mean score; 0 when it never does, NaN when there is no record
 * to tell (a listed run). */
static double speed(const struct result *w, double goal)
{
    const struct run *r = result_run(w);
    for (int i = 0; i < r->evals; i++)
        if (r->test[i].metric >= goal)
            return (double)r->steps / r->eval_step[i];
    return r->evals ? 0 : NAN;
}

/* The two sides of a claim on one task, each with its runs by seed. */
struct contest {
    const struct group *a, *b;
    struct by_seed *of_a, *of_b;
    double goal; /* b's mean score */
};

static struct contest contest_open(const struct group *a, const struct group *b)
{
    return (struct contest){a, b, group_by_seed(a), group_by_seed(b), group_mean(b, FACT_test_metric)};
}

/* The mean over tasks of the difference of two means; seeds are not paired, for they hardly go together. */
static struct finding unpaired(const struct groups *g, const struct claim *c, bool alone)
{
    const char *task[TASKS_MOST];
    const struct group *of_a[TASKS_MOST], *of_b[TASKS_MOST];
    struct contrast all[TASKS_MOST];
    const int tasks = claim_tasks(g, c, task);
    int fewest = INT_MAX;
    if (!tasks)
        return nothing("no runs of both yet");
    for (int t = 0; t < tasks; t++) {
        const struct group *a = of_a[t] = find_group(g, c, c->a, task[t]),
                           *b = of_b[t] = find_group(g, c, c->b, task[t]);
        double *v = mem_alloc((size_t)(a->n + b->n + 2) * sizeof *v), *w = v + a->n + 1;
        const int na = group_values(a, FACT_test_metric, v), nb = group_values(b, FACT_test_metric, w);
        all[t] = contrast_of(v, na, w, nb);
        fewest = na < fewest ? na : fewest;
        fewest = nb < fewest ? nb : fewest;
        free(v);
    }
    const struct pooled p = pool(all, tasks);
    struct finding f = {.value = c->like ? p.like : p.here, .n = fewest, .tasks = tasks};
    if (alone)
        f.draws = lone_differences(g->rows, of_a, of_b, tasks, &f.draw);
    require(&f, c, fewest, "seeds");
    return f;
}

/* Per seed the mean over tasks, for the seeds that all tasks have. */
static struct finding paired(const struct groups *g, const struct claim *c)
{
    const char *task[TASKS_MOST];
    int tasks = claim_tasks(g, c, task), n = 0;
    if (!tasks)
        return nothing("no runs of both yet");
    const struct group *first = find_group(g, c, c->a, task[0]);
    int runs = first->n > GROUP_SAMPLE ? GROUP_SAMPLE : first->n; /* it opens records */
    double *v = mem_alloc((size_t)(runs + 1) * sizeof *v);
    struct contest contest[TASKS_MOST];
    for (int t = 0; t < tasks; t++)
        contest[t] = contest_open(find_group(g, c, c->a, task[t]), find_group(g, c, c->b, task[t]));
    for (int i = 0; i < runs; i++) {
        double sum = 0;
        int found = 0;
        for (int t = 0; t < tasks; t++) {
            const struct result *a = group_ok(contest[t].a, contest[t].of_a, first->run[i]),
                                *b = group_ok(contest[t].b, contest[t].of_b, first->run[i]);
            double one = !a || !b ? NAN : speed(a, contest[t].goal);
            sum += isnan(one) ? 0 : one;
            found += !isnan(one);
        }
        if (found == tasks)
            v[n++] = sum / tasks;
    }
    for (int t = 0; t < tasks; t++) {
        free(contest[t].of_a);
        free(contest[t].of_b);
    }
    struct finding f = {.value = mean_interval(v, n, stream_id(c->name, "claim", 0)), .n = n, .tasks = tasks};
    require(&f, c, n, "seeds");
    free(v);
    return f;
}

enum { SIDES = 3 /* a, b, to */, CLOUDS_MAX = TASKS_MOST * TARGETS };

/* Appends those of matrix `target` when every side that the claim has changed it. */
static int add_clouds(struct cloud cloud[SIDES][CLOUDS_MAX], int n, const struct groups *g, const struct claim *c,
                      const char *task, int target)
{
    const char *const label[SIDES] = {c->a, c->b, c->to};
    bool all = true;
    for (int k = 0; k < SIDES; k++) {
        cloud[k][n] = (struct cloud){0};
        if (label[k])
            cloud_add(&cloud[k][n], find_group(g, c, label[k], task), target, AXIS_ROWS);
        all &= !label[k] || cloud[k][n].n;
    }
    for (int k = 0; k < SIDES && !all; k++)
        cloud_free(&cloud[k][n]);
    return n + all;
}

/* Matrices stay apart, as in the panels of the direction figure: full fine-tuning changes six where LoRA changes two, and pooled
 * they would be compared with each other. */
static struct finding coupled(const struct groups *g, const struct claim *c)
{
    static struct cloud cloud[SIDES][CLOUDS_MAX];
    const char *task[TASKS_MOST];
    int tasks = claim_tasks(g, c, task), runs = INT_MAX, n = 0;
    for (int t = 0; t < tasks; t++)
        for (int k = 0; k < TARGETS; k++)
            if (!c->matrix || strcmp(c->matrix, target_names[k]) == 0)
                n = add_clouds(cloud, n, g, c, task[t], k);
    if (!n)
        return nothing("no runs yet");
    for (int k = 0; k < SIDES; k++)
        for (int i = 0; i < n; i++)
            runs = cloud[k][i].n && cloud[k][i].runs < runs ? cloud[k][i].runs : runs;
    struct finding f = {.n = runs, .tasks = tasks};
    f.value = coupling_over(cloud[0], c->b ? cloud[1] : NULL, c->to ? cloud[2] : NULL, n, c->kind == CLAIM_SLOPE,
                            stream_id(c->name, "claim", 1));
    require(&f, c, runs, "runs");
    for (int k = 0; k < SIDES; k++)
        for (int i = 0; i < n; i++)
            cloud_free(&cloud[k][i]);
    return f;
}

/* Later ranks of the runs of every task, n: the fewest of one. */
static struct finding ranked(const struct groups *g, const struct claim *c)
{
    const char *task[TASKS_MOST];
    int tasks = claim_tasks(g, c, task), fewest = 0, most = 0;
    if (!tasks)
        return nothing("no runs yet");
    for (int t = 0; t < tasks; t++) {
        const int runs = find_group(g, c, c->a, task[t])->n;
        most = runs > most ? runs : most;
    }
    double *v = mem_alloc((size_t)(tasks * most + 1) * sizeof *v);
    for (int t = 0; t < tasks; t++) {
        double *one = v + (size_t)t * (size_t)most;
        const int found = group_values(find_group(g, c, c->a, task[t]), FACT_later_rank, one);
        for (int k = found; k < most; k++)
            one[k] = NAN;
        fewest = !t || found < fewest ? found : fewest;
    }
    struct finding f = {.value = nested_interval(v, tasks, most, 0), .n = fewest, .tasks = tasks};
    require(&f, c, fewest, "runs");
    free(v);
    return f;
}

static struct finding counted(const struct claims *all, const struct claim *c)
{
    char *where = mem_text("%s:%d: [claim %s]", all->path, c->line, c->name);
    double v =
        (double)printed_count(c->shape, c->a, where).trained / (double)printed_count(c->shape, c->b, where).trained;
    free(where);
    return (struct finding){.value = {v, v, v, INTERVAL_EXACT, false, 0}, .exact = true};
}

/* An entry of a row by the name of its column; NULL where the table has none of that name. */
static const struct entry *entry_at(const struct table *s, int row, const char *name, const char *suffix)
{
    char *full = mem_text("%s%s", name, suffix);
    const int column = table_find_column(s, full);
    free(full);
    return column < 0 ? NULL : table_entry(s, row, column);
}

static double number_at(const struct table *s, int row, const char *name, const char *suffix)
{
    const struct entry *e = entry_at(s, row, name, suffix);
    return e ? e->value : NAN;
}

static void words_at(const struct table *s, int row, const char *name, const char *suffix, char *words, size_t size)
{
    const struct entry *e = entry_at(s, row, name, suffix);
    snprintf(words, size, "%s", e && e->text ? e->text : "");
}

static struct finding read_row(const struct table *s, int row, const struct claim *c)
{
    const double n = number_at(s, row, "n", ""), tasks = number_at(s, row, "tasks", "");
    const struct entry *e = entry_at(s, row, c->column, "");
    struct finding f = {.n = isnan(n) ? 0 : (int)n, .tasks = isnan(tasks) ? 0 : (int)tasks};
    f.value = (struct interval){.estimate = number_at(s, row, c->column, ""),
                                .low = number_at(s, row, c->column, "_low"),
                                .high = number_at(s, row, c->column, "_high")};
    words_at(s, row, c->column, "", f.estimate, sizeof f.estimate);
    words_at(s, row, c->column, "_interval", f.range, sizeof f.range);
    if (e && e->draws) {
        f.draw = mem_alloc((size_t)e->draws * sizeof *f.draw);
        memcpy(f.draw, e->draw, (size_t)e->draws * sizeof *f.draw);
        f.draws = e->draws;
    }
    require(&f, c, f.n, "runs");
    return f;
}

/* The interval of a row of another table of the report, which is made for it. */
static struct finding looked_up(const struct results *rows, const struct claim *c)
{
    const struct experiment *e = rows->plan->experiment;
    const struct display *d = NULL;
    struct groups g;
    struct table s;
    struct finding f = nothing("no such row yet");
    for (int i = 0; i < e->displays; i++)
        d = !e->display[i].is_figure && strcmp(e->display[i].name, c->table) == 0 ? &e->display[i] : d;
    if (!d || strcmp(d->kind, "claims") == 0)
        die(EXIT_USAGE, "%s has no [table %s], which [claim %s] reads", e->path, c->table, c->name);
    groups_make(&g, rows, display_setting(d, "grids"));
    table_open(&s, e->id, d->name);
    table_find(d->kind)->fill(&s, &g, d);
    const int name = table_find_column(&s, "name");
    for (int i = 0; i < s.rows && name >= 0; i++) {
        const char *row = table_entry(&s, i, name)->text;
        if (row && strcmp(row, c->a) == 0) {
            f = read_row(&s, i, c);
            break;
        }
    }
    table_free(&s);
    groups_free(&g);
    return f;
}

/* The first task of a claim's experiment whose runs saw other data than the claims are about; NULL: none. */
static const char *strange_task(const struct results *rows, const struct claims *all)
{
    for (int i = 0; i < rows->n; i++) {
        const struct result *w = &rows->row[i];
        if (w->present && !claims_know(all, w->setup->task->name, w->facts->data_hash))
            return w->setup->task->name;
    }
    return NULL;
}

struct finding finding_of(const struct results *rows, const struct claims *all, const struct claim *c, bool alone)
{
    struct groups g;
    struct setting grids = {.value = c->grid, .values = c->grids};
    if (c->kind == CLAIM_PARAMETERS)
        return counted(all, c);
    if (c->kind == CLAIM_TABLE)
        return looked_up(rows, c);
    const char *strange = strange_task(rows, all);
    if (strange) {
        struct finding f = nothing("");
        snprintf(f.why, sizeof f.why, "%s has other data than [tasks] says", strange);
        return f;
    }
    groups_make(&g, rows, c->grids ? &grids : NULL);
    struct finding f = c->kind == CLAIM_R || c->kind == CLAIM_SLOPE ? coupled(&g, c)
                       : c->kind == CLAIM_LATER_RANK                ? ranked(&g, c)
                       : c->kind == CLAIM_DIFFERENCE                ? unpaired(&g, c, alone)
                                                                    : paired(&g, c);
    groups_free(&g);
    return f;
}

void finding_free(struct finding *f)
{
    free(f->draw);
    f->draw = NULL;
}

enum claim_verdict finding_verdict(const struct finding *f, const struct claim *c)
{
    return *f->why ? VERDICT_UNDECIDED : claim_decide(c, f->value.low, f->value.high);
}
