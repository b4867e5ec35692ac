/* What has been seen: a set of 64-bit numbers, or of texts by their hash. */
#ifndef CORE_SET_H
#define CORE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Starts from zeros. */
struct set {
    uint64_t *slot; /* 0: free */
    size_t size, n;
};

/* Adds a number; false when it is there. 0 counts as 1. */
bool set_add(struct set *s, uint64_t number);
/* Adds a text of an owner by its FNV-1a hash: of 100,000 texts two are taken for one with probability 3e-10. */
bool set_add_text(struct set *s, const char *text, int owner);
void set_free(struct set *s);

#endif
