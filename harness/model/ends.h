/* The two ends of the encoder: tokens become rows of numbers, and of the rows that come out the head reads some. */
#ifndef MODEL_ENDS_H
#define MODEL_ENDS_H

#include "model/activations.h"

/* y (N, C): x_n = LN(word[id] + position[first + n - start] + type[segment]), projected to C where that is wider. */
void ends_embed(struct model *m, const struct pass *p, struct activations *a, struct mat y);
/* Adds to the gradients of the embeddings, their norm and projection; dx (N, C) is overwritten. */
void ends_embed_backward(struct model *m, const struct pass *p, struct activations *a, struct mat dx);

/* The row of example b that the head reads: its first token's; or the last one's whose id is not the padding word's, which a
 * text may spell. */
int ends_asking_row(const struct model_config *c, const struct tokens *t, int b);
/* out (B, C) := those rows of x (N, C); returned. */
struct mat ends_asking_rows(const struct activations *a, struct mat x, struct mat out);
/* dx[ask[b]] += d[b] */
void ends_add_asking_rows(const struct activations *a, struct mat d, struct mat dx);

/* out (B, C) := what the head reads of each example, from all rows x (N, C): one of them, or their mean. */
void ends_pool(const struct model *m, const struct activations *a, struct mat x, struct mat out);
/* Its gradient: d (B, C) goes to the rows that were read, dx (N, C) += ... */
void ends_pool_backward(const struct model *m, const struct activations *a, struct mat d, struct mat dx);

#endif
