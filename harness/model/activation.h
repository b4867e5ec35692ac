/* Activations of a feed-forward layer or a head, with their derivative, plain or gated. */
#ifndef MODEL_ACTIVATION_H
#define MODEL_ACTIVATION_H

#include "core/real.h"

#include <stdbool.h>

/* x Phi(x); x/2 (1 + tanh(sqrt(2/pi) (x + .044715 x^3))); max(x, 0); tanh x */
enum activation { ACT_GELU, ACT_GELU_TANH, ACT_RELU, ACT_TANH };

/* y = f(x), elementwise; slope.v, unless NULL, receives f'(x). y and slope may each be x. (N, F) */
void activation_forward(enum activation f, struct mat x, struct mat y, struct mat slope);
/* x (N, 2F) = (a | g): y (N, F) = f(a) o g. slope.v (N, 2F), unless NULL, receives (g o f'(a) | f(a)), by which
 * activation_gate_backward multiplies; it may be x. */
void activation_gate_forward(enum activation f, struct mat x, struct mat y, struct mat slope);
/* dx (N, 2F) = slope o (dy | dy) */
void activation_gate_backward(struct mat slope, struct mat dy, struct mat dx);

#endif
