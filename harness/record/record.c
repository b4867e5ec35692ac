/* Writing one run as HDF5. Reading is in record_read.c; the schema is described in docs/schema.md. */
#include "record/record.h"

#include "core/arena.h"
#include "core/build.h"
#include "core/die.h"
#include "core/file.h"
#include "core/h5.h"
#include "math/linalg.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

void record_path(const char *results, const char *key, char *path, size_t size)
{
    snprintf(path, size, "%s/runs/%.12s.h5", results, key);
}

void record_path_of(const char *results, const char *word, char *path, size_t size)
{
    enum { DIGITS = 12 };
    const size_t n = strlen(word);
    if (file_exists(word)) {
        snprintf(path, size, "%s", word);
        return;
    }
    record_path(results, word, path, size);
    char *folder = mem_text("%s/runs", results);
    DIR *d = n && n < DIGITS ? opendir(folder) : NULL;
    int found = 0;
    for (struct dirent *e; d && (e = readdir(d));)
        if (strncmp(e->d_name, word, n) == 0 && strlen(e->d_name) == DIGITS + 3 &&
            strcmp(e->d_name + DIGITS, ".h5") == 0) {
            found++;
            snprintf(path, size, "%s/%s", folder, e->d_name);
        }
    if (d)
        closedir(d);
    free(folder);
    if (found > 1)
        die(EXIT_USAGE, "%s: %d runs begin so; give more of the digits (`peftlab list runs`)", word, found);
}

static void write_option(const char *key, const struct option *o, const void *opts, void *data)
{
    struct h5 *h = data;
    const void *field = (const char *)opts + o->offset;
    char text[OPTION_TEXT];
    option_get(o, opts, text, sizeof text);
    if (o->type == OPT_REAL)
        h5_set_f64(h, "/config", key, *(const double *)field);
    else if (o->type == OPT_INT || o->type == OPT_BOOL)
        h5_set_i64(h, "/config", key, *(const int *)field);
    else
        h5_set_text(h, "/config", key, text);
}

static void write_config(struct h5 *h, const struct spec *s)
{
    char text[SPEC_TEXT];
    spec_each(s, write_option, h);
    h5_set_text(h, "/config", "method", s->method->name);
    h5_set_text(h, "/config", "task", s->task->name);
    h5_set_text(h, "/config", "metric", metric_name(s->metric));
    h5_set_text(h, "/config", "second_metric", metric_name(s->second));
    spec_text(s, text);
    h5_set_text(h, "/config", "text", text);
}

static void cpu_name(char *name, size_t size)
{
    char line[256];
    FILE *f = fopen("/proc/cpuinfo", "r");
    snprintf(name, size, "unknown");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "model name", 10) == 0 && strchr(line, ':')) {
            snprintf(name, size, "%s", strchr(line, ':') + 2);
            name[strcspn(name, "\n")] = '\0';
            break;
        }
    if (f)
        fclose(f);
}

/* What only the file says. */
static void write_provenance(struct h5 *h)
{
    char cpu[256], command[1024] = "";
    cpu_name(cpu, sizeof cpu);
    FILE *f = fopen("/proc/self/cmdline", "r");
    size_t n = f ? fread(command, 1, sizeof command - 1, f) : 0;
    for (size_t i = 0; i + 1 < n; i++)
        command[i] = command[i] ? command[i] : ' ';
    if (f)
        fclose(f);
    h5_set_text(h, "/provenance", "argv", command);
    h5_set_text(h, "/provenance", "cpu", cpu);
    h5_set_text(h, "/provenance", "blas", blas_config());
    h5_set_i64(h, "/provenance", "blas_threads", blas_threads());
    h5_set_text(h, "/provenance", "hdf5", h5_version());
}

static void column(struct h5 *h, const char *name, const double *v, int n, const char *label)
{
    size_t dims[1] = {(size_t)n};
    if (n)
        h5_write(h, name, H5_F64, 1, dims, v, &label);
}

