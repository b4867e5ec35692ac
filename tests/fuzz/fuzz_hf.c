/* Folders of a base: any config.json with any tensors becomes the weights of a model, all of them finite, or is refused.
 *
 * The input is the configuration, a NUL, and the tensors' file, whose header gets the length that it has: a random length
 * hardly ever fits. */
#include "model/hf.h"
#include "tests/fuzz/fuzz.h"

static char folder[64];

/* Out of the reader, so that they are freed when it dies. */
static struct hf *opened;
static struct memory memory;
static struct model model;

static void close_folder(void)
{
    fuzz_folder_remove(folder);
}

static void open_folder(void)
{
    static const char *const names[] = {"config.json", "model.safetensors"};
    char path[160];
    fuzz_folder(folder, sizeof folder);
    atexit(close_folder);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        if (symlink(fuzz_file(i, NULL, 0), path))
            abort();
    }
}

static void open_base(const char *path)
{
    opened = hf_open(path);
}

static void read_base(const char *path)
{
    (void)path;
    hf_read_model(opened, &model);
    for (int i = 0; i < model.nbase; i++)
        for (size_t k = 0; k < mat_size(model.param[i]->w); k++)
            if (!(model.param[i]->w.v[k] - model.param[i]->w.v[k] == 0))
                abort();
}

static void put_tensors(const uint8_t *data, size_t bytes)
{
    const uint8_t *brace = bytes > 8 ? memrchr(data + 8, '}', bytes - 8) : NULL;
    uint8_t *fitting = malloc(bytes + 1);
    memcpy(fitting, data, bytes);
    for (int i = 0; i < 8 && brace; i++)
        fitting[i] = (uint8_t)((uint64_t)(brace - data - 7) >> (8 * i));
    fuzz_file(1, fitting, bytes);
    free(fitting);
}

FUZZ_TARGET(hf)
{
    const uint8_t *end = bytes ? memchr(data, '\0', bytes) : NULL;
    size_t n = end ? (size_t)(end - data) : bytes;
    if (!*folder)
        open_folder();
    fuzz_file(0, data, n);
    put_tensors(data + n + (end != NULL), bytes - n - (end != NULL));
    fuzz_read(open_base, folder);
    if (!opened)
        return 0;
    memory_open(&memory);
    model_open(&model, hf_config(opened), &memory);
    model_map_anonymous(&model);
    fuzz_read(read_base, folder);
    model_close(&model);
    memory_close(&memory);
    hf_close(opened);
    opened = NULL;
    return 0;
}
