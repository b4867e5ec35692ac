/* Expanding an experiment and choosing learning rates on validation alone. */
#include "experiment/plan.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "stats/stats.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rungs of the ladder are rates that may be tried. */
static void check_rates(const struct cell *c)
{
    const struct option *lr = option_find(train_options, "lr");
    struct train_opts scratch;
    for (int i = 0; i < c->rates; i++)
        option_set(lr, &scratch, c->rate[i]);
    for (int i = 0; i < c->grid->rungs; i++)
        option_set(lr, &scratch, c->grid->ladder[i]);
}

static void check_cell(const struct plan *p, const struct cell *c, int tuning)
{
    struct trap t;
    struct spec s;
    int n;
    char **a = cell_assignments(c, c->rate[0], c->grid->seed_first, tuning, &n);
    DEFER(mem_free_list, a);
    if (trap_set(&t))
        die(t.code, "%s: [grid %s]: %s%s", p->experiment->path, c->grid->name, t.text, grid_hint(c->grid, t.text));
    check_rates(c);
    identity_check(p->session, &s, n, (const char *const *)a);
    spec_free(&s);
    trap_end(&t);
}

static int searched(const struct cell *c)
{
    return c->grid->tune_last >= c->grid->tune_first;
}

/* Whether the cell's method has one rate for all tasks. */
static bool common_rate(const struct cell *c)
{
    return searched(c) && strcmp(c->grid->choose, "common") == 0;
}

/* One rate for all tasks is chosen on a scale whose ends are searched here too. */
static void check_scale(const struct plan *p, const struct cell *c)
{
    static const char *const end[] = {"head", "full"};
    for (int e = 0; e < 2; e++) {
        bool found = false;
        for (int i = 0; i < p->cells; i++)
            found |= searched(&p->cell[i]) && strcmp(cell_get(&p->cell[i], "method"), end[e]) == 0 &&
                     strcmp(cell_get(&p->cell[i], "task"), cell_get(c, "task")) == 0;
        if (!found)
            die(EXIT_USAGE, "%s: [grid %s]: choose=common needs a search of method %s on %s, an end of its scale",
                p->experiment->path, c->grid->name, end[e], cell_get(c, "task"));
    }
}

void plan_open(struct plan *p, struct session *s, const struct experiment *e)
{
    *p = (struct plan){.session = s, .experiment = e};
    for (int g = 0; g < e->grids; g++) {
        int n;
        struct cell *cells = grid_cells(&e->grid[g], &n);
        p->cell = mem_grow(p->cell, (size_t)(p->cells + n) * sizeof *p->cell);
        memcpy(p->cell + p->cells, cells, (size_t)n * sizeof *cells);
        p->cells += n;
        free(cells);
    }
    for (int i = 0; i < p->cells; i++) {
        check_cell(p, &p->cell[i], 0);
        if (*p->cell[i].grid->tune_evals) /* without, a search run has nothing more to check */
            check_cell(p, &p->cell[i], 1);
        if (common_rate(&p->cell[i]))
            check_scale(p, &p->cell[i]);
    }
    p->choice = mem_alloc((size_t)p->cells * sizeof *p->choice);
    p->head = mem_alloc((size_t)p->cells * sizeof *p->head);
    p->full = mem_alloc((size_t)p->cells * sizeof *p->full);
    p->last = mem_alloc((size_t)p->cells * sizeof *p->last);
    for (int i = 0; i < p->cells; i++)
        p->last[i] = -1;
    index_open(&p->index, session_results(s));
    if (session_list(s))
        index_list(&p->index, session_list(s));
}

const struct base *plan_spec(const struct plan *p, const struct cell *c, struct spec *s)
{
    int n;
    char **a = cell_assignments(c, c->rate[0], c->grid->seed_first, 0, &n);
    DEFER(mem_free_list, a);
    return identity_check(p->session, s, n, (const char *const *)a);
}

int plan_width(const struct plan *p, const struct cell *c)
{
    struct spec s;
    const int d = plan_spec(p, c, &s)->config.d;
    spec_free(&s);
    return d;
}

void plan_close(struct plan *p)
{
    for (int i = 0; i < p->runs; i++)
        mem_free_list(p->run[i].assignment);
    for (int i = 0; i < p->cells; i++) {
        free(p->choice[i].mean);
        free(p->choice[i].failed);
    }
    cells_free(p->cell, p->cells);
    free(p->choice);
    free(p->head);
    free(p->full);
    free(p->last);
    free(p->run);
    index_close(&p->index);
    *p = (struct plan){0};
}