static void write_curve(struct h5 *h, const struct run *r)
{
    int32_t *step = mem_alloc((size_t)r->steps * sizeof *step);
    const char *label = "step";
    size_t n[1] = {(size_t)r->steps};
    for (int i = 0; i < r->steps; i++)
        step[i] = i + 1;
    if (r->steps)
        h5_write(h, "/curve/step", H5_I32, 1, n, step, &label);
    column(h, "/curve/train_loss", r->loss, r->steps, label);
    column(h, "/curve/lr", r->lr, r->steps, label);
    column(h, "/curve/grad_norm", r->grad_norm, r->steps, label);
    free(step);
}

static void write_evals(struct h5 *h, const struct run *r)
{
    static const char *const names[2] = {"valid", "test"}, *const fields[3] = {"loss", "metric", "second_metric"};
    const char *label = "evaluation";
    char name[64];
    int32_t *step = mem_alloc((size_t)r->evals * sizeof *step);
    double *v = mem_alloc((size_t)r->evals * sizeof *v);
    size_t n[1] = {(size_t)r->evals};
    for (int i = 0; i < r->evals; i++)
        step[i] = r->eval_step[i];
    if (r->evals)
        h5_write(h, "/eval/step", H5_I32, 1, n, step, &label);
    for (int split = 0; split < 2; split++)
        for (int f = 0; f < 3; f++) {
            for (int i = 0; i < r->evals; i++) {
                struct score s = split ? r->test[i] : r->valid[i];
                v[i] = f == 0 ? s.loss : f == 1 ? s.metric : s.second;
            }
            snprintf(name, sizeof name, "/eval/%s_%s", names[split], fields[f]);
            column(h, name, v, r->evals, label);
        }
    column(h, "/eval/test_item", r->item, r->items, "example");
    column(h, "/eval/test_prediction", r->prediction, r->prediction ? r->items : 0, "example");
    column(h, "/eval/test_line", r->line, r->line ? r->items : 0, "example");
    if (r->classes)
        h5_write_texts(h, "/eval/class", r->classes, (const char *const *)r->class_name, "class");
    free(step);
    free(v);
}

/* One (probe, site) table per measured quantity. */
static void write_probes(struct h5 *h, const struct run *r)
{
    const char *labels[] = {"probe", "site"}, *spectrum[] = {"site", "singular_value"},
               *vector[] = {"site", "singular_vector"};
    char name[64];
    size_t dims[2] = {(size_t)r->probes, (size_t)r->sites}, n[1] = {(size_t)r->probes}, cells = dims[0] * dims[1];
    if (!r->probes)
        return;
    int32_t *step = mem_alloc(n[0] * sizeof *step);
    double *v = mem_alloc(cells * sizeof *v);
    for (int i = 0; i < r->probes; i++)
        step[i] = r->probe[i].step;
    h5_write(h, "/probe/step", H5_I32, 1, n, step, labels);
    for (int k = 0; k < PROBE_COLUMNS; k++) {
        for (int i = 0; i < r->probes; i++)
            memcpy(v + (size_t)i * dims[1], *probe_column(&r->probe[i], k), dims[1] * sizeof *v);
        snprintf(name, sizeof name, "/probe/%s", probe_columns[k].name);
        h5_write(h, name, H5_F64, 2, dims, v, labels);
    }
    if (r->spectra) {
        size_t size[2] = {(size_t)r->spectra, SPECTRUM_MAX};
        int32_t *site = mem_alloc(size[0] * sizeof *site);
        for (int i = 0; i < r->spectra; i++)
            site[i] = r->spectrum_site[i];
        h5_write(h, "/probe/spectrum_site", H5_I32, 1, size, site, spectrum);
        h5_write(h, "/probe/spectrum", H5_F64, 2, size, r->spectrum, spectrum);
        size[1] = LEADING;
        h5_write(h, "/probe/closest", H5_F64, 2, size, r->closest, vector);
        free(site);
    }
    if (r->truth_dM) {
        column(h, "/probe/truth_dM", r->truth_dM, r->sites, "site");
        column(h, "/probe/truth_dD", r->truth_dD, r->sites, "site");
    }
    free(step);
    free(v);
}

