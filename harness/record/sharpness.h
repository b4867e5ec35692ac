/* sharpness.csv: the largest eigenvalue of the loss's Hessian before a run's first step; a line per run. `peftlab sharpness` makes
 * it, tables read it. */
#ifndef RECORD_SHARPNESS_H
#define RECORD_SHARPNESS_H

#include "core/hash.h"

#include <stdbool.h>

struct sharp {
    char key[HASH_HEX];
    double adapter, whole; /* over the adapter's parameters; over the classifier's too */
    double off;            /* what the worse of the two may be off, as a share of it (train/curvature.h) */
};
struct sharp_list {
    struct sharp *row;
    int n;
};
/* Dies with EXIT_DATA, naming the line, when a key or number is none. A list that is not there is empty. */
void sharp_read(struct sharp_list *l, const char *path);
void sharp_write(const struct sharp_list *l, const char *path);
void sharp_free(struct sharp_list *l);
/* NULL when the list has no such line. */
const struct sharp *sharp_find(const struct sharp_list *l, const char *key);

#endif
