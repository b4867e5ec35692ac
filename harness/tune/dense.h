/* An update that is a dense matrix: y = x W0' + b + x~ D', x~ = x with dropout. Who can write D (out, in) from his
 * parameters, and their gradients from M = dL/dD, has a method in three calls; it costs a layer's product twice over. */
#ifndef TUNE_DENSE_H
#define TUNE_DENSE_H

#include "tune/method.h"

/* Room for D (out, in), contents undefined: until backward is done where one follows, else until the hook returns. */
struct mat dense_room(const struct site *, const struct pass *);
/* y := x W0' + b + x~ D' */
void dense_forward(const struct site *, const struct pass *, struct mat D, struct mat x, struct mat y);
/* The gradients of the plain layer and dx += mask o (dy D); returns M = dL/dD = dy' x~ (out, in), in scratch and the
 * caller's to spoil. The method needs its input: say NEEDS_INPUT. */
struct mat dense_backward(const struct site *, const struct pass *, struct mat D, struct mat x, struct mat dy,
                          struct mat dx);

#endif
