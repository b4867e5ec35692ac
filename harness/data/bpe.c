/* Byte-pair encoding (Sennrich et al. 2016) of GPT-2's kind: a word begins as its bytes, and of all neighbours that may
 * be joined those of the lowest rank are, the leftmost first. */
#include "data/bpe.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/unicode.h"
#include "data/splitter.h"
#include "data/wordpiece.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct merge {
    int left, right, into, rank; /* ids; left -1: a free slot */
};

struct bpe {
    const struct vocab *vocab;
    bool whole;    /* a word that the vocabulary holds is taken as it is (ignore_merges) */
    int byte[512]; /* the id of each visible code point that stands for a byte, or -1 */
    struct merge *merge;
    uint32_t mask;
};

static void words(struct json_view model, void (*each)(void *data, const char *word, long long id), void *data)
{
    piece_wordpiece.words(model, each, data);
}

/* The slot of a pair, or the free one where it belongs. */
static struct merge *slot_of(const struct bpe *b, int left, int right)
{
    uint64_t h = ((uint64_t)(uint32_t)left << 32 | (uint32_t)right) * 0x9E3779B97F4A7C15u;
    for (uint32_t at = (uint32_t)(h >> 32);; at++) {
        struct merge *m = &b->merge[at & b->mask];
        if (m->left < 0 || (m->left == left && m->right == right))
            return m;
    }
}

static int word_of(const struct bpe *b, const char *text, size_t size, int rank, const char *path)
{
    int id = vocab_find(b->vocab, text, size);
    if (id < 0)
        die(EXIT_DATA, "%s: merge %d speaks of \"%.*s\", which is no word of the vocabulary", path, rank,
            (int)(size < 60 ? size : 60), text);
    return id;
}

/* A merge is an array of two texts, or in older files one text with a blank between. */
static void read_merge(struct bpe *b, struct json_view v, bool pair, int rank, const char *path)
{
    const char *left = json_text(pair ? json_element(v, 0) : v);
    const char *blank = pair ? left + strlen(left) : strchr(left, ' ');
    if (!blank || (pair && json_array_length(v) != 2))
        die(EXIT_DATA, "%s: merge %d is not a pair", path, rank);
    const char *right = pair ? json_text(json_element(v, 1)) : blank + 1;
    size_t nl = (size_t)(blank - left), nr = strlen(right);
    char *both = mem_text("%.*s%s", (int)nl, left, right);
    DEFER(free, both);
    struct merge m = {word_of(b, left, nl, rank, path), word_of(b, right, nr, rank, path),
                      word_of(b, both, nl + nr, rank, path), rank};
    *slot_of(b, m.left, m.right) = m; /* of a pair that stands twice the last rank counts, as in the library */
}

static void fill(struct bpe *b, struct json_view model, const char *path)
{
    struct json_view merges = json_get(model, "merges"), whole = json_find(model, "ignore_merges");
    size_t n = json_array_length(merges);
    model_expects_off(model, "byte_fallback", path);
    model_expects_text(model, "continuing_subword_prefix", "", path);
    model_expects_text(model, "end_of_word_suffix", "", path);
    if (json_find(model, "dropout").node && json_number(json_find(model, "dropout"), 0, 1) > 0)
        die(EXIT_DATA, "%s: dropout of the model is on: words would be cut at random", path);
    b->whole = whole.node && json_bool(whole);
    for (b->mask = 63; b->mask < 2 * n; b->mask = 2 * b->mask + 1)
        ;
    b->merge = mem_alloc(((size_t)b->mask + 1) * sizeof *b->merge);
    for (size_t i = 0; i <= b->mask; i++)
        b->merge[i].left = -1;
    memset(b->byte, -1, sizeof b->byte);
    for (int i = 0; i < 256; i++) {
        char text[UNICODE_BYTES];
        int32_t c = splitter_byte((unsigned char)i);
        int size = unicode_put(c, text);
        b->byte[c] = vocab_find(b->vocab, text, (size_t)size);
        if (b->byte[c] < 0)
            die(EXIT_DATA, "%s: the vocabulary has no word for the byte %d: only BPE over all bytes is read", path, i);
    }
    for (size_t i = 0; i < n; i++) {
        struct json_view v = json_element(merges, i);
        read_merge(b, v, json_has_array(v), (int)i, path);
    }
}

