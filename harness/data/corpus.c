/* An index of lines from one pass over the file; sentences are read from it when they are drawn. */
#include "data/corpus.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/hash.h"
#include "core/unicode.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LINES_MAX = 1 << 27,
    TOKEN_BYTES = 4, /* a line of more bytes than that many for each token is long */
    SENTENCE = 2 * TOKEN_BYTES * EXAMPLE_TOKENS,
    HELD_PART = 20
};
#ifdef PEFTLAB_FUZZ /* small inputs meet the ends of chunks, and draws that find no word end soon */
enum { CHUNK = 64, DRAWS = 20 };
#else
enum { CHUNK = 1 << 20, DRAWS = 1000 };
#endif

struct line {
    uint64_t at, hash;
    uint32_t bytes; /* at most UINT32_MAX: more is not entered */
    int document;
};

struct corpus {
    char *path;
    int fd, n, capacity;
    bool blank, parted; /* a blank line since the last text; one between two texts */
    struct line *line;
    int *part[2], parts[2]; /* lines of the training documents, of the held-out ones */
    const struct tokenizer *tokenizer;
    struct corpus_facts facts;
};

static void add_line(struct corpus *c, uint64_t at, uint64_t bytes, uint64_t hash, bool text)
{
    if (!text) {
        c->blank = c->n > 0;
        return;
    }
    if (c->n == LINES_MAX)
        die(EXIT_DATA, "%s: more than %d lines; pretrain on a part of it", c->path, LINES_MAX);
    if (c->n == c->capacity) {
        c->capacity = c->capacity ? 2 * c->capacity : 1024;
        c->line = mem_grow(c->line, (size_t)c->capacity * sizeof *c->line);
    }
    int document = c->n ? c->line[c->n - 1].document + c->blank : 0;
    c->parted |= c->blank;
    c->blank = false;
    c->line[c->n++] = (struct line){at, hash, bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX, document};
}

/* A pass over the file in chunks; a code point that a chunk's end cuts goes to the next one. */
struct pass {
    char *chunk;
    uint64_t at, start, hash; /* of the chunk, of the line, of its text (FNV-1a) */
    bool text;                /* the line holds more than blanks */
    struct hash digest;
    char *digested; /* where the digest goes at the end */
};

static void count_lines(struct corpus *c, struct pass *p, const char *chunk, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char byte = (unsigned char)chunk[i];
        if (byte == '\0')
            die(EXIT_DATA, "%s: a NUL byte in line %d of text: a corpus is plain UTF-8 text", c->path, c->n + 1);
        if (byte == '\n') {
            add_line(c, p->start, p->at + i - p->start, p->hash, p->text);
            p->start = p->at + i + 1;
            p->hash = FNV64;
            p->text = false;
            continue;
        }
        p->text |= byte > ' ';
        if (byte != '\r')
            p->hash = hash_fnv64(p->hash, &byte, 1);
    }
}

static size_t whole_points(const char *chunk, size_t n)
{
    size_t back = 0;
    while (back < 3 && back < n && ((unsigned char)chunk[n - 1 - back] & 0xC0) == 0x80)
        back++;
    return back < n && (unsigned char)chunk[n - 1 - back] >= 0xC0 ? n - 1 - back : n;
}

static void read_lines(struct corpus *c, struct pass *p)
{
    size_t kept = 0;
    long invalid = 0;
    for (;;) {
        ssize_t got = read(c->fd, p->chunk + kept, CHUNK - kept);
        if (got < 0)
            die(EXIT_DATA, "%s: %s", c->path, strerror(errno));
        size_t n = kept + (size_t)got, whole = got ? whole_points(p->chunk, n) : n;
        const char *at = p->chunk, *end = p->chunk + whole;
        hash_add(&p->digest, p->chunk + kept, (size_t)got);
        count_lines(c, p, p->chunk, whole);
        while (at < end)
            unicode_next(&at, end, &invalid);
        p->at += whole;
        kept = n - whole;
        memmove(p->chunk, p->chunk + whole, kept);
        if (!got)
            break;
    }
    add_line(c, p->start, p->at - p->start, p->hash, p->text);
    c->facts.invalid = invalid;
    c->facts.bytes = (long long)p->at;
}

