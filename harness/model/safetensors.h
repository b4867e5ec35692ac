/* safetensors files: a checked table of named tensors over a read-only map, and a writer.
 *
 * Format: 8 bytes header length (little-endian), a JSON object name -> {dtype, shape, data_offsets}, the data. */
#ifndef MODEL_SAFETENSORS_H
#define MODEL_SAFETENSORS_H

#include "core/real.h"

#include <stddef.h>

enum { SAFETENSORS_HEADER = 100 << 20, SAFETENSORS_RANK = 8 }; /* bounds: bytes of the header, dimensions */

enum dtype {
    DTYPE_F16,
    DTYPE_BF16,
    DTYPE_F32,
    DTYPE_F64,
    DTYPE_OTHER /* integers, booleans, F8: listed, never read */
};

struct safetensor {
    char *name;
    enum dtype dtype;
    char dtype_name[12];
    int rank;
    size_t shape[SAFETENSORS_RANK];
    size_t count, begin, bytes; /* elements; where the data begins in the file (any alignment) and its size */
};

struct safetensors;

/* Dies with EXIT_DATA, naming file and tensor: header beyond the file or SAFETENSORS_HEADER, not JSON, a name given
 * twice, unknown dtype, data outside the file, data that overlap or leave bytes out, a size that is not shape x dtype.
 */
struct safetensors *safetensors_open(const char *path);
void safetensors_close(struct safetensors *s);

/* The tensors in order of their names, and one by name (NULL when there is none). */
size_t safetensors_count(const struct safetensors *s);
const struct safetensor *safetensors_at(const struct safetensors *s, size_t i);
const struct safetensor *safetensors_find(const struct safetensors *s, const char *name);
/* out := the t->count values. Dies when they are not floating point, or one is NaN or infinite as a `real`. */
void safetensors_read(const struct safetensors *s, const struct safetensor *t, real *out);

/* A tensor to be written: rank 1 (cols) when rows is 0, else (rows, cols) with row stride ld; with a stack, which divides
 * rows, (stack, rows / stack, cols). */
struct safetensor_out {
    const char *name;
    const real *v;
    size_t rows, cols, ld, stack;
};
/* Writes n tensors in the given order as F32, or F64 (dtype), with the metadata format=pt that transformers asks for.
 * The data begins at a multiple of 8. The file appears complete or not at all. */
void safetensors_write(const char *path, const struct safetensor_out *tensors, size_t n, enum dtype dtype);

#endif
