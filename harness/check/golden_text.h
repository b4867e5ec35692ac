/* Golden text: does a real base read sentences, token for token and vector for vector, as PyTorch does? */
#ifndef CHECK_GOLDEN_TEXT_H
#define CHECK_GOLDEN_TEXT_H

#include "base/base.h"

#include <stdio.h>

/* Encodes every row of the file with the base's tokenizer and runs the first rows through its encoder. Token and
 * segment ids must be equal; cls_hidden and pooled agree when max|a - b| / max|b| <= 1e-4, over whole rows or, said in
 * so many words, over rows whose final [SEP] the file's mask hid. Prints a line
 * per comparison to `out` (NULL: only what disagrees, to stderr); returns how many rows or tensors disagree. The base
 * is loaded. Dies with EXIT_DATA when the file is not what it should be, EXIT_USAGE when the base has no tokenizer. */
int golden_text_check(const char *path, const struct base *base, FILE *out);

#endif
