/* Building, checking and storing the index of a runs folder. */
#include "record/index.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "record/folder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char magic[16] = "peftlab-index 4";

struct head {
    char magic[16];
    int64_t entry_size, n;
};

int index_order(const void *a, const void *b)
{
    return strcmp(((const struct index_entry *)a)->file, ((const struct index_entry *)b)->file);
}

/* A text that ends within its array. */
#define ENDS(text) (memchr(text, '\0', sizeof(text)) != NULL)

/* Whether an entry is one that this program can have written: the hash is no secret. */
static bool sound(const struct index_entry *e)
{
    return ENDS(e->file) && ENDS(e->key) && ENDS(e->method) && ENDS(e->task) && ENDS(e->cell) && ENDS(e->config) &&
           ENDS(e->data) && ENDS(e->base) && ENDS(e->curve) && ENDS(e->weights) && ENDS(e->core) && ENDS(e->compiler) &&
           ENDS(e->commit) && e->status >= RUN_OK && e->status <= RUN_FAILED && e->steps >= 0 && e->evals >= 0 &&
           e->items >= 0;
}

/* What was stored, or nothing: another version, a flipped bit, a cut are no errors, for all of it can be made again. */
static struct index_entry *load(const char *path, int *n)
{
    struct head h;
    struct trap t;
    char hex[HASH_HEX];
    size_t size;
    *n = 0;
    if (trap_set(&t))
        return NULL;
    char *bytes = file_read(path, (size_t)1 << 31, &size);
    trap_end(&t);
    bool ok = size >= sizeof h + HASH_HEX;
    if (ok) {
        memcpy(&h, bytes, sizeof h);
        ok = memcmp(h.magic, magic, sizeof magic) == 0 && h.entry_size == sizeof(struct index_entry) && h.n >= 0 &&
             (uint64_t)h.n == (size - sizeof h - HASH_HEX) / sizeof(struct index_entry) &&
             size == sizeof h + (size_t)h.n * sizeof(struct index_entry) + HASH_HEX;
    }
    if (ok) {
        hash_bytes(bytes, size - HASH_HEX, hex);
        ok = memcmp(hex, bytes + size - HASH_HEX, HASH_HEX) == 0;
    }
    struct index_entry *e = NULL;
    if (ok) {
        e = mem_alloc(((size_t)h.n + 1) * sizeof *e);
        memcpy(e, bytes + sizeof h, (size_t)h.n * sizeof *e);
        while (*n < (int)h.n && sound(&e[*n]))
            ++*n;
        *n = *n == (int)h.n ? *n : 0;
    }
    free(bytes);
    return e;
}

static void store(const struct index *x, const char *path)
{
    struct head h = {.entry_size = sizeof(struct index_entry), .n = x->n};
    struct file_out f;
    struct hash sum;
    char hex[HASH_HEX];
    struct trap t;
    memcpy(h.magic, magic, sizeof magic);
    hash_open(&sum);
    hash_add(&sum, &h, sizeof h);
    hash_add(&sum, x->entry, (size_t)x->n * sizeof *x->entry);
    hash_close(&sum, hex);
    if (!trap_set(&t)) {
        file_begin(&f, path);
        file_write(&f, &h, sizeof h);
        file_write(&f, x->entry, (size_t)x->n * sizeof *x->entry);
        file_write(&f, hex, sizeof hex);
        file_commit(&f);
    }
    trap_end(&t);
}

/* Without seed and rate for `cell`. */
void index_hash(const char *config, bool cell, char hex[HASH_HEX])
{
    struct hash h;
    hash_open(&h);
    for (const char *p = config; *p;) {
        size_t n = strcspn(p, "\n");
        n += p[n] == '\n';
        if (!cell || (strncmp(p, "seed=", 5) != 0 && strncmp(p, "lr=", 3) != 0 && strncmp(p, "evaluate=", 9) != 0))
            hash_add(&h, p, n);
        p += n;
    }
    hash_close(&h, hex);
}

static void fill_scores(struct index_entry *e, const struct run *r)
{
    int best = 0, last = r->evals - 1;
    e->valid = e->test = e->second = e->loss = e->best = e->forgetting = NAN;
    if (!r->evals)
        return;
    for (int i = 1; i < r->evals; i++)
        best = r->valid[i].metric > r->valid[best].metric ? i : best;
    e->valid = r->valid[last].metric;
    e->test = r->test[last].metric, e->second = r->test[last].second, e->loss = r->test[last].loss;
    e->best = r->test[best].metric;
    e->forgetting = r->forgetting_after - r->forgetting_before;
}

