/* inih in one place: the only file that includes ini.h of the library. */
#include "core/ini.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"

#include <ini.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    const char *text; /* what is left */
    int line, too_long;
    int section, empty; /* line of the section that has no name = value yet; of the first that never had one */
    void (*each)(const char *section, const char *name, const char *value, int line, void *data);
    void *data;
};

/* fgets over memory; counts lines, since inih's handler is not told. */
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
    r->line++;
    if (to[strspn(to, " \t")] == '[') {
        r->empty = r->empty ? r->empty : r->section;
        r->section = r->line;
    }
    return to;
}

static int handle(void *user, const char *section, const char *name, const char *value)
{
    struct reader *r = user;
    r->section = 0;
    r->each(section, name, value, r->line, r->data);
    return 1;
}

void ini_read(const char *path,
              void (*each)(const char *section, const char *name, const char *value, int line, void *data), void *data)
{
    size_t size;
    char *text = file_read(path, 1 << 20, &size);
    if (strlen(text) != size) {
        free(text);
        die(EXIT_USAGE, "%s: holds a NUL byte: not an INI file", path);
    }
    struct reader r = {.text = text, .each = each, .data = data};
    struct trap t;
    if (trap_set(&t)) {
        free(text);
        die(t.code, "%s", t.text);
    }
    int bad = ini_parse_stream(next_line, &r, handle, &r);
    trap_end(&t);
    free(text);
    if (r.too_long)
        die(EXIT_USAGE, "%s:%d: the line is longer than %d characters; go on in an indented next line", path,
            r.line + 1, r.too_long);
    if (bad > 0)
        die(EXIT_USAGE, "%s:%d: neither a [section] nor name = value", path, bad);
    if (bad < 0)
        die(EXIT_RESOURCE, "%s: cannot be parsed: out of memory", path);
    r.empty = r.empty ? r.empty : r.section;
    if (r.empty) /* inih does not tell of it: it would be ignored */
        die(EXIT_USAGE, "%s:%d: the section holds nothing: give it a name = value or remove it", path, r.empty);
}

void words_add(char ***list, int *n, const char *value)
{
    while (*(value += strspn(value, " \t"))) {
        size_t length = strcspn(value, " \t");
        *list = mem_grow(*list, (size_t)(*n + 1) * sizeof **list);
        (*list)[(*n)++] = mem_text("%.*s", (int)length, value);
        value += length;
    }
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
