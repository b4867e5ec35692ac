/* SentencePiece's table of replacements ("precompiled_charsmap"): a trie in a double array, and texts. */
#ifndef DATA_CHARSMAP_H
#define DATA_CHARSMAP_H

#include "core/unicode.h"

struct charsmap;

/* From its base64 text. Dies with EXIT_DATA when the parts do not fit together. */
struct charsmap *charsmap_read(const char *base64, const char *path);
/* Appends the replaced text to `out`: a grapheme cluster of fewer than 6 bytes that has a replacement whole, else each
 * of its code points by itself; what has none stays. */
void charsmap_run(const struct charsmap *m, const struct points *p, struct points *out);
void charsmap_free(struct charsmap *m);

#endif
