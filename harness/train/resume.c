/* One description of a checkpoint's content serves writing, sealing and reading. */
#include "train/resume.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"

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

static struct head head_of(const struct resume *c)
{
    struct head h;
    memset(&h, 0, sizeof h); /* padding too: it is hashed */
    memcpy(h.magic, "peftlab-run-2\n", sizeof "peftlab-run-2\n");
    memcpy(h.key, c->key, sizeof h.key);
    h.weights = (int64_t)c->model->mem->weights.used;
    h.moments = (int64_t)c->model->mem->moments.used;
    h.base = (int64_t)c->model->base_bytes;
    h.state = (int64_t)c->begun_bytes;
    h.steps = c->run->steps;
    h.sites = c->run->sites;
    h.place = c->place;
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
        double **columns[] = {&p->row_dM, &p->row_dD, &p->col_dM, &p->col_dD, &p->null_dM, &p->null_dD, &p->rank};
        part(f, &p->step, sizeof p->step);
        for (size_t k = 0; k < sizeof columns / sizeof *columns; k++)
            part(f, array(f, (void **)columns[k], sites), sites);
    }
    spectra = count(f, &r->spectra, r->sites);
    part(f, array(f, (void **)&r->spectrum_site, spectra * sizeof *r->spectrum_site),
         spectra * sizeof *r->spectrum_site);
    part(f, array(f, (void **)&r->spectrum, spectra * sizeof *r->spectrum), spectra * sizeof *r->spectrum);
    part(f, array(f, (void **)&r->closest, spectra * sizeof *r->closest), spectra * sizeof *r->closest);
    part(f, &r->cost, sizeof r->cost);
}

/* Adapters, head, moments, and those base tensors that are not as pretrained. */
static void tensors(struct stream *f, struct model *m)
{
    part(f, m->mem->weights.base, m->mem->weights.used);
    part(f, m->mem->moments.base, m->mem->moments.used);
    for (int i = 0; i < m->nbase && !f->cut; i++) {
        size_t bytes = mat_size(m->param[i]->w) * sizeof(real);
        unsigned char moved = f->out && memcmp(m->param[i]->w.v, m->param[i]->w0.v, bytes) != 0;
        part(f, &moved, 1);
        if (moved)
            part(f, m->param[i]->w.v, bytes);
    }
}

/* The method's memory, beside what it was when the phase began. */
struct blocks {
    struct stream *f;
    char *begun;
    size_t at;
};

static void block(void *bytes, size_t n, void *data)
{
    enum { WORD = sizeof(void *) };
    struct blocks *b = data;
    char *begun = b->begun + b->at, *live = bytes;
    b->at += n;
    if (b->f->out) {
        part(b->f, begun, n);
        part(b->f, live, n);
        return;
    }
    char *was = mem_alloc(2 * n), *is = was + n;
    part(b->f, was, n);
    part(b->f, is, n);
    for (size_t i = 0; i < n && !b->f->cut; i += WORD) {
        size_t k = n - i < WORD ? n - i : WORD;
        if (memcmp(was + i, is + i, k) != 0)
            memcpy(live + i, is + i, k);
    }
    free(was);
}

static void content(struct stream *f, const struct resume *c)
{
    struct blocks b = {f, c->begun, 0};
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
    char **to = data;
    if (n)
        memcpy(*to, bytes, n);
    *to += n;
}

void resume_open(struct resume *c)
{
    c->begun_bytes = 0;
    tuning_each_block(c->tuning, measure, &c->begun_bytes);
    char *to = c->begun = mem_alloc(c->begun_bytes);
    tuning_each_block(c->tuning, remember, &to);
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
    struct head h = head_of(c);
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
    struct head h, want = head_of(c);
    if (!f.in)
        return false;
    bool ours = sealed(f.in);
    if (ours) {
        part(&f, &h, sizeof h);
        want.steps = h.steps;
        want.place = h.place;
        ours = !f.cut && memcmp(&h, &want, sizeof h) == 0 && h.steps >= 0 && h.steps <= c->steps;
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
