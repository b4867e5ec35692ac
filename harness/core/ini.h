/* INI files through inih. */
#ifndef CORE_INI_H
#define CORE_INI_H

/* Calls each(section, name, value, line) in file order. Dies with EXIT_USAGE naming file and line when the file is not
 * INI or has a section without any name = value, and with EXIT_DATA when it cannot be read or is larger than 1 MiB. A
 * long value goes on in indented lines: then `each` is called again with the same name. */
void ini_read(const char *path,
              void (*each)(const char *section, const char *name, const char *value, int line, void *data), void *data);

/* Adds the blank-separated words of a value to a list of n. */
void words_add(char ***list, int *n, const char *value);
/* Drops every word that stands earlier in the list. */
void words_once(char **list, int *n);
void words_free(char **list, int n);

#endif
