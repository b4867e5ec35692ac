/* Arbitrary symbols for tasks that teach mechanisms rather than language: singular nouns of different meaning. */
#ifndef LANGUAGE_SYMBOLS_H
#define LANGUAGE_SYMBOLS_H

#include "data/dataset.h"
#include "language/lexicon.h"

enum { SYMBOLS = NOUN_SYNSETS };

static inline int symbol(int k) /* token of symbol k < SYMBOLS */
{
    return noun_token(NOUN_LEAVES + 2 * k, false);
}

/* Appends tokens to an example that starts with n = 0. */
static inline void example_put(struct example *e, int token, int segment)
{
    e->ids[e->n] = token;
    e->types[e->n++] = (unsigned char)segment;
}

#endif
