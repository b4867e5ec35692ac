/* One description of a checkpoint's content serves writing, sealing and reading. */
#include "train/resume.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Bytes on their way to a file or back. */
struct stream {
    struct file_out *out; /* NULL: reading */
    FILE *in;
    struct hash hash;
    bool cut; /* the file ended too early */
};

static void part(struct stream *f, void *bytes, size_t n)
{
    if (f->out) {
        file_write(f->out, bytes, n);
        hash_add(&f->hash, bytes, n);
    } else if (n && fread(bytes, n, 1, f->in) != 1)
        f->cut = true;
}

/* What must fit before a byte is put back. */
struct head {
    char magic[16], key[HASH_HEX];
    int64_t weights, moments, base, steps, sites;
    struct place place;
};

static const char magic[] = "peftlab-run-4\n";
enum { MAGIC_NAME = sizeof "peftlab-run-" - 1 };

/* Where the order stands after so many steps: it is drawn from as it is needed. */
static struct place place_after(const struct resume *c, int64_t steps)
{
    const struct spec *s = c->trainee->spec;
    int n = c->trainee->splits[SPLIT_TRAIN].n, examples = n ? n : 1;
    int64_t drawn = s->task->streams ? 0 : steps * s->train.batch;
    if (drawn == 0)
        return (struct place){-1, examples};
    return (struct place){(int)((drawn - 1) / examples), (int)((drawn - 1) % examples + 1)};
}

static struct head head_of(const struct resume *c, int64_t steps)
{
    const struct model *m = c->trainee->model;
    struct head h;
    memset(&h, 0, sizeof h); /* padding too: it is hashed */
    memcpy(h.magic, magic, sizeof magic);
    memcpy(h.key, c->key, sizeof h.key);
    h.weights = (int64_t)m->mem->weights.used;
    h.moments = (int64_t)m->mem->moments.used;
    h.base = (int64_t)m->base_bytes;
    h.steps = steps;
    h.sites = c->run->sites;
    h.place = place_after(c, steps);
    return h;
}

/* A number of entries; a file that has more than there is room for is none of this program. */
static size_t count(struct stream *f, int *n, int room)
{
    part(f, n, sizeof *n);
    if (!f->out && (f->cut || *n < 0 || *n > room)) {
        f->cut = true;
        *n = 0;
    }
    return (size_t)*n;
}

static void *array(const struct stream *f, void **at, size_t bytes)
{
    if (!f->out && !*at && bytes)
        *at = mem_alloc(bytes);
    return *at;
}

/* Curves, evaluations and probes so far; the arrays that run_open has not made are made here. */
static void results(struct stream *f, struct run *r, const struct resume *c)
{
    const struct train_opts *s = &c->trainee->spec->train;
    size_t n = (size_t)r->steps, sites = (size_t)r->sites * sizeof(double), evals, items, spectra;
    double *const curves[] = {r->loss, r->lr, r->grad_norm, c->step_seconds};
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        part(f, curves[i], n * sizeof(double));
    evals = count(f, &r->evals, s->evals + 1);
    part(f, r->eval_step, evals * sizeof *r->eval_step);
    part(f, r->valid, evals * sizeof *r->valid);
    part(f, r->test, evals * sizeof *r->test);
    items = count(f, &r->items, c->trainee->splits[SPLIT_TEST].n);
    part(f, array(f, (void **)&r->item, items * sizeof *r->item), items * sizeof *r->item);
    items = c->trainee->spec->task->load ? items : 0;
    part(f, array(f, (void **)&r->prediction, items * sizeof *r->prediction), items * sizeof *r->prediction);
    part(f, array(f, (void **)&r->line, items * sizeof *r->line), items * sizeof *r->line);
    count(f, &r->probes, s->probes + 1);
    for (int i = 0; i < r->probes && !f->cut; i++) {
        struct probe *p = &r->probe[i];
        part(f, &p->step, sizeof p->step);
        for (int k = 0; k < PROBE_COLUMNS; k++)
            part(f, array(f, (void **)probe_column(p, k), sites), sites);
    }
    spectra = count(f, &r->spectra, r->sites);
    part(f, array(f, (void **)&r->spectrum_site, spectra * sizeof *r->spectrum_site),
         spectra * sizeof *r->spectrum_site);
    part(f, array(f, (void **)&r->spectrum, spectra * sizeof *r->spectrum), spectra * sizeof *r->spectrum);
    part(f, array(f, (void **)&r->closest, spectra * sizeof *r->closest), spectra * sizeof *r->closest);
    part(f, &r->cost, sizeof r->cost);
}

