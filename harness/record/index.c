/* Building, checking and storing the index of a runs folder. */
#include "record/index.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "record/folder.h"
#include "record/runs_csv.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* To be raised when a fact is worked out in another way; the layout tells every other change of the list of facts. */
static const char magic[16] = "peftlab-index 5";

struct head {
    char magic[16], layout[HASH_HEX + 7];
    int64_t n;
};

static void describe(struct head *h)
{
    struct hash sum;
    *h = (struct head){.n = 0};
    memcpy(h->magic, magic, sizeof magic);
    hash_open(&sum);
    for (int i = 0; i < FACTS_SIZE; i++) {
        const int64_t place[2] = {(int64_t)fact_list[i].at, (int64_t)fact_list[i].room};
        hash_add(&sum, fact_list[i].name, strlen(fact_list[i].name));
        hash_add(&sum, place, sizeof place);
    }
    hash_close(&sum, h->layout);
}

/* By file name. */
static int index_order(const void *a, const void *b)
{
    return strcmp(((const struct facts *)a)->file, ((const struct facts *)b)->file);
}

/* Whether these are facts that this program can have written: the hash is no secret. */
static bool sound(const struct facts *f)
{
    bool ok = memchr(f->file, '\0', sizeof f->file) != NULL;
    for (int i = 0; i < FACTS_SIZE; i++) {
        const struct fact *t = &fact_list[i];
        ok &= !t->room || memchr((const char *)f + t->at, '\0', t->room) != NULL;
    }
    return ok;
}

/* What was stored, or nothing: another version, a flipped bit, a cut are no errors, for all of it can be made again. */
static struct facts *load(const char *path, int *n)
{
    struct head h, now;
    struct trap t;
    char hex[HASH_HEX];
    size_t size;
    describe(&now);
    *n = 0;
    if (trap_set(&t))
        return NULL;
    char *bytes = file_read(path, (size_t)1 << 31, &size);
    trap_end(&t);
    bool ok = size >= sizeof h + HASH_HEX;
    if (ok) {
        memcpy(&h, bytes, sizeof h);
        ok = memcmp(&h, &now, offsetof(struct head, n)) == 0 && h.n >= 0 &&
             (uint64_t)h.n == (size - sizeof h - HASH_HEX) / sizeof(struct facts) &&
             size == sizeof h + (size_t)h.n * sizeof(struct facts) + HASH_HEX;
    }
    if (ok) {
        hash_bytes(bytes, size - HASH_HEX, hex);
        ok = memcmp(hex, bytes + size - HASH_HEX, HASH_HEX) == 0;
    }
    struct facts *e = NULL;
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
    struct head h;
    struct file_out f;
    struct hash sum;
    char hex[HASH_HEX];
    struct trap t;
    describe(&h);
    h.n = x->n;
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

/* Reads the run's file, whose name, size and time are known. False where it could not be read, which says nothing of what it
 * holds and may pass; a lack of memory or descriptors ends the program. */
static bool fill(struct facts *e, const char *path)
{
    struct record rec;
    struct trap t;
    if (trap_set(&t)) {
        if (t.code == EXIT_RESOURCE)
            die(t.code, "%s", t.text);
        warn("%s", t.text);
        e->damaged = t.code == EXIT_CORRUPT;
        return e->damaged;
    }
    record_read_facts(&rec, path);
    trap_end(&t);
    facts_of(e, &rec);
    record_free(&rec);
    return true;
}

static const struct facts *search(const struct facts *e, int n, const char *file)
{
    struct facts k;
    snprintf(k.file, sizeof k.file, "%s", file);
    return n ? bsearch(&k, e, (size_t)n, sizeof *e, index_order) : NULL;
}

void index_open(struct index *x, const char *results)
{
    char *path = mem_text("%s/index", results);
    struct folder f;
    int known;
    struct facts *old = load(path, &known);
    folder_open(&f, results);
    *x = (struct index){.entry = mem_alloc(((size_t)f.n + 1) * sizeof *x->entry)};
    for (int i = 0; i < f.n; i++) {
        const struct folder_file *g = &f.file[i];
        if (g->kind != FOLDER_RUN)
            continue;
        struct facts *e = &x->entry[x->n++];
        facts_clear(e);
        const struct facts *was = search(old, known, g->name);
        if (was && was->size == g->size && was->mtime_ns == g->mtime_ns) {
            *e = *was;
            continue;
        }
        snprintf(e->file, sizeof e->file, "%s", g->name);
        e->size = g->size;
        e->mtime_ns = g->mtime_ns;
        x->read++;
        if (!fill(e, g->path))
            x->n--;
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

static const struct facts *find_listed(const struct index *x, const char *key)
{
    char file[16];
    snprintf(file, sizeof file, "%.12s.h5", key);
    const struct facts *e = search(x->listed, x->nlisted, file);
    return e && strcmp(e->key, key) == 0 ? e : NULL;
}

const struct facts *index_look(struct index *x, const char *results, const char *key)
{
    char path[1100];
    struct stat s;
    record_path(results, key, path, sizeof path);
    if (stat(path, &s) || !S_ISREG(s.st_mode))
        return find_listed(x, key);
    long long mtime = (long long)s.st_mtim.tv_sec * 1000000000 + s.st_mtim.tv_nsec;
    const struct facts *e = search(x->entry, x->n, strrchr(path, '/') + 1);
    if (!e || e->size != (long long)s.st_size || e->mtime_ns != mtime) {
        facts_clear(&x->looked);
        x->looked.size = (long long)s.st_size;
        x->looked.mtime_ns = mtime;
        snprintf(x->looked.file, sizeof x->looked.file, "%s", strrchr(path, '/') + 1);
        e = fill(&x->looked, path) ? &x->looked : NULL;
    }
    return e && !e->damaged && strcmp(e->key, key) == 0 ? e : NULL;
}

/* A run that went well has a score, and one key has one result. */
static void check_listed(const struct index *x, const struct runs_list *l)
{
    for (int i = 0; i < l->n; i++) {
        const struct facts *f = &l->row[i].facts;
        if (strcmp(f->status, "-") == 0)
            die(EXIT_DATA, "%s: has no column status, so that it says nothing of how its runs ended", l->path);
        if (facts_success(f) && !isfinite(f->valid_metric) && !isfinite(f->test_metric))
            die(EXIT_DATA, "%s:%ld: a run with status ok has no score", l->path, l->row[i].line);
    }
    for (int i = 1; i < x->nlisted; i++) {
        const struct facts *a = &x->listed[i - 1], *b = &x->listed[i];
        bool same = strcmp(a->key, b->key) == 0 && facts_differ(a, b, -1) < 0;
        if (strcmp(a->file, b->file) == 0 && !same) /* or two runs whose records would have one name */
            die(EXIT_DATA, "%s: run %.12s stands there twice with other numbers", l->path, a->key);
    }
}

void index_list(struct index *x, const char *path)
{
    struct runs_list l;
    runs_list_read(&l, path);
    x->listed = mem_alloc(((size_t)l.n + 1) * sizeof *x->listed);
    for (int i = 0; i < l.n; i++)
        x->listed[x->nlisted++] = l.row[i].facts;
    if (x->nlisted)
        qsort(x->listed, (size_t)x->nlisted, sizeof *x->listed, index_order);
    DEFER(runs_list_free, &l);
    check_listed(x, &l);
}
