/* A mixture of a few: softmax over the largest of each row of logits, and the way back. */
#ifndef TUNE_MIXTURE_H
#define TUNE_MIXTURE_H

#include "core/arena.h"

/* w (rows, h) := softmax of the k largest of each row of logits z, 0 elsewhere; of equal ones the first count. k <= h. */
void mixture_choose(struct mat z, int k, struct mat w);
/* Of mixtures w V, with their gradient e (rows, l) and V (h, l):  dV += w' e;  with c = e V',  dz += w o (c - rowsum(w o
 * c)). Which are the largest is held constant. */
void mixture_gradient(struct arena *scratch, struct mat w, struct mat V, struct mat e, struct mat dz, struct mat dV);

#endif
