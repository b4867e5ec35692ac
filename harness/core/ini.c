/* inih in one place: the only file that includes ini.h of the library. */
#include "core/ini.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"

#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* inih takes a blank and then ; for a comment, within quotes too. In a quoted value ; is therefore this byte on its way
 * through the library. */
enum { SEMICOLON = '\1' };

struct place {
    char *name; /* of a section, or of a key in the section that is open */
    int line;
};

struct reader {
    const char *text; /* what is left */
    int lines, too_long;
    struct ini_line l; /* what is told next: value is NULL until one is read */
    char *section, *name, *value;
    struct place *sections, *keys;
    int section_count, key_count;
    void (*each)(const struct ini_line *l, void *data);
    void *data;
};

_Noreturn void ini_refuse(const struct ini_line *l, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    die(EXIT_USAGE, "%s:%d: %s", l->path, l->line, text);
}

/* The end of the quoted word that begins at `text`, behind its second quote; NULL when it is no such word. */
static const char *quoted_end(const char *text)
{
    const char *end = *text == '"' || *text == '\'' ? strchr(text + 1, *text) : NULL;
    return end && strchr(" \t\r\n", end[1]) ? end + 1 : NULL; /* or the end of the text, which strchr finds too */
}

/* Where a comment may begin, outside quotes; NULL: nowhere. Hides the semicolons between quotes. */
static const char *comment_in(char *value)
{
    bool blank = true;
    for (char *c = value; *c; c++) {
        const char *end = blank ? quoted_end(c) : NULL;
        if (blank && (*c == ';' || *c == '#'))
            return c;
        for (; end && c + 1 < end; c++)
            *c = *c == ';' ? SEMICOLON : *c;
        blank = *c == ' ' || *c == '\t';
    }
    return NULL;
}

/* Notes where `name` stands; dies when it stood before. */
static void once(const struct reader *r, struct place **list, int *n, const char *name, bool section)
{
    for (int i = 0; i < *n; i++)
        if (strcmp((*list)[i].name, name) == 0)
            ini_refuse(&r->l, "%s%s%s stands there twice: line %d has it already", section ? "[" : "", name,
                       section ? "]" : "", (*list)[i].line);
    PUSH(*list, *n) = (struct place){mem_text("%s", name), r->l.line};
}

static void forget(struct place *list, int *n)
{
    for (int i = 0; i < *n; i++)
        free(list[i].name);
    *n = 0;
}

/* Tells of the value that has been read, now that nothing goes on with it. */
static void tell(struct reader *r)
{
    if (!r->value)
        return;
    r->l.name = r->name;
    r->l.value = r->value;
    r->each(&r->l, r->data);
    free(r->value);
    r->value = NULL;
}

/* "[name]": inih would cut a long name, and tell of none that holds nothing. */
static void open_section(struct reader *r, const char *line)
{
    const size_t n = strcspn(line, "]");
    r->l.line = r->lines;
    if (line[n] && line[n + 1 + strspn(line + n + 1, " \t\r\n")])
        ini_refuse(&r->l, "%.60s stands behind a section's name: give it a line of its own", line + n + 1);
    forget(r->keys, &r->key_count);
    free(r->section);
    free(r->name);
    r->name = NULL;
    r->section = mem_text("%.*s", (int)n, line);
    r->l.section = r->section;
    once(r, &r->sections, &r->section_count, r->section, true);
    r->l.name = r->l.value = NULL;
    r->each(&r->l, r->data);
}

/* fgets over memory; looks at what inih keeps to itself. */
static char *next_line(char *to, int size, void *stream)
{
    struct reader *r = stream;
    size_t n = strcspn(r->text, "\n");
    if (!*r->text)
        return NULL;
    n += r->text[n] == '\n';
    if (n >= (size_t)size) { /* inih would read the rest as a line of its own */
        r->too_long = size - 1;
        return NULL;
    }
    memcpy(to, r->text, n);
    to[n] = '\0';
    r->text += n;
    r->lines++;
    char *start = to + strspn(to, " \t");
    if (strchr(";#\r\n", *start)) /* a comment, or nothing */
        return to;
    const bool goes_on = start > to && r->name;
    if (!goes_on)
        tell(r);
    if (!goes_on && *start == '[') {
        open_section(r, start + 1);
        return to;
    }
    char *value = goes_on ? start : start + strcspn(start, "=:");
    const char *comment = comment_in(*value && !goes_on ? value + 1 : value);
    if (comment)
        die(EXIT_USAGE,
            "%s:%d: \"%.*s\": a comment has a line of its own, and a value with a blank and %c stands in quotes",
            r->l.path, r->lines, (int)strcspn(comment, "\r\n"), comment, *comment);
    return to;
}

