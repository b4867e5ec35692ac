/* Thin layer over utf8proc's tables. */
#include "core/unicode.h"

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

int unicode_fold(int32_t c, bool lower, bool strip, int32_t out[UNICODE_FOLD])
{
    if (lower)
        c = utf8proc_tolower(c);
    out[0] = c;
    if (!strip)
        return 1;
    int boundary = 0, kept = 0;
    utf8proc_ssize_t n = utf8proc_decompose_char(c, out, UNICODE_FOLD, UTF8PROC_DECOMPOSE, &boundary);
    for (int i = 0; i < n && i < UNICODE_FOLD; i++)
        if (utf8proc_category(out[i]) != UTF8PROC_CATEGORY_MN)
            out[kept++] = out[i];
    return kept;
}
