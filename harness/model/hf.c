/* config.json's keys, Hugging Face's tensor names, and the check of one against the other. */
#include "model/hf.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "core/json.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_BYTES = 16 << 20, PART = 64 };

struct hf {
    struct model_config config;
    char *weights;
    struct safetensors *file;
    struct named {
        char name[MODEL_NAME]; /* canonical */
        const struct safetensor *tensor;
    } * named; /* ordered by name */
    size_t n;
    DIR *folder; /* while it is searched */
};

static int size_of(struct json_view root, const char *key, int min, int max)
{
    return (int)json_int(json_get(root, key), min, max);
}

/* A key that must have one value, where it is given. */
static void expect(struct json_view root, const char *key, const char *wanted, const char *path)
{
    struct json_view v = json_find(root, key);
    if (v.node && strcmp(json_text(v), wanted) != 0)
        die(EXIT_DATA, "%s: %s is \"%.60s\", only \"%s\" is supported", path, key, json_text(v), wanted);
}

static void expect_off(struct json_view root, const char *key, const char *path)
{
    struct json_view v = json_find(root, key);
    if (v.node && json_bool(v))
        die(EXIT_DATA, "%s: %s is set, only encoders are supported", path, key);
}

static struct model_config config_of(struct json_view root, const char *path)
{
    json_object_length(root);
    expect(root, "model_type", "bert", path);
    expect(root, "position_embedding_type", "absolute", path);
    expect_off(root, "is_decoder", path);
    expect_off(root, "add_cross_attention", path);
    json_get(root, "hidden_act");
    expect(root, "hidden_act", "gelu", path);
    struct json_view eps = json_find(root, "layer_norm_eps"), types = json_find(root, "type_vocab_size");
    struct model_config c = {.vocab = size_of(root, "vocab_size", 5, 1 << 21),
                             .d = size_of(root, "hidden_size", 1, 1 << 14),
                             .layers = size_of(root, "num_hidden_layers", 1, MODEL_LAYERS_MAX),
                             .heads = size_of(root, "num_attention_heads", 1, 1 << 10),
                             .ffn = size_of(root, "intermediate_size", 1, 1 << 16),
                             .positions = size_of(root, "max_position_embeddings", 3, 1 << 16),
                             .types = types.node ? (int)json_int(types, 1, 1 << 10) : 2,
                             .eps = eps.node ? json_number(eps, 1e-30, 1) : 1e-12};
    if (c.d % c.heads)
        die(EXIT_DATA, "%s: hidden_size %d is not a multiple of num_attention_heads %d", path, c.d, c.heads);
    return c;
}

struct model_config hf_read_config(const char *path)
{
    struct json *doc = json_load(path, CONFIG_BYTES);
    DEFER(json_free, doc);
    return config_of(json_root(doc), path);
}

static bool ends_with(const char *text, const char *tail)
{
    size_t n = strlen(text), m = strlen(tail);
    return n >= m && strcmp(text + n - m, tail) == 0;
}

