/* HDF5 in one place: the only file that includes hdf5.h. */
#include "core/h5.h"

#include "core/arena.h"
#include "core/option.h"

#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct h5 {
    hid_t file;
    enum exit_code code;
    bool failed; /* a write went wrong: said once, at close */
    char *path;
};

/* Silences HDF5's error stack: what went wrong is said here, in one line. */
static void quiet(void)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

static struct h5 *wrap(hid_t file, const char *path, enum exit_code code)
{
    struct h5 *h = mem_alloc(sizeof *h);
    *h = (struct h5){.file = file, .code = code, .path = mem_text("%s", path)};
    return h;
}

struct h5 *h5_open(const char *path, enum exit_code code)
{
    quiet();
    FILE *f = fopen(path, "rb");
    if (!f)
        die(code == EXIT_CORRUPT ? EXIT_DATA : code, "%s: cannot be opened for reading", path);
    fclose(f);
    hid_t fapl = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fclose_degree(fapl, H5F_CLOSE_STRONG);
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, fapl);
    H5Pclose(fapl);
    if (file < 0)
        die(code, "%s: is not a readable HDF5 file", path);
    return wrap(file, path, code);
}

struct h5 *h5_create(const char *path, size_t user_block)
{
    quiet();
    hid_t fapl = H5Pcreate(H5P_FILE_ACCESS), fcpl = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_fclose_degree(fapl, H5F_CLOSE_STRONG);
    H5Pset_libver_bounds(fapl, H5F_LIBVER_V18, H5F_LIBVER_V18);
    H5Pset_userblock(fcpl, user_block);
    H5Pset_obj_track_times(fcpl, false);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, fcpl, fapl);
    H5Pclose(fapl);
    H5Pclose(fcpl);
    if (file < 0)
        die(EXIT_RESOURCE, "%s: cannot be written", path);
    return wrap(file, path, EXIT_RESOURCE);
}

void h5_close(struct h5 *h)
{
    bool failed = h->failed;
    if (H5Fclose(h->file) < 0)
        failed = true;
    char path[1024];
    snprintf(path, sizeof path, "%s", h->path);
    free(h->path);
    free(h);
    if (failed)
        die(EXIT_RESOURCE, "%s: writing failed (is the disk full?)", path);
}

const char *h5_path(const struct h5 *h)
{
    return h->path;
}

bool h5_has(const struct h5 *h, const char *object)
{
    char part[H5_TEXT];
    if (strcmp(object, "/") == 0)
        return true;
    for (const char *p = object + (*object == '/'); p;) { /* every link on the way must exist */
        p = strchr(p, '/');
        snprintf(part, sizeof part, "%.*s", p ? (int)(p - object) : (int)strlen(object), object);
        if (H5Lexists(h->file, part, H5P_DEFAULT) <= 0)
            return false;
        p = p ? p + 1 : NULL;
    }
    return H5Oexists_by_name(h->file, object, H5P_DEFAULT) > 0;
}

static hid_t open_dataset(const struct h5 *h, const char *name)
{
    hid_t d = h5_has(h, name) ? H5Dopen2(h->file, name, H5P_DEFAULT) : -1;
    if (d < 0)
        die(h->code, "%s: has no dataset %s", h->path, name);
    return d;
}

int h5_shape(const struct h5 *h, const char *dataset, size_t dims[H5_RANK])
{
    hid_t d = open_dataset(h, dataset), space = H5Dget_space(d);
    hsize_t size[H5S_MAX_RANK] = {0};
    int rank = H5Sget_simple_extent_ndims(space);
    if (rank >= 0 && rank <= H5_RANK)
        H5Sget_simple_extent_dims(space, size, NULL);
    H5Sclose(space);
    H5Dclose(d);
    if (rank < 0 || rank > H5_RANK)
        die(h->code, "%s: %s has %d dimensions", h->path, dataset, rank);
    for (int i = 0; i < rank; i++)
        dims[i] = (size_t)size[i];
    return rank;
}

static size_t count(const struct h5 *h, const char *dataset)
{
    size_t dims[H5_RANK], n = 1;
    int rank = h5_shape(h, dataset, dims);
    for (int i = 0; i < rank; i++) {
        if (dims[i] && n > ((size_t)1 << 31) / dims[i])
            die(h->code, "%s: %s is too large", h->path, dataset);
        n *= dims[i];
    }
    return n;
}

static void read_into(const struct h5 *h, const char *dataset, hid_t type, void *to, size_t n)
{
    if (count(h, dataset) != n)
        die(h->code, "%s: %s holds %zu values, not %zu", h->path, dataset, count(h, dataset), n);
    hid_t d = open_dataset(h, dataset), stored = H5Dget_type(d);
    H5T_class_t class = H5Tget_class(stored);
    H5Tclose(stored);
    herr_t bad = class == H5T_INTEGER || class == H5T_FLOAT ? H5Dread(d, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, to) : -1;
    H5Dclose(d);
    if (bad < 0)
        die(h->code, "%s: %s cannot be read as numbers", h->path, dataset);
}

double *h5_read_f64(const struct h5 *h, const char *dataset, size_t *n)
{
    *n = count(h, dataset);
    double *v = mem_alloc(*n * sizeof *v);
    read_into(h, dataset, H5T_NATIVE_DOUBLE, v, *n);
    return v;
}

