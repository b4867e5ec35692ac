/* Batches of masked documents: what pretraining and its held-out score are computed on. */
#ifndef BASE_MASKED_H
#define BASE_MASKED_H

#include "data/corpus.h"

struct masked_batch {
    int B, N, n;                 /* documents, token rows, masked rows */
    int *start, *ids, *next;     /* B + 1; N; B: 1 the second text follows, 0 it does not, -1 there is none */
    unsigned char *types;        /* N */
    int *row, *label, *category; /* n: where a word was masked, which, and of which category (synthetic language) */
    int capacity, row_capacity;
};

/* Where documents come from: the synthetic language, or a user's corpus. */
struct masked_source {
    const struct corpus *corpus; /* NULL: the synthetic language */
    int max_len;                 /* tokens of a document of the corpus */
    int batch;                   /* documents that are scored at a time */
};

enum masked_part { MASKED_TRAINING, MASKED_HELD_OUT };

/* b := B documents that depend on (seed, part, step) alone. Storage is reused between calls and grows as needed. */
void masked_draw(struct masked_batch *b, const struct masked_source *from, int B, uint64_t seed, enum masked_part part,
                 uint32_t step);
void masked_free(struct masked_batch *b);

#endif
