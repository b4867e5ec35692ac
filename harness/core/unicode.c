/* Thin layer over utf8proc's tables. */
#include "core/unicode.h"

#include "core/arena.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

int32_t unicode_next(const char **at, const char *end, long *invalid)
{
    utf8proc_int32_t c;
    utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)*at, end - *at, &c);
    if (n <= 0) {
        ++*at;
        ++*invalid;
        return UNICODE_INVALID;
    }
    *at += n;
    return c;
}

int unicode_put(int32_t c, char out[UNICODE_BYTES])
{
    return (int)utf8proc_encode_char(c, (utf8proc_uint8_t *)out);
}

bool unicode_is_utf8(const char *text)
{
    long invalid = 0;
    for (const char *end = text + strlen(text); text < end && !invalid;)
        unicode_next(&text, end, &invalid);
    return !invalid;
}

char *unicode_repair(const char *text)
{
    static const int32_t high[32] = {0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021,
                                     0x2C6,  0x2030, 0x160,  0x2039, 0x152,  0x8D,   0x17D,  0x8F,
                                     0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                     0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};
    const char *end = text + strlen(text);
    char *out = mem_alloc(3 * (size_t)(end - text) + UNICODE_BYTES), *to = out;
    while (text < end) {
        long invalid = 0;
        unsigned char byte = (unsigned char)*text;
        int32_t c = unicode_next(&text, end, &invalid);
        to += unicode_put(!invalid ? c : byte < 0xA0 ? high[byte - 0x80] : byte, to);
    }
    *to = '\0';
    return out;
}

bool unicode_is_space(int32_t c)
{
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
        return true;
    utf8proc_category_t k = utf8proc_category(c);
    return k == UTF8PROC_CATEGORY_ZS || k == UTF8PROC_CATEGORY_ZL || k == UTF8PROC_CATEGORY_ZP;
}

bool unicode_is_control(int32_t c)
{
    if (c == '\t' || c == '\n' || c == '\r')
        return false;
    utf8proc_category_t k = utf8proc_category(c);
    return k == UTF8PROC_CATEGORY_CC || k == UTF8PROC_CATEGORY_CF || k == UTF8PROC_CATEGORY_CO;
}

bool unicode_is_punctuation(int32_t c)
{
    if (c < 128)
        return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126);
    utf8proc_category_t k = utf8proc_category(c);
    return k >= UTF8PROC_CATEGORY_PC && k <= UTF8PROC_CATEGORY_PO;
}

bool unicode_is_cjk(int32_t c)
{
    static const int32_t range[][2] = {{0x4E00, 0x9FFF},   {0x3400, 0x4DBF},   {0x20000, 0x2A6DF}, {0x2A700, 0x2B73F},
                                       {0x2B740, 0x2B81F}, {0x2B820, 0x2CEAF}, {0xF900, 0xFAFF},   {0x2F800, 0x2FA1F}};
    for (unsigned i = 0; i < sizeof range / sizeof range[0]; i++)
        if (c >= range[i][0] && c <= range[i][1])
            return true;
    return false;
}

