/* The encoder: forward and backward over a batch without padding, no deeper and no wider than the loss needs. */
#ifndef MODEL_ENCODER_H
#define MODEL_ENCODER_H

#include "model/activations.h"

/* Runs the encoder and returns the last hidden state in the saved arena: (N, C) with pass->all_rows, else what the head
 * reads of each example, (B, C): its [CLS] row, its last row or the mean of its rows. With pass->keep the activations
 * that backward needs are kept. Token ids must be in range. */
struct mat encoder_forward(struct model *m, const struct pass *p, const struct tokens *t, struct activations *a);
/* dh is dL/d(what forward returned), overwritten. Adds to the gradients of everything that trains. */
void encoder_backward(struct model *m, const struct pass *p, struct activations *a, struct mat dh);

#endif
