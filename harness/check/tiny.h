/* A tiny model at work: what the laws and the tests examine a method on, in microseconds per step. */
#ifndef CHECK_TINY_H
#define CHECK_TINY_H

#include "model/optim.h"
#include "train/loss.h"
#include "tune/tuning.h"

enum { TINY_CLASSES = 3, TINY_STEPS = 6 };

/* Three layers (two may share what the third does not), d = 16, a feed-forward of 24, biases and gammas that are not
 * the usual zeros and ones; a ragged batch with an example of one token and one longer than a vector. Change any field
 * between the calls. */
struct tiny {
    struct memory mem;
    struct model model;
    struct tuning tuning;
    struct adapter common;
    struct batch batch;
    struct adamw adam; /* betas 0.9, 0.999, eps 1e-8, decay 0.01 */
    double lr;         /* 0.01, constant */
};

extern const struct model_config tiny_config;

/* The base is the same for every seed; seed is the run's. Method NULL is the plain model with a classifier. Dies as
 * tuning_open does; tiny_close is then still in order. opts must outlive it, common is copied. */
void tiny_open(struct tiny *t, const struct method *m, const void *opts, const struct adapter *common, int extra,
               uint64_t seed);
void tiny_close(struct tiny *t);
/* tuning_begin_phase with a classifier of TINY_CLASSES, the learning rate and TINY_STEPS steps ahead. */
void tiny_begin(struct tiny *t, int phase);

/* A pass at the current step: with dropout when it trains. */
struct pass tiny_pass(struct tiny *t, bool train, bool keep);
/* One pass over the batch: returns the logits (B, K), in the saved arena until the next pass. */
struct mat tiny_run(struct tiny *t, struct pass p);
/* The logits as an evaluation computes them. */
struct mat tiny_logits(struct tiny *t);
/* The training objective, loss and penalty; with backward also adds to the gradients. Without, it leaves rubbish in the
 * gradients of what the method penalises. */
double tiny_objective(struct tiny *t, bool backward);
/* One optimizer step in the order of tune/method.h, from cleared gradients to cleared gradients; returns the objective.
 */
double tiny_step(struct tiny *t);
/* The pass after a phase that asks for it: sites accumulate their importance. */
void tiny_measure(struct tiny *t);

/* Adds N(0, sd^2) to every adapter tensor and every base tensor that trains, from stream `id`, and refreshes. */
void tiny_perturb(struct tiny *t, uint32_t id, double sd);
/* The largest difference between the effective weights and biases of two runs' layers; and the largest of a's, for
 * scale. */
double tiny_weight_distance(struct tiny *a, struct tiny *b, double *largest);

#endif
