/* Expanding an experiment and choosing learning rates on validation alone. */
#include "experiment/plan.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"

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
    }
    p->choice = mem_alloc((size_t)p->cells * sizeof *p->choice);
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

static void free_choice(struct choice *c)
{
    free(c->mean);
    free(c->collapsed);
    c->mean = NULL;
    c->collapsed = NULL;
}

void plan_close(struct plan *p)
{
    for (int i = 0; i < p->runs; i++)
        mem_free_list(p->run[i].assignment);
    for (int i = 0; i < p->cells; i++)
        free_choice(&p->choice[i]);
    cells_free(p->cell, p->cells);
    free(p->choice);
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

static void add_run(struct plan *p, int cell, const char *rate, int seed, int tuning)
{
    if (p->runs == p->capacity) {
        p->capacity = p->capacity ? 2 * p->capacity : 256;
        p->run = mem_grow(p->run, (size_t)p->capacity * sizeof *p->run);
    }
    struct plan_run *r = &p->run[p->runs++];
    struct identity ready;
    *r = (struct plan_run){.cell = cell, .rate = rate, .seed = seed, .tuning = tuning, .before = p->last[cell]};
    p->last[cell] = p->runs - 1;
    r->assignment = cell_assignments(&p->cell[cell], rate, seed, tuning, &r->assignments);
    identity_make(p->session, &ready, r->assignments, (const char *const *)r->assignment);
    memcpy(r->key, ready.key, sizeof r->key);
    identity_free(&ready);
    look(p, r);
}

static int searched(const struct cell *c)
{
    return c->grid->tune_last >= c->grid->tune_first;
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

/* Mean validation metric of a rate over the tuning seeds. A diverged run counts as the worst score seen in the cell, at
 * most 0: it must not make a rate look better by dropping out. NaN while a run is missing. */
static double rate_score(struct plan *p, int cell, const char *rate, double worst, double *lowest, int *collapsed)
{
    double sum = 0;
    int n = 0, wanted = p->cell[cell].grid->tune_last - p->cell[cell].grid->tune_first + 1;
    *collapsed = 0;
    for (int i = p->last[cell]; i >= 0; i = p->run[i].before) {
        const struct plan_run *r = &p->run[i];
        const struct facts *e =
            r->tuning && strcmp(r->rate, rate) == 0 ? index_look(&p->index, session_results(p->session), r->key) : NULL;
        if (!e)
            continue;
        double v = facts_success(e) ? e->valid_metric : NAN;
        *collapsed += e->collapsed == 1 || isnan(v);
        sum += isnan(v) ? worst : v;
        *lowest = isnan(v) ? *lowest : fmin(*lowest, v);
        n++;
    }
    return n == wanted ? sum / n : NAN;
}

static void choose(struct plan *p, int i)
{
    struct cell *c = &p->cell[i];
    struct choice *o = &p->choice[i];
    int extended = o->extended;
    free_choice(o);
    *o = (struct choice){.complete = 1, .rate = c->rate[0], .score = NAN, .extended = extended};
    if (!searched(c))
        return;
    double lowest = 0;
    int best = -1;
    o->mean = mem_alloc((size_t)c->rates * sizeof *o->mean);
    o->collapsed = mem_alloc((size_t)c->rates * sizeof *o->collapsed);
    for (int round = 0; round < 2; round++) /* once to find the lowest score, once to use it */
        for (int k = 0; k < c->rates; k++)
            o->mean[k] = rate_score(p, i, c->rate[k], lowest, &lowest, &o->collapsed[k]);
    for (int k = 0; k < c->rates; k++) {
        if (isnan(o->mean[k]))
            o->complete = 0;
        else if (best < 0 || o->mean[k] > o->mean[best])
            best = k;
    }
    o->rate = o->complete ? c->rate[best] : NULL;
    o->score = o->complete ? o->mean[best] : NAN;
    o->edge = o->complete && c->rates > 1 && (best == 0 || best == c->rates - 1);
}

/* The rung of the ladder just outside the window at the end where the optimum is; NULL when there is none. */
static const char *next_rung(const struct cell *c, const struct choice *o)
{
    double at = strtod(o->rate, NULL);
    int up = strcmp(o->rate, c->rate[c->rates - 1]) == 0;
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
    for (int i = 0; i < p->cells; i++) {
        struct cell *c = &p->cell[i];
        struct choice *o = &p->choice[i];
        choose(p, i);
        const char *rung = o->complete && o->edge && !o->extended ? next_rung(c, o) : NULL;
        if (!rung)
            continue;
        int up = strtod(rung, NULL) > strtod(o->rate, NULL);
        o->extended = up ? 1 : -1;
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
    for (int i = 0; i < p->cells; i++) {
        choose(p, i);
        incomplete += !p->choice[i].complete;
        for (int s = p->cell[i].grid->seed_first; p->choice[i].complete && s <= p->cell[i].grid->seed_last; s++)
            add_run(p, i, p->choice[i].rate, s, 0);
    }
    return incomplete;
}

int plan_refresh(struct plan *p)
{
    int missing = 0;
    for (int i = 0; i < p->runs; i++) {
        look(p, &p->run[i]);
        missing += p->run[i].state != PLAN_DONE;
    }
    return missing;
}
