/* What stands on the encoder: pooler and classifier, the pooled-vector target of planted tasks, and pretraining's
 * heads. The pooler is that of the architecture's table. */
#ifndef MODEL_HEAD_H
#define MODEL_HEAD_H

#include "model/encoder.h"

/* pooled (B, C) = LN(f(h W' + b)) of the vectors h (B, C) that the encoder returned, BERT's f is tanh, its norm none; h itself
 * where there is no pooler. In the saved arena. */
struct mat pooler_forward(struct model *m, const struct pass *p, struct mat h);
/* dh (B, C), overwritten, from dpooled; an empty view when nothing below the pooler trains. In scratch. */
struct mat pooler_backward(struct model *m, const struct pass *p, int lowest, struct mat h, struct mat pooled,
                           struct mat dpooled);
/* logits (B, K) = pooled W' + b, in the saved arena. */
struct mat classifier_forward(struct model *m, const struct pass *p, struct mat pooled);
/* dpooled (B, C), overwritten; an empty view when nothing at or below the pooler trains. In scratch. */
struct mat classifier_backward(struct model *m, const struct pass *p, int lowest, struct mat pooled,
                               struct mat dlogits);

/* Masked-language head on n rows of h: logits (n, V) = LN(gelu(h_row W' + b)) E' + out, E the word embeddings. */
struct mlm {
    int n;
    const int *row;                                     /* n: rows of the batch */
    const int *label;                                   /* n: the token that was there */
    struct mat h, slope, act, xhat, rstd, norm, logits; /* filled by forward */
};
void mlm_forward(struct model *m, const struct pass *p, struct mat h, struct mlm *k);
/* dlogits may be k->logits. dh (N, C) += the gradient; gradients of the head and of the tied embeddings accumulate. */
void mlm_backward(struct model *m, const struct pass *p, struct mlm *k, struct mat dlogits, struct mat dh);

#endif
