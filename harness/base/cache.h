/* The image of a base's weights in a results folder. */
#ifndef BASE_CACHE_H
#define BASE_CACHE_H

#include "base/base.h"

/* Finds the base's hash and opens its image, <results>/cache/<hash16>.<number type>, converting the weights when it is
 * not there. A base that came with the program is copied into the folder first, which one line says. Dies with EXIT_DATA when
 * the base is not there yet, or its file changes while it is read; with EXIT_CORRUPT when weights are not those that its
 * file says. */
void base_load(struct base *b, const char *results);
/* Whether a file of <results>/cache is exactly what was written. */
bool base_cache_whole(const char *path);

#endif
