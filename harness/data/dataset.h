/* Token rows without padding: how examples are stored, and how a batch of them is handed to the encoder. */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include <stdbool.h>
#include <stdint.h>

enum { EXAMPLE_TOKENS = 512, EXAMPLE_NOTE = 96 };

/* One example while it is being built. */
struct example {
    int n; /* tokens, [CLS] and [SEP] included */
    int ids[EXAMPLE_TOKENS];
    unsigned char types[EXAMPLE_TOKENS]; /* segment ids 0/1 */
    double label;                        /* class index, or score */
    int line;                            /* of the file that it is from; 0: none */
    char note[EXAMPLE_NOTE]; /* what was done to it ("agr: walks -> walk"), for `peftlab sample`; may be empty */
};

/* A split: examples one after another; example i is tokens start[i] .. start[i+1]-1. Grown with malloc. */
struct dataset {
    int n, capacity, tokens, token_capacity;
    int *start; /* n + 1 */
    int *ids;
    unsigned char *types;
    double *label;
    int *line;
    char (*note)[EXAMPLE_NOTE];
};

void dataset_add(struct dataset *d, const struct example *e);
void dataset_free(struct dataset *d);
/* ceil(share n) of its n examples, every class and every range of scores by its share: at even distances in the order
 * of labels, equal labels as they stand. Returns their indices, ascending, for free(), and how many in *count. */
int *dataset_sample(const struct dataset *d, double share, int *count);
/* SHA-256 (hex) over lengths, ids, types and labels: the data hash of a run. */
void dataset_hash(const struct dataset *const *splits, int n, char hex[65]);

/* Whether they hold the same tokens and labels in the same order. */
bool dataset_same(const struct dataset *a, const struct dataset *b);

/* What the encoder reads: B examples, N = start[B] token rows. Positions are 0.. within each example. */
struct batch {
    int B, N;
    int *start;           /* B + 1 */
    int *ids;             /* N */
    unsigned char *types; /* N */
    double *label;        /* B */
    int *item;            /* B: index of each example in its dataset */
    int capacity, token_capacity;
};

/* batch := the examples order[0..n-1] of d. Storage is reused between calls and grows as needed. */
void batch_gather(struct batch *b, const struct dataset *d, const int *order, int n);
/* Empties the batch / appends one example (for streamed tasks). */
void batch_clear(struct batch *b);
void batch_add(struct batch *b, const struct example *e);
void batch_free(struct batch *b);

#endif
