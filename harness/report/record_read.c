/* Reading one run back: the seal first, then the schema, then every part. */
#include "report/record.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/h5.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The values of a dataset, NULL and 0 when there is none. */
static double *optional(const struct h5 *h, const char *name, int *n)
{
    size_t count = 0;
    double *v = h5_has(h, name) ? h5_read_f64(h, name, &count) : NULL;
    *n = (int)count;
    return v;
}

/* As above, but of a length that another dataset set. */
static double *exactly(const struct h5 *h, const char *name, int n)
{
    int got;
    double *v = optional(h, name, &got);
    if (got != n)
        die(EXIT_CORRUPT, "%s: %s holds %d values, not %d", h5_path(h), name, got, n);
    return v;
}

static void read_evals(struct run *r, const struct h5 *h)
{
    static const char *const names[6] = {"/eval/valid_loss", "/eval/valid_metric", "/eval/valid_second_metric",
                                         "/eval/test_loss",  "/eval/test_metric",  "/eval/test_second_metric"};
    double *step = optional(h, "/eval/step", &r->evals);
    r->eval_step = mem_alloc((size_t)r->evals * sizeof(int));
    r->valid = mem_alloc((size_t)r->evals * sizeof(struct score));
    r->test = mem_alloc((size_t)r->evals * sizeof(struct score));
    for (int i = 0; i < r->evals; i++)
        r->eval_step[i] = (int)step[i];
    free(step);
    for (int k = 0; k < 6; k++) {
        double *v = exactly(h, names[k], r->evals);
        for (int i = 0; i < r->evals; i++) {
            struct score *s = k < 3 ? &r->valid[i] : &r->test[i];
            *(k % 3 == 0 ? &s->loss : k % 3 == 1 ? &s->metric : &s->second) = v[i];
        }
        free(v);
    }
    r->item = optional(h, "/eval/test_item", &r->items);
    r->forgetting_before = h5_attr_f64(h, "/eval", "forgetting_before");
    r->forgetting_after = h5_attr_f64(h, "/eval", "forgetting_after");
    r->fvu0 = h5_attr_f64(h, "/eval", "fvu0");
}

static void read_spectra(struct run *r, const struct h5 *h)
{
    double *site = optional(h, "/probe/spectrum_site", &r->spectra);
    if (!site)
        return;
    double *v = exactly(h, "/probe/spectrum", r->spectra * SPECTRUM_MAX);
    r->spectrum_site = mem_alloc((size_t)r->spectra * sizeof(int));
    r->spectrum = mem_alloc((size_t)r->spectra * sizeof *r->spectrum);
    memcpy(r->spectrum, v, (size_t)r->spectra * sizeof *r->spectrum);
    for (int i = 0; i < r->spectra; i++)
        r->spectrum_site[i] = (int)site[i];
    free(site);
    free(v);
}

static void read_probes(struct run *r, const struct h5 *h)
{
    static const char *const names[] = {"/probe/dM_row",    "/probe/dD_row",      "/probe/dM_column",
                                        "/probe/dD_column", "/probe/null_dM_row", "/probe/null_dD_row",
                                        "/probe/rank"};
    size_t dims[H5_RANK];
    int probes;
    h5_shape(h, "/probe/site", dims);
    r->sites = (int)dims[0];
    double *step = optional(h, "/probe/step", &probes);
    r->probe = mem_alloc((size_t)probes * sizeof *r->probe);
    for (int k = 0; probes && k < 7; k++) {
        double *v = exactly(h, names[k], probes * r->sites);
        for (int i = 0; i < probes; i++) {
            struct probe *p = &r->probe[i];
            double **to[] = {&p->row_dM, &p->row_dD, &p->col_dM, &p->col_dD, &p->null_dM, &p->null_dD, &p->rank};
            p->step = (int)step[i];
            *to[k] = mem_alloc((size_t)r->sites * sizeof(double));
            memcpy(*to[k], v + (size_t)i * (size_t)r->sites, (size_t)r->sites * sizeof(double));
        }
        free(v);
    }
    r->probes = probes;
    free(step);
    read_spectra(r, h);
    if (h5_has(h, "/probe/truth_dM")) {
        r->truth_dM = exactly(h, "/probe/truth_dM", r->sites);
        r->truth_dD = exactly(h, "/probe/truth_dD", r->sites);
    }
}

static void read_cost(struct cost *c, const struct h5 *h)
{
    static const char *const kinds[MEMORY_KINDS] = {"bytes_weights", "bytes_grads", "bytes_moments",
                                                    "bytes_activations", "bytes_scratch"};
    c->adapter.trained = (long)h5_attr_f64(h, "/cost", "parameters_trained");
    c->adapter.active = (long)h5_attr_f64(h, "/cost", "parameters_active");
    c->adapter.stored = (long)h5_attr_f64(h, "/cost", "parameters_stored");
    c->head = (long)h5_attr_f64(h, "/cost", "parameters_head");
    for (int i = 0; i < MEMORY_KINDS; i++)
        c->arena_peak[i] = h5_attr_f64(h, "/cost", kinds[i]);
    c->base_bytes = h5_attr_f64(h, "/cost", "bytes_base");
    c->flops_per_step = h5_attr_f64(h, "/cost", "flops_per_step");
    c->setup = h5_attr_f64(h, "/cost", "seconds_setup");
    c->train = h5_attr_f64(h, "/cost", "seconds_train");
    c->evaluate = h5_attr_f64(h, "/cost", "seconds_evaluate");
    c->probe = h5_attr_f64(h, "/cost", "seconds_probe");
    c->data = h5_attr_f64(h, "/cost", "seconds_data");
    c->step_ms = h5_attr_f64(h, "/cost", "step_ms_median");
}

