/* Writing HDF5: built in memory, then sealed and put on disk whole or not at all. */
#include "core/h5.h"
#include "core/h5_file.h"

#include "core/arena.h"
#include "core/file.h"
#include "core/seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct h5 *h5_create(const char *path)
{
    hid_t fapl = h5_memory_access(), fcpl = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_libver_bounds(fapl, H5F_LIBVER_V18, H5F_LIBVER_V18);
    H5Pset_userblock(fcpl, SEAL_BYTES);
    H5Pset_obj_track_times(fcpl, false);
    hid_t file = H5Fcreate(h5_memory_name(), H5F_ACC_TRUNC, fcpl, fapl);
    H5Pclose(fcpl);
    H5Pclose(fapl);
    if (file < 0)
        die(EXIT_RESOURCE, "%s: HDF5 has no memory for it", path);
    struct h5 *h = h5_wrap(file, path, EXIT_RESOURCE);
    h->writing = true;
    return h;
}

void h5_abandon(struct h5 *h)
{
    H5Fclose(h->file);
    free(h->path);
    free(h);
}

/* The image that HDF5 would have written, its seal filled in. */
static char *sealed_image(struct h5 *h, size_t *size)
{
    hsize_t bytes = 0;
    void **memory = NULL;
    hid_t fapl = H5Fget_access_plist(h->file);
    bool ok = !h->failed && H5Fflush(h->file, H5F_SCOPE_GLOBAL) >= 0 && H5Fget_filesize(h->file, &bytes) >= 0 &&
              H5Fget_vfd_handle(h->file, fapl, (void **)&memory) >= 0 && bytes > SEAL_BYTES;
    H5Pclose(fapl);
    if (!ok)
        die(EXIT_RESOURCE, "%s: HDF5 could not make it (out of memory?)", h->path);
    *size = (size_t)bytes;
    char *image = mem_alloc(*size);
    memcpy(image, *memory, *size);
    seal_put(image, *size);
    return image;
}

void h5_close(struct h5 *h)
{
    struct file_out f;
    size_t size = 0;
    DEFER(h5_abandon, h);
    if (h->writing) {
        char *image = sealed_image(h, &size);
        DEFER(free, image);
        file_begin(&f, h->path);
        file_write(&f, image, size);
        file_commit(&f);
    }
}

/* Link creation that makes missing groups. */
static hid_t with_parents(void)
{
    hid_t p = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(p, 1);
    return p;
}

void h5_group(struct h5 *h, const char *group)
{
    if (h5_has(h, group))
        return;
    hid_t parents = with_parents(), g = H5Gcreate2(h->file, group, parents, H5P_DEFAULT, H5P_DEFAULT);
    h->failed |= g < 0;
    if (g >= 0)
        H5Gclose(g);
    H5Pclose(parents);
}

static void write_dataset(struct h5 *h, const char *dataset, hid_t stored, hid_t memory, int rank, const size_t *dims,
                          const void *values, const char *const *labels)
{
    hsize_t size[H5_RANK] = {0};
    for (int i = 0; i < rank; i++)
        size[i] = dims[i];
    hid_t space = rank ? H5Screate_simple(rank, size, NULL) : H5Screate(H5S_SCALAR);
    hid_t parents = with_parents(), dcpl = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(dcpl, false);
    hid_t d = H5Dcreate2(h->file, dataset, stored, space, parents, dcpl, H5P_DEFAULT);
    if (d < 0 || H5Dwrite(d, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        h->failed = true;
    for (int i = 0; d >= 0 && labels && i < rank; i++)
        h->failed |= H5DSset_label(d, (unsigned)i, labels[i]) < 0;
    if (d >= 0)
        H5Dclose(d);
    H5Pclose(parents);
    H5Pclose(dcpl);
    H5Sclose(space);
}

void h5_write(struct h5 *h, const char *dataset, enum h5_type type, int rank, const size_t *dims, const void *values,
              const char *const *labels)
{
    const hid_t stored[] = {H5T_IEEE_F32LE, H5T_IEEE_F64LE, H5T_STD_I32LE, H5T_STD_I64LE, H5T_STD_U8LE};
    const hid_t memory[] = {H5T_NATIVE_FLOAT, H5T_NATIVE_DOUBLE, H5T_NATIVE_INT32, H5T_NATIVE_INT64, H5T_NATIVE_UINT8};
    write_dataset(h, dataset, stored[type], memory[type], rank, dims, values, labels);
}

void h5_write_texts(struct h5 *h, const char *dataset, int n, const char *const *texts, const char *label)
{
    size_t longest = 1, dims[1] = {(size_t)n};
    for (int i = 0; i < n; i++)
        longest = strlen(texts[i]) > longest ? strlen(texts[i]) : longest;
    char *flat = mem_alloc((size_t)n * longest);
    for (int i = 0; i < n; i++)
        memcpy(flat + (size_t)i * longest, texts[i], strlen(texts[i]));
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, longest);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    write_dataset(h, dataset, type, type, 1, dims, flat, label ? &label : NULL);
    H5Tclose(type);
    free(flat);
}

static void write_attr(struct h5 *h, const char *object, const char *name, hid_t stored, hid_t memory,
                       const void *value)
{
    h5_group(h, object);
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t a = H5Acreate_by_name(h->file, object, name, stored, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (a < 0 || H5Awrite(a, memory, value) < 0)
        h->failed = true;
    if (a >= 0)
        H5Aclose(a);
    H5Sclose(space);
}

void h5_set_f64(struct h5 *h, const char *object, const char *name, double v)
{
    write_attr(h, object, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &v);
}

void h5_set_i64(struct h5 *h, const char *object, const char *name, int64_t v)
{
    write_attr(h, object, name, H5T_STD_I64LE, H5T_NATIVE_INT64, &v);
}

void h5_set_text(struct h5 *h, const char *object, const char *name, const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, strlen(text) + 1);
    write_attr(h, object, name, type, type, text);
    H5Tclose(type);
}
