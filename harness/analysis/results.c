/* Reading the runs of a plan into results, and asking a result for its facts. */
#include "analysis/results.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set_up(struct setup *s, const struct plan *p, const struct cell *c)
{
    struct identity ready;
    int n;
    char **a = cell_assignments(c, c->rate[0], c->grid->seed_first, 0, &n);
    identity_make(p->session, &ready, n, (const char *const *)a);
    s->text = mem_alloc(SPEC_TEXT);
    spec_text(&ready.spec, s->text);
    s->method = ready.spec.method;
    s->task = ready.spec.task;
    s->metric = ready.spec.metric;
    s->budget = ready.spec.adapter.budget;
    s->rank = ready.spec.adapter.rank;
    identity_free(&ready);
    mem_free_list(a);
}

char *setup_get(const struct setup *s, const char *key, char value[OPTION_TEXT])
{
    return spec_get(s->text, key, value);
}

double setup_number(const struct setup *s, const char *key)
{
    return spec_number(s->text, key);
}

bool setup_is(const struct setup *s, const char *key, const char *word)
{
    char value[OPTION_TEXT];
    return strcmp(spec_get(s->text, key, value), word) == 0;
}

/* Runs that differ in these alone are repetitions of one another, as those with other seeds are. */
static const char *const repetition[] = {"task.teacher", "task.task_seed", "order_seed", "init_seed"};

bool results_repetition(const char *key)
{
    for (size_t i = 0; i < sizeof repetition / sizeof *repetition; i++)
        if (strcmp(key, repetition[i]) == 0)
            return true;
    return false;
}

int results_order(const struct result *a, const struct result *b)
{
    int order = (a->run->seed > b->run->seed) - (a->run->seed < b->run->seed);
    for (size_t i = 0; i < sizeof repetition / sizeof *repetition && !order && a->setup != b->setup; i++) {
        char x[OPTION_TEXT], y[OPTION_TEXT];
        order = strcmp(setup_get(a->setup, repetition[i], x), setup_get(b->setup, repetition[i], y));
    }
    return order;
}

bool results_twins(const struct result *a, const struct result *b)
{
    return results_order(a, b) == 0;
}

static const char *const measures[] = {"probes", "forgetting", "evals"};

bool results_measure(const char *key)
{
    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++)
        if (strcmp(key, measures[i]) == 0)
            return true;
    return false;
}

/* Past what is measured, the rate and the seed to the next line of a setup that says how it trains. */
static const char *training_line(const char *line)
{
    char key[64];
    for (; *line; line += strcspn(line, "\n") + 1) {
        snprintf(key, sizeof key, "%.*s", (int)strcspn(line, "="), line);
        if (!results_measure(key) && strcmp(key, "lr") != 0 && strcmp(key, "seed") != 0)
            break;
    }
    return line;
}

bool setups_train_alike(const struct setup *a, const struct setup *b)
{
    if (a->method != b->method || a->task != b->task)
        return false;
    const char *x = training_line(a->text), *y = training_line(b->text);
    while (*x && *y) {
        size_t n = strcspn(x, "\n");
        if (n != strcspn(y, "\n") || memcmp(x, y, n) != 0)
            return false;
        x = training_line(x + n + 1), y = training_line(y + n + 1);
    }
    return *x == *y;
}

bool results_one_training(const struct result *a, const struct result *b)
{
    return a->run->seed == b->run->seed && a->lr == b->lr && setups_train_alike(a->setup, b->setup);
}

bool results_measures_more(const struct setup *a, const struct setup *b)
{
    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++) {
        double x = setup_number(a, measures[i]), y = setup_number(b, measures[i]);
        if (x != y)
            return x > y;
    }
    return false;
}

/* A record read for its arrays, and an entry that the plan's index did not have. */
struct opened {
    const struct plan *plan;
    struct facts *late;
    struct record record;
    bool read;
};

