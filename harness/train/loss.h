/* The training objective: from a batch to a loss, and back into the gradients. */
#ifndef TRAIN_LOSS_H
#define TRAIN_LOSS_H

#include "data/dataset.h"
#include "data/task.h"
#include "model/head.h"

struct loss {
    enum task_kind kind;
    /* TASK_VECTOR: what the pooled vectors are compared with, (B, C), and the standard deviation per column (1, C) */
    struct mat target, sd;
    /* unless .v is NULL: the encoder's [CLS] rows of the whole split (n, C), for a model in which nothing below the
     * pooler trains; the batch's rows are taken from it by item */
    struct mat features;
};

/* Forward over a batch; with p->keep also backward, adding to the gradients. Returns the batch mean of
 *     TASK_CLASSES  -log softmax(logits)[label]
 *     TASK_SCORE    (logit - label)^2
 *     TASK_VECTOR   mean over columns of ((pooled - target) / sd)^2
 * and, unless out is NULL, the logits (B, K) or pooled vectors (B, C), which live in the saved arena until the caller
 * releases it. */
double loss_run(struct model *m, const struct pass *p, const struct batch *b, const struct loss *l, struct mat *out);

#endif