void plan_failure_path(const struct plan *p, const struct plan_run *r, char *path, unsigned size)
{
    snprintf(path, size, "%s/runs/%.12s.failed", session_results(p->session), r->key);
}

static void look(struct plan *p, struct plan_run *r)
{
    char path[1100];
    r->state = index_look(&p->index, session_results(p->session), r->key) ? PLAN_DONE : PLAN_MISSING;
    plan_failure_path(p, r, path, sizeof path);
    if (r->state == PLAN_MISSING && file_exists(path))
        r->state = PLAN_FAILED;
}

/* A file of the task that is not there is found now: its name may be the first word of several. */
static void name_run(struct plan *p, struct plan_run *r)
{
    struct identity ready;
    struct trap t;
    if (trap_set(&t))
        die(t.code, "%s%s", t.text, grid_hint(p->cell[r->cell].grid, t.text));
    identity_make(p->session, &ready, r->assignments, (const char *const *)r->assignment);
    trap_end(&t);
    memcpy(r->key, ready.key, sizeof r->key);
    identity_free(&ready);
}

static void add_run(struct plan *p, int cell, const char *rate, int seed, int tuning)
{
    if (p->runs == p->capacity) {
        p->capacity = p->capacity ? 2 * p->capacity : 256;
        p->run = mem_grow(p->run, (size_t)p->capacity * sizeof *p->run);
    }
    struct plan_run *r = &p->run[p->runs++];
    *r = (struct plan_run){.cell = cell, .rate = rate, .seed = seed, .tuning = tuning, .before = p->last[cell]};
    p->last[cell] = p->runs - 1;
    r->assignment = cell_assignments(&p->cell[cell], rate, seed, tuning, &r->assignments);
    name_run(p, r);
    look(p, r);
}

void plan_search(struct plan *p)
{
    for (int i = 0; i < p->cells; i++)
        for (int k = 0; searched(&p->cell[i]) && k < p->cell[i].rates; k++)
            for (int s = p->cell[i].grid->tune_first; s <= p->cell[i].grid->tune_last; s++)
                add_run(p, i, p->cell[i].rate[k], s, 1);
}

int plan_record(const struct plan *p, const struct plan_run *r, struct record *rec)
{
    char path[1100];
    struct trap t;
    volatile int ok = 0;
    record_path(session_results(p->session), r->key, path, sizeof path);
    if (!file_exists(path))
        return 0;
    if (trap_set(&t))
        warn("%s", t.text);
    else {
        record_read(rec, path);
        ok = 1;
    }
    trap_end(&t);
    return ok;
}

/* The validation metrics of a rate's search runs, in v[seeds]; NaN for a run that diverged. Returns how many exist. */
static int rate_runs(struct plan *p, int cell, const char *rate, double *v, int *collapsed)
{
    int n = 0;
    *collapsed = 0;
    for (int i = p->last[cell]; i >= 0; i = p->run[i].before) {
        const struct plan_run *r = &p->run[i];
        const struct facts *e =
            r->tuning && strcmp(r->rate, rate) == 0 ? index_look(&p->index, session_results(p->session), r->key) : NULL;
        if (!e)
            continue;
        v[n] = facts_success(e) ? e->valid_metric : NAN;
        *collapsed += e->collapsed == 1 || isnan(v[n]);
        n++;
    }
    return n;
}

/* Means per rate. A diverged run counts as the worst score seen in the cell, at most 0: it must not make a rate look
 * better by dropping out. */
static void measure(struct plan *p, int i)
{
    const struct cell *c = &p->cell[i];
    struct choice *o = &p->choice[i];
    const int wanted = (int)grid_tuning_seeds(c->grid);
    *o = (struct choice){
        .complete = 1, .rate = c->rate[0], .score = NAN, .extended = o->extended, .mean = o->mean, .failed = o->failed};
    if (!searched(c))
        return;
    double *v = mem_alloc((size_t)wanted * sizeof *v), lowest = 0;
    o->mean = mem_grow(o->mean, (size_t)c->rates * sizeof *o->mean);
    o->failed = mem_grow(o->failed, (size_t)c->rates * sizeof *o->failed);
    for (int round = 0; round < 2; round++) /* once to find the lowest score, once to use it */
        for (int k = 0; k < c->rates; k++) {
            const bool all = rate_runs(p, i, c->rate[k], v, &o->failed[k]) == wanted;
            o->mean[k] = all ? 0 : NAN;
            for (int s = 0; all && s < wanted; s++) {
                o->mean[k] += (isnan(v[s]) ? lowest : v[s]) / wanted;
                lowest = fmin(lowest, isnan(v[s]) ? lowest : v[s]);
            }
        }
    for (int k = 0; k < c->rates; k++)
        o->complete &= !isnan(o->mean[k]);
    free(v);
}

