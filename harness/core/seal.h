/* The seal of a result file: a SHA-256, in HDF5's user block, of every byte behind that block. */
#ifndef CORE_SEAL_H
#define CORE_SEAL_H

#include <stdbool.h>
#include <stddef.h>

enum { SEAL_BYTES = 512 };

/* Fills in the first SEAL_BYTES of a whole file in memory (size > SEAL_BYTES). */
void seal_put(char *image, size_t size);
/* Whether a file in memory says that it has a seal. */
bool seal_claimed(const char *image, size_t size);
/* NULL when it is exactly what was sealed, else what is wrong: "is damaged: ...". */
const char *seal_wrong(const char *image, size_t size);
/* The same for a file on disk. Dies as file_read does where it cannot be read: that says nothing of its content. */
bool seal_check(const char *path, char *why, size_t why_size);

#endif