static void end_pass(struct pass *p)
{
    free(p->chunk);
    hash_close(&p->digest, p->digested);
}

static void read_file(struct corpus *c)
{
    struct pass p = {.chunk = mem_alloc(CHUNK), .hash = FNV64, .digested = c->facts.hash};
    hash_open(&p.digest);
    DEFER(end_pass, &p);
    read_lines(c, &p);
}

static int by_hash(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* One document more than a twentieth of them, those of the smallest hashes, are held out. */
static void part_documents(struct corpus *c, enum corpus_form form)
{
    struct corpus_facts *f = &c->facts;
    f->blocks = form == CORPUS_AUTO ? c->parted : form == CORPUS_BLOCKS;
    for (int i = 0; i < c->n && !f->blocks; i++)
        c->line[i].document = i;
    f->documents = c->n ? c->line[c->n - 1].document + 1 : 0;
    f->sentences = c->n;
    uint64_t *hash = mem_alloc((size_t)f->documents * sizeof *hash + 1);
    uint64_t *order = mem_alloc((size_t)f->documents * sizeof *order + 1);
    for (int i = 0; i < c->n; i++)
        hash[c->line[i].document] = hash[c->line[i].document] * 31 + c->line[i].hash;
    memcpy(order, hash, (size_t)f->documents * sizeof *hash);
    qsort(order, (size_t)f->documents, sizeof *hash, by_hash);
    uint64_t last = f->documents ? order[f->documents / HELD_PART] : 0;
    c->part[0] = mem_alloc((size_t)c->n * sizeof(int) + 1);
    c->part[1] = mem_alloc((size_t)c->n * sizeof(int) + 1);
    for (int i = 0; i < c->n; i++) {
        bool held = hash[c->line[i].document] <= last;
        f->held_documents += held && (i == 0 || c->line[i - 1].document != c->line[i].document);
        c->part[held][c->parts[held]++] = i;
    }
    f->held_sentences = c->parts[1];
    free(hash);
    free(order);
}

static void open_file(struct corpus *c, enum corpus_form form)
{
    struct stat s;
    c->fd = open(c->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (c->fd < 0)
        die(EXIT_DATA, "%s: %s", c->path, strerror(errno));
    if (fstat(c->fd, &s) || !S_ISREG(s.st_mode))
        die(EXIT_DATA, "%s: not a regular file: a corpus is one file of plain text", c->path);
    read_file(c);
    if (c->n == 0)
        die(EXIT_DATA, "%s: there is no text in it", c->path);
    part_documents(c, form);
    if (c->parts[0] == 0)
        die(EXIT_DATA,
            "%s: %d document%s, held out to score with: nothing is left to train on; blank lines part documents, "
            "documents=lines makes every line one",
            c->path, c->facts.documents, c->facts.documents == 1 ? "" : "s that are all alike");
}

struct corpus *corpus_open(const char *path, enum corpus_form form, const struct tokenizer *t)
{
    struct corpus *c = mem_alloc(sizeof *c);
    struct guard guard;
    *c = (struct corpus){.path = mem_text("%s", path), .fd = -1, .tokenizer = t};
    GUARD(&guard, corpus_close, c);
    open_file(c, form);
    guard_end(&guard);
    return c;
}

void corpus_close(struct corpus *c)
{
    if (!c)
        return;
    if (c->fd >= 0)
        close(c->fd);
    free(c->part[0]);
    free(c->part[1]);
    free(c->line);
    free(c->path);
    free(c);
}

const struct corpus_facts *corpus_facts(const struct corpus *c)
{
    return &c->facts;
}

/* The text of a line, more than max_len tokens where it has them; a long one from any place on, after the blank there.
 */
static void read_sentence(const struct corpus *c, struct rng *r, int i, int max_len, char text[SENTENCE + 1])
{
    const struct line *l = &c->line[i];
    uint32_t most = TOKEN_BYTES * (uint32_t)max_len;
    uint32_t from = l->bytes > most ? rng_below(r, l->bytes - most + 1) : 0;
    uint32_t n = l->bytes - from < 2 * most ? l->bytes - from : 2 * most;
    if (pread(c->fd, text, n, (off_t)(l->at + from)) != (ssize_t)n || memchr(text, '\n', n))
        die(EXIT_DATA, "%s: has changed since it was opened; start again", c->path);
    text[n] = '\0';
    size_t skip = from ? strcspn(text, " \t") : 0;
    if (text[skip])
        memmove(text, text + skip, n - skip + 1);
}

static bool followed(const struct corpus *c, int i)
{
    return i + 1 < c->n && c->line[i + 1].document == c->line[i].document;
}

/* A line of the part in another document than line i, or -1 where none is found. */
static int elsewhere(const struct corpus *c, struct rng *r, int held, int i)
{
    for (int tries = 0; tries < 8; tries++) {
        int other = c->part[held][rng_below(r, (uint32_t)c->parts[held])];
        if (c->line[other].document != c->line[i].document)
            return other;
    }
    return -1;
}

void corpus_draw(const struct corpus *c, struct rng *r, bool held, int max_len, struct example *out)
{
    char a[SENTENCE + 1], b[SENTENCE + 1];
    for (int draw = 0; draw < DRAWS; draw++) {
        int i = c->part[held][rng_below(r, (uint32_t)c->parts[held])], other = -1;
        read_sentence(c, r, i, max_len, a);
        out->label = -1;
        if (followed(c, i)) {
            if (rng_chance(r, 0.5))
                other = elsewhere(c, r, held, i);
            out->label = other < 0;
            read_sentence(c, r, other < 0 ? i + 1 : other, max_len, b);
        }
        tokenizer_encode(c->tokenizer, a, out->label < 0 ? NULL : b, max_len, out);
        const int cls = c->tokenizer->role[SPECIAL_CLS], sep = c->tokenizer->role[SPECIAL_SEP];
        for (int k = 0; k < out->n; k++)
            if (out->ids[k] != cls && out->ids[k] != sep)
                return;
    }
    die(EXIT_DATA, "%s: %d draws in a row have no word in them: is this text?", c->path, DRAWS);
}

static int any_word(const struct tokenizer *t, struct rng *r)
{
    for (;;) {
        int id = (int)rng_below(r, (uint32_t)vocab_size(t->vocab)), special = 0;
        for (int s = 0; s < SPECIAL_WORDS; s++)
            special |= id == t->role[s];
        if (!special || vocab_size(t->vocab) == SPECIAL_WORDS)
            return id;
    }
}

int corpus_mask(const struct corpus *c, struct rng *r, struct example *e, int position[EXAMPLE_TOKENS],
                int target[EXAMPLE_TOKENS])
{
    const struct tokenizer *t = c->tokenizer;
    int cls = t->role[SPECIAL_CLS], sep = t->role[SPECIAL_SEP], words = 0, n = 0, spare = 0;
    for (int k = 0; k < e->n; k++)
        words += e->ids[k] != cls && e->ids[k] != sep;
    int forced = (int)rng_below(r, (uint32_t)words);
    for (int k = 0, word = 0; k < e->n; k++) {
        if (e->ids[k] == cls || e->ids[k] == sep)
            continue;
        if (rng_chance(r, 0.15))
            position[n++] = k;
        else if (word == forced)
            spare = k;
        word++;
    }
    if (n == 0)
        position[n++] = spare;
    for (int i = 0; i < n; i++) {
        double u = rng_uniform(r);
        int *id = &e->ids[position[i]];
        target[i] = *id;
        *id = u < 0.8 ? t->role[SPECIAL_MASK] : u < 0.9 ? any_word(t, r) : *id;
    }
    return n;
}
