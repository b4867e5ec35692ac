/* Reading safetensors: nothing of the header is believed before it is checked against the file. */
#include "model/safetensors.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/json.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct safetensors {
    char *path;
    unsigned char *map;
    size_t size, n;
    struct safetensor *tensor; /* n, ordered by name */
    struct json *header;       /* while it is read */
};

static const struct {
    const char *name;
    enum dtype dtype;
    size_t bytes;
} dtypes[] = {
    {"F16", DTYPE_F16, 2},    {"BF16", DTYPE_BF16, 2},     {"F32", DTYPE_F32, 4},       {"F64", DTYPE_F64, 8},
    {"BOOL", DTYPE_OTHER, 1}, {"U8", DTYPE_OTHER, 1},      {"I8", DTYPE_OTHER, 1},      {"U16", DTYPE_OTHER, 2},
    {"I16", DTYPE_OTHER, 2},  {"U32", DTYPE_OTHER, 4},     {"I32", DTYPE_OTHER, 4},     {"U64", DTYPE_OTHER, 8},
    {"I64", DTYPE_OTHER, 8},  {"F8_E4M3", DTYPE_OTHER, 1}, {"F8_E5M2", DTYPE_OTHER, 1},
};

/* Sets the type of t and returns the bytes of one element. */
static size_t read_dtype(struct safetensor *t, const char *name, const char *path)
{
    for (size_t i = 0; i < sizeof dtypes / sizeof dtypes[0]; i++)
        if (strcmp(dtypes[i].name, name) == 0) {
            t->dtype = dtypes[i].dtype;
            snprintf(t->dtype_name, sizeof t->dtype_name, "%s", name);
            return dtypes[i].bytes;
        }
    die(EXIT_DATA, "%s: tensor %.80s: unknown dtype \"%.20s\"", path, t->name, name);
}

/* One entry of the header; `data` is where offsets count from. */
static void read_entry(const struct safetensors *s, struct safetensor *t, struct json_view v, size_t data)
{
    t->name = mem_text("%s", v.key);
    size_t element = read_dtype(t, json_text(json_get(v, "dtype")), s->path);
    struct json_view shape = json_get(v, "shape"), offsets = json_get(v, "data_offsets");
    size_t rank = json_array_length(shape);
    if (rank > SAFETENSORS_RANK)
        die(EXIT_DATA, "%s: tensor %.80s has %zu dimensions, at most %d are read", s->path, t->name, rank,
            SAFETENSORS_RANK);
    t->rank = (int)rank;
    t->count = 1;
    size_t most = (s->size - data) / element;
    for (size_t i = 0; i < rank; i++) {
        t->shape[i] = (size_t)json_int(json_element(shape, i), 0, INT64_MAX);
        if (__builtin_mul_overflow(t->count, t->shape[i], &t->count) || t->count > most)
            die(EXIT_DATA, "%s: tensor %.80s has more elements than the file has bytes for", s->path, t->name);
    }
    if (json_array_length(offsets) != 2)
        die(EXIT_DATA, "%s: tensor %.80s: data_offsets must be [begin, end]", s->path, t->name);
    size_t begin = (size_t)json_int(json_element(offsets, 0), 0, INT64_MAX);
    size_t end = (size_t)json_int(json_element(offsets, 1), 0, INT64_MAX);
    if (begin > end || end > s->size - data)
        die(EXIT_DATA, "%s: tensor %.80s: data %zu..%zu lie outside the file (%zu bytes of data): truncated?", s->path,
            t->name, begin, end, s->size - data);
    t->begin = data + begin;
    t->bytes = end - begin;
    if (t->bytes != t->count * element)
        die(EXIT_DATA, "%s: tensor %.80s: %zu bytes, its shape in %s takes %zu", s->path, t->name, t->bytes,
            t->dtype_name, t->count * element);
}

static int by_begin(const void *a, const void *b)
{
    const struct safetensor *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return (x->bytes > y->bytes) - (x->bytes < y->bytes); /* an empty tensor before its neighbour */
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct safetensor *)a)->name, ((const struct safetensor *)b)->name);
}

/* The format asks that the tensors cover the data without overlap and without holes: bytes that no tensor names are
 * those of a header that was cut or exchanged. s->tensor is in the order of its places. */
static void check_cover(const struct safetensors *s, size_t end)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct safetensor *t = &s->tensor[i];
        if (t->begin < end)
            die(EXIT_DATA, "%s: the data of %.80s and %.80s overlap", s->path, t[-1].name, t->name);
        if (t->begin > end)
            die(EXIT_DATA, "%s: %zu bytes before %.80s belong to no tensor: the file is damaged", s->path,
                t->begin - end, t->name);
        end = t->begin + t->bytes;
    }
    if (end < s->size)
        die(EXIT_DATA, "%s: the last %zu bytes belong to no tensor: the file is damaged", s->path, s->size - end);
}

