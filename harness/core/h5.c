/* Reading HDF5: from memory, and only bytes that a seal or a child process vouches for. */
#include "core/h5.h"
#include "core/h5_file.h"

#include "core/arena.h"
#include "core/file.h"
#include "core/option.h"
#include "core/seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many times its bytes a compressed file may unfold to. */
enum { UNFOLD = 2048 };

struct h5 *h5_wrap(hid_t file, const char *path, enum exit_code code)
{
    struct h5 *h = mem_alloc(sizeof *h);
    *h = (struct h5){.file = file, .code = code, .path = mem_text("%s", path)};
    return h;
}

/* The file access of an image in memory. Silences HDF5's error stack: what went wrong is said here, in one line. Links
 * to other files, which nobody has looked at, are not followed. */
hid_t h5_memory_access(void)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    if (H5Lis_registered(H5L_TYPE_EXTERNAL) > 0)
        H5Lunregister(H5L_TYPE_EXTERNAL);
    hid_t fapl = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fclose_degree(fapl, H5F_CLOSE_STRONG);
    H5Pset_fapl_core(fapl, 512, false);
    return fapl;
}

const char *h5_memory_name(void)
{
    static char name[40];
    static unsigned long files;
    snprintf(name, sizeof name, "/dev/null/%lu", files++);
    return name;
}

hid_t h5_open_image(char *image, size_t size)
{
    hid_t fapl = h5_memory_access(), file = -1;
    if (H5Pset_file_image(fapl, image, size) >= 0)
        file = H5Fopen(h5_memory_name(), H5F_ACC_RDONLY, fapl);
    H5Pclose(fapl);
    return file;
}

static struct h5 *open_file(const char *path, enum exit_code code, bool must_be_sealed)
{
    size_t size;
    char *image = file_read(path, H5_FILE_LIMIT, &size);
    const char *wrong = seal_wrong(image, size);
    bool sealed = seal_claimed(image, size);
    hid_t file = -1;
    DEFER(free, image);
    if (wrong && (sealed || must_be_sealed))
        die(EXIT_CORRUPT, "%s: %s", path, wrong);
    if (sealed || h5_child_survives(path, image, size))
        file = h5_open_image(image, size);
    if (file < 0)
        die(code, "%s: is not a readable HDF5 file", path);
    struct h5 *h = h5_wrap(file, path, code);
    h->size = size;
    return h;
}

struct h5 *h5_open(const char *path)
{
    return open_file(path, EXIT_DATA, false);
}

struct h5 *h5_open_sealed(const char *path)
{
    return open_file(path, EXIT_CORRUPT, true);
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
    hid_t d = H5Dopen2(h->file, name, H5P_DEFAULT);
    if (d < 0)
        die(h->code, "%s: has no dataset %s", h->path, name);
    hid_t made = H5Dget_create_plist(d);
    bool elsewhere = H5Pget_external_count(made) > 0 || H5Pget_layout(made) == H5D_VIRTUAL;
    H5Pclose(made);
    if (elsewhere) {
        H5Dclose(d);
        die(h->code, "%s: the values of %s lie in another file: copy them into this one (h5repack)", h->path, name);
    }
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
        die(h->code, "%s: %s has %d dimensions, at most %d are read", h->path, dataset, rank, H5_RANK);
    for (int i = 0; i < rank; i++)
        dims[i] = (size_t)size[i];
    return rank;
}

static size_t count(const struct h5 *h, const char *dataset)
{
    size_t dims[H5_RANK], n = 1, most = (h->size + 4096) * UNFOLD;
    int rank = h5_shape(h, dataset, dims);
    for (int i = 0; i < rank; i++) {
        if (dims[i] && n > (most < (size_t)1 << 31 ? most : (size_t)1 << 31) / dims[i])
            die(h->code, "%s: %s is too large", h->path, dataset);
        n *= dims[i];
    }
    return n;
}

/* All n values, converted; frees `allocated` before it dies. */
static void read_into(const struct h5 *h, const char *dataset, hid_t type, void *to, size_t n, void *allocated)
{
    hid_t d = open_dataset(h, dataset), stored = H5Dget_type(d);
    H5T_class_t class = H5Tget_class(stored);
    H5Tclose(stored);
    herr_t bad = class == H5T_INTEGER || class == H5T_FLOAT ? H5Dread(d, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, to) : -1;
    H5Dclose(d);
    if (bad < 0) {
        free(allocated);
        die(h->code, "%s: %s cannot be read as %zu numbers", h->path, dataset, n);
    }
}

static void exactly(const struct h5 *h, const char *dataset, size_t n)
{
    size_t there = count(h, dataset);
    if (there != n)
        die(h->code, "%s: %s holds %zu values, not %zu", h->path, dataset, there, n);
}

