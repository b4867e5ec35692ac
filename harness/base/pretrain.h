/* The pretraining loop: a model in, a trained model and its held-out curve out. */
#ifndef BASE_PRETRAIN_H
#define BASE_PRETRAIN_H

#include "base/base.h"

#include <stdint.h>

enum { PRETRAIN_POINTS = 16, HELD_OUT_SEED = 4242, HELD_OUT_DOCUMENTS = 1024 };

/* Held-out masked-word loss and accuracy (256 documents) at up to PRETRAIN_POINTS steps. */
struct pretrain_curve {
    int n;
    int32_t step[PRETRAIN_POINTS];
    double loss[PRETRAIN_POINTS], accuracy[PRETRAIN_POINTS];
};

struct masked_source;

/* Trains m (initialised, mlm heads included) by recipe r on documents of the stream `seed`. A checkpoint is written
 * every minute and on a signal, and read when it is there. */
void pretrain(struct model *m, const struct recipe *r, const struct masked_source *from, int seed, const char *key,
              const char *checkpoint, struct pretrain_curve *curve);
/* Everything in m trains, decayed. */
void pretrain_prepare(struct model *m);
/* One step on the documents of (seed, step): draws them, and returns their masked-word loss before the update. */
double pretrain_step(struct model *m, const struct recipe *r, const struct masked_source *from, int seed, long step);
struct mlm_score {
    double loss, accuracy;
    double category_accuracy[8];
    int category_count[8];
    double coherence; /* balanced accuracy of the coherence head: mean of the shares right of coherent and of random
                         pairs */
};
/* Mean masked-word loss (nats) of the model on `documents` held-out documents of stream `seed`: what forgetting is
 * measured with. NaN without an mlm head.
 */
struct mlm_score base_mlm_score(struct model *m, int documents);
/* base_mlm_score on documents of another source; the model has the mlm heads. Coherence is NaN without pairs. */
struct mlm_score pretrain_score(struct model *m, const struct masked_source *from, int documents);

#endif
