/* Replacing generated blocks. */
#include "report/document.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "report/sentences.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char opening[] = "<!-- generated: table ", closing[] = "<!-- end -->";

/* The file of a table: directly in `tables`, in tables/tables, or in one of its folders; NULL when there is none. */
static char *find_table(const char *tables, const char *name)
{
    const char *slash = strchr(name, '/');
    char *direct[] = {mem_text("%s/%s.md", tables, name), mem_text("%s/tables/%s.md", tables, name),
                      slash ? mem_text("%s/%.*s/tables/%s.md", tables, (int)(slash - name), name, slash + 1) : NULL};
    char *found = NULL;
    for (int i = 0; i < 3; i++) {
        if (direct[i] && !found && file_exists(direct[i]))
            found = direct[i];
        else
            free(direct[i]);
    }
    struct dirent **entry;
    int n = found ? -1 : scandir(tables, &entry, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char *path = mem_text("%s/%s/tables/%s.md", tables, entry[i]->d_name, name);
        if (!found && entry[i]->d_name[0] != '.' && file_exists(path))
            found = path;
        else
            free(path);
        free(entry[i]);
    }
    if (n >= 0)
        free(entry);
    return found;
}

/* "main-decision note 2" is the second note under that table: its number, which goes from the name; 0 where none is asked. */
static int note_asked(char *name)
{
    char *word = strstr(name, " note ");
    int number = 0;
    if (word && sscanf(word, " note %d", &number) == 1)
        *word = '\0';
    return number;
}

/* The line of a note, for free(); NULL when the table has fewer. */
static char *note_of(const char *table, int number)
{
    const char *line = table;
    for (; *line; line += strcspn(line, "\n"), line += *line == '\n')
        if (strncmp(line, "- ", 2) == 0 && --number == 0)
            return mem_text("\n%.*s\n", (int)strcspn(line, "\n"), line);
    return NULL;
}

static int line_of(const char *text, const char *at)
{
    int line = 1;
    for (; text < at; text++)
        line += *text == '\n';
    return line;
}

struct update {
    const char *path, *tables, *text;
    FILE *out;
    int changed;
    bool check;
};

/* One block, from its opening mark; returns the rest of the document. */
static const char *block(struct update *u, const char *from)
{
    char name[128];
    const char *start = strstr(from, "-->"), *end = start ? strstr(start, closing) : NULL;
    const char *next = start ? strstr(start, opening) : NULL;
    size_t used = start ? (size_t)(start - from) - (sizeof opening - 1) : 0;
    while (used && from[sizeof opening - 2 + used] == ' ')
        used--;
    if (!end || (next && next < end) || !used || used >= sizeof name)
        die(EXIT_USAGE, "%s:%d: this generated block has no name or no %s", u->path, line_of(u->text, from), closing);
    snprintf(name, sizeof name, "%.*s", (int)used, from + sizeof opening - 1);
    if (strstr(name, "..") || strpbrk(name, "\\\n\"'"))
        die(EXIT_USAGE, "%s:%d: %s is not the name of a table", u->path, line_of(u->text, from), name);
    const int note = note_asked(name);
    char *table = find_table(u->tables, name);
    if (!table)
        die(EXIT_DATA, "%s:%d: there is no table %s under %s", u->path, line_of(u->text, from), name, u->tables);
    char *content = file_read(table, 16 << 20, NULL),
         *wanted = note ? note_of(content, note) : mem_text("\n%s", content);
    if (!wanted)
        die(EXIT_DATA, "%s:%d: %s has no note %d", u->path, line_of(u->text, from), table, note);
    size_t size = (size_t)(end - start) - 3;
    if (strlen(wanted) != size || memcmp(wanted, start + 3, size) != 0) {
        u->changed++;
        if (u->check)
            warn("%s:%d: table %s differs from %s (`peftlab document %s` brings it up to date)", u->path,
                 line_of(u->text, from), name, table, u->path);
    }
    fwrite(from, 1, (size_t)(start - from) + 3, u->out);
    fputs(wanted, u->out);
    fputs(closing, u->out);
    free(table);
    free(content);
    free(wanted);
    return end + sizeof closing - 1;
}

int document_update(const char *path, const char *tables, int check)
{
    char *text = file_read(path, 16 << 20, NULL), *result = NULL;
    size_t size = 0;
    struct update u = {.path = path, .tables = tables, .text = text, .check = check};
    u.out = mem_stream(&result, &size);
    const char *rest = text, *from;
    while ((from = strstr(rest, opening))) {
        fwrite(rest, 1, (size_t)(from - rest), u.out);
        rest = block(&u, from);
    }
    fputs(rest, u.out);
    fclose(u.out);
    if (u.changed && !check) {
        struct file_out out;
        file_begin(&out, path);
        file_write(&out, result, size);
        file_commit(&out);
    }
    if (check)
        u.changed += prose_check(path, text, tables);
    free(result);
    free(text);
    return u.changed;
}
