/* config.json of every architecture and tensor names: accepted sizes make a model, canonical names are fixed points. */
#include "model/arch.h"
#include "model/hf.h"
#include "tests/fuzz/fuzz.h"

static void reader(const char *path)
{
    struct model_config c = hf_read_config(path);
    struct memory none = {.weights = {.dry = true}};
    struct model m;
    model_open(&m, &c, &none); /* every size that is accepted is one of a model */
    model_close(&m);
    if (c.d < 1 || c.heads < 1 || c.d % c.heads || c.layers < 1 || c.layers > MODEL_LAYERS_MAX || c.vocab < 5 ||
        c.ffn < 1 || c.positions < 3 || c.types < 1 || !(c.eps > 0 && c.eps <= 1))
        abort();
}

FUZZ_TARGET(hfconfig)
{
    char name[256], once[MODEL_NAME], twice[MODEL_NAME];
    fuzz_read(reader, fuzz_file(0, data, bytes));
    snprintf(name, sizeof name, "%.*s", (int)(bytes < 255 ? bytes : 255), (const char *)data);
    for (int i = 0; i < arch_registry_size; i++)
        if (hf_canonical(arch_registry[i], name, once, sizeof once) &&
            hf_canonical(arch_registry[i], once, twice, sizeof twice) && strcmp(once, twice) != 0)
            abort();
    return 0;
}
