/* Reading one run back: the seal first, then the schema, then every part. */
#include "record/record.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/h5.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A record being read. Temporaries are freed at the end, however it comes. */
struct reading {
    struct h5 *h;
    struct record *rec;
    bool facts; /* record_read_facts */
    double *temporary[64];
    int temporaries;
};

static int whole(const struct reading *g, double v)
{
    if (!(v > -2147483648.0 && v < 2147483648.0))
        die(EXIT_CORRUPT, "%s: holds %g where a whole number belongs", h5_path(g->h), v);
    return (int)v;
}

static double number(const struct reading *g, const char *object, const char *name)
{
    return h5_attr_f64(g->h, object, name);
}

/* The values of a dataset, NULL and 0 when there is none. */
static double *optional(const struct reading *g, const char *name, int *n)
{
    size_t count = 0;
    double *v = h5_has(g->h, name) ? h5_read_f64(g->h, name, &count) : NULL;
    *n = (int)count;
    if (*n < 0 || (size_t)*n != count) {
        free(v);
        die(EXIT_CORRUPT, "%s: %s holds too many values", h5_path(g->h), name);
    }
    return v;
}

/* The same, but only how many when facts are read. */
static double *array(const struct reading *g, const char *name, int *n)
{
    size_t dims[H5_RANK] = {0};
    if (!g->facts)
        return optional(g, name, n);
    *n = h5_has(g->h, name) && h5_shape(g->h, name, dims) == 1 ? whole(g, (double)dims[0]) : 0;
    return NULL;
}

/* As `optional`, but of a length that another dataset set. */
static double *exactly(const struct reading *g, const char *name, size_t n)
{
    int got;
    double *v = optional(g, name, &got);
    if ((size_t)got != n) {
        free(v);
        die(EXIT_CORRUPT, "%s: %s holds %d values, not %zu", h5_path(g->h), name, got, n);
    }
    return v;
}

static double *passing(struct reading *g, double *v)
{
    assert(g->temporaries < (int)(sizeof g->temporary / sizeof *g->temporary));
    return g->temporary[g->temporaries++] = v;
}

/* Makes one line of a text that goes to a terminal; `lines`: newlines may stay. */
static void clean(char *text, bool lines);

static void read_classes(struct reading *g)
{
    struct run *r = &g->rec->run;
    size_t n;
    if (!h5_has(g->h, "/eval/class")) /* scores, tasks whose classes have no names, older records */
        return;
    r->class_name = h5_read_texts(g->h, "/eval/class", &n);
    r->classes = (int)n;
    for (int i = 0; i < r->classes; i++)
        clean(r->class_name[i], false);
}

static void read_evals(struct reading *g)
{
    static const char *const names[6] = {"/eval/valid_loss", "/eval/valid_metric", "/eval/valid_second_metric",
                                         "/eval/test_loss",  "/eval/test_metric",  "/eval/test_second_metric"};
    struct run *r = &g->rec->run;
    double *step = passing(g, optional(g, "/eval/step", &r->evals));
    r->eval_step = mem_alloc((size_t)r->evals * sizeof(int));
    r->valid = mem_alloc((size_t)r->evals * sizeof(struct score));
    r->test = mem_alloc((size_t)r->evals * sizeof(struct score));
    for (int i = 0; i < r->evals; i++)
        r->eval_step[i] = whole(g, step[i]);
    for (int k = 0; k < 6; k++) {
        double *v = passing(g, exactly(g, names[k], (size_t)r->evals));
        for (int i = 0; i < r->evals; i++) {
            struct score *s = k < 3 ? &r->valid[i] : &r->test[i];
            *(k % 3 == 0 ? &s->loss : k % 3 == 1 ? &s->metric : &s->second) = v[i];
        }
    }
    r->item = array(g, "/eval/test_item", &r->items);
    if (!g->facts && h5_has(g->h, "/eval/test_prediction")) { /* of tasks in files; older records have none */
        r->prediction = exactly(g, "/eval/test_prediction", (size_t)r->items);
        r->line = exactly(g, "/eval/test_line", (size_t)r->items);
    }
    read_classes(g);
}