static int handle(void *user, const char *section, const char *name, const char *value)
{
    struct reader *r = user;
    (void)section;
    if (r->value) { /* told and gone, unless this line goes on with it */
        char *joined = mem_text("%s %s", r->value, value);
        free(r->value);
        r->value = joined;
    } else {
        free(r->name);
        r->name = mem_text("%s", name);
        r->value = mem_text("%s", value);
        r->l.line = r->lines;
        once(r, &r->keys, &r->key_count, name, false);
    }
    for (char *c = r->value; (c = strchr(c, SEMICOLON)) != NULL;)
        *c = ';';
    return 1;
}

static void close_reader(struct reader *r)
{
    forget(r->sections, &r->section_count);
    forget(r->keys, &r->key_count);
    free(r->sections);
    free(r->keys);
    free(r->section);
    free(r->name);
    free(r->value);
}

void ini_read(const char *path, void (*each)(const struct ini_line *l, void *data), void *data)
{
    size_t size;
    char *text = file_read(path, 1 << 20, &size);
    struct reader *r = mem_alloc(sizeof *r); /* not in registers that a jump would put back */
    *r = (struct reader){.text = text, .each = each, .data = data, .l = {.path = path, .section = ""}};
    DEFER(free, text);
    DEFER(free, r);
    DEFER(close_reader, r);
    if (strlen(text) != size || strchr(text, SEMICOLON))
        die(EXIT_USAGE, "%s: holds a control character: not an INI file", path);
    if (strncmp(text, "\xEF\xBB\xBF", 3) == 0) /* a byte order mark */
        r->text += 3;
    const int bad = ini_parse_stream(next_line, r, handle, r);
    if (r->too_long)
        die(EXIT_USAGE, "%s:%d: the line is longer than %d characters; go on in an indented next line", path,
            r->lines + 1, r->too_long);
    if (bad > 0)
        die(EXIT_USAGE, "%s:%d: neither a [section] nor name = value", path, bad);
    if (bad < 0)
        die(EXIT_RESOURCE, "%s: cannot be parsed: out of memory", path);
    tell(r);
}

bool ini_field(const struct ini_field *table, void *to, const struct ini_line *l)
{
    while (table->name && strcmp(table->name, l->name) != 0)
        table++;
    if (!table->name)
        return false;
    char **text = (char **)((char *)to + table->text);
    if (!table->words)
        *text = ini_text(l->value);
    else if (!words_add((char ***)((char *)to + table->words), (int *)((char *)to + table->n), l->value))
        ini_refuse(l, "%s = %.80s: a quote is not closed", l->name, l->value);
    return true;
}

char *ini_text(const char *value)
{
    const char *end = quoted_end(value);
    return end && !*end ? mem_text("%.*s", (int)(end - value - 2), value + 1) : mem_text("%s", value);
}

bool words_add(char ***list, int *n, const char *value)
{
    while (*(value += strspn(value, " \t"))) {
        const bool quoted = *value == '"' || *value == '\'';
        const char *end = quoted ? quoted_end(value) : value + strcspn(value, " \t");
        if (!end)
            return false;
        PUSH(*list, *n) = mem_text("%.*s", (int)(end - value) - 2 * quoted, value + quoted);
        value = end;
    }
    return true;
}

void words_once(char **list, int *n)
{
    int kept = 0;
    for (int i = 0; i < *n; i++) {
        int known = 0;
        for (int k = 0; k < kept && !known; k++)
            known = strcmp(list[k], list[i]) == 0;
        if (known)
            free(list[i]);
        else
            list[kept++] = list[i];
    }
    *n = kept;
}

void words_free(char **list, int n)
{
    for (int i = 0; i < n; i++)
        free(list[i]);
    free(list);
}
