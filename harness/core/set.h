/* Which keys have been seen, for lists of 100,000 runs in which some may stand twice. */
#ifndef CORE_SET_H
#define CORE_SET_H

#include <stdbool.h>
#include <stddef.h>

struct set {
    struct set_slot {
        const char *key; /* not copied; NULL: free */
        int owner;
    } * slot;
    size_t size, n;
};

/* Adds a key of an owner; false when that owner has it already. Starts from zeros. */
bool set_add(struct set *s, const char *key, int owner);
void set_free(struct set *s);

#endif
