/* What a run yielded: its beginning, its last score, its end. */
#include "train/result.h"

#include "core/arena.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

const char *const run_status_names[] = {"ok", "diverged", "failed"};

const struct probe_column probe_columns[PROBE_COLUMNS] = {
    {"dM_row", "dM per row", offsetof(struct probe, row_dM), false},
    {"dD_row", "dD per row", offsetof(struct probe, row_dD), true},
    {"dM_column", "dM per column", offsetof(struct probe, col_dM), false},
    {"dD_column", "dD per column", offsetof(struct probe, col_dD), false},
    {"null_dM_row", "null dM per row", offsetof(struct probe, null_dM), false},
    {"null_dD_row", "null dD per row", offsetof(struct probe, null_dD), false},
    {"rank", "rank", offsetof(struct probe, rank), true}};

double **probe_column(struct probe *p, int k)
{
    return (double **)((char *)p + probe_columns[k].at);
}

void run_open(struct run *r, const struct spec *s, const struct base *base)
{
    size_t n = (size_t)s->train.steps, e = (size_t)s->train.evals + 1;
    *r = (struct run){.status = RUN_OK, .sites = base->config.layers * TARGETS};
    r->fvu0 = r->forgetting_before = r->forgetting_after = NAN;
    r->check.start_difference = r->check.merge_difference = NAN;
    r->check.count_matches = -1;
    r->loss = mem_alloc(n * sizeof(double));
    r->lr = mem_alloc(n * sizeof(double));
    r->grad_norm = mem_alloc(n * sizeof(double));
    r->eval_step = mem_alloc(e * sizeof(int));
    r->valid = mem_alloc(e * sizeof(struct score));
    r->test = mem_alloc(e * sizeof(struct score));
    r->probe = mem_alloc(((size_t)s->train.probes + 1) * sizeof(struct probe));
}

void run_open_items(struct run *r, const struct spec *s, const struct dataset *test)
{
    r->items = test->n;
    r->item = mem_alloc((size_t)r->items * sizeof *r->item);
    if (!s->task->load)
        return;
    r->prediction = mem_alloc((size_t)r->items * sizeof *r->prediction);
    r->line = mem_alloc((size_t)r->items * sizeof *r->line);
    for (int i = 0; i < r->items; i++)
        r->line[i] = test->line[i];
}

void run_name_classes(struct run *r, const struct class_names *names)
{
    r->classes = names->n;
    r->class_name = mem_alloc((size_t)names->n * sizeof *r->class_name);
    for (int i = 0; i < names->n; i++)
        r->class_name[i] = mem_text("%s", names->name[i]);
}

struct score run_final(const struct run *r)
{
    if (!r->evals)
        return (struct score){NAN, NAN, NAN};
    struct score test = r->test[r->evals - 1];
    return isnan(test.loss) ? r->valid[r->evals - 1] : test;
}

void run_free(struct run *r)
{
    for (int i = 0; i < r->probes; i++)
        for (int k = 0; k < PROBE_COLUMNS; k++)
            free(*probe_column(&r->probe[i], k));
    for (int i = 0; i < r->classes; i++)
        free(r->class_name[i]);
    free(r->class_name);
    void *all[] = {r->loss,     r->lr,       r->grad_norm,     r->eval_step, r->valid,   r->test,
                   r->item,     r->probe,    r->spectrum_site, r->spectrum,  r->closest, r->truth_dM,
                   r->truth_dD, r->reported, r->prediction,    r->line};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        free(all[k]);
    *r = (struct run){0};
}
