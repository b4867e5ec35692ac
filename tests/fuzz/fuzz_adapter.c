/* Adapter folders: any adapter_config.json with any tensors becomes the weights of a method, or is refused.
 *
 * The input is the configuration, a NUL, and the tensors' file. */
#include "export/adapter_read.h"
#include "tests/fuzz/fuzz.h"

static const struct model_config config = {
    .vocab = 5, .d = 4, .layers = 1, .heads = 1, .ffn = 4, .positions = 3, .types = 2, .eps = 1e-6};
static char folder[64];

/* Out of the reader, so that they are freed when it dies. */
static struct imported adapter;
static struct memory memory;
static struct model model;
static struct tuning tuning;

static void close_folder(void)
{
    fuzz_folder_remove(folder);
}

static void open_folder(void)
{
    static const char *const names[] = {"adapter_config.json", "adapter_model.safetensors"};
    char path[160];
    fuzz_folder(folder, sizeof folder);
    atexit(close_folder);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        if (symlink(fuzz_file(i, NULL, 0), path))
            abort();
    }
    memory_open(&memory);
    model_open(&model, &config, &memory);
    model_map_anonymous(&model);
    model_freeze(&model);
}

static void read_config(const char *path)
{
    import_open(&adapter, path, &config);
}

static void attach(const char *path)
{
    (void)path;
    import_tuning(&adapter, &tuning, &model, 1);
    tuning_begin_phase(&tuning, tuning_phases(&tuning) - 1, adapter.classes);
}

static void read_weights(const char *path)
{
    import_weights(&adapter, path, &tuning);
    for (int i = model.nbase; i < model.nparam; i++)
        for (size_t k = 0; k < mat_size(model.param[i]->w); k++)
            if (!(model.param[i]->w.v[k] - model.param[i]->w.v[k] == 0))
                abort();
}

FUZZ_TARGET(adapter)
{
    const uint8_t *end = bytes ? memchr(data, '\0', bytes) : NULL;
    size_t n = end ? (size_t)(end - data) : bytes;
    if (!*folder)
        open_folder();
    fuzz_file(0, data, n);
    fuzz_file(1, data + n + (end != NULL), bytes - n - (end != NULL));
    fuzz_read(read_config, folder);
    if (adapter.opts) {
        fuzz_read_as(EXIT_USAGE, attach, folder);
        if (tuning.site && model.nparam > model.nbase)
            fuzz_read(read_weights, folder);
        tuning_close(&tuning);
        import_close(&adapter);
    }
    return 0;
}
