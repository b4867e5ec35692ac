/* Code points of UTF-8 text and the classes that BERT's tokenizer asks for, through utf8proc. */
#ifndef CORE_UNICODE_H
#define CORE_UNICODE_H

#include <stdbool.h>
#include <stdint.h>

enum { UNICODE_BYTES = 4, UNICODE_FOLD = 8, UNICODE_INVALID = 0xFFFD };

/* The code point at *at (< end), which moves past it. A byte that is not UTF-8 (stray, overlong, surrogate, cut off)
 * yields U+FFFD, moves one byte and adds 1 to *invalid. */
int32_t unicode_next(const char **at, const char *end, long *invalid);
/* Writes c as UTF-8 and returns the number of bytes. */
int unicode_put(int32_t c, char out[UNICODE_BYTES]);

/* BERT's classes (google-research/bert, tokenization.py). Space: blank, TAB, LF, CR, Zs, Zl, Zp. Control: other Cc, Cf,
 * Co. Punctuation: P*, and every ASCII sign that is no letter, digit, blank or control. CJK: ideographs, not kana or
 * hangul. */
bool unicode_is_space(int32_t c);
bool unicode_is_control(int32_t c);
bool unicode_is_punctuation(int32_t c);
bool unicode_is_cjk(int32_t c);

/* c in lower case (`lower`), decomposed (NFD) without its non-spacing marks (`strip`); returns how many code points,
 * possibly none. Simple case mapping: a capital sigma becomes U+03C3 everywhere, as in Hugging Face's fast tokenizers.
 */
int unicode_fold(int32_t c, bool lower, bool strip, int32_t out[UNICODE_FOLD]);

#endif
