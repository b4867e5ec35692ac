/* Reading the runs of a plan into rows, and the numbers a row is asked for. */
#include "report/rows.h"

#include "core/arena.h"
#include "core/die.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set_up(struct setup *s, const struct plan *p, const struct cell *c)
{
    struct prepared ready;
    int n;
    char **a = cell_assignments(c, c->rate[0], c->grid->seed_first, 0, &n);
    session_prepare(p->session, &ready, n, (const char *const *)a);
    s->text = mem_alloc(SPEC_TEXT);
    spec_text(&ready.spec, s->text);
    s->method = ready.spec.method;
    s->task = ready.spec.task;
    s->metric = ready.spec.metric;
    s->budget = ready.spec.adapter.budget;
    s->rank = ready.spec.adapter.rank;
    prepared_free(&ready);
    free_assignments(a, n);
}

const char *setup_get(const struct setup *s, const char *key)
{
    struct record r = {.config = s->text};
    return record_get(&r, key);
}

/* A search run is asked for its scores alone: the arrays go. */
static void forget_arrays(struct record *rec)
{
    struct run empty = {.status = rec->run.status,
                        .collapsed = rec->run.collapsed,
                        .steps = rec->run.steps,
                        .cost = rec->run.cost,
                        .check = rec->run.check};
    run_free(&rec->run);
    empty.evals = empty.probes = empty.sites = empty.items = 0;
    rec->run = empty;
}

static void read_row(struct row *w, const struct plan *p, const struct plan_run *run, const struct setup *setup)
{
    *w = (struct row){.run = run, .setup = setup, .lr = strtod(run->rate, NULL)};
    w->test = w->second = w->loss = w->valid = w->best = w->forgetting = NAN;
    w->present = plan_record(p, run, &w->record);
    if (!w->present)
        return;
    const struct run *r = &w->record.run;
    w->ok = r->status == RUN_OK && r->evals;
    w->collapsed = r->collapsed;
    if (w->ok) {
        const struct score *last = &r->test[r->evals - 1];
        int best = 0;
        w->test = last->metric, w->second = last->second, w->loss = last->loss;
        w->valid = r->valid[r->evals - 1].metric;
        for (int i = 1; i < r->evals; i++)
            best = r->valid[i].metric > r->valid[best].metric ? i : best;
        w->best = r->test[best].metric;
        w->forgetting = r->forgetting_after - r->forgetting_before;
    }
    if (run->tuning)
        forget_arrays(&w->record);
}

void rows_read(struct rows *r, const struct plan *p)
{
    *r = (struct rows){.plan = p, .n = p->runs};
    r->setup = mem_alloc((size_t)p->cells * sizeof *r->setup);
    r->row = mem_alloc((size_t)p->runs * sizeof *r->row);
    for (int i = 0; i < p->cells; i++)
        set_up(&r->setup[i], p, &p->cell[i]);
    for (int i = 0; i < p->runs; i++)
        read_row(&r->row[i], p, &p->run[i], &r->setup[p->run[i].cell]);
}

void rows_free(struct rows *r)
{
    for (int i = 0; i < r->n; i++)
        if (r->row[i].present)
            record_free(&r->row[i].record);
    for (int i = 0; r->setup && i < r->plan->cells; i++)
        free(r->setup[i].text);
    free(r->setup);
    free(r->row);
    *r = (struct rows){0};
}

double row_test(const struct row *r)
{
    return r->test;
}

double row_best(const struct row *r)
{
    return r->best;
}

double row_second(const struct row *r)
{
    return r->second;
}

double row_loss(const struct row *r)
{
    return r->loss;
}

double row_valid(const struct row *r)
{
    return r->valid;
}

double row_forgetting(const struct row *r)
{
    return r->forgetting;
}

static double cost_of(const struct row *r, double v)
{
    return r->present ? v : NAN;
}

double row_active(const struct row *r)
{
    return cost_of(r, (double)r->record.run.cost.adapter.active);
}

double row_trained(const struct row *r)
{
    return cost_of(r, (double)r->record.run.cost.adapter.trained);
}

double row_stored(const struct row *r)
{
    return cost_of(r, (double)r->record.run.cost.adapter.stored);
}

double row_head(const struct row *r)
{
    return cost_of(r, (double)r->record.run.cost.head);
}

/* Weights beyond the shared base, gradients, moments, activations and scratch at their peaks. */
double row_bytes(const struct row *r)
{
    double sum = 0;
    for (int i = 0; i < MEMORY_KINDS; i++)
        sum += r->record.run.cost.arena_peak[i];
    return cost_of(r, sum);
}

double row_flops(const struct row *r)
{
    return cost_of(r, r->record.run.cost.flops_per_step);
}

double row_ms(const struct row *r)
{
    return cost_of(r, r->record.run.cost.step_ms);
}

double row_train_seconds(const struct row *r)
{
    return cost_of(r, r->record.run.cost.train);
}

unsigned stream_id(const char *a, const char *b, int c)
{
    unsigned h = 2166136261u ^ (unsigned)c; /* FNV-1a */
    for (const char *s = a; *s; s++)
        h = (h ^ (unsigned char)*s) * 16777619u;
    h = (h ^ 0xffu) * 16777619u;
    for (const char *s = b; *s; s++)
        h = (h ^ (unsigned char)*s) * 16777619u;
    return h;
}
