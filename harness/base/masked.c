/* Documents are drawn one after the other, each masked, and laid end to end. */
#include "base/masked.h"

#include "core/arena.h"
#include "language/language.h"

#include <stdlib.h>
#include <string.h>

/* Room for one more document of n tokens. */
static void reserve(struct masked_batch *b, int n)
{
    if (b->B + 2 > b->capacity) {
        b->capacity = 2 * b->capacity + 64;
        b->start = mem_grow(b->start, (size_t)b->capacity * sizeof *b->start);
        b->next = mem_grow(b->next, (size_t)b->capacity * sizeof *b->next);
    }
    if (b->N + n <= b->row_capacity)
        return;
    b->row_capacity = 2 * b->row_capacity + n;
    size_t size = (size_t)b->row_capacity * sizeof *b->ids;
    b->types = mem_grow(b->types, (size_t)b->row_capacity);
    b->ids = mem_grow(b->ids, size);
    b->row = mem_grow(b->row, size);
    b->label = mem_grow(b->label, size);
    b->category = mem_grow(b->category, size);
}

static void add_tokens(struct masked_batch *b, const int *ids, const unsigned char *types, int n, int next)
{
    reserve(b, n);
    memcpy(b->ids + b->N, ids, (size_t)n * sizeof *ids);
    memcpy(b->types + b->N, types, (size_t)n);
    b->start[b->B] = b->N;
    b->next[b->B++] = next;
    b->N += n;
    b->start[b->B] = b->N;
}

static void add_masked(struct masked_batch *b, int row, int label, int category)
{
    b->row[b->n] = row;
    b->label[b->n] = label;
    b->category[b->n++] = category;
}

static void add_document(struct masked_batch *b, struct rng *r, struct rng *mask)
{
    struct document d;
    struct masked m;
    lang_document(r, &d);
    lang_mask(mask, &d, &m);
    int at = b->N;
    add_tokens(b, m.ids, d.types, d.n, d.next);
    for (int k = 0; k < m.n; k++)
        add_masked(b, at + m.position[k], m.target[k], d.category[m.position[k]]);
}

static void add_text(struct masked_batch *b, const struct masked_source *from, struct rng *r, struct rng *mask,
                     bool held)
{
    struct example e;
    int position[EXAMPLE_TOKENS], target[EXAMPLE_TOKENS], at = b->N;
    corpus_draw(from->corpus, r, held, from->max_len, &e);
    int n = corpus_mask(from->corpus, mask, &e, position, target);
    add_tokens(b, e.ids, e.types, e.n, (int)e.label);
    for (int k = 0; k < n; k++)
        add_masked(b, at + position[k], target[k], 0);
}

void masked_draw(struct masked_batch *b, const struct masked_source *from, int B, uint64_t seed, enum masked_part part,
                 uint32_t step)
{
    struct rng r = rng_stream(seed, RNG_DATA, part, step), mask = rng_stream(seed, RNG_MASK, part, step);
    b->B = b->N = b->n = 0;
    for (int i = 0; i < B; i++)
        if (from->corpus)
            add_text(b, from, &r, &mask, part == MASKED_HELD_OUT);
        else
            add_document(b, &r, &mask);
}

void masked_free(struct masked_batch *b)
{
    free(b->start);
    free(b->ids);
    free(b->next);
    free(b->types);
    free(b->row);
    free(b->label);
    free(b->category);
    *b = (struct masked_batch){0};
}
