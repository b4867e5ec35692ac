/* Golden vectors: is a method here, number for number, what Hugging Face PEFT computes? */
#ifndef CHECK_GOLDEN_H
#define CHECK_GOLDEN_H

#include "tune/method.h"

#include <stdio.h>

/* Runs the case in an HDF5 file of schema "peftlab-golden": initial state, logits, gradients, penalty, AdamW steps,
 * AdaLoRA's diagonals, effective weights, each against what the file expects. Prints one line per tensor to `out`
 * (NULL: only mismatches, to stderr) and returns how many disagree. Agreement: max|a - b| / max|b| <= 1e-9 in double,
 * 1e-4 in float. Dies with EXIT_DATA when the file is not what it should be. */
int golden_check(const char *path, FILE *out);
/* Is this file of this schema: "peftlab-golden", "peftlab-golden-text" or "peftlab-golden-base"? Dies with EXIT_DATA when it
 * is no HDF5 file with a schema. */
bool golden_is(const char *path, const char *schema);
/* Does the file hold numbers of this method? Dies with EXIT_DATA when it is no golden file. */
bool golden_is_of(const char *path, const struct method *m);

#endif
