/* config.json's keys, Hugging Face's tensor names, and the check of one against the other. */
#include "model/hf.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "core/json.h"
#include "math/linalg.h"
#include "model/arch.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_BYTES = 16 << 20, OUTPUTS_MAX = 1 << 16 };

struct hf {
    struct model_config config;
    char *weights;
    struct safetensors *file;
    struct named {
        char name[MODEL_NAME]; /* canonical */
        const struct safetensor *tensor;
        bool known; /* asked for by the check */
    } * named;      /* ordered by name */
    size_t n;
    struct model layout; /* what the configuration wants: parameters without memory */
    DIR *folder;         /* while it is searched */
};

static const struct {
    const char *word;
    enum activation act;
} activations[] = {
    {"gelu", ACT_GELU}, {"gelu_new", ACT_GELU_TANH}, {"gelu_pytorch_tanh", ACT_GELU_TANH}, {"relu", ACT_RELU}};

static enum activation activation_of(struct json_view v, const char *key, const char *path)
{
    for (size_t i = 0; i < sizeof activations / sizeof *activations; i++)
        if (strcmp(json_text(v), activations[i].word) == 0)
            return activations[i].act;
    die(EXIT_DATA, "%s: %s is \"%.60s\"; gelu, gelu_new, gelu_pytorch_tanh and relu are known", path, key,
        json_text(v));
}

/* Keys that must have one value, where they are given. */
static void expect_fixed(struct json_view root, const struct fixed_key *k, const char *path)
{
    for (; k->key; k++) {
        char number[64];
        struct json_view v = json_find(root, k->key);
        if (!v.node)
            continue;
        bool word = json_has_text(v);
        const char *quote = word ? "\"" : "", *text = word ? json_text(v) : number;
        if (!word && !json_scalar(v, number, sizeof number))
            text = "a list";
        if (strcmp(text, k->value) != 0)
            die(EXIT_DATA, "%s: %s is %s%.60s%s, only %s%s%s is supported", path, k->key, quote, text, quote, quote,
                k->value, quote);
    }
}

static const struct architecture *architecture_of(struct json_view root, const char *path)
{
    struct json_view type = json_find(root, "model_type"); /* the first BERTs do not say */
    const struct architecture *a = architecture_find(type.node ? json_text(type) : "bert");
    char known[256] = "";
    for (int i = 0; i < arch_registry_size; i++)
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? ", " : "", arch_registry[i]->name);
    if (!a)
        die(EXIT_DATA, "%s: model_type is \"%.60s\"; known are %s", path, json_text(type), known);
    return a;
}