static void fill_run(struct index_entry *e, const struct run *r)
{
    const struct cost *c = &r->cost;
    fill_scores(e, r);
    for (int i = 0; i < MEMORY_KINDS; i++)
        e->bytes += c->arena_peak[i];
    e->flops = c->flops_per_step, e->step_ms = c->step_ms, e->train = c->train;
    e->seconds = c->setup + c->train + c->evaluate + c->probe + c->data;
    e->trained = c->adapter.trained, e->active = c->adapter.active, e->stored = c->adapter.stored, e->head = c->head;
    memcpy(e->curve, r->check.curve_hash, HASH_HEX);
    memcpy(e->weights, r->check.weights_hash, HASH_HEX);
    e->summary = weight_facts_of(r);
    e->status = (int32_t)r->status;
    e->collapsed = r->collapsed;
    e->steps = r->steps, e->evals = r->evals, e->items = r->items;
}

/* Reads the run's file into an entry whose file, size and time are known. */
static void fill(struct index_entry *e, const char *path)
{
    struct record rec;
    struct trap t;
    if (trap_set(&t)) {
        warn("%s", t.text);
        e->damaged = 1;
        return;
    }
    record_read_facts(&rec, path);
    trap_end(&t);
    memcpy(e->key, rec.key, HASH_HEX);
    snprintf(e->method, sizeof e->method, "%s", record_get(&rec, "method"));
    snprintf(e->task, sizeof e->task, "%s", record_get(&rec, "task"));
    e->lr = strtod(record_get(&rec, "lr"), NULL);
    e->seed = (int32_t)strtol(record_get(&rec, "seed"), NULL, 10);
    index_hash(rec.config, false, e->config);
    index_hash(rec.config, true, e->cell);
    memcpy(e->data, rec.data_hash, HASH_HEX);
    memcpy(e->base, rec.base_hash, HASH_HEX);
    memcpy(e->core, rec.core, sizeof e->core);
    memcpy(e->compiler, rec.compiler, sizeof e->compiler);
    memcpy(e->commit, rec.commit, sizeof e->commit);
    e->dirty = rec.dirty;
    fill_run(e, &rec.run);
    record_free(&rec);
}

static const struct index_entry *search(const struct index_entry *e, int n, const char *file)
{
    struct index_entry k;
    snprintf(k.file, sizeof k.file, "%s", file);
    return n ? bsearch(&k, e, (size_t)n, sizeof *e, index_order) : NULL;
}

void index_open(struct index *x, const char *results)
{
    char *path = mem_text("%s/index", results);
    struct folder f;
    int known;
    struct index_entry *old = load(path, &known);
    folder_open(&f, results);
    *x = (struct index){.entry = mem_alloc(((size_t)f.n + 1) * sizeof *x->entry)};
    for (int i = 0; i < f.n; i++) {
        const struct folder_file *g = &f.file[i];
        if (g->kind != FOLDER_RUN)
            continue;
        struct index_entry *e = &x->entry[x->n++];
        const struct index_entry *was = search(old, known, g->name);
        if (was && was->size == g->size && was->mtime_ns == g->mtime_ns) {
            *e = *was;
            continue;
        }
        snprintf(e->file, sizeof e->file, "%s", g->name);
        e->size = g->size;
        e->mtime_ns = g->mtime_ns;
        fill(e, g->path);
        x->read++;
    }
    folder_close(&f);
    if (x->n)
        qsort(x->entry, (size_t)x->n, sizeof *x->entry, index_order);
    if (x->read || x->n != known)
        store(x, path);
    free(old);
    free(path);
}

void index_close(struct index *x)
{
    free(x->entry);
    free(x->listed);
    *x = (struct index){0};
}

static const struct index_entry *find_listed(const struct index *x, const char *key)
{
    char file[16];
    snprintf(file, sizeof file, "%.12s.h5", key);
    const struct index_entry *e = search(x->listed, x->nlisted, file);
    return e && strcmp(e->key, key) == 0 ? e : NULL;
}

const struct index_entry *index_look(struct index *x, const char *results, const char *key)
{
    char path[1100];
    struct stat s;
    record_path(results, key, path, sizeof path);
    if (stat(path, &s) || !S_ISREG(s.st_mode))
        return find_listed(x, key);
    long long mtime = (long long)s.st_mtim.tv_sec * 1000000000 + s.st_mtim.tv_nsec;
    const struct index_entry *e = search(x->entry, x->n, strrchr(path, '/') + 1);
    if (!e || e->size != (long long)s.st_size || e->mtime_ns != mtime) {
        x->looked = (struct index_entry){.size = (long long)s.st_size, .mtime_ns = mtime};
        snprintf(x->looked.file, sizeof x->looked.file, "%s", strrchr(path, '/') + 1);
        fill(&x->looked, path);
        e = &x->looked;
    }
    return !e->damaged && strcmp(e->key, key) == 0 ? e : NULL;
}
