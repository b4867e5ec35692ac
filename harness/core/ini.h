/* INI files through inih, with quotes: [section], name = value, comments on lines of their own. */
#ifndef CORE_INI_H
#define CORE_INI_H

#include <stdbool.h>
#include <stddef.h>

/* What a reader is told, in file order: a section that opens (name NULL), or one name = value of it. */
struct ini_line {
    const char *path;
    int line;
    const char *section; /* "" before the first */
    const char *name, *value;
};

/* Calls `each` for every section and every name = value. A line that begins with ; or # is a comment. A long value goes
 * on in indented lines, which are joined by a blank. Dies with EXIT_USAGE naming file and line when the file is not INI,
 * when a section or a name in it stands twice, or when a value holds a blank and then ; or # outside quotes: that may be
 * a comment or not. Dies with EXIT_DATA when the file cannot be read or is larger than 1 MiB. */
void ini_read(const char *path, void (*each)(const struct ini_line *l, void *data), void *data);
/* Dies with EXIT_USAGE and "path:line: ...". */
_Noreturn void ini_refuse(const struct ini_line *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A name that is read into a field of a struct: a text (char *), or the words of a list (char **, and int their number).
 * A table of them ends with an empty one. */
struct ini_field {
    const char *name;
    size_t text, words, n; /* offsets; words and n are 0 for a text */
};
#define INI_TEXT(s, field)                      \
    {                                           \
#field, offsetof(struct s, field), 0, 0 \
    }
#define INI_WORDS(s, name, field, n)                              \
    {                                                             \
        name, 0, offsetof(struct s, field), offsetof(struct s, n) \
    }
/* Reads the line into the field of `to` that has its name; false when none has. */
bool ini_field(const struct ini_field *table, void *to, const struct ini_line *l);

/* A whole value as text, for free(): without its quotes when all of it stands between two. */
char *ini_text(const char *value);
/* Adds the words of a value to a list of n: separated by blanks, but "my drive/b" is one, and so is 'say "x"'. False
 * when a quote that opens a word is not closed. */
bool words_add(char ***list, int *n, const char *value);
/* Drops every word that stands earlier in the list. */
void words_once(char **list, int *n);
void words_free(char **list, int n);

#endif
