/* One description of a checkpoint's content serves writing, sealing and reading. */
#include "train/resume.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"

#include <assert.h>
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
    int64_t weights, moments, base, state, steps, sites;
    struct place place;
};

/* Where the order stands after so many steps: it is drawn from as it is needed. */
static struct place place_after(const struct resume *c, int64_t steps)
{
    int64_t drawn = steps * c->batch;
    if (drawn == 0)
        return (struct place){-1, c->examples};
    return (struct place){(int)((drawn - 1) / c->examples), (int)((drawn - 1) % c->examples + 1)};
}

static struct head head_of(const struct resume *c, int64_t steps)
{
    struct head h;
    memset(&h, 0, sizeof h); /* padding too: it is hashed */
    memcpy(h.magic, "peftlab-run-2\n", sizeof "peftlab-run-2\n");
    memcpy(h.key, c->key, sizeof h.key);
    h.weights = (int64_t)c->model->mem->weights.used;
    h.moments = (int64_t)c->model->mem->moments.used;
    h.base = (int64_t)c->model->base_bytes;
    h.state = (int64_t)c->begun_bytes;
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

/* Curves, evaluations and probes so far; the arrays that open_run has not made are made here. */
static void results(struct stream *f, struct run *r, const struct resume *c)
{
    size_t n = (size_t)r->steps, sites = (size_t)r->sites * sizeof(double), evals, items, spectra;
    double *const curves[] = {r->loss, r->lr, r->grad_norm, c->step_seconds};
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        part(f, curves[i], n * sizeof(double));
    evals = count(f, &r->evals, c->evals);
    part(f, r->eval_step, evals * sizeof *r->eval_step);
    part(f, r->valid, evals * sizeof *r->valid);
    part(f, r->test, evals * sizeof *r->test);
    items = count(f, &r->items, c->items);
    part(f, array(f, (void **)&r->item, items * sizeof *r->item), items * sizeof *r->item);
    count(f, &r->probes, c->probes);
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

enum { WORD = sizeof(void *) };

/* The method's memory, beside what it was when the phase began. */
struct blocks {
    struct stream *f;
    const struct model *model;
    char *begun;
    size_t at;
};

/* The arena in whose memory an address lies, or NULL. Not in whose reservation: that is so large that two small counts
 * in one word can look like an address within it. */
static const struct arena *arena_of(const struct model *m, uintptr_t v)
{
    for (int i = 0; i < MEMORY_KINDS; i++) {
        const struct arena *a = memory_kind(m->mem, i);
        if (v >= (uintptr_t)a->base && v < (uintptr_t)a->base + a->committed)
            return a;
    }
    return NULL;
}

static bool is_matrix(const struct model *m, const char *bytes)
{
    struct mat x;
    memcpy(&x, bytes, sizeof x);
    const struct arena *a = arena_of(m, (uintptr_t)x.v);
    return a && x.rows > 0 && x.cols > 0 && x.ld >= x.cols &&
           (size_t)((char *)x.v - a->base) + (size_t)x.rows * (size_t)x.ld * sizeof(real) <= a->committed;
}

/* What a word of a method's memory is: a number; the address of a tensor or of memory of the method, or the sizes
 * behind the address of a matrix, which stay as they are when the phase begins; or the same of something kept from
 * forward to backward, which is written before it is read. */
enum word { WORD_NUMBER, WORD_FIXED, WORD_PASSING };

static enum word word_of_arena(const struct model *m, const struct arena *a)
{
    return a == &m->mem->saved || a == &m->mem->scratch ? WORD_PASSING : WORD_FIXED;
}

/* The word at i of a block of n bytes, by what it was when the phase began. Sizes come first: two of them may look like
 * an address. */
static enum word word_at(const struct model *m, const char *begun, size_t n, size_t i)
{
    uintptr_t v;
    for (size_t at = i < 2 * WORD ? 0 : i - 2 * WORD; at < i; at += WORD)
        if (at + sizeof(struct mat) <= n && is_matrix(m, begun + at)) {
            memcpy(&v, begun + at, WORD);
            return word_of_arena(m, arena_of(m, v));
        }
    memcpy(&v, begun + i, WORD);
    if (arena_of(m, v))
        return word_of_arena(m, arena_of(m, v));
    for (int k = 0; k < m->nparam; k++)
        if (v == (uintptr_t)m->param[k])
            return WORD_FIXED;
    return WORD_NUMBER;
}

/* From the front, so that no matrix is read from the middle of another. */
void resume_tidy(const struct model *m, char *bytes, size_t n)
{
    enum { END = 2 * WORD + sizeof(int) };
    for (size_t i = 0; i + sizeof(struct mat) <= n; i += WORD)
        if (is_matrix(m, bytes + i)) {
            memset(bytes + i + END, 0, sizeof(struct mat) - END);
            i += sizeof(struct mat) - WORD;
        }
}

/* A number that has changed in the file must have begun as it has here, which an address of another process has not. */
static void block(void *bytes, size_t n, void *data)
{
    struct blocks *b = data;
    char *begun = b->begun + b->at, *live = bytes;
    b->at += n;
    if (b->f->out) {
        char *now = mem_alloc(n);
        if (n)
            memcpy(now, live, n);
        resume_tidy(b->model, now, n);
        part(b->f, begun, n);
        part(b->f, now, n);
        free(now);
        return;
    }
    char *was = mem_alloc(2 * n), *is = was + n;
    part(b->f, was, n);
    part(b->f, is, n);
    for (size_t i = 0; i < n && !b->f->cut; i += WORD) {
        size_t k = n - i < WORD ? n - i : WORD;
        if (memcmp(was + i, is + i, k) == 0)
            continue;
        enum word word = k < WORD ? WORD_NUMBER : word_at(b->model, begun, n, i);
        if (word == WORD_NUMBER && memcmp(begun + i, was + i, k) == 0)
            memcpy(live + i, is + i, k);
        else
            b->f->cut = word != WORD_PASSING;
    }
    free(was);
}

static void content(struct stream *f, const struct resume *c)
{
    struct blocks b = {f, c->model, c->begun, 0};
    results(f, c->run, c);
    tensors(f, c->model);
    tuning_each_block(c->tuning, block, &b);
}

static void measure(void *bytes, size_t n, void *data)
{
    (void)bytes;
    *(size_t *)data += n;
}

static void remember(void *bytes, size_t n, void *data)
{
    struct blocks *b = data;
    if (n)
        memcpy(b->begun + b->at, bytes, n);
    resume_tidy(b->model, b->begun + b->at, n);
    b->at += n;
}

void resume_open(struct resume *c)
{
    c->begun_bytes = 0;
    tuning_each_block(c->tuning, measure, &c->begun_bytes);
    c->begun = mem_alloc(c->begun_bytes);
    struct blocks b = {NULL, c->model, c->begun, 0};
    tuning_each_block(c->tuning, remember, &b);
}

void resume_close(struct resume *c)
{
    free(c->begun);
    c->begun = NULL;
}

void resume_save(const struct resume *c)
{
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
    bool ours = sealed(f.in);
    if (ours) {
        part(&f, &h, sizeof h);
        ours = !f.cut && h.steps >= 0 && h.steps <= c->steps;
        want = head_of(c, ours ? h.steps : 0);
        ours = ours && memcmp(&h, &want, sizeof h) == 0;
    }
    if (ours) {
        c->run->steps = (int)h.steps;
        c->place = h.place;
        content(&f, c);
    } else
        warn("%s: not a usable checkpoint of this run; starting again", c->path);
    fclose(f.in);
    if (f.cut)
        die(EXIT_CORRUPT, "%s: sealed, but not a checkpoint of this program: remove it", c->path);
    return ours;
}