double *h5_read_f64(const struct h5 *h, const char *dataset, size_t *n)
{
    *n = count(h, dataset);
    double *v = mem_alloc(*n * sizeof *v);
    read_into(h, dataset, H5T_NATIVE_DOUBLE, v, *n, v);
    return v;
}

/* Texts of variable length: the library's memory becomes ours. */
static bool read_variable(hid_t d, hid_t stored, char **texts, size_t n)
{
    hid_t memory = H5Tcopy(H5T_C_S1);
    H5Tset_size(memory, H5T_VARIABLE);
    H5Tset_cset(memory, H5Tget_cset(stored));
    bool ok = H5Dread(d, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts) >= 0;
    for (size_t i = 0; i < n; i++) {
        char *theirs = texts[i];
        texts[i] = mem_text("%s", ok && theirs ? theirs : "");
        H5free_memory(theirs);
    }
    H5Tclose(memory);
    return ok;
}

/* Texts of one length, which need not be terminated. */
static bool read_fixed(const struct h5 *h, hid_t d, hid_t stored, char **texts, size_t n)
{
    size_t length = H5Tget_size(stored);
    bool ok = length > 0 && n <= (h->size + 4096) * UNFOLD / length;
    char *flat = ok ? mem_alloc(n * length) : NULL;
    ok = ok && H5Dread(d, stored, H5S_ALL, H5S_ALL, H5P_DEFAULT, flat) >= 0;
    for (size_t i = 0; ok && i < n; i++)
        texts[i] = mem_text("%.*s", (int)length, flat + i * length);
    free(flat);
    return ok;
}

char **h5_read_texts(const struct h5 *h, const char *dataset, size_t *n)
{
    *n = count(h, dataset);
    char **texts = mem_alloc((*n + 1) * sizeof *texts);
    hid_t d = open_dataset(h, dataset), stored = H5Dget_type(d);
    bool ok =
        H5Tget_class(stored) == H5T_STRING &&
        (H5Tis_variable_str(stored) > 0 ? read_variable(d, stored, texts, *n) : read_fixed(h, d, stored, texts, *n));
    H5Tclose(stored);
    H5Dclose(d);
    if (!ok) {
        h5_free_texts(texts, *n);
        die(h->code, "%s: %s cannot be read as texts", h->path, dataset);
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
    exactly(h, dataset, n);
    read_into(h, dataset, sizeof(real) == 4 ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE, to, n, NULL);
}

static hid_t open_attr(const struct h5 *h, const char *object, const char *name)
{
    hid_t a = H5Aopen_by_name(h->file, object, name, H5P_DEFAULT, H5P_DEFAULT);
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

bool h5_attr_is_number(const struct h5 *h, const char *object, const char *name)
{
    hid_t a = open_attr(h, object, name), type = H5Aget_type(a);
    H5T_class_t class = H5Tget_class(type);
    H5Tclose(type);
    H5Aclose(a);
    return class == H5T_INTEGER || class == H5T_FLOAT;
}

/* Fixed-length or variable-length text; false when it does not fit or cannot be read. */
static bool read_text(hid_t a, hid_t type, char *text, size_t size, size_t most)
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
    char *s = n <= most ? calloc(1, n + 1) : NULL; /* fixed-length text need not be terminated */
    bool ok = s && H5Aread(a, type, s) >= 0 && strlen(s) < size;
    if (ok)
        snprintf(text, size, "%s", s);
    free(s);
    return ok;
}

void h5_attr_text(const struct h5 *h, const char *object, const char *name, char *text, size_t size)
{
    hid_t a = open_attr(h, object, name), type = H5Aget_type(a);
    H5T_class_t class = H5Tget_class(type);
    bool ok = class == H5T_STRING && read_text(a, type, text, size, h->size);
    H5Tclose(type);
    H5Aclose(a);
    if (class == H5T_INTEGER)
        ok = snprintf(text, size, "%.0f", h5_attr_f64(h, object, name)) < (int)size;
    else if (class == H5T_FLOAT) {
        option_real_text(h5_attr_f64(h, object, name), text, size);
        ok = true;
    }
    if (!ok)
        die(h->code, "%s: attribute %s of %s is not a text of up to %zu bytes", h->path, name, object, size - 1);
}

/* The callback may die, so the names are collected first. No die() in here: HDF5 does not survive a jump out of its
 * iteration. */
struct names {
    char **name;
    size_t n;
};

static herr_t on_attr(hid_t object, const char *name, const H5A_info_t *info, void *data)
{
    struct names *s = data;
    (void)object;
    (void)info;
    char **names = realloc(s->name, (s->n + 1) * sizeof *names);
    if (!names)
        return -1;
    s->name = names;
    s->name[s->n] = strdup(name);
    return s->name[s->n] ? (s->n++, 0) : -1;
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
    DEFER(free_names, &s);
    for (size_t i = 0; i < s.n; i++)
        each(s.name[i], data);
}

const char *h5_version(void)
{
    return H5_VERS_INFO;
}
