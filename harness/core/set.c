/* A hash table with open addressing, at most half full. */
#include "core/set.h"

#include "core/arena.h"
#include "core/hash.h"

#include <stdlib.h>
#include <string.h>

/* Where the number is, or the free slot where it would be. */
static uint64_t *find(const struct set *s, uint64_t number)
{
    size_t at = (size_t)(number ^ number >> 32) & (s->size - 1);
    while (s->slot[at] && s->slot[at] != number)
        at = (at + 1) & (s->size - 1);
    return &s->slot[at];
}

static void grow(struct set *s)
{
    struct set larger = {.size = s->size ? 2 * s->size : 1024, .n = s->n};
    larger.slot = mem_alloc(larger.size * sizeof *larger.slot);
    for (size_t i = 0; i < s->size; i++)
        if (s->slot[i])
            *find(&larger, s->slot[i]) = s->slot[i];
    free(s->slot);
    *s = larger;
}

bool set_add(struct set *s, uint64_t number)
{
    if (2 * (s->n + 1) > s->size)
        grow(s);
    number += number == 0;
    uint64_t *slot = find(s, number);
    if (*slot)
        return false;
    *slot = number;
    s->n++;
    return true;
}

bool set_add_text(struct set *s, const char *text, int owner)
{
    return set_add(s, hash_fnv64(FNV64 ^ (uint64_t)owner, text, strlen(text)));
}

void set_free(struct set *s)
{
    free(s->slot);
    *s = (struct set){0};
}
