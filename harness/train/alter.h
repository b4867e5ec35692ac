/* The change that training made to a model's weights, set to another one: shrunk, cut to a rank, shrunk along directions.
 *
 * W0 is the pretrained value of a base tensor, W the trained one: of a layer that a method adapts its effective weight (or
 * bias), so that all methods are treated alike. The task's head stays as it was trained. */
#ifndef TRAIN_ALTER_H
#define TRAIN_ALTER_H

#include "core/rng.h"
#include "train/examine.h"

enum { ALTER_LEADING = LEADING }; /* so many leading left singular vectors are asked whether they intrude */

struct alteration {
    struct model *model;
    struct altered_tensor {
        struct param *param;
        struct mat W;    /* trained */
        bool matrix;     /* the weight of a linear layer of the encoder */
        struct mat U, V; /* of matrices: W = U diag(s) V, (out, p), (p, in); and of W - W0 */
        struct mat dU, dV;
        double *s, *ds;
        int *intruder, intruders; /* indices of leading vectors of U with |cosine| < 0.5 to all of W0's */
    } * tensor;
    int n;
};

/* Finds what training moved, and takes the method off: the model is then a plain one with its trained weights. Dies with
 * EXIT_USAGE where layers share their weights. */
void alter_open(struct alteration *a, struct trainee *t);
void alter_close(struct alteration *a);

/* w := W0 + t (W - W0) in all that moved; to the bit W0 and W at 0 and 1. */
void alter_scale(struct alteration *a, double t);
/* w := W0 + the best approximation of W - W0 of that rank (the r first terms of its SVD) in linear layers; all else as trained. */
void alter_rank(struct alteration *a, int rank);
/* w := W + (factor - 1) sum_i s_i u_i v_i' over the intruder dimensions of each linear layer (Shuttleworth et al. 2024): those of
 * its ten leading left singular vectors that no vector of W0 is near to. */
void alter_intruders(struct alteration *a, double factor);
/* The same over as many of the layer's other singular directions, drawn from a stream. */
void alter_others(struct alteration *a, double factor, struct rng *r);

/* Means over the linear layers that moved: intruder dimensions, and the least rank that holds nine tenths of the squared norm of
 * W - W0. NaN when none moved. */
double alter_count_intruders(const struct alteration *a);
double alter_rank90(const struct alteration *a);
/* The largest numerical rank of W - W0 (singular values above 1e-5 of the first): from there on alter_rank gives W. */
int alter_largest_rank(const struct alteration *a);

#endif
