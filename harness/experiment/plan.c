/* From an experiment to its cells and named runs. */
#include "experiment/plan.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool assignments_equal_but(char *const *a, char *const *b, int n, const char *key)
{
    const size_t k = strlen(key);
    for (int i = 0; i < n; i++)
        if (strcmp(a[i], b[i]) != 0 && !(strncmp(a[i], key, k) == 0 && a[i][k] == '='))
            return false;
    return true;
}

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

bool plan_common_rate(const struct cell *c)
{
    return grid_tuning_seeds(c->grid) && strcmp(c->grid->choose, "common") == 0;
}

/* One rate for all tasks is chosen on a scale whose ends are searched here too. */
static void check_scale(const struct plan *p, const struct cell *c)
{
    static const char *const end[] = {"head", "full"};
    for (int e = 0; e < 2; e++) {
        bool found = false;
        for (int i = 0; i < p->cells; i++)
            found |= grid_tuning_seeds(p->cell[i].grid) && strcmp(cell_get(&p->cell[i], "method"), end[e]) == 0 &&
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
        if (*p->cell[i].grid->tune_evals ||
            *p->cell[i].grid->tune_epochs) /* without, a search run has nothing more to check */
            check_cell(p, &p->cell[i], 1);
        if (plan_common_rate(&p->cell[i]))
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

void plan_add(struct plan *p, int cell, const char *rate, int seed, int tuning)
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
