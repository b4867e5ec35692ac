/* Which keys have been seen, for lists of 100,000 runs in which some may stand twice. */
#ifndef CORE_SET_H
#define CORE_SET_H

#include <stdbool.h>
#include <stddef.h>

struct keyset {
    struct keyset_slot {
        const char *key; /* not copied; NULL: free */
        int owner;
    } * slot;
    size_t size, n;
};

/* Adds a key of an owner; false when that owner has it already. Starts from zeros. */
bool keyset_add(struct keyset *s, const char *key, int owner);
void keyset_free(struct keyset *s);

#endif