/* Whether the scores of two cells are on one scale: those of another member, file, base or difficulty are not. */
static bool on_one_task(const struct cell *a, const struct cell *b)
{
    static const char *const keys[] = {"task",      "base",  "base_seed",  "member",     "task.member",    "file",
                                       "task.file", "label", "task.label", "difficulty", "task.difficulty"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(cell_get(a, keys[i]), cell_get(b, keys[i])) != 0)
            return false;
    return true;
}

/* The best mean score that a method's search found on a cell's task; NaN when it was not searched or is not complete. */
static double best_of(const struct plan *p, const char *method, const struct cell *on)
{
    double best = NAN;
    for (int i = 0; i < p->cells; i++)
        if (p->choice[i].mean && p->choice[i].complete && strcmp(cell_get(&p->cell[i], "method"), method) == 0 &&
            on_one_task(&p->cell[i], on))
            for (int k = 0; k < p->cell[i].rates; k++)
                best = fmax(best, p->choice[i].mean[k]);
    return best;
}

static void choose_each(const struct plan *p, int i)
{
    const struct cell *c = &p->cell[i];
    struct choice *o = &p->choice[i];
    int best = 0;
    for (int k = 1; k < c->rates; k++)
        best = o->mean[k] > o->mean[best] ? k : best;
    o->rate = c->rate[best];
    o->score = o->mean[best];
    o->edge = c->rates == 1 ? 0 : best == 0 ? -1 : best == c->rates - 1;
}

/* Whether two cells are one method on two tasks. */
static bool differ_in_task(const struct cell *a, const struct cell *b)
{
    if (a->grid != b->grid || a->assignments != b->assignments)
        return false;
    for (int i = 0; i < a->assignments; i++)
        if (strcmp(a->assignment[i], b->assignment[i]) != 0 && strncmp(a->assignment[i], "task=", 5) != 0)
            return false;
    return true;
}

/* What a rate is worth over the tasks of a method, on the scale from head to full. */
struct worth {
    double mean, error; /* standard error of the mean over these tasks, seeds varying */
    int failed;
};

/* One of the members of a group: their rates are the same. */
static struct worth rate_worth(struct plan *p, const int *member, int n, int rate)
{
    struct worth w = {0};
    const int seeds = (int)grid_tuning_seeds(p->cell[*member].grid);
    double *v = mem_alloc((size_t)seeds * sizeof *v), variance = 0;
    for (int i = 0; i < n; i++) {
        const int cell = member[i];
        int collapsed;
        rate_runs(p, cell, p->cell[cell].rate[rate], v, &collapsed);
        for (int s = 0; s < seeds; s++) /* a diverged run is worth what the head alone has */
            v[s] = isnan(v[s]) ? 0 : (v[s] - p->head[cell]) / (p->full[cell] - p->head[cell]);
        w.mean += stats_mean(v, seeds) / n;
        variance += seeds > 1 ? pow(stats_sd(v, seeds), 2) / seeds : 0;
        w.failed += p->choice[cell].failed[rate];
    }
    w.error = sqrt(variance) / n;
    free(v);
    return w;
}

/* One rate for all members of a group, which are complete. */
static void choose_common(struct plan *p, const int *member, int n)
{
    const int rates = p->cell[*member].rates;
    struct worth *w = mem_alloc((size_t)rates * sizeof *w);
    int least = INT_MAX, best = -1, lowest = 0;
    for (int k = 0; k < rates; k++) {
        w[k] = rate_worth(p, member, n, k);
        least = w[k].failed < least ? w[k].failed : least;
    }
    for (int k = 0; k < rates; k++)
        if (w[k].failed == least && (best < 0 || w[k].mean > w[best].mean))
            best = k;
    while (w[lowest].failed != least || w[lowest].mean < w[best].mean - w[best].error)
        lowest++;
    for (int i = 0; i < n; i++) {
        struct choice *o = &p->choice[member[i]];
        o->rate = p->cell[member[i]].rate[lowest];
        o->score = o->mean[lowest];
        o->edge = rates == 1 ? 0 : lowest == 0 ? -1 : best == rates - 1;
    }
    free(w);
}

