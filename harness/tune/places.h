/* Places in a matrix that trains only there: how many, and HF PEFT's choice of them. */
#ifndef TUNE_PLACES_H
#define TUNE_PLACES_H

#include "core/arena.h"

#include <stdint.h>

/* How many entries of an (out, in) matrix: n, or if that is 0 as many as LoRA's pair has numbers, r (in + out); no more
 * than there are. */
int places_count(int n, int rank, int in, int out);
/* place := the first k of PyTorch's randperm(all, generator=Generator().manual_seed(seed)), in its order; k <= all. Takes
 * memory of the arena and gives it back. */
void places_draw(struct arena *scratch, uint32_t seed, int all, int k, int *place);

#endif