struct fact_reader {
    const struct h5 *h;
    struct run *run;
};

static void read_fact(const char *name, void *data)
{
    struct fact_reader *f = data;
    struct run *r = f->run;
    r->fact = mem_grow(r->fact, (size_t)(r->facts + 1) * sizeof *r->fact);
    snprintf(r->fact[r->facts].name, sizeof r->fact[0].name, "%s", name);
    r->fact[r->facts++].value = h5_attr_f64(f->h, "/method", name);
}

static void read_root(struct record *rec, const struct h5 *h)
{
    char text[64];
    struct run *r = &rec->run;
    h5_attr_text(h, "/", "schema", text, sizeof text);
    if (strcmp(text, "peftlab-run") != 0)
        die(EXIT_CORRUPT, "%s: schema is \"%s\", not peftlab-run", h5_path(h), text);
    h5_attr_text(h, "/", "schema_version", text, sizeof text);
    if (strtol(text, NULL, 10) != strtol(SCHEMA_VERSION, NULL, 10))
        die(EXIT_CORRUPT, "%s: schema version %s; this program reads %s", h5_path(h), text, SCHEMA_VERSION);
    h5_attr_text(h, "/", "key", rec->key, sizeof rec->key);
    h5_attr_text(h, "/", "created", rec->created, sizeof rec->created);
    h5_attr_text(h, "/", "commit", rec->commit, sizeof rec->commit);
    rec->dirty = (int)h5_attr_f64(h, "/", "dirty");
    h5_attr_text(h, "/", "status", text, sizeof text);
    r->status = RUN_FAILED;
    for (int i = 0; i < 3; i++)
        if (strcmp(text, run_status_names[i]) == 0)
            r->status = (enum run_status)i;
    h5_attr_text(h, "/", "message", r->message, sizeof r->message);
    r->collapsed = h5_attr_f64(h, "/", "collapsed") != 0;
    rec->config = mem_alloc(SPEC_TEXT);
    h5_attr_text(h, "/config", "text", rec->config, SPEC_TEXT);
    h5_attr_text(h, "/provenance", "blas_core", rec->core, sizeof rec->core);
    h5_attr_text(h, "/provenance", "compiler", rec->compiler, sizeof rec->compiler);
    h5_attr_text(h, "/provenance", "data_hash", rec->data_hash, sizeof rec->data_hash);
    h5_attr_text(h, "/provenance", "base_hash", rec->base_hash, sizeof rec->base_hash);
}

void record_read(struct record *rec, const char *path)
{
    char why[128];
    *rec = (struct record){.config = NULL};
    if (access(path, R_OK))
        die(EXIT_DATA, "%s: there is no such run", path);
    if (!seal_check(path, why, sizeof why))
        die(EXIT_CORRUPT, "%s: %s; remove it and run again", path, why);
    struct h5 *h = h5_open(path, EXIT_CORRUPT);
    struct run *r = &rec->run;
    read_root(rec, h);
    r->loss = optional(h, "/curve/train_loss", &r->steps);
    r->lr = exactly(h, "/curve/lr", r->steps);
    r->grad_norm = exactly(h, "/curve/grad_norm", r->steps);
    read_evals(r, h);
    read_probes(r, h);
    read_cost(&r->cost, h);
    r->check.start_difference = h5_attr_f64(h, "/check", "start_difference");
    r->check.merge_difference = h5_attr_f64(h, "/check", "merge_difference");
    r->check.frozen_unchanged = (int)h5_attr_f64(h, "/check", "frozen_unchanged");
    r->check.count_matches = (int)h5_attr_f64(h, "/check", "count_matches_formula");
    h5_attr_text(h, "/check", "curve_hash", r->check.curve_hash, HASH_HEX);
    h5_attr_text(h, "/check", "weights_hash", r->check.weights_hash, HASH_HEX);
    struct fact_reader f = {h, r};
    h5_each_attr(h, "/method", read_fact, &f);
    h5_close(h);
}

void record_free(struct record *rec)
{
    free(rec->config);
    run_free(&rec->run);
    *rec = (struct record){.config = NULL};
}

const char *record_get(const struct record *rec, const char *key)
{
    static char value[OPTION_TEXT];
    size_t n = strlen(key);
    for (const char *p = rec->config; p && *p; p = strchr(p, '\n'), p = p ? p + 1 : NULL) {
        const char *name = p, *dot = memchr(p, '.', strcspn(p, "="));
        if (strncmp(name, key, n) != 0 && dot) /* task.k is also k */
            name = dot + 1;
        if (strncmp(name, key, n) == 0 && name[n] == '=') {
            snprintf(value, sizeof value, "%.*s", (int)strcspn(name + n + 1, "\n"), name + n + 1);
            return value;
        }
    }
    return "";
}
