/* The layers of an encoder that are not linear: each a forward and a hand-written backward. */
#ifndef MODEL_LAYERS_H
#define MODEL_LAYERS_H

#include "core/real.h"

/* y = gamma o xhat + beta, xhat = (z - mean z) rstd, z = x + r, rstd = 1/sqrt(var z + eps), over the C columns of each
 * row. r.v may be NULL (no residual); xhat.v may be NULL (not kept); rstd is (1, N). x, r, y are (N, C); y may be x. */
void norm_forward(struct mat gamma, struct mat beta, double eps, struct mat x, struct mat r, struct mat y,
                  struct mat xhat, struct mat rstd);
/* dz = rstd (u - mean u - xhat mean(u o xhat)), u = dy o gamma; dgamma += sum dy o xhat, dbeta += sum dy (unless .v is
 * NULL). dz may be dy. */
void norm_backward(struct mat gamma, struct mat xhat, struct mat rstd, struct mat dy, struct mat dz, struct mat dgamma,
                   struct mat dbeta);

/* y = x Phi(x), Phi the normal distribution function (erf form). slope.v, unless NULL, receives dy/dx = Phi(x) + x
 * phi(x); y and slope may each be x. */
void gelu_forward(struct mat x, struct mat y, struct mat slope);

void tanh_forward(struct mat x);
/* dx = dy (1 - y^2); dx may be dy */
void tanh_backward(struct mat y, struct mat dy, struct mat dx);

enum { CLASSES_MOST = 1 << 17 }; /* that softmax_loss chooses among: words of a vocabulary, too */
/* Mean cross-entropy of softmax(logits) over the n rows whose label is >= 0; 0 when there is none. dlogits.v, unless
 * NULL, receives weight * d(mean)/dlogits (zero rows where the label is < 0); it may be logits. */
double softmax_loss(struct mat logits, const int *label, double weight, struct mat dlogits);

#endif
