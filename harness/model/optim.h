/* AdamW over everything that trains, learning-rate schedules, and the norm of the gradient. */
#ifndef MODEL_OPTIM_H
#define MODEL_OPTIM_H

#include "model/model.h"

struct adamw {
    double beta1, beta2, eps, weight_decay;
};

/* One decoupled, bias-corrected AdamW step (Loshchilov & Hutter 2019), t = 1 for the first:
 *     w -= eta wd w;  m1 = b1 m1 + (1-b1) g;  m2 = b2 m2 + (1-b2) g^2;
 *     w -= eta m1/(1-b1^t) / (sqrt(m2/(1-b2^t)) + eps),  eta = lr * lr_scale of the tensor */
void adamw_step(struct model *m, const struct adamw *o, double lr, long t);
/* Euclidean norm of all gradients together. */
double grad_norm(const struct model *m);
/* Scales all gradients so that their norm is at most `max`; max <= 0 does nothing. */
void grad_clip(struct model *m, double norm, double max);

enum schedule { SCHEDULE_LINEAR, SCHEDULE_CONSTANT, SCHEDULE_COSINE };
/* Factor of the learning rate for step (0-based) of steps: linear warm-up over `warmup` steps, then the schedule to 0.
 */
double schedule_factor(enum schedule s, int step, int steps, int warmup);

#endif
