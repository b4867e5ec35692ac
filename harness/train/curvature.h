/* The largest eigenvalue of the loss's Hessian over what trains: how sharply the loss bends at a model's weights.
 *
 * It is the plain Hessian, that of gradient descent: what Adam's division by its second moments makes of it is not asked. No second
 * derivative is computed:  H v = (g(w + e v) - g(w - e v)) / 2e  with |v| = 1, and Lanczos's iteration on it, whose vectors are kept
 * orthogonal, in double whatever the build. Unlike a power iteration it tells the largest eigenvalue from the most negative one,
 * which a start with B = 0 has as well. */
#ifndef TRAIN_CURVATURE_H
#define TRAIN_CURVATURE_H

#include "core/rng.h"
#include "tune/tuning.h"

#define CURVATURE_EXACT 0.01 /* what the eigenvalue is known to, as a share of itself */

struct curvature {
    struct model *model;
    struct tuning *tuning;
    bool head; /* the task's classifier too; it has a rate of its own */
    void (*gradient)(
        void *data); /* adds the gradient of the loss at the weights as they are to gradients that are zero */
    void *data;
};
struct sharpness {
    double largest;
    double off;   /* Lanczos's bound on its error, and what half of the e changes, whichever is more; as a share */
    int products; /* with the Hessian, all tries */
};
/* From a start drawn from r. e is made smaller until half of it gives the same. The weights are afterwards what they were, to the
 * bit. Dies with EXIT_DATA when CURVATURE_EXACT is not reached. */
struct sharpness curvature_largest(const struct curvature *c, struct rng *r);
/* Of H v into out, |v| = 1; how many values it takes: curvature_size. */
void curvature_product(const struct curvature *c, const double *v, double e, double *out);
int curvature_size(const struct curvature *c);

#endif
