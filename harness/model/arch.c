/* Finding an architecture, and what its table says of config.json and of heads. */
#include "model/arch.h"

#include <stdio.h>
#include <string.h>

const struct architecture *architecture_find(const char *name)
{
    for (int i = 0; i < arch_registry_size; i++)
        if (strcmp(arch_registry[i]->name, name) == 0)
            return arch_registry[i];
    return NULL;
}

void architecture_module(const struct architecture *a, const char *tensor, char *module, size_t size)
{
    size_t n = strlen(a->prefix);
    const char *inner = strncmp(tensor, a->prefix, n) == 0 ? tensor + n : tensor;
    snprintf(module, size, "%.*s", (int)strcspn(inner, "."), inner);
}

int architecture_size(struct json_view root, const char *key, int min, int max, int otherwise)
{
    struct json_view v = json_find(root, key);
    return v.node ? (int)json_int(v, min, max) : otherwise;
}

const struct architecture *config_architecture(const struct model_config *c)
{
    return c->arch ? c->arch : architecture_find("bert");
}

int config_depth(const struct model_config *c)
{
    return c->depth ? c->depth : c->layers;
}

int config_weights(const struct model_config *c, int i)
{
    return i * c->layers / config_depth(c);
}