static void read_header(struct safetensors *s)
{
    uint64_t length = 0;
    for (int i = 0; s->size >= 8 && i < 8; i++)
        length |= (uint64_t)s->map[i] << (8 * i);
    if (s->size < 8 || length > s->size - 8)
        die(EXIT_DATA, "%s: a header of %llu bytes in a file of %zu: not safetensors, or truncated", s->path,
            (unsigned long long)length, s->size);
    if (length > SAFETENSORS_HEADER)
        die(EXIT_DATA, "%s: a header of %llu bytes, at most %d are read", s->path, (unsigned long long)length,
            SAFETENSORS_HEADER);
    s->header = json_parse((const char *)s->map + 8, (size_t)length, s->path);
    struct json_view root = json_root(s->header), entry = {0};
    s->tensor = mem_alloc(json_object_length(root) * sizeof *s->tensor);
    while (json_next(root, &entry))
        if (strcmp(entry.key, "__metadata__") != 0)
            read_entry(s, &s->tensor[s->n++], entry, 8 + (size_t)length);
    json_free(s->header);
    s->header = NULL;
    qsort(s->tensor, s->n, sizeof *s->tensor, by_begin);
    check_cover(s, 8 + (size_t)length);
    qsort(s->tensor, s->n, sizeof *s->tensor, by_name);
}

static void map_file(struct safetensors *s)
{
    int fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        die(EXIT_DATA, "%s: %s", s->path, strerror(errno));
    struct stat about;
    bool regular = fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_size > 0;
    void *map = regular ? mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
    int error = errno;
    close(fd);
    if (map == MAP_FAILED)
        die(EXIT_DATA, "%s: %s", s->path, regular ? strerror(error) : "empty, or not a regular file");
    s->map = map;
    s->size = (size_t)about.st_size;
}

struct safetensors *safetensors_open(const char *path)
{
    struct safetensors *s = mem_alloc(sizeof *s);
    s->path = mem_text("%s", path);
    struct guard guard;
    GUARD(&guard, safetensors_close, s);
    map_file(s);
    read_header(s);
    guard_end(&guard);
    return s;
}

void safetensors_close(struct safetensors *s)
{
    if (!s)
        return;
    json_free(s->header);
    for (size_t i = 0; i < s->n; i++)
        free(s->tensor[i].name);
    free(s->tensor);
    if (s->map)
        munmap(s->map, s->size);
    free(s->path);
    free(s);
}

size_t safetensors_count(const struct safetensors *s)
{
    return s->n;
}

const struct safetensor *safetensors_at(const struct safetensors *s, size_t i)
{
    return &s->tensor[i];
}

const struct safetensor *safetensors_find(const struct safetensors *s, const char *name)
{
    struct safetensor key = {.name = (char *)name};
    return s->n ? bsearch(&key, s->tensor, s->n, sizeof key, by_name) : NULL;
}

/* IEEE 754 binary16: sign, 5 bits of exponent (bias 15), 10 of fraction. Exact in float. */
static float from_half(uint16_t h)
{
    int exponent = h >> 10 & 31, fraction = h & 1023;
    float size = exponent == 31  ? (fraction ? NAN : INFINITY)
                 : exponent == 0 ? ldexpf((float)fraction, -24)
                                 : ldexpf((float)(fraction + 1024), exponent - 25);
    return h & 0x8000 ? -size : size;
}

/* Data may begin at an odd offset and the file is little-endian: copied, never cast. */
static double element(const unsigned char *p, enum dtype dtype)
{
    uint16_t half;
    uint32_t bits;
    float single;
    double value;
    switch (dtype) {
    case DTYPE_F16:
        memcpy(&half, p, sizeof half);
        return from_half(half);
    case DTYPE_BF16: /* the upper half of a float */
        memcpy(&half, p, sizeof half);
        bits = (uint32_t)half << 16;
        memcpy(&single, &bits, sizeof single);
        return single;
    case DTYPE_F32:
        memcpy(&single, p, sizeof single);
        return single;
    default:
        memcpy(&value, p, sizeof value);
        return value;
    }
}

void safetensors_read(const struct safetensors *s, const struct safetensor *t, real *out)
{
    if (t->dtype == DTYPE_OTHER)
        die(EXIT_DATA, "%s: tensor %.80s holds %s, weights are F16, BF16, F32 or F64", s->path, t->name, t->dtype_name);
    const unsigned char *data = s->map + t->begin;
    size_t size = t->count ? t->bytes / t->count : 0;
    for (size_t i = 0; i < t->count; i++) {
        out[i] = (real)element(data + i * size, t->dtype);
        if (!isfinite(out[i]))
            die(EXIT_DATA, "%s: tensor %.80s: element %zu is %s: the weights are broken", s->path, t->name, i,
                isnan(out[i]) ? "NaN" : "infinite");
    }
}
