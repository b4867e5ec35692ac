/* Golden bases: is an architecture here, number for number, what transformers and PEFT compute? */
#ifndef CHECK_GOLDEN_BASE_H
#define CHECK_GOLDEN_BASE_H

#include <stdbool.h>
#include <stdio.h>

/* Runs the rows of the file through the model in `folder` (config.json, model.safetensors with its classifier): token ids
 * where both have text, what the head reads, pooled vectors, logits, one row's last layer whole, loss, gradients by every
 * tensor of the file, and AdamW steps of LoRA. Agreement: max|a - b| / max|b| <= 1e-10 in double, 2e-5 in float; biases of
 * keys, whose true gradient is zero, absolutely. Prints the worst of each kind, and every tensor that disagrees, to `out`
 * (NULL: only what disagrees, to stderr); returns how many disagree. Dies with EXIT_DATA when the file is not what it
 * should be. */
int golden_base_check(const char *path, const char *folder, FILE *out);

#endif
