/* A hash table with open addressing, at most half full. */
#include "core/set.h"

#include "core/arena.h"
#include "core/hash.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Where the key is, or the free slot where it would be. */
static struct set_slot *find(const struct set *s, const char *key, int owner)
{
    const uint64_t h = hash_fnv64(FNV64 ^ (uint64_t)owner, key, strlen(key));
    size_t at = (size_t)(h ^ h >> 32) & (s->size - 1);
    while (s->slot[at].key && (s->slot[at].owner != owner || strcmp(s->slot[at].key, key) != 0))
        at = (at + 1) & (s->size - 1);
    return &s->slot[at];
}

static void grow(struct set *s)
{
    struct set larger = {.size = s->size ? 2 * s->size : 1024, .n = s->n};
    larger.slot = mem_alloc(larger.size * sizeof *larger.slot);
    for (size_t i = 0; i < s->size; i++)
        if (s->slot[i].key)
            *find(&larger, s->slot[i].key, s->slot[i].owner) = s->slot[i];
    free(s->slot);
    *s = larger;
}

bool set_add(struct set *s, const char *key, int owner)
{
    if (2 * (s->n + 1) > s->size)
        grow(s);
    struct set_slot *slot = find(s, key, owner);
    if (slot->key)
        return false;
    *slot = (struct set_slot){key, owner};
    s->n++;
    return true;
}

void set_free(struct set *s)
{
    free(s->slot);
    *s = (struct set){0};
}
