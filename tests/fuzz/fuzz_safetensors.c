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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_read(reader, fuzz_file(0, data, size));
    safetensors_close(file);
    free(values);
    file = NULL;
    values = NULL;
    return 0;
}