char **h5_read_texts(const struct h5 *h, const char *dataset, size_t *n)
{
    *n = count(h, dataset);
    char **texts = mem_alloc((*n + 1) * sizeof *texts);
    hid_t d = open_dataset(h, dataset), stored = H5Dget_type(d), memory = H5Tcopy(H5T_C_S1);
    H5Tset_size(memory, H5T_VARIABLE);
    H5Tset_cset(memory, H5Tget_cset(stored));
    bool ok = H5Tis_variable_str(stored) > 0 && H5Dread(d, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts) >= 0;
    for (size_t i = 0; i < *n; i++) { /* the library's memory becomes ours */
        char *theirs = texts[i];
        texts[i] = mem_text("%s", ok && theirs ? theirs : "");
        H5free_memory(theirs);
    }
    H5Tclose(memory);
    H5Tclose(stored);
    H5Dclose(d);
    if (!ok) {
        h5_free_texts(texts, *n);
        die(h->code, "%s: %s cannot be read as text of variable length", h->path, dataset);
    }
    return texts;
}

void h5_free_texts(char **texts, size_t n)
{
    for (size_t i = 0; texts && i < n; i++)
        free(texts[i]);
    free(texts);
}

void h5_read_real_into(const struct h5 *h, const char *dataset, real *to, size_t n)
{
    read_into(h, dataset, sizeof(real) == sizeof(float) ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE, to, n);
}

bool h5_has_attr(const struct h5 *h, const char *object, const char *name)
{
    return h5_has(h, object) && H5Aexists_by_name(h->file, object, name, H5P_DEFAULT) > 0;
}

static hid_t open_attr(const struct h5 *h, const char *object, const char *name)
{
    hid_t a = h5_has_attr(h, object, name) ? H5Aopen_by_name(h->file, object, name, H5P_DEFAULT, H5P_DEFAULT) : -1;
    if (a < 0)
        die(h->code, "%s: %s has no attribute %s", h->path, object, name);
    hid_t space = H5Aget_space(a);
    hssize_t n = H5Sget_simple_extent_npoints(space);
    H5Sclose(space);
    if (n != 1) {
        H5Aclose(a);
        die(h->code, "%s: attribute %s of %s holds %lld values, not one", h->path, name, object, (long long)n);
    }
    return a;
}

double h5_attr_f64(const struct h5 *h, const char *object, const char *name)
{
    double v = 0;
    hid_t a = open_attr(h, object, name), type = H5Aget_type(a);
    H5T_class_t class = H5Tget_class(type);
    herr_t bad = class == H5T_INTEGER || class == H5T_FLOAT ? H5Aread(a, H5T_NATIVE_DOUBLE, &v) : -1;
    H5Tclose(type);
    H5Aclose(a);
    if (bad < 0)
        die(h->code, "%s: attribute %s of %s is not a number", h->path, name, object);
    return v;
}

/* Fixed-length or variable-length text; false when it does not fit or cannot be read. */
static bool read_text(hid_t a, hid_t type, char *text, size_t size)
{
    if (H5Tis_variable_str(type) > 0) {
        char *s = NULL;
        hid_t memory = H5Tcopy(H5T_C_S1);
        H5Tset_size(memory, H5T_VARIABLE);
        H5Tset_cset(memory, H5Tget_cset(type));
        bool ok = H5Aread(a, memory, &s) >= 0 && s && strlen(s) < size;
        if (ok)
            snprintf(text, size, "%s", s);
        H5free_memory(s);
        H5Tclose(memory);
        return ok;
    }
    size_t n = H5Tget_size(type);
    char *s = mem_alloc(n + 1); /* fixed-length text need not be terminated */
    bool ok = H5Aread(a, type, s) >= 0 && strlen(s) < size;
    if (ok)
        snprintf(text, size, "%s", s);
    free(s);
    return ok;
}

void h5_attr_text(const struct h5 *h, const char *object, const char *name, char *text, size_t size)
{
    hid_t a = open_attr(h, object, name), type = H5Aget_type(a);
    H5T_class_t class = H5Tget_class(type);
    bool ok = class == H5T_STRING && read_text(a, type, text, size);
    H5Tclose(type);
    H5Aclose(a);
    if (class == H5T_INTEGER || class == H5T_FLOAT) {
        option_real_text(h5_attr_f64(h, object, name), text, size);
        ok = true;
    }
    if (!ok)
        die(h->code, "%s: attribute %s of %s is not a text of up to %zu bytes", h->path, name, object, size - 1);
}

/* The callback may die, so the names are collected first. */
struct names {
    char **name;
    size_t n;
};

static herr_t on_attr(hid_t object, const char *name, const H5A_info_t *info, void *data)
{
    struct names *s = data;
    (void)object;
    (void)info;
    s->name = mem_grow(s->name, (s->n + 1) * sizeof *s->name);
    s->name[s->n++] = mem_text("%s", name);
    return 0;
}

static void free_names(struct names *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->name[i]);
    free(s->name);
}

void h5_each_attr(const struct h5 *h, const char *object, void (*each)(const char *name, void *data), void *data)
{
    struct names s = {0};
    if (!h5_has(h, object) ||
        H5Aiterate_by_name(h->file, object, H5_INDEX_NAME, H5_ITER_INC, NULL, on_attr, &s, H5P_DEFAULT) < 0) {
        free_names(&s);
        die(h->code, "%s: the attributes of %s cannot be read", h->path, object);
    }
    for (size_t i = 0; i < s.n; i++)
        each(s.name[i], data);
    free_names(&s);
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

const char *h5_version(void)
{
    return H5_VERS_INFO;
}
