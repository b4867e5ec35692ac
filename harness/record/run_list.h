/* Lists of what was measured of runs, beside their records: a CSV with a run's key in each line and columns of an option table. */
#ifndef RECORD_RUN_LIST_H
#define RECORD_RUN_LIST_H

#include "core/option.h"

#include <stddef.h>

/* The rows of such a file, of `size` bytes each, for free(): their first member is `char key[HASH_HEX]`, the columns are theirs. A
 * file that is not there has none. An empty field of a column whose default is NaN was not measured. Dies with EXIT_DATA, naming
 * the line, when a key or a value is none. */
void *run_list_read(const struct option *columns, size_t size, const char *path, int *n);
/* Replaces the file. */
void run_list_write(const struct option *columns, size_t size, const char *path, const void *rows, int n);

#endif
