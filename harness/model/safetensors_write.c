/* Writing safetensors. */
#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "core/json.h"
#include "model/safetensors.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The header of n tensors whose data follow one another. */
static char *header_of(const struct safetensor_out *tensors, size_t n, enum dtype dtype, size_t element)
{
    struct json *doc = json_new();
    struct json_view root = json_root(doc);
    json_put_string(json_put_object(root, "__metadata__"), "format", "pt");
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        const struct safetensor_out *t = &tensors[i];
        assert(!json_find(root, t->name).node);
        struct json_view entry = json_put_object(root, t->name);
        json_put_string(entry, "dtype", dtype == DTYPE_F64 ? "F64" : "F32");
        struct json_view shape = json_put_array(entry, "shape"), offsets = json_put_array(entry, "data_offsets");
        if (t->stack)
            json_put_int(shape, NULL, (long long)t->stack);
        if (t->rows)
            json_put_int(shape, NULL, (long long)(t->stack ? t->rows / t->stack : t->rows));
        json_put_int(shape, NULL, (long long)t->cols);
        json_put_int(offsets, NULL, (long long)at);
        at += (t->rows ? t->rows : 1) * t->cols * element;
        json_put_int(offsets, NULL, (long long)at);
    }
    char *text = json_line(doc);
    json_free(doc);
    return text;
}

static void write_row(struct file_out *f, const real *v, size_t n, enum dtype dtype)
{
    for (size_t i = 0; i < n; i++) {
        double wide = v[i];
        float narrow = (float)v[i];
        if (dtype == DTYPE_F64)
            file_write(f, &wide, sizeof wide);
        else
            file_write(f, &narrow, sizeof narrow);
    }
}

static void write_file(const char *path, const char *header, const struct safetensor_out *tensors, size_t n,
                       enum dtype dtype)
{
    size_t size = strlen(header), padded = (size + 7) / 8 * 8;
    unsigned char length[8];
    for (int i = 0; i < 8; i++)
        length[i] = (unsigned char)((uint64_t)padded >> (8 * i));
    struct file_out f;
    file_begin(&f, path);
    file_write(&f, length, sizeof length);
    file_write(&f, header, size);
    file_write(&f, "        ", padded - size); /* blanks after the JSON, as the format allows */
    for (size_t i = 0; i < n; i++)
        for (size_t row = 0; row < (tensors[i].rows ? tensors[i].rows : 1); row++)
            write_row(&f, tensors[i].v + row * tensors[i].ld, tensors[i].cols, dtype);
    file_commit(&f);
}

void safetensors_write(const char *path, const struct safetensor_out *tensors, size_t n, enum dtype dtype)
{
    assert(dtype == DTYPE_F32 || dtype == DTYPE_F64);
    char *header = header_of(tensors, n, dtype, dtype == DTYPE_F64 ? 8 : 4);
    DEFER(free, header);
    write_file(path, header, tensors, n, dtype);
}
