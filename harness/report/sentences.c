/* Finding the numbers of sentences in tables. */
#include "report/sentences.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"

#include <ctype.h>
#include <dirent.h>
#include <fnmatch.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A decimal number as it is written: .5, 0.50 and -12.5, but not 1.2.3, v1.5 or 1e-3. */
struct number {
    double value;
    char sign;   /* '+', '-', or 0 where none is written */
    size_t size; /* characters */
};

struct source {
    double *value;
    int n, capacity;
};

static bool in_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* The number that begins at p, in a text that begins at `text`; size 0 when there is none. */
static struct number number_at(const char *text, const char *p)
{
    struct number x = {0};
    if (p > text && (in_word(p[-1]) || p[-1] == '.'))
        return x;
    const char *digits = p;
    if (*digits == '+' || *digits == '-')
        x.sign = *digits++;
    size_t whole = strspn(digits, "0123456789");
    if (digits[whole] != '.')
        return x;
    const char *point = digits + whole;
    size_t places = strspn(point + 1, "0123456789");
    const char *next = point + 1 + places;
    if (!places || in_word(*next) || (*next == '.' && in_word(next[1])))
        return x;
    x.value = strtod(digits, NULL) * (x.sign == '-' ? -1 : 1);
    x.size = (size_t)(next - p);
    return x;
}

/* "85.6 [83.9, 87.4]" is three numbers, anything else one; returns how many characters. */
static size_t numbers_at(const char *text, const char *p, struct number x[3], int *n)
{
    static const char *const between[] = {" [", ", "};
    size_t used = 0;
    for (*n = 0; *n < 3; ++*n) {
        if (*n && strncmp(p + used, between[*n - 1], 2) != 0 && strncmp(p + used, *n == 1 ? "\n[" : ",\n", 2) != 0)
            break;
        size_t gap = *n ? 2 : 0;
        x[*n] = number_at(text, p + used + gap);
        if (!x[*n].size)
            break;
        used += gap + x[*n].size;
    }
    if (*n == 2) { /* no interval: the second is looked at by itself */
        *n = 1;
        used = x[0].size;
    }
    return used;
}

static void source_file(struct source *s, const char *folder, const char *name)
{
    char *path = mem_text("%s/%s", folder, name), *text = file_read(path, 16 << 20, NULL);
    for (const char *p = text; *p;) {
        struct number x = number_at(text, p);
        if (x.size && s->n == s->capacity) {
            s->capacity = s->capacity ? 2 * s->capacity : 256;
            s->value = mem_grow(s->value, (size_t)s->capacity * sizeof *s->value);
        }
        if (x.size)
            s->value[s->n++] = x.value;
        p += x.size ? x.size : 1;
    }
    free(text);
    free(path);
}

/* The tables of the experiment that n characters name, in any folder of `tables`. */
static void source_experiment(struct source *s, const char *tables, const char *name, size_t n)
{
    struct dirent **profile, **entry;
    if (!n || n > 64 || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") < n)
        return;
    char *pattern = mem_text("%.*s-*.md", (int)n, name);
    int profiles = scandir(tables, &profile, NULL, alphasort);
    for (int i = 0; i < profiles; i++) {
        char *folder = mem_text("%s/%s/tables", tables, profile[i]->d_name);
        int files = profile[i]->d_name[0] == '.' ? -1 : scandir(folder, &entry, NULL, alphasort);
        for (int k = 0; k < files; k++) {
            if (fnmatch(pattern, entry[k]->d_name, 0) == 0)
                source_file(s, folder, entry[k]->d_name);
            free(entry[k]);
        }
        if (files >= 0)
            free(entry);
        free(folder);
        free(profile[i]);
    }
    if (profiles >= 0)
        free(profile);
    free(pattern);
}

static bool agree(double v, const struct number *x)
{
    bool sided = !x->sign || v == 0 || (v < 0) == (x->sign == '-');
    return sided && fabs(fabs(v) - fabs(x->value)) < 1e-9;
}

/* Do n numbers of a sentence, an estimate and the ends of its interval, stand side by side? */
static bool source_has(const struct source *s, const struct number *x, int n)
{
    for (int i = 0; i + n <= s->n; i++) {
        int k = 0;
        while (k < n && agree(s->value[i + k], &x[k]))
            k++;
        if (k == n)
            return true;
    }
    return false;
}

/* The names between "## " and the colon of a section's heading. */
static void heading(struct source *s, const char *tables, const char *line)
{
    const char *end = line + strcspn(line, "\n:");
    for (const char *p = line + 3; *end == ':' && p < end; p += strspn(p, ", ")) {
        size_t n = strcspn(p, ",:");
        source_experiment(s, tables, p, n);
        p += n;
    }
}

/* Blanks what is code and where links lead, and reads the experiments that are named as code. */
static void strip(struct source *s, const char *tables, char *paragraph)
{
    for (char *p = paragraph; *p; p++) {
        bool code = *p == '`', link = p[0] == ']' && p[1] == '(';
        if (!code && !link)
            continue;
        size_t n = strcspn(p + 1, code ? "`" : ")");
        if (code)
            source_experiment(s, tables, p + 1, n);
        n += p[1 + n] != '\0';
        memset(p, ' ', n + 1);
        p += n;
    }
}

static int check_paragraph(const char *path, int line, const char *from, size_t length, const struct source *section,
                           const char *tables)
{
    struct source s = {0};
    char *paragraph = mem_text("%.*s", (int)length, from);
    int missing = 0;
    strip(&s, tables, paragraph);
    for (const char *p = paragraph; *p;) {
        struct number x[3];
        int n = 0;
        size_t size = numbers_at(paragraph, p, x, &n);
        if (n && !source_has(section, x, n) && !source_has(&s, x, n)) {
            warn("%s:%d: %.*s stands in no table of the experiments that this paragraph is about", path, line,
                 (int)size, p);
            missing++;
        }
        for (size += !size; size; size--)
            line += *p++ == '\n';
    }
    free(paragraph);
    free(s.value);
    return missing;
}

/* **Result.** or **A question?** */
static bool states(const char *paragraph)
{
    const char *end = strncmp(paragraph, "**", 2) == 0 ? strstr(paragraph + 2, "**") : NULL;
    return end && (end[-1] == '?' || strncmp(paragraph, "**Result.**", 11) == 0);
}

int prose_check(const char *path, const char *text, const char *tables)
{
    struct source section = {0};
    int line = 1, missing = 0;
    for (const char *p = text; *p;) {
        const char *end = strstr(p, "\n\n");
        size_t size = end ? (size_t)(end - p) : strlen(p);
        if (strncmp(p, "## ", 3) == 0) {
            section.n = 0;
            heading(&section, tables, p);
        } else if (section.n && states(p))
            missing += check_paragraph(path, line, p, size, &section, tables);
        for (size += strspn(p + size, "\n"); size; size--)
            line += *p++ == '\n';
    }
    free(section.value);
    return missing;
}