static void read_spectra(struct reading *g)
{
    struct run *r = &g->rec->run;
    int n;
    double *site = passing(g, optional(g, "/probe/spectrum_site", &n));
    if (!site)
        return;
    double *v = passing(g, exactly(g, "/probe/spectrum", (size_t)n * SPECTRUM_MAX));
    r->spectrum_site = mem_alloc((size_t)n * sizeof(int));
    r->spectrum = mem_alloc((size_t)n * sizeof *r->spectrum);
    memcpy(r->spectrum, v, (size_t)n * sizeof *r->spectrum);
    v = passing(g, exactly(g, "/probe/closest", (size_t)n * LEADING));
    r->closest = mem_alloc((size_t)n * sizeof *r->closest);
    memcpy(r->closest, v, (size_t)n * sizeof *r->closest);
    for (int i = 0; i < n; i++)
        r->spectrum_site[i] = whole(g, site[i]);
    r->spectra = n;
}

static void read_probes(struct reading *g)
{
    struct run *r = &g->rec->run;
    size_t dims[H5_RANK] = {0};
    int probes;
    h5_shape(g->h, "/probe/site", dims);
    r->sites = whole(g, (double)dims[0]);
    if (r->sites > MODEL_LAYERS_MAX * TARGETS)
        die(EXIT_CORRUPT, "%s: %d sites, more than any model has", h5_path(g->h), r->sites);
    double *step = passing(g, optional(g, "/probe/step", &probes));
    r->probe = mem_alloc((size_t)probes * sizeof *r->probe);
    r->probes = probes;
    for (int k = 0; probes && k < PROBE_COLUMNS; k++) {
        if (g->facts && !probe_columns[k].fact)
            continue;
        char name[64];
        size_t sites = (size_t)r->sites;
        snprintf(name, sizeof name, "/probe/%s", probe_columns[k].name);
        double *v = passing(g, exactly(g, name, (size_t)probes * sites));
        for (int i = 0; i < probes; i++) {
            double **to = probe_column(&r->probe[i], k);
            r->probe[i].step = whole(g, step[i]);
            *to = mem_alloc(sites * sizeof(double));
            memcpy(*to, v + (size_t)i * sites, sites * sizeof(double));
        }
    }
    read_spectra(g);
    if (h5_has(g->h, "/probe/truth_dM")) {
        r->truth_dM = exactly(g, "/probe/truth_dM", (size_t)r->sites);
        r->truth_dD = exactly(g, "/probe/truth_dD", (size_t)r->sites);
    }
}

static long count_of(const struct reading *g, double v)
{
    if (!(v > -9e18 && v < 9e18))
        die(EXIT_CORRUPT, "%s: holds %g where a whole number belongs", h5_path(g->h), v);
    return (long)v;
}

/* Control characters become "?". */
static void clean(char *text, bool lines)
{
    for (; *text; text++)
        if (((unsigned char)*text < 0x20 && !(lines && *text == '\n')) || *text == 0x7f)
            *text = '?';
}

static void read_reported(const char *name, void *data)
{
    struct reading *g = data;
    struct run *r = &g->rec->run;
    struct reported *last = &PUSH(r->reported, r->nreported);
    *last = (struct reported){.value = number(g, "/method", name)};
    snprintf(last->name, sizeof last->name, "%s", name);
    clean(last->name, false);
}

/* Of one line but for the configuration: it goes to terminals and into tables. */
static void text_of(const struct reading *g, const char *object, const char *name, char *text, size_t size)
{
    bool lines = strcmp(object, "/config") == 0;
    h5_attr_text(g->h, object, name, text, size);
    clean(text, lines);
}