static void close_model(void *model)
{
    struct bpe *b = model;
    free(b->merge);
    free(b);
}

static void *open_model(struct json_view model, const struct vocab *vocab, const char *path)
{
    struct bpe *b = mem_alloc(sizeof *b);
    struct guard guard;
    b->vocab = vocab;
    GUARD(&guard, close_model, b);
    fill(b, model, path);
    guard_end(&guard);
    return b;
}

/* The symbols of a word, a list in which joined ones go away. */
struct symbol {
    int id, before, after; /* id -1: joined to the one before; places, -1 at the ends */
};

/* A pair that may be joined; a heap holds them, the lowest rank first, then the leftmost. */
struct candidate {
    int rank, at, into;
};
struct heap {
    struct candidate *c;
    int n;
};

static bool earlier(struct candidate a, struct candidate b)
{
    return a.rank != b.rank ? a.rank < b.rank : a.at < b.at;
}

static void push(struct heap *h, struct candidate c)
{
    int i = h->n++;
    for (; i > 0 && earlier(c, h->c[(i - 1) / 2]); i = (i - 1) / 2)
        h->c[i] = h->c[(i - 1) / 2];
    h->c[i] = c;
}

static struct candidate pop(struct heap *h)
{
    struct candidate top = h->c[0], last = h->c[--h->n];
    int i = 0;
    for (int k; (k = 2 * i + 1) < h->n; i = k) {
        k += k + 1 < h->n && earlier(h->c[k + 1], h->c[k]);
        if (!earlier(h->c[k], last))
            break;
        h->c[i] = h->c[k];
    }
    h->c[i] = last;
    return top;
}

static void consider(const struct bpe *b, const struct symbol *s, int at, struct heap *h)
{
    if (at < 0 || s[at].after < 0)
        return;
    const struct merge *m = slot_of(b, s[at].id, s[s[at].after].id);
    if (m->left >= 0)
        push(h, (struct candidate){m->rank, at, m->into});
}

/* Every join takes a symbol away and makes at most two new candidates: 3 n are room enough for the heap. */
static void join(const struct bpe *b, struct symbol *s, struct heap *h)
{
    while (h->n) {
        struct candidate c = pop(h);
        int next = s[c.at].id < 0 ? -1 : s[c.at].after;
        if (next < 0)
            continue;
        const struct merge *m = slot_of(b, s[c.at].id, s[next].id);
        if (m->left < 0 || m->into != c.into || m->rank != c.rank)
            continue; /* of another pair that stood here before */
        s[c.at].id = c.into;
        s[c.at].after = s[next].after;
        s[next].id = -1;
        if (s[c.at].after >= 0)
            s[s[c.at].after].before = c.at;
        consider(b, s, s[c.at].before, h);
        consider(b, s, c.at, h);
    }
}

static int id_of_word(const struct bpe *b, const int32_t *c, int n)
{
    char *text = mem_alloc((size_t)n * UNICODE_BYTES);
    size_t bytes = 0;
    for (int i = 0; i < n; i++)
        bytes += (size_t)unicode_put(c[i], text + bytes);
    int id = vocab_find(b->vocab, text, bytes);
    free(text);
    return id;
}

static void cut(const void *model, const int32_t *c, int n, struct pieces *out)
{
    const struct bpe *b = model;
    int known = b->whole ? id_of_word(b, c, n) : -1;
    if (known >= 0) {
        pieces_add(out, known);
        return;
    }
    struct symbol *s = mem_alloc((size_t)n * sizeof *s);
    struct heap h = {mem_alloc(3 * (size_t)n * sizeof *h.c), 0};
    for (int i = 0; i < n; i++)
        s[i] = (struct symbol){b->byte[c[i]], i - 1, i + 1 < n ? i + 1 : -1};
    for (int i = 0; i < n; i++)
        consider(b, s, i, &h);
    join(b, s, &h);
    for (int i = 0; i >= 0; i = s[i].after)
        pieces_add(out, s[i].id);
    free(h.c);
    free(s);
}

const struct piece_model piece_bpe = {
    .type = "BPE", .words = words, .open = open_model, .cut = cut, .close = close_model};