bool unicode_is_white(int32_t c)
{
    return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
           c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

static bool between(int32_t c, utf8proc_category_t first, utf8proc_category_t last)
{
    utf8proc_category_t k = utf8proc_category(c);
    return k >= first && k <= last;
}

bool unicode_is_letter(int32_t c)
{
    return between(c, UTF8PROC_CATEGORY_LU, UTF8PROC_CATEGORY_LO);
}

bool unicode_is_number(int32_t c)
{
    return between(c, UTF8PROC_CATEGORY_ND, UTF8PROC_CATEGORY_NO);
}

bool unicode_is_mark(int32_t c)
{
    return between(c, UTF8PROC_CATEGORY_MN, UTF8PROC_CATEGORY_ME);
}

bool unicode_is_nonspacing(int32_t c)
{
    return utf8proc_category(c) == UTF8PROC_CATEGORY_MN;
}

bool unicode_is_word(int32_t c)
{
    bool circled = (c >= 0x24B6 && c <= 0x24E9) || (c >= 0x1F130 && c <= 0x1F149) || (c >= 0x1F150 && c <= 0x1F169) ||
                   (c >= 0x1F170 && c <= 0x1F189); /* symbols that are alphabetic */
    utf8proc_category_t k = utf8proc_category(c);
    return unicode_is_letter(c) || unicode_is_mark(c) || k == UTF8PROC_CATEGORY_ND || k == UTF8PROC_CATEGORY_NL ||
           k == UTF8PROC_CATEGORY_PC || c == 0x200C || c == 0x200D || circled;
}

int unicode_lower(int32_t c, int32_t out[2])
{
    out[0] = utf8proc_tolower(c);
    out[1] = 0x307; /* the dot of U+0130 */
    return c == 0x130 ? 2 : 1;
}

void unicode_trim_end(char *text)
{
    char *end = text;
    long invalid = 0;
    for (const char *at = text, *stop = text + strlen(text); at < stop;)
        if (!unicode_is_white(unicode_next(&at, stop, &invalid)))
            end = text + (at - text);
    *end = '\0';
}

char *unicode_trim(char *text)
{
    long invalid = 0;
    unicode_trim_end(text);
    for (const char *at = text, *stop = text + strlen(text); at < stop; text += at - text)
        if (!unicode_is_white(unicode_next(&at, stop, &invalid)))
            break;
    return text;
}

/* The letters of a text in no case, without white space at its ends: "Mäßig " and "MÄSSIG" become one. For points_free. */
static struct points folded(const char *text)
{
    struct points p = {NULL, 0, 0}, out = {NULL, 0, 0};
    long invalid = 0;
    points_read(&p, text, strlen(text), &invalid);
    points_normalize(&p, UNICODE_NFC);
    int from = 0, to = p.n;
    while (from < to && unicode_is_white(p.c[from]))
        from++;
    while (to > from && unicode_is_white(p.c[to - 1]))
        to--;
    for (int i = from; i < to; i++) {
        utf8proc_int32_t letters[8]; /* one becomes three at most */
        int boundary = 0;
        long n = utf8proc_decompose_char(p.c[i], letters, 8, UTF8PROC_CASEFOLD, &boundary);
        for (long k = 0; k < n; k++)
            points_add(&out, letters[k]);
    }
    points_free(&p);
    return out;
}

bool unicode_same_letters(const char *a, const char *b)
{
    struct points p = folded(a), q = folded(b);
    bool same = p.n == q.n && (p.n == 0 || memcmp(p.c, q.c, (size_t)p.n * sizeof *p.c) == 0);
    points_free(&p);
    points_free(&q);
    return same;
}

void points_add(struct points *p, int32_t c)
{
    if (p->n == p->capacity) {
        p->capacity = p->capacity ? 2 * p->capacity : 256;
        p->c = mem_grow(p->c, (size_t)p->capacity * sizeof *p->c);
    }
    p->c[p->n++] = c;
}

void points_read(struct points *p, const char *text, size_t size, long *invalid)
{
    for (const char *end = text + size; text < end;)
        points_add(p, unicode_next(&text, end, invalid));
}

void points_free(struct points *p)
{
    free(p->c);
    *p = (struct points){NULL, 0, 0};
}

/* utf8proc decomposes and orders UTF-8, and composes code points in place. */
void points_normalize(struct points *p, enum unicode_form form)
{
    bool ascii = true;
    for (int i = 0; i < p->n && ascii; i++)
        ascii = p->c[i] < 128;
    if (ascii)
        return;
    bool compat = form == UNICODE_NFKC || form == UNICODE_NFKD, compose = form == UNICODE_NFC || form == UNICODE_NFKC;
    utf8proc_option_t how = UTF8PROC_DECOMPOSE | (compat ? UTF8PROC_COMPAT : 0);
    char *text = mem_alloc((size_t)p->n * UNICODE_BYTES + 1);
    utf8proc_ssize_t bytes = 0, n;
    for (int i = 0; i < p->n; i++)
        bytes += unicode_put(p->c[i], text + bytes);
    n = utf8proc_decompose((utf8proc_uint8_t *)text, bytes, p->c, p->capacity, how);
    if (n > p->capacity) {
        p->capacity = (int)n;
        p->c = mem_grow(p->c, (size_t)p->capacity * sizeof *p->c);
        n = utf8proc_decompose((utf8proc_uint8_t *)text, bytes, p->c, p->capacity, how);
    }
    free(text);
    p->n = n < 0 ? 0 : (int)n; /* a text that was read by points_read has no reason to fail */
    if (compose)
        p->n = (int)utf8proc_normalize_utf32(p->c, p->n, UTF8PROC_COMPOSE | UTF8PROC_STABLE);
}

int points_cluster(const int32_t *c, int n, int at)
{
    utf8proc_int32_t state = 0;
    while (++at < n)
        if (utf8proc_grapheme_break_stateful(c[at - 1], c[at], &state))
            break;
    return at;
}
