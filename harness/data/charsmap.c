/* The double array is that of Darts-clone (Yata et al. 2007): a unit's low bits are a label or a value, its high ones the
 * distance to its children. */
#include "data/charsmap.h"

#include "core/arena.h"
#include "core/die.h"

#include <stdlib.h>
#include <string.h>

enum { CLUSTER_BYTES = 6 };

struct charsmap {
    uint32_t *unit;
    size_t units;
    char *text; /* replacements, each ended by NUL, and one NUL more at the end */
    size_t size;
};

static int digit_of(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* The bytes of base64 text, for free(); *size is -1 when it is none. */
static unsigned char *decode(const char *text, long *size)
{
    size_t n = strlen(text), used = 0;
    unsigned char *out = mem_alloc(n / 4 * 3 + 4);
    uint32_t bits = 0;
    int have = 0;
    while (n > 0 && text[n - 1] == '=')
        n--;
    for (size_t i = 0; i < n; i++) {
        int digit = digit_of(text[i]);
        if (digit < 0) {
            *size = -1;
            return out;
        }
        bits = bits << 6 | (uint32_t)digit;
        have += 6;
        if (have >= 8)
            out[used++] = (unsigned char)(bits >> (have -= 8));
    }
    *size = (long)used;
    return out;
}

static uint32_t little_endian(const unsigned char *b)
{
    return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

struct charsmap *charsmap_read(const char *base64, const char *path)
{
    long size;
    unsigned char *bytes = decode(base64, &size);
    uint32_t trie = size >= 4 ? little_endian(bytes) : 0;
    if (size < 8 || trie < 4 || trie % 4 || trie > (size_t)size - 4) {
        free(bytes);
        die(EXIT_DATA, "%s: precompiled_charsmap is damaged", path);
    }
    struct charsmap *m = mem_alloc(sizeof *m);
    m->units = trie / 4;
    m->unit = mem_alloc(trie);
    for (size_t i = 0; i < m->units; i++)
        m->unit[i] = little_endian(bytes + 4 + 4 * i);
    m->size = (size_t)size - 4 - trie;
    m->text = mem_alloc(m->size + 1);
    memcpy(m->text, bytes + 4 + trie, m->size);
    free(bytes);
    return m;
}

static size_t children(uint32_t unit)
{
    return (size_t)(unit >> 10) << ((unit & 0x200) >> 6);
}

/* The replacement of the shortest beginning of the bytes that has one; NULL: none. */
static const char *find(const struct charsmap *m, const char *bytes, int n)
{
    size_t at = children(m->unit[0]);
    for (int i = 0; i < n; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        at ^= byte;
        if (at >= m->units || (m->unit[at] & 0x800000FFu) != byte)
            return NULL;
        uint32_t unit = m->unit[at];
        at ^= children(unit);
        if (at >= m->units)
            return NULL;
        if (unit & 0x100) {
            uint32_t value = m->unit[at] & 0x7FFFFFFFu;
            return value <= m->size ? m->text + value : NULL;
        }
    }
    return NULL;
}

static bool replaced(const struct charsmap *m, const int32_t *c, int n, struct points *out)
{
    char bytes[CLUSTER_BYTES + UNICODE_BYTES];
    int used = 0;
    long invalid = 0;
    for (int i = 0; i < n && used < CLUSTER_BYTES; i++)
        used += unicode_put(c[i], bytes + used);
    const char *to = used < CLUSTER_BYTES ? find(m, bytes, used) : NULL;
    if (to)
        points_read(out, to, strlen(to), &invalid);
    return to != NULL;
}

void charsmap_run(const struct charsmap *m, const struct points *p, struct points *out)
{
    for (int at = 0, end; at < p->n; at = end) {
        end = points_cluster(p->c, p->n, at);
        if (replaced(m, p->c + at, end - at, out))
            continue;
        for (int i = at; i < end; i++)
            if (!replaced(m, p->c + i, 1, out))
                points_add(out, p->c[i]);
    }
}

void charsmap_free(struct charsmap *m)
{
    if (!m)
        return;
    free(m->unit);
    free(m->text);
    free(m);
}