/* The cells that share cell i's rate, i among them, all to be looked at when i is the first of them; else none. */
static int group(const struct plan *p, int i, int *member)
{
    int n = 0;
    for (int k = 0; k < p->cells; k++)
        if (k == i || (common_rate(&p->cell[i]) && differ_in_task(&p->cell[i], &p->cell[k])))
            member[n++] = k;
    return member[0] == i ? n : 0;
}

/* A run less than a quarter of the way from head to full has failed. */
static void count_failed(struct plan *p, int i)
{
    const struct cell *c = &p->cell[i];
    const double quarter = p->head[i] + (p->full[i] - p->head[i]) / 4;
    double *v = mem_alloc((size_t)grid_tuning_seeds(c->grid) * sizeof *v);
    for (int k = 0; k < c->rates; k++) {
        int n = rate_runs(p, i, c->rate[k], v, &p->choice[i].failed[k]);
        p->choice[i].failed[k] = 0;
        for (int s = 0; s < n; s++)
            p->choice[i].failed[k] += !(v[s] >= quarter);
    }
    free(v);
}

static void choose(struct plan *p)
{
    int *member = mem_alloc((size_t)p->cells * sizeof *member);
    for (int i = 0; i < p->cells; i++)
        measure(p, i);
    for (int i = 0; i < p->cells; i++) {
        p->head[i] = best_of(p, "head", &p->cell[i]);
        p->full[i] = best_of(p, "full", &p->cell[i]);
        if (p->choice[i].mean && p->full[i] > p->head[i])
            count_failed(p, i);
    }
    for (int i = 0; i < p->cells; i++) {
        const int n = searched(&p->cell[i]) ? group(p, i, member) : 0;
        bool complete = true, scale = common_rate(&p->cell[i]);
        for (int k = 0; k < n; k++) {
            const double way = p->full[member[k]] - p->head[member[k]];
            complete &= p->choice[member[k]].complete && !(common_rate(&p->cell[i]) && isnan(way));
            scale &= way > 0;
        }
        for (int k = 0; k < n; k++)
            if (!complete)
                p->choice[member[k]].complete = 0, p->choice[member[k]].rate = NULL;
            else if (!scale)
                choose_each(p, member[k]);
        if (n && complete && scale)
            choose_common(p, member, n);
    }
    free(member);
}

/* The rung of the ladder just outside the window at the end where the optimum is; NULL when there is none. */
static const char *next_rung(const struct cell *c, const struct choice *o)
{
    const bool up = o->edge > 0;
    const double at = strtod(c->rate[up ? c->rates - 1 : 0], NULL);
    const char *found = NULL;
    for (int k = 0; k < c->grid->rungs; k++) {
        double v = strtod(c->grid->ladder[k], NULL);
        if (up ? v > at * 1.0001 : v < at * 0.9999)
            if (!found || (up ? v < strtod(found, NULL) : v > strtod(found, NULL)))
                found = c->grid->ladder[k];
    }
    return found;
}

int plan_extend(struct plan *p)
{
    int before = p->runs;
    choose(p);
    for (int i = 0; i < p->cells; i++) {
        struct cell *c = &p->cell[i];
        struct choice *o = &p->choice[i];
        const char *rung = o->complete && o->edge && !o->extended ? next_rung(c, o) : NULL;
        if (!rung)
            continue;
        const bool up = o->edge > 0;
        o->extended = o->edge;
        char *rate = mem_text("%s", rung);
        c->rate = mem_grow(c->rate, (size_t)(c->rates + 1) * sizeof *c->rate);
        memmove(c->rate + !up, c->rate, (size_t)c->rates * sizeof *c->rate);
        c->rate[up ? c->rates : 0] = rate;
        c->rates++;
        for (int s = c->grid->tune_first; s <= c->grid->tune_last; s++)
            add_run(p, i, rate, s, 1);
    }
    return p->runs - before;
}

int plan_report(struct plan *p)
{
    int incomplete = 0;
    choose(p);
    for (int i = 0; i < p->cells; i++) {
        incomplete += !p->choice[i].complete;
        for (int s = p->cell[i].grid->seed_first; p->choice[i].complete && s <= p->cell[i].grid->seed_last; s++)
            add_run(p, i, p->choice[i].rate, s, 0);
    }
    return incomplete;
}
