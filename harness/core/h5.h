/* HDF5 files: a small vocabulary for reading anything and for writing files whose equal content gives equal bytes. */
#ifndef CORE_H5_H
#define CORE_H5_H

#include "core/die.h"
#include "core/real.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a file that is read: a base of a thousand million parameters. */
#define H5_FILE_LIMIT ((size_t)4 << 30)

struct h5;
enum h5_type { H5_F32, H5_F64, H5_I32, H5_I64, H5_U8 };
enum { H5_RANK = 4, H5_TEXT = 4096 };

/* Opens for reading. A seal (core/seal.h) that does not fit dies with EXIT_CORRUPT; a file without one is read by a
 * child process first, since HDF5 may crash on a malformed file. Every failure here and in the readers below dies with
 * EXIT_DATA and names the file. */
struct h5 *h5_open(const char *path);
/* Processor seconds that the child may take over a small file (3), a second more for every 8 MiB. Fuzzing wants less.
 */
extern double h5_child_seconds;
/* The same for files that must have a seal: all but a file that cannot be opened dies with EXIT_CORRUPT. */
struct h5 *h5_open_sealed(const char *path);
/* A new file, in memory until h5_close. Dies with EXIT_RESOURCE. */
struct h5 *h5_create(const char *path);
/* Of a new file: seals it, puts it on disk whole, and returns when it is safely there; dies with EXIT_RESOURCE and
 * leaves nothing behind when that fails. Of one that is read: just closes. `h` is freed whatever happens. */
void h5_close(struct h5 *h);
/* Frees without writing. */
void h5_abandon(struct h5 *h);
const char *h5_path(const struct h5 *h);

bool h5_has(const struct h5 *h, const char *object);
/* Rank of a dataset and its dimensions. Dies when there is no such dataset or it has more than H5_RANK dimensions. */
int h5_shape(const struct h5 *h, const char *dataset, size_t dims[H5_RANK]);
/* All values, converted, in memory that the caller frees; *n receives their number. At most 2^31 values. */
double *h5_read_f64(const struct h5 *h, const char *dataset, size_t *n);
/* All strings of a dataset, of variable or of one length, each NUL-terminated; h5_free_texts frees them and takes NULL. */
char **h5_read_texts(const struct h5 *h, const char *dataset, size_t *n);
void h5_free_texts(char **texts, size_t n);
/* Into memory of exactly n values. */
void h5_read_real_into(const struct h5 *h, const char *dataset, real *to, size_t n);

double h5_attr_f64(const struct h5 *h, const char *object, const char *name);
bool h5_attr_is_number(const struct h5 *h, const char *object, const char *name);
/* Text of an attribute: of an integer its digits, of another number its shortest decimal. Longer text dies. */
void h5_attr_text(const struct h5 *h, const char *object, const char *name, char *text, size_t size);
/* Calls `each` for every attribute of an object, in name order. */
void h5_each_attr(const struct h5 *h, const char *object, void (*each)(const char *name, void *data), void *data);

/* Writers. Missing parent groups are made. Names must not begin with a blank; types are little-endian. */
void h5_group(struct h5 *h, const char *group);
/* labels: one name per dimension, or NULL. */
void h5_write(struct h5 *h, const char *dataset, enum h5_type type, int rank, const size_t *dims, const void *values,
              const char *const *labels);
/* n strings of fixed length (the longest), one dimension. */
void h5_write_texts(struct h5 *h, const char *dataset, int n, const char *const *texts, const char *label);
void h5_set_f64(struct h5 *h, const char *object, const char *name, double v);
void h5_set_i64(struct h5 *h, const char *object, const char *name, int64_t v);
void h5_set_text(struct h5 *h, const char *object, const char *name, const char *text);
const char *h5_version(void);

#endif