static const struct facts *look_up(struct plan *p, const struct plan_run *run, struct opened *o)
{
    char path[1100];
    struct record rec;
    const struct facts *e = index_look(&p->index, session_results(p->session), run->key);
    record_path(session_results(p->session), run->key, path, sizeof path);
    if (e == &p->index.looked) {
        o->late = mem_alloc(sizeof *o->late);
        *o->late = *e;
        return o->late;
    }
    if (!e && file_exists(path) && plan_record(p, run, &rec)) /* says what is wrong with it */
        record_free(&rec);
    return e;
}

static void read_row(struct result *w, struct plan *p, const struct plan_run *run, const struct setup *setup,
                     struct opened *opened)
{
    *w = (struct result){.run = run, .setup = setup, .lr = strtod(run->rate, NULL), .opened = opened};
    opened->plan = p;
    const struct facts *f = w->facts = look_up(p, run, opened);
    w->present = f != NULL;
    w->ok = f && facts_success(f);
    w->collapsed = f && f->collapsed == 1;
}

void results_read(struct results *r, struct plan *p)
{
    *r = (struct results){.plan = p, .n = p->runs};
    r->setup = mem_alloc((size_t)p->cells * sizeof *r->setup);
    r->row = mem_alloc((size_t)p->runs * sizeof *r->row);
    r->opened = mem_alloc((size_t)p->runs * sizeof *r->opened);
    for (int i = 0; i < p->cells; i++)
        set_up(&r->setup[i], p, &p->cell[i]);
    for (int i = 0; i < p->runs; i++)
        read_row(&r->row[i], p, &p->run[i], &r->setup[p->run[i].cell], &r->opened[i]);
}

void results_forget(struct results *r, int most)
{
    int n = 0;
    for (int i = 0; i < r->n; i++)
        n += r->opened[i].read;
    for (int i = 0; i < r->n && n > most; i++)
        if (r->opened[i].read) {
            record_free(&r->opened[i].record);
            r->opened[i].read = false;
        }
}

void results_free(struct results *r)
{
    results_forget(r, 0);
    for (int i = 0; i < r->n; i++)
        free(r->opened[i].late);
    for (int i = 0; r->setup && i < r->plan->cells; i++)
        free(r->setup[i].text);
    free(r->setup);
    free(r->opened);
    free(r->row);
    *r = (struct results){0};
}

const struct run *result_run(const struct result *w)
{
    struct opened *o = w->opened;
    if (w->present && !w->facts->listed && !o->read) {
        if (!plan_record(o->plan, w->run, &o->record))
            o->record = (struct record){.config = NULL};
        o->read = true;
    }
    return &o->record.run;
}

/* The setup's lines with the run's own rate, seed and stage. */
static char *expected_config(const struct result *w)
{
    char *text = NULL, rate[64];
    size_t size = 0;
    FILE *f = mem_stream(&text, &size);
    option_real_text(w->lr, rate, sizeof rate);
    for (const char *p = w->setup->text; *p; p += strcspn(p, "\n") + 1)
        if (strncmp(p, "lr=", 3) == 0)
            fprintf(f, "lr=%s\n", rate);
        else if (strncmp(p, "seed=", 5) == 0)
            fprintf(f, "seed=%d\n", w->run->seed);
        else if (strncmp(p, "evaluate=", 9) == 0 && w->run->tuning)
            fprintf(f, "evaluate=valid\n");
        else
            fprintf(f, "%.*s\n", (int)strcspn(p, "\n"), p);
    if (fclose(f))
        die(EXIT_RESOURCE, "no memory for a run's configuration");
    return text;
}

char *result_config(const struct result *w)
{
    char hex[HASH_HEX], *text = expected_config(w);
    if (strcmp(config_hash(text, false, hex), w->facts->config) == 0)
        return text;
    free(text); /* an option that the seed or the rate decides: equal keys have equal texts */
    struct identity ready;
    text = mem_alloc(SPEC_TEXT);
    identity_make(w->opened->plan->session, &ready, w->run->assignments, (const char *const *)w->run->assignment);
    spec_text(&ready.spec, text);
    identity_free(&ready);
    return text;
}

double result_value(const struct result *r, enum fact_id id)
{
    bool tells = r->facts && (r->ok || !(fact_list[id].use & OF_SUCCESS));
    return tells ? facts_number(r->facts, id) : NAN;
}
