/* safetensors: what is accepted can be read to the last value inside the file. */
#include "core/arena.h"
#include "model/safetensors.h"
#include "tests/fuzz/fuzz.h"

/* Out of the reader, so that they are freed when it dies. */
static struct safetensors *file;
static real *values;

static void reader(const char *path)
{
    file = safetensors_open(path);
    for (size_t i = 0; i < safetensors_count(file); i++) {
        const struct safetensor *t = safetensors_at(file, i);
        if (safetensors_find(file, t->name) != t)
            abort();
        free(values);
        values = mem_alloc(t->count * sizeof *values);
        safetensors_read(file, t, values);
    }
}

static void read_one(const uint8_t *data, size_t size)
{
    fuzz_read(reader, fuzz_file(0, data, size));
    safetensors_close(file);
    free(values);
    file = NULL;
    values = NULL;
}

/* As it is, and with the length that its header has: a random length hardly ever fits. */
FUZZ_TARGET(safetensors)
{
    read_one(data, bytes);
    const uint8_t *brace = bytes > 8 ? memrchr(data + 8, '}', bytes - 8) : NULL;
    if (!brace)
        return 0;
    size_t length = (size_t)(brace - data) - 7;
    uint8_t *fitting = malloc(bytes);
    memcpy(fitting, data, bytes);
    for (int i = 0; i < 8; i++)
        fitting[i] = (uint8_t)((uint64_t)length >> (8 * i));
    read_one(fitting, bytes);
    free(fitting);
    return 0;
}