static void check_schema(const struct reading *g)
{
    char text[64];
    text_of(g, "/", "schema", text, sizeof text);
    if (strcmp(text, "peftlab-run") != 0)
        die(EXIT_CORRUPT, "%s: schema is \"%s\", not peftlab-run", h5_path(g->h), text);
    text_of(g, "/", "schema_version", text, sizeof text);
    if (strtol(text, NULL, 10) != strtol(SCHEMA_VERSION, NULL, 10) || strtod(text, NULL) < strtod(SCHEMA_VERSION, NULL))
        die(EXIT_CORRUPT, "%s: schema version %s; this program reads " SCHEMA_VERSION, h5_path(g->h), text);
}

static enum run_status status_of(const char *word)
{
    for (int i = RUN_OK; i < RUN_FAILED; i++)
        if (strcmp(word, run_status_names[i]) == 0)
            return (enum run_status)i;
    return RUN_FAILED;
}

static void read_fact(const struct reading *g, const struct fact *f)
{
    void *at = (char *)g->rec + f->member;
    char word[64];
    const char *name = f->attribute ? f->attribute : f->name;
    switch (f->kind) {
    case KIND_NONE:
        return;
    case KIND_DOUBLE:
        *(double *)at = number(g, f->object, name);
        return;
    case KIND_INT:
        *(int *)at = whole(g, number(g, f->object, name));
        return;
    case KIND_LONG:
        *(long *)at = count_of(g, number(g, f->object, name));
        return;
    case KIND_BOOL:
        *(bool *)at = number(g, f->object, name) != 0;
        return;
    case KIND_TEXT:
        text_of(g, f->object, name, at, f->member_room);
        return;
    case KIND_STATUS:
        text_of(g, f->object, name, word, sizeof word);
        *(enum run_status *)at = status_of(word);
    }
}

static void read_facts(struct reading *g)
{
    struct record *rec = g->rec;
    check_schema(g);
    for (int i = 0; i < fact_list_size; i++) {
        read_fact(g, &fact_list[i]);
        if (i == FACT_key && !hash_is(rec->key)) /* it names files */
            die(EXIT_CORRUPT, "%s: its key is no hash", h5_path(g->h));
    }
    rec->config = mem_alloc(SPEC_TEXT);
    text_of(g, "/config", "text", rec->config, SPEC_TEXT);
}

static void read_all(struct reading *g)
{
    struct run *r = &g->rec->run;
    read_facts(g);
    r->loss = array(g, "/curve/train_loss", &r->steps);
    if (!g->facts) {
        r->lr = exactly(g, "/curve/lr", (size_t)r->steps);
        r->grad_norm = exactly(g, "/curve/grad_norm", (size_t)r->steps);
    }
    read_evals(g);
    read_probes(g);
    h5_each_attr(g->h, "/method", read_reported, g);
}

static void let_go(struct reading *g)
{
    for (int i = 0; i < g->temporaries; i++)
        free(g->temporary[i]);
    h5_abandon(g->h);
}

static void read_file(struct record *rec, const char *path, bool facts)
{
    struct guard guard;
    *rec = (struct record){.config = NULL};
    if (access(path, R_OK))
        die(EXIT_DATA, "%s: %s", path, errno == ENOENT ? "there is no such run" : strerror(errno));
    struct h5 *h = h5_open_sealed(path);
    struct reading g = {.h = h, .rec = rec, .facts = facts};
    DEFER(let_go, &g);
    GUARD(&guard, record_free, rec);
    read_all(&g);
    guard_end(&guard);
}

void record_read(struct record *rec, const char *path)
{
    read_file(rec, path, false);
}

void record_find(struct record *rec, const char *results, const char *word)
{
    char path[1100];
    record_path_of(results, word, path, sizeof path);
    record_read(rec, path);
}

void record_read_facts(struct record *rec, const char *path)
{
    read_file(rec, path, true);
}

void record_free(struct record *rec)
{
    free(rec->config);
    run_free(&rec->run);
    *rec = (struct record){.config = NULL};
}
