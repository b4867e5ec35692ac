/* Comparing what two runs yielded, and what they were told to do. */
#include "record/compare.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct comparison {
    int n;
    void (*each)(const char *what, const char *how, void *data);
    void *data;
};

__attribute__((format(printf, 3, 4))) static void differ(struct comparison *c, const char *what, const char *format,
                                                         ...)
{
    char how[512];
    va_list args;
    va_start(args, format);
    vsnprintf(how, sizeof how, format, args);
    va_end(args);
    c->n++;
    if (c->each)
        c->each(what, how, c->data);
}

static int same(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

int first_difference(const double *a, const double *b, int n)
{
    int i = 0;
    while (i < n && same(a[i], b[i]))
        i++;
    return i;
}

static void number(struct comparison *c, const char *what, double a, double b)
{
    if (!same(a, b))
        differ(c, what, "%.17g against %.17g", a, b);
}

static void text(struct comparison *c, const char *what, const char *a, const char *b)
{
    if (strcmp(a, b) != 0)
        differ(c, what, "%.200s against %.200s", a, b);
}

/* `unit` says what an index counts; its first is `base`. */
static void column(struct comparison *c, const char *what, const char *unit, int base, const double *a, int na,
                   const double *b, int nb)
{
    if (na != nb) {
        differ(c, what, "%d values against %d", na, nb);
        return;
    }
    if (!a || !b) {
        if (a != b && na)
            differ(c, what, "only one has it");
        return;
    }
    int at = first_difference(a, b, na), others = 0;
    for (int i = at; i < na; i++)
        others += !same(a[i], b[i]);
    if (others)
        differ(c, what, "first at %s %d: %.17g against %.17g; %d of %d differ", unit, at + base, a[at], b[at], others,
               na);
}

static void scores(struct comparison *c, const char *split, const struct score *a, const struct score *b, int n)
{
    char what[64];
    for (int i = 0; i < n; i++) {
        snprintf(what, sizeof what, "%s loss, evaluation %d", split, i + 1);
        number(c, what, a[i].loss, b[i].loss);
        snprintf(what, sizeof what, "%s metric, evaluation %d", split, i + 1);
        number(c, what, a[i].metric, b[i].metric);
        snprintf(what, sizeof what, "%s second metric, evaluation %d", split, i + 1);
        number(c, what, a[i].second, b[i].second);
    }
}

static void probes(struct comparison *c, const struct run *a, const struct run *b)
{
    char what[64];
    number(c, "number of probes", a->probes, b->probes);
    number(c, "number of sites", a->sites, b->sites);
    for (int i = 0; i < a->probes && i < b->probes; i++) {
        for (int k = 0; k < PROBE_COLUMNS; k++) {
            snprintf(what, sizeof what, "%s, step %d", probe_columns[k].meaning, a->probe[i].step);
            column(c, what, "site", 0, *probe_column(&a->probe[i], k), a->sites, *probe_column(&b->probe[i], k),
                   b->sites);
        }
    }
    column(c, "spectrum", "value", 0, (double *)a->spectrum, a->spectra * SPECTRUM_MAX, (double *)b->spectrum,
           b->spectra * SPECTRUM_MAX);
    column(c, "nearness to pretrained singular vectors", "value", 0, (double *)a->closest, a->spectra * LEADING,
           (double *)b->closest, b->spectra * LEADING);
    column(c, "the teacher's dM", "site", 0, a->truth_dM, a->sites, b->truth_dM, b->sites);
    column(c, "the teacher's dD", "site", 0, a->truth_dD, a->sites, b->truth_dD, b->sites);
}

static void reported(struct comparison *c, const struct run *a, const struct run *b)
{
    number(c, "numbers of the method's own", a->nreported, b->nreported);
    for (int i = 0; i < a->nreported && i < b->nreported; i++) {
        text(c, "the method's own", a->reported[i].name, b->reported[i].name);
        number(c, a->reported[i].name, a->reported[i].value, b->reported[i].value);
    }
}

/* A stored fact of a run, whose record is not at hand. */
static const void *stored(const struct run *r, const struct fact *f)
{
    return (const char *)r + (f->member - offsetof(struct record, run));
}

static void fact(struct comparison *c, const struct fact *f, const struct run *a, const struct run *b)
{
    const void *x = stored(a, f), *y = stored(b, f);
    switch (f->kind) {
    case KIND_NONE:
        return;
    case KIND_DOUBLE:
        number(c, f->name, *(const double *)x, *(const double *)y);
        return;
    case KIND_INT:
        number(c, f->name, *(const int *)x, *(const int *)y);
        return;
    case KIND_LONG:
        number(c, f->name, (double)*(const long *)x, (double)*(const long *)y);
        return;
    case KIND_BOOL:
        number(c, f->name, *(const bool *)x, *(const bool *)y);
        return;
    case KIND_TEXT:
        text(c, f->name, x, y);
        return;
    case KIND_STATUS:
        text(c, f->name, run_status_names[*(const enum run_status *)x], run_status_names[*(const enum run_status *)y]);
    }
}

int run_compare(const struct run *a, const struct run *b, void (*each)(const char *what, const char *how, void *data),
                void *data)
{
    struct comparison c = {0, each, data};
    column(&c, "training loss", "step", 1, a->loss, a->steps, b->loss, b->steps);
    column(&c, "learning rate", "step", 1, a->lr, a->steps, b->lr, b->steps);
    column(&c, "gradient norm", "step", 1, a->grad_norm, a->steps, b->grad_norm, b->steps);
    number(&c, "number of evaluations", a->evals, b->evals);
    if (a->evals == b->evals) {
        scores(&c, "validation", a->valid, b->valid, a->evals);
        scores(&c, "test", a->test, b->test, a->evals);
    }
    column(&c, "test items", "example", 0, a->item, a->items, b->item, b->items);
    column(&c, "predictions", "example", 0, a->prediction, a->prediction ? a->items : 0, b->prediction,
           b->prediction ? b->items : 0);
    probes(&c, a, b);
    reported(&c, a, b);
    for (int i = 0; i < fact_list_size; i++)
        if (fact_list[i].use & REPEATS)
            fact(&c, &fact_list[i], a, b);
    return c.n;
}

int record_compare(const struct record *a, const struct record *b,
                   void (*each)(const char *what, const char *how, void *data), void *data)
{
    return run_compare(&a->run, &b->run, each, data);
}

/* The line of `key` in a configuration text, or NULL. */
static const char *find_line(const char *config, const char *line, size_t key)
{
    for (const char *p = config; *p; p += strcspn(p, "\n") + (p[strcspn(p, "\n")] == '\n'))
        if (strncmp(p, line, key) == 0 && p[key] == '=')
            return p;
    return NULL;
}

static const char *value_of(const char *line, size_t key, char *value, size_t size)
{
    if (!line)
        return NULL;
    snprintf(value, size, "%.*s", (int)strcspn(line + key + 1, "\n"), line + key + 1);
    return value;
}

int config_compare(const char *a, const char *b,
                   void (*each)(const char *key, const char *a, const char *b, void *data), void *data)
{
    char key[128], va[OPTION_TEXT], vb[OPTION_TEXT];
    int n = 0;
    for (int turn = 0; turn < 2; turn++)
        for (const char *p = turn ? b : a; *p; p += strcspn(p, "\n") + (p[strcspn(p, "\n")] == '\n')) {
            size_t k = strcspn(p, "=\n");
            const char *la = find_line(a, p, k), *lb = find_line(b, p, k);
            if ((turn && la) || p[k] != '=') /* in both: already seen */
                continue;
            const char *x = value_of(la, k, va, sizeof va), *y = value_of(lb, k, vb, sizeof vb);
            if (x && y && strcmp(x, y) == 0)
                continue;
            snprintf(key, sizeof key, "%.*s", (int)k, p);
            n++;
            if (each)
                each(key, x, y, data);
        }
    return n;
}
