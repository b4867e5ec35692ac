/* Added tokens: words that are cut out of a text before anything else is done to it. */
#ifndef DATA_ADDED_H
#define DATA_ADDED_H

#include "core/unicode.h"
#include "data/normalizer.h"

#include <stdbool.h>

struct added_token {
    char *content;
    int id;
    bool single_word;    /* counts only where no letter or digit touches it */
    bool lstrip, rstrip; /* white space before it, behind it vanishes */
    bool normalized;     /* is looked for in the normalized text, and normalized itself */
    bool special;
    struct points pattern; /* what is looked for */
};

struct added_tokens {
    struct added_token *token;
    int n;
    bool split_special; /* special ones are text */
    /* Whether a pattern begins with a code point of these low bits: normalized ones, the others. */
    bool begins[2][256];
};

/* Appends one that is not among them (by content, which is copied). */
void added_put(struct added_tokens *a, const char *content, int id, const struct added_token *flags);
const struct added_token *added_find(const struct added_tokens *a, const char *content);
/* Once all are there: their patterns. Dies with EXIT_DATA when one is empty. */
void added_finish(struct added_tokens *a, const struct normalizer *n, const char *path);
/* The next match in c[from..n) of those whose `normalized` is as given: the leftmost, of these the longest. Returns the
 * token or NULL; from start to end it takes the white space with it that vanishes. */
const struct added_token *added_next(const struct added_tokens *a, bool normalized, const int32_t *c, int n, int from,
                                     int *start, int *end);
void added_free(struct added_tokens *a);

#endif