static struct model_config config_of(struct json_view root, const char *path)
{
    enum { MANY = 1 << 16 };
    json_object_length(root);
    const struct architecture *a = architecture_of(root, path);
    expect_fixed(root, a->fixed, path);
    struct model_config c = {.arch = a, .act = activation_of(json_get(root, a->key.act), a->key.act, path), .pad = -1};
    c.vocab = (int)json_int(json_get(root, a->key.vocab), 5, 1 << 21);
    c.d = (int)json_int(json_get(root, a->key.d), 1, 1 << 14);
    c.layers = (int)json_int(json_get(root, a->key.layers), 1, MODEL_LAYERS_MAX);
    c.heads = (int)json_int(json_get(root, a->key.heads), 1, 1 << 10);
    c.ffn = architecture_size(root, a->key.ffn, 1, MANY, 4 * c.d < MANY ? 4 * c.d : MANY);
    c.positions = (int)json_int(json_get(root, a->key.positions), 3, MANY);
    c.types = a->key.types ? architecture_size(root, a->key.types, 1, 1 << 10, 2) : 1;
    struct json_view eps = a->key.eps ? json_find(root, a->key.eps) : (struct json_view){0};
    c.eps = eps.node ? json_number(eps, 1e-30, 1) : a->fixed_eps;
    if (c.d % c.heads)
        die(EXIT_DATA, "%s: %s %d is not a multiple of %s %d", path, a->key.d, c.d, a->key.heads, c.heads);
    if (a->read)
        a->read(root, &c, path);
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

/* Is the tensor, named as in a model for classification, of no use to it? */
static bool ignored(const struct architecture *a, const char *name)
{
    if (ends_with(name, ".position_ids") || ends_with(name, ".token_type_ids"))
        return true;
    for (const char *const *p = a->ignored; *p; p++) {
        size_t n = strlen(*p);
        if (**p == '*' ? ends_with(name, *p + 1) : strncmp(name, *p, n) == 0)
            return true;
    }
    return false;
}

/* Does `name` begin as `part` of this architecture, prefix left out? "encoder." of "bert.encoder.layer.%d.". */
static bool begins(const char *name, const char *part, const char *prefix)
{
    size_t n = strlen(prefix);
    if (!part || strncmp(part, prefix, n) != 0)
        return false;
    size_t first = strcspn(part + n, ".");
    return strncmp(name, part + n, first) == 0 && name[first] == '.';
}

bool hf_canonical(const struct architecture *a, const char *name, char *out, size_t size)
{
    const char *const parts[] = {a->word,  a->position,   a->type,     a->embed_norm,    a->project,
                                 a->layer, a->final_norm, a->relative, a->relative_norm, a->head.dense};
    bool bare = false;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        bare = bare || begins(name, parts[i], a->prefix);
    int n = snprintf(out, size, "%s%s", bare ? a->prefix : "", name);
    if (n < 0 || (size_t)n + 2 > size) /* "beta" grows by one letter, "gamma" too */
        return false;
    if (ends_with(out, "LayerNorm.gamma"))
        memcpy(out + n - 5, "weight", 7);
    else if (ends_with(out, "LayerNorm.beta"))
        memcpy(out + n - 4, "bias", 5);
    return !ignored(a, out);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static struct named *find(const struct hf *h, const char *name)
{
    struct named key = {.tensor = NULL};
    if (h->n == 0 || snprintf(key.name, sizeof key.name, "%s", name) >= (int)sizeof key.name)
        return NULL;
    return bsearch(&key, h->named, h->n, sizeof key, by_name);
}

bool hf_has(const struct hf *h, const char *name)
{
    return find(h, name) != NULL;
}

/* The tensor, of shape (rows, cols), or (cols) when rows is 1. */
static const struct safetensor *want(const struct hf *h, const char *name, int rows, int cols)
{
    struct named *at = find(h, name);
    if (!at)
        die(EXIT_DATA, "%s: the tensor %s is missing", h->weights, name);
    const struct safetensor *t = at->tensor;
    bool vector = rows == 1 && t->rank == 1 && t->shape[0] == (size_t)cols;
    bool matrix = t->rank == 2 && t->shape[0] == (size_t)rows && t->shape[1] == (size_t)cols;
    if (!vector && !matrix)
        die(EXIT_DATA, "%s: %.80s has %zu values in %d dimensions, config.json wants (%d, %d)", h->weights, t->name,
            t->count, t->rank, rows, cols);
    if (t->dtype == DTYPE_OTHER)
        die(EXIT_DATA, "%s: %.80s holds %s, weights are F16, BF16, F32 or F64", h->weights, t->name, t->dtype_name);
    at->known = true;
    return t;
}

/* The tensor in which a parameter lies; rows and cols are its own, whatever is beside it there. */
static const struct safetensor *want_param(const struct hf *h, const struct param *p)
{
    const struct stored *at = &p->place;
    int parts = at->parts ? at->parts : 1, rows = p->w.rows, cols = p->w.cols;
    if (rows == 1)
        cols *= parts;
    else
        rows *= parts;
    return want(h, at->tensor, at->transposed ? cols : rows, at->transposed ? rows : cols);
}

/* A pooler that a folder may lack. */
static bool may_lack(const struct hf *h, const struct param *p)
{
    const struct model *m = &h->layout;
    bool pooler = (p == m->pooler_W || p == m->pooler_b) && !m->pooler_norm.gamma;
    return pooler && !hf_has(h, m->pooler_W->name) && !hf_has(h, m->pooler_b->name);
}

/* Every tensor of the model is there in its shape, and there is no other: it would change what the model computes. */
static void check(struct hf *h)
{
    const struct model *m = &h->layout;
    for (int i = 0; i < m->nbase; i++)
        if (m->param[i]->place.tensor && !may_lack(h, m->param[i]))
            want_param(h, m->param[i]);
    for (size_t i = 0; i < h->n; i++)
        if (!h->named[i].known)
            die(EXIT_DATA, "%s: the tensor %.80s is none of a %s with %d layers, and would change what it computes",
                h->weights, h->named[i].tensor->name, m->arch->title, config_depth(&h->config));
}

/* A classifier in the folder: its outputs. */
static int outputs_of(const struct hf *h)
{
    char name[MODEL_NAME];
    snprintf(name, sizeof name, "%s.weight", h->config.arch->head.out);
    const struct named *at = find(h, name);
    return at && at->tensor->rank == 2 && at->tensor->shape[0] <= OUTPUTS_MAX ? (int)at->tensor->shape[0] : 0;
}

static void name_tensors(struct hf *h)
{
    size_t n = safetensors_count(h->file);
    h->named = mem_alloc((n + 1) * sizeof *h->named);
    for (size_t i = 0; i < n; i++) {
        const struct safetensor *t = safetensors_at(h->file, i);
        if (strlen(t->name) + strlen(h->config.arch->prefix) + 2 > MODEL_NAME)
            die(EXIT_DATA, "%s: the name of a tensor is too long: %.60s...", h->weights, t->name);
        if (hf_canonical(h->config.arch, t->name, h->named[h->n].name, MODEL_NAME))
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
    h->config.outputs = outputs_of(h);
    model_open(&h->layout, &h->config, NULL);
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
    model_close(&h->layout);
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

/* w := its share of a tensor, turned where it lies (in, out) there. */
static void read_param(const struct hf *h, const struct param *p)
{
    const struct safetensor *t = want_param(h, p);
    const struct stored *at = &p->place;
    if (!at->parts && !at->transposed) {
        safetensors_read(h->file, t, p->w.v);
        return;
    }
    real *whole = mem_alloc(t->count * sizeof *whole);
    DEFER(free, whole);
    safetensors_read(h->file, t, whole);
    bool vector = p->w.rows == 1;
    int out = vector ? p->w.cols : p->w.rows, in = vector ? 1 : p->w.cols;
    int first = at->part * out, all = out * (at->parts ? at->parts : 1);
    for (int i = 0; i < out; i++)
        for (int j = 0; j < in; j++)
            p->w.v[(size_t)i * (size_t)in + (size_t)j] =
                whole[at->transposed ? (size_t)j * (size_t)all + (size_t)(first + i)
                                     : (size_t)(first + i) * (size_t)in + (size_t)j];
}

void hf_read_model(const struct hf *h, struct model *m)
{
    for (int i = 0; i < m->nbase; i++) {
        struct param *p = m->param[i];
        if (!p->place.tensor)
            mat_fill(p->w, 0);
        else if (!may_lack(h, h->layout.param[i]))
            read_param(h, p);
        else /* the identity, so that the head reads tanh(h) */
            for (int k = 0; k < p->w.rows && p->w.rows > 1; k++)
                p->w.v[(size_t)k * (size_t)p->w.ld + (size_t)k] = 1;
    }
}

const char *hf_weights_path(const struct hf *h)
{
    return h->weights;
}
