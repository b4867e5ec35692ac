/* Splits and batches as growing arrays of token rows, and the hash that identifies them. */
#include "data/dataset.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/hash.h"
#include "core/order.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Room for `need` things, at least doubling. */
static int room(int capacity, int need)
{
    if (capacity < 64)
        capacity = 64;
    if (need < 0 || need > 1 << 30)
        die(EXIT_RESOURCE, "more than %d tokens or examples in one split", 1 << 30);
    while (capacity < need)
        capacity *= 2;
    return capacity;
}

#define GROW(array, count) ((array) = mem_grow((array), sizeof *(array) * (size_t)(count)))

void dataset_add(struct dataset *d, const struct example *e)
{
    size_t n = (size_t)e->n, at = (size_t)d->tokens;
    assert(e->n > 0 && e->n <= EXAMPLE_TOKENS);
    if (d->n == d->capacity) {
        d->capacity = room(d->capacity, d->n + 1);
        GROW(d->start, d->capacity + 1);
        GROW(d->label, d->capacity);
        GROW(d->line, d->capacity);
        GROW(d->note, d->capacity);
    }
    if (d->tokens > (1 << 30) - e->n || d->tokens + e->n > d->token_capacity) {
        d->token_capacity = room(d->token_capacity, d->tokens + e->n);
        GROW(d->ids, d->token_capacity);
        GROW(d->types, d->token_capacity);
    }
    memcpy(d->ids + at, e->ids, n * sizeof *e->ids);
    memcpy(d->types + at, e->types, n);
    memcpy(d->note[d->n], e->note, EXAMPLE_NOTE);
    d->label[d->n] = e->label;
    d->line[d->n] = e->line;
    d->start[d->n++] = d->tokens;
    d->tokens += e->n;
    d->start[d->n] = d->tokens;
}

void dataset_free(struct dataset *d)
{
    free(d->start);
    free(d->ids);
    free(d->types);
    free(d->label);
    free(d->line);
    free(d->note);
    *d = (struct dataset){0};
}

struct labelled {
    double label;
    int at;
};

static int by_label(const void *a, const void *b)
{
    const struct labelled *x = a, *y = b;
    return x->label != y->label ? (x->label > y->label) - (x->label < y->label) : x->at - y->at;
}

int *dataset_sample(const struct dataset *d, double share, int *count)
{
    struct labelled *order = mem_alloc((size_t)(d->n + 1) * sizeof *order);
    const int n = (int)ceil(share * d->n);
    int *item = mem_alloc((size_t)(n + 1) * sizeof *item);
    for (int i = 0; i < d->n; i++)
        order[i] = (struct labelled){d->label[i], i};
    qsort(order, (size_t)d->n, sizeof *order, by_label);
    for (int k = 0; k < n; k++) /* the middle of the k-th of n equal stretches */
        item[k] = order[(2L * k + 1) * d->n / (2L * n)].at;
    qsort(item, (size_t)n, sizeof *item, order_int);
    free(order);
    *count = n;
    return item;
}

/* Numbers enter the hash as little-endian bytes, so that it is the same on every machine. */
static void hash_u64(struct hash *h, uint64_t v, int bytes)
{
    unsigned char b[8];
    for (int i = 0; i < bytes; i++)
        b[i] = (unsigned char)(v >> 8 * i);
    hash_add(h, b, (size_t)bytes);
}

void dataset_hash(const struct dataset *const *splits, int n, char hex[65])
{
    struct hash h;
    hash_open(&h);
    for (int s = 0; s < n; s++) {
        const struct dataset *d = splits[s];
        hash_u64(&h, (uint64_t)d->n, 4);
        for (int i = 0; i < d->n; i++) {
            uint64_t bits;
            memcpy(&bits, &d->label[i], sizeof bits);
            hash_u64(&h, (uint64_t)(d->start[i + 1] - d->start[i]), 4);
            hash_u64(&h, bits, 8);
        }
        for (int t = 0; t < d->tokens; t++)
            hash_u64(&h, (uint64_t)d->ids[t], 4);
        hash_add(&h, d->types, (size_t)d->tokens);
    }
    hash_close(&h, hex);
}

bool dataset_same(const struct dataset *a, const struct dataset *b)
{
    size_t n = (size_t)a->n, tokens = (size_t)a->tokens;
    return a->n == b->n && a->tokens == b->tokens && n > 0 &&
           memcmp(a->start, b->start, (n + 1) * sizeof *a->start) == 0 &&
           memcmp(a->ids, b->ids, tokens * sizeof *a->ids) == 0 && memcmp(a->types, b->types, tokens) == 0 &&
           memcmp(a->label, b->label, n * sizeof *a->label) == 0;
}

/* Opens space for one more example of n tokens and returns where its tokens start. */
static int batch_extend(struct batch *b, int n)
{
    int at = b->N;
    if (b->B + 1 > b->capacity) {
        b->capacity = room(b->capacity, b->B + 1);
        GROW(b->start, b->capacity + 1);
        GROW(b->label, b->capacity);
        GROW(b->item, b->capacity);
    }
    if (b->N + n > b->token_capacity) {
        b->token_capacity = room(b->token_capacity, b->N + n);
        GROW(b->ids, b->token_capacity);
        GROW(b->types, b->token_capacity);
    }
    b->start[b->B++] = at;
    b->N += n;
    b->start[b->B] = b->N;
    return at;
}

static void batch_put(struct batch *b, const int *ids, const unsigned char *types, int n, double label, int item)
{
    int at = batch_extend(b, n), i = b->B - 1;
    memcpy(b->ids + at, ids, (size_t)n * sizeof *ids);
    memcpy(b->types + at, types, (size_t)n);
    b->label[i] = label;
    b->item[i] = item;
}

void batch_gather(struct batch *b, const struct dataset *d, const int *order, int n)
{
    batch_clear(b);
    for (int k = 0; k < n; k++) {
        int i = order[k], at = d->start[i];
        assert(i >= 0 && i < d->n);
        batch_put(b, d->ids + at, d->types + at, d->start[i + 1] - at, d->label[i], i);
    }
}

void batch_clear(struct batch *b)
{
    b->B = b->N = 0;
}

void batch_add(struct batch *b, const struct example *e)
{
    batch_put(b, e->ids, e->types, e->n, e->label, b->B);
}

void batch_free(struct batch *b)
{
    free(b->start);
    free(b->ids);
    free(b->types);
    free(b->label);
    free(b->item);
    *b = (struct batch){0};
}
