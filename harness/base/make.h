/* Making a base: pretraining and its file. */
#ifndef BASE_MAKE_H
#define BASE_MAKE_H

#include "base/base.h"

/* Pretrains (masked words + 0.5 x coherence) unless the file exists or the base is real; resumes from its checkpoint;
 * shows progress. Dies with EXIT_INTERRUPTED after saving a checkpoint on a signal. */
void base_pretrain(struct base *b, const char *results);
/* What that takes at most: weights twice, gradients, two moments, and the activations of the longest possible batch. */
double base_pretrain_bytes(const struct base *b);

#endif
