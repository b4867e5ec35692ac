/* Code points of UTF-8 text and the classes that tokenizers ask for, through utf8proc. */
#ifndef CORE_UNICODE_H
#define CORE_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UNICODE_BYTES = 4, UNICODE_INVALID = 0xFFFD };

/* The code point at *at (< end), which moves past it. A byte that is not UTF-8 (stray, overlong, surrogate, cut off)
 * yields U+FFFD, moves one byte and adds 1 to *invalid. */
int32_t unicode_next(const char **at, const char *end, long *invalid);
bool unicode_is_utf8(const char *text);
/* The text as UTF-8, for free(): a byte that is not UTF-8 is read as Windows-1252, which spreadsheets write. */
char *unicode_repair(const char *text);
/* Writes c as UTF-8 and returns the number of bytes. */
int unicode_put(int32_t c, char out[UNICODE_BYTES]);

/* BERT's classes (google-research/bert, tokenization.py). Space: blank, TAB, LF, CR, Zs, Zl, Zp. Control: other Cc, Cf,
 * Co. Punctuation: P*, and every ASCII sign that is no letter, digit, blank or control. CJK: ideographs, not kana or
 * hangul. */
bool unicode_is_space(int32_t c);
bool unicode_is_control(int32_t c);
bool unicode_is_punctuation(int32_t c);
bool unicode_is_cjk(int32_t c);

/* Unicode's own classes. White: the property White_Space. Word: what \\w matches in a regular expression (letters, marks,
 * decimal digits, connectors, joiners). */
bool unicode_is_white(int32_t c);
bool unicode_is_letter(int32_t c);     /* L* */
bool unicode_is_number(int32_t c);     /* N* */
bool unicode_is_mark(int32_t c);       /* M* */
bool unicode_is_nonspacing(int32_t c); /* Mn */
bool unicode_is_word(int32_t c);

/* Lower case, code point by code point: one of them, U+0130, becomes two. Returns how many. A capital sigma becomes
 * U+03C3 everywhere, as in Hugging Face's fast tokenizers. */
int unicode_lower(int32_t c, int32_t out[2]);

/* The text without white space at its ends; the end is cut in place. */
char *unicode_trim(char *text);
void unicode_trim_end(char *text);
/* Whether two texts are the same but for the case of their letters (Unicode's full folding: "ß" is "SS") and white space at
 * their ends. */
bool unicode_same_letters(const char *a, const char *b);

/* A text as code points, growing. */
struct points {
    int32_t *c;
    int n, capacity;
};
void points_add(struct points *p, int32_t c);
/* Appends the code points of UTF-8 text; bytes that are not UTF-8 as in unicode_next. */
void points_read(struct points *p, const char *text, size_t size, long *invalid);
void points_free(struct points *p);
/* The four normal forms of Unicode (UAX 15). */
enum unicode_form { UNICODE_NFC, UNICODE_NFD, UNICODE_NFKC, UNICODE_NFKD };
void points_normalize(struct points *p, enum unicode_form form);
/* The end of the grapheme cluster (UAX 29) that begins at code point `at`. */
int points_cluster(const int32_t *c, int n, int at);

#endif