/* Adapters and head. What lies beside the tensors does not change in a phase, such as the places of a sparse update,
 * and may be indices: a file that says otherwise is none of this program. */
static void weights(struct stream *f, const struct model *m)
{
    const struct arena *a = &m->mem->weights;
    size_t at = 0;
    if (f->out) {
        part(f, a->base, a->used);
        return;
    }
    char *stored = mem_alloc(a->used);
    part(f, stored, a->used);
    for (int i = m->nbase; i <= m->nparam; i++) {
        size_t begin = i < m->nparam ? (size_t)((char *)m->param[i]->w.v - a->base) : a->used;
        f->cut |= memcmp(a->base + at, stored + at, begin - at) != 0;
        at = begin + (i < m->nparam ? mat_size(m->param[i]->w) * sizeof(real) : 0);
    }
    if (!f->cut)
        memcpy(a->base, stored, a->used);
    free(stored);
}

/* Adapters, head, moments, and those base tensors that are not as pretrained. */
static void tensors(struct stream *f, struct model *m)
{
    weights(f, m);
    part(f, m->mem->moments.base, m->mem->moments.used);
    for (int i = 0; i < m->nbase && !f->cut; i++) {
        size_t bytes = mat_size(m->param[i]->w) * sizeof(real);
        unsigned char moved = f->out && memcmp(m->param[i]->w.v, m->param[i]->w0.v, bytes) != 0;
        part(f, &moved, 1);
        if (moved)
            part(f, m->param[i]->w.v, bytes);
    }
}

static void content(struct stream *f, const struct resume *c)
{
    results(f, c->run, c);
    tensors(f, c->trainee->model);
}

/* The most memory so far goes along: the steps after a stop may need less. */
static void note_peaks(const struct resume *c)
{
    double *peak = c->run->cost.arena_peak;
    for (int i = 0; i < MEMORY_KINDS; i++)
        peak[i] = fmax(peak[i], (double)memory_kind(c->trainee->mem, i)->peak);
}

void resume_save(const struct resume *c)
{
    note_peaks(c);
    struct file_out out;
    struct stream f = {.out = &out};
    struct head h = head_of(c, c->run->steps);
    assert(c->place.epoch == h.place.epoch && c->place.at == h.place.at);
    char hex[HASH_HEX];
    file_begin(&out, c->path);
    hash_open(&f.hash);
    part(&f, &h, sizeof h);
    content(&f, c);
    hash_close(&f.hash, hex);
    file_write(&out, hex, sizeof hex);
    file_commit(&out);
}

/* Is the file what was sealed? */
static bool sealed(FILE *in)
{
    enum { CHUNK = 1 << 16 };
    char *chunk = mem_alloc(CHUNK), hex[HASH_HEX], stored[HASH_HEX];
    struct hash h;
    long left = fseek(in, 0, SEEK_END) ? -1 : ftell(in) - HASH_HEX;
    bool whole = left >= 0;
    rewind(in);
    hash_open(&h);
    while (whole && left > 0) {
        size_t n = left < CHUNK ? (size_t)left : CHUNK;
        whole = fread(chunk, n, 1, in) == 1;
        hash_add(&h, chunk, n);
        left -= (long)n;
    }
    hash_close(&h, hex);
    whole = whole && fread(stored, sizeof stored, 1, in) == 1 && memcmp(hex, stored, sizeof hex) == 0;
    free(chunk);
    rewind(in);
    return whole;
}

bool resume_load(struct resume *c)
{
    struct stream f = {.in = fopen(c->path, "rb")};
    struct head h, want;
    if (!f.in)
        return false;
    bool ours = sealed(f.in), other = false;
    if (ours) {
        part(&f, &h, sizeof h);
        other = !f.cut && memcmp(h.magic, magic, MAGIC_NAME) == 0 && memcmp(h.magic, magic, sizeof magic) != 0;
        ours = !f.cut && h.steps >= 0 && h.steps <= c->trainee->spec->train.steps;
        want = head_of(c, ours ? h.steps : 0);
        ours = ours && memcmp(&h, &want, sizeof h) == 0;
    }
    if (ours) {
        c->run->steps = (int)h.steps;
        c->place = h.place;
        content(&f, c);
        tuning_refresh(c->trainee->tuning);
    } else
        warn("%s: %s; starting again", c->path,
             other ? "a checkpoint of another version of peftlab, which this one does not read"
                   : "not a usable checkpoint of this run");
    fclose(f.in);
    if (f.cut)
        die(EXIT_CORRUPT, "%s: sealed, but not a checkpoint of this program: remove it", c->path);
    return ours;
}