static void write_site_names(struct h5 *h, const struct run *r)
{
    char(*text)[32] = mem_alloc((size_t)r->sites * sizeof *text);
    const char **names = mem_alloc((size_t)r->sites * sizeof *names);
    for (int i = 0; i < r->sites; i++) {
        snprintf(text[i], sizeof text[i], "%d.%s", i / TARGETS, target_names[i % TARGETS]);
        names[i] = text[i];
    }
    h5_write_texts(h, "/probe/site", r->sites, names, "site");
    free(names);
    free(text);
}

static void write_fact(struct h5 *h, const struct fact *f, const struct record *rec)
{
    const void *at = (const char *)rec + f->member;
    const char *name = f->attribute ? f->attribute : f->name;
    switch (f->kind) {
    case KIND_NONE:
        return;
    case KIND_DOUBLE:
        h5_set_f64(h, f->object, name, *(const double *)at);
        return;
    case KIND_INT:
        h5_set_i64(h, f->object, name, *(const int *)at);
        return;
    case KIND_LONG:
        h5_set_i64(h, f->object, name, *(const long *)at);
        return;
    case KIND_BOOL:
        h5_set_i64(h, f->object, name, *(const bool *)at);
        return;
    case KIND_TEXT:
        h5_set_text(h, f->object, name, at);
        return;
    case KIND_STATUS:
        h5_set_text(h, f->object, name, run_status_names[*(const enum run_status *)at]);
    }
}

static void write_facts(struct h5 *h, const struct record *rec)
{
    h5_group(h, "/eval");
    h5_set_text(h, "/", "schema", "peftlab-run");
    h5_set_text(h, "/", "schema_version", SCHEMA_VERSION);
    for (int i = 0; i < fact_list_size; i++)
        write_fact(h, &fact_list[i], rec);
    h5_group(h, "/method");
    for (int i = 0; i < rec->run.nreported; i++)
        h5_set_f64(h, "/method", rec->run.reported[i].name, rec->run.reported[i].value);
}

/* What is known about a run that has just ended: now, by this program, on this machine. */
static void describe(struct record *rec, const struct spec *s)
{
    char file[128];
    time_t t = time(NULL);
    struct tm utc;
    strftime(rec->created, sizeof rec->created, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &utc));
    snprintf(rec->commit, sizeof rec->commit, "%s", source_commit);
    snprintf(rec->core, sizeof rec->core, "%s", blas_core());
    snprintf(rec->compiler, sizeof rec->compiler, "%s", __VERSION__);
    snprintf(rec->number_type, sizeof rec->number_type, "%s", REAL_NAME);
    rec->dirty = source_dirty;
    rec->abi = PEFTLAB_ABI;
    snprintf(file, sizeof file, "methods/%s.c", s->method->name);
    snprintf(rec->method_source, HASH_HEX, "%s", sources_hash(file));
    snprintf(file, sizeof file, "tasks/%s.c", s->task->name);
    snprintf(rec->task_source, HASH_HEX, "%s", sources_hash(file));
}

/* mkdir -p <results>/runs */
static void make_folders(const char *results)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/runs", results);
    folder_make(path);
}

void record_write(const char *results, const struct spec *s, const struct run *r, const char *key,
                  const char *base_hash, const char *data_hash)
{
    char path[1100];
    struct guard guard;
    struct record rec = {.run = *r};
    describe(&rec, s);
    snprintf(rec.key, HASH_HEX, "%s", key);
    snprintf(rec.base_hash, HASH_HEX, "%s", base_hash);
    snprintf(rec.data_hash, HASH_HEX, "%s", data_hash);
    make_folders(results);
    record_path(results, key, path, sizeof path);
    struct h5 *h = h5_create(path);
    GUARD(&guard, h5_abandon, h);
    write_config(h, s);
    write_provenance(h);
    write_facts(h, &rec);
    write_curve(h, r);
    write_evals(h, r);
    write_site_names(h, r);
    write_probes(h, r);
    guard_end(&guard);
    h5_close(h);
}