bool hf_canonical(const char *name, char *out, size_t size)
{
    static const char *const parts[] = {"embeddings.", "encoder.", "pooler."};
    bool bare = false;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        bare = bare || strncmp(name, parts[i], strlen(parts[i])) == 0;
    int n = snprintf(out, size, "%s%s", bare ? "bert." : "", name);
    if (n < 0 || (size_t)n + 2 > size) /* "beta" grows by one letter, "gamma" too */
        return false;
    if (ends_with(out, "LayerNorm.gamma"))
        memcpy(out + n - 5, "weight", 7);
    else if (ends_with(out, "LayerNorm.beta"))
        memcpy(out + n - 4, "bias", 5);
    return !ends_with(out, "embeddings.position_ids") && !ends_with(out, "embeddings.token_type_ids");
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static const struct safetensor *find(const struct hf *h, const char *name)
{
    struct named key = {.tensor = NULL};
    if (h->n == 0 || snprintf(key.name, sizeof key.name, "%s", name) >= (int)sizeof key.name)
        return NULL;
    const struct named *at = bsearch(&key, h->named, h->n, sizeof key, by_name);
    return at ? at->tensor : NULL;
}

bool hf_has(const struct hf *h, const char *name)
{
    return find(h, name) != NULL;
}

/* The tensor, of shape (rows, cols), or (cols) when rows is 1. */
static const struct safetensor *want(const struct hf *h, const char *name, int rows, int cols)
{
    const struct safetensor *t = find(h, name);
    if (!t)
        die(EXIT_DATA, "%s: the tensor %s is missing", h->weights, name);
    bool vector = rows == 1 && t->rank == 1 && t->shape[0] == (size_t)cols;
    bool matrix = t->rank == 2 && t->shape[0] == (size_t)rows && t->shape[1] == (size_t)cols;
    if (!vector && !matrix)
        die(EXIT_DATA, "%s: %.80s has %zu values in %d dimensions, config.json wants (%d, %d)", h->weights, t->name,
            t->count, t->rank, rows, cols);
    if (t->dtype == DTYPE_OTHER)
        die(EXIT_DATA, "%s: %.80s holds %s, weights are F16, BF16, F32 or F64", h->weights, t->name, t->dtype_name);
    return t;
}

/* Checks one weight and its bias; returns how many tensors that is. */
static size_t want_pair(const struct hf *h, const char *name, int out, int in)
{
    char full[MODEL_NAME];
    snprintf(full, sizeof full, "%s.weight", name);
    want(h, full, out, in);
    snprintf(full, sizeof full, "%s.bias", name);
    want(h, full, 1, out);
    return 2;
}

/* LayerNorm's weight is a vector like its bias. */
static size_t want_norm(const struct hf *h, const char *name)
{
    char full[MODEL_NAME];
    snprintf(full, sizeof full, "%s.LayerNorm.weight", name);
    want(h, full, 1, h->config.d);
    snprintf(full, sizeof full, "%s.LayerNorm.bias", name);
    want(h, full, 1, h->config.d);
    return 2;
}

static size_t want_layer(const struct hf *h, int layer)
{
    const struct model_config *c = &h->config;
    const struct {
        const char *name;
        int out, in; /* 0: a norm */
    } part[] = {{"attention.self.query", c->d, c->d}, {"attention.self.key", c->d, c->d},
                {"attention.self.value", c->d, c->d}, {"attention.output.dense", c->d, c->d},
                {"attention.output", 0, 0},           {"intermediate.dense", c->ffn, c->d},
                {"output.dense", c->d, c->ffn},       {"output", 0, 0}};
    size_t n = 0;
    for (size_t i = 0; i < sizeof part / sizeof part[0]; i++) {
        char name[PART];
        snprintf(name, sizeof name, "bert.encoder.layer.%d.%s", layer, part[i].name);
        n += part[i].out ? want_pair(h, name, part[i].out, part[i].in) : want_norm(h, name);
    }
    return n;
}

/* Every tensor of the encoder is there in its shape, and there is no other: it would change what the model computes. */
static void check(const struct hf *h)
{
    const struct model_config *c = &h->config;
    want(h, "bert.embeddings.word_embeddings.weight", c->vocab, c->d);
    want(h, "bert.embeddings.position_embeddings.weight", c->positions, c->d);
    want(h, "bert.embeddings.token_type_embeddings.weight", c->types, c->d);
    size_t known = 3 + want_norm(h, "bert.embeddings"), found = 0;
    for (int l = 0; l < c->layers; l++)
        known += want_layer(h, l);
    if (hf_has(h, "bert.pooler.dense.weight") || hf_has(h, "bert.pooler.dense.bias"))
        known += want_pair(h, "bert.pooler.dense", c->d, c->d);
    for (size_t i = 0; i < h->n; i++)
        found += strncmp(h->named[i].name, "bert.", 5) == 0;
    if (found != known)
        die(EXIT_DATA, "%s: %zu tensors under bert., config.json knows %zu (%d layers): not a plain BERT encoder",
            h->weights, found, known, c->layers);
}

static void name_tensors(struct hf *h)
{
    size_t n = safetensors_count(h->file);
    h->named = mem_alloc((n + 1) * sizeof *h->named);
    for (size_t i = 0; i < n; i++) {
        const struct safetensor *t = safetensors_at(h->file, i);
        if (hf_canonical(t->name, h->named[h->n].name, MODEL_NAME))
            h->named[h->n++].tensor = t;
    }
    qsort(h->named, h->n, sizeof *h->named, by_name);
    for (size_t i = 1; i < h->n; i++)
        if (strcmp(h->named[i].name, h->named[i - 1].name) == 0)
            die(EXIT_DATA, "%s: %.80s and %.80s are the same tensor", h->weights, h->named[i - 1].tensor->name,
                h->named[i].tensor->name);
}

/* h->weights := model.safetensors, or the only file of that kind. */
static void find_weights(struct hf *h, const char *folder)
{
    h->weights = mem_text("%s/model.safetensors", folder);
    if (file_exists(h->weights))
        return;
    h->folder = opendir(folder);
    int found = 0;
    for (struct dirent *e; h->folder && (e = readdir(h->folder));)
        if (ends_with(e->d_name, ".safetensors") && ++found == 1) {
            free(h->weights);
            h->weights = mem_text("%s/%s", folder, e->d_name);
        }
    if (found != 1)
        die(EXIT_DATA, "%s: %s, model.safetensors is wanted", folder,
            found ? "several .safetensors files and none is called model.safetensors" : "no .safetensors file");
}

static void open_folder(struct hf *h, const char *folder)
{
    char config[PATH_MAX];
    if (snprintf(config, sizeof config, "%s/config.json", folder) >= (int)sizeof config)
        die(EXIT_DATA, "%.80s...: the path is too long", folder);
    h->config = hf_read_config(config);
    find_weights(h, folder);
    h->file = safetensors_open(h->weights);
    name_tensors(h);
    check(h);
}

struct hf *hf_open(const char *folder)
{
    struct hf *h = mem_alloc(sizeof *h);
    struct guard guard;
    GUARD(&guard, hf_close, h);
    open_folder(h, folder);
    guard_end(&guard);
    return h;
}

void hf_close(struct hf *h)
{
    if (!h)
        return;
    if (h->folder)
        closedir(h->folder);
    safetensors_close(h->file);
    free(h->named);
    free(h->weights);
    free(h);
}

const struct model_config *hf_config(const struct hf *h)
{
    return &h->config;
}

void hf_read(const struct hf *h, const char *name, int rows, int cols, real *out)
{
    safetensors_read(h->file, want(h, name, rows, cols), out);
}

const char *hf_weights_path(const struct hf *h)
{
    return h->weights;
}
