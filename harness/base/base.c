/* Recipes, opening a base by name, and its hash, for which no weight is read. */
#include "base/base.h"

#include "core/arena.h"
#include "core/build.h"
#include "core/content.h"
#include "core/die.h"
#include "core/file.h"
#include "core/h5.h"
#include "core/option.h"
#include "core/program.h"
#include "core/rng.h"
#include "data/corpus.h"
#include "data/tokenizer_files.h"
#include "language/language.h"
#include "model/arch.h"
#include "model/hf.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIZES(d_, layers_, heads_, ffn_)                                                                      \
    {                                                                                                         \
        .vocab = 717, .d = d_, .layers = layers_, .heads = heads_, .ffn = ffn_, .positions = DOCUMENT_TOKENS, \
        .types = 2, .eps = 1e-5, .mlm = true                                                                  \
    }

/* Wider bases are decayed more: what a word has of its own, and not of its meaning, else stays in the dimensions that nothing
 * trains, and words of one meaning are no neighbours. */
const struct recipe recipes[] = {
    {"synthetic", "d=64, 4 layers, 16,000 steps: the base of all default experiments", SIZES(64, 4, 4, 256), 16000, 64,
     400, 2e-3, RECIPE_DECAY},
    {"deep", "d=64, 12 layers, 10,000 steps: for figures in which four layers are thin", SIZES(64, 12, 4, 256), 10000,
     64, 400, 1e-3, RECIPE_DECAY},
    {"synthetic128", "d=128, 4 layers, 16,000 steps: the second rung of the size ladder", SIZES(128, 4, 8, 512), 16000,
     64, 400, 2e-3, 0.1},
    {"synthetic256", "d=256, 4 layers, 16,000 steps: the third rung of the size ladder", SIZES(256, 4, 16, 1024), 16000,
     64, 400, 2e-3, 0.2},
    {"tiny", "d=32, 2 layers, 1,500 steps: for `make smoke` and tests", SIZES(32, 2, 2, 128), 1500, 32, 100, 2e-3,
     RECIPE_DECAY},
    {"random", "d=64, 4 layers, untrained", SIZES(64, 4, 4, 256), 0, 0, 0, 0, 0},
    {"tiny-random", "d=32, 2 layers, untrained", SIZES(32, 2, 2, 128), 0, 0, 0, 0, 0},
};
const int recipe_count = sizeof recipes / sizeof *recipes;

/* The language is what it generates: the hash of its first documents. */
static void language_hash(char hex[HASH_HEX])
{
    struct rng r = rng_stream(1, RNG_DATA, 0, 0);
    struct hash h;
    hash_open(&h);
    for (int i = 0; i < 256; i++) {
        struct document d;
        struct masked m;
        lang_document(&r, &d);
        lang_mask(&r, &d, &m);
        hash_add(&h, m.ids, (size_t)d.n * sizeof *m.ids);
        hash_add(&h, d.ids, (size_t)d.n * sizeof *d.ids);
        hash_add(&h, &d.next, sizeof d.next);
    }
    hash_close(&h, hex);
}

/* What a base depends on: recipe, seed, number type, the language and the core's arithmetic. */
static void recipe_key(struct base *b)
{
    char language[HASH_HEX];
    language_hash(language);
    const struct recipe *r = b->recipe;
    const struct model_config *c = &r->config;
    char text[1024];
    snprintf(text, sizeof text,
             "base=%s seed=%d d=%d layers=%d heads=%d ffn=%d steps=%d batch=%d warmup=%d lr=%.17g abi=%d %s %s",
             r->name, b->seed, c->d, c->layers, c->heads, c->ffn, r->steps, r->batch, r->warmup, r->lr, PEFTLAB_ABI,
             REAL_NAME, language);
    if (r->decay > 0 && r->decay != RECIPE_DECAY) /* bases were called so before there was another decay */
        snprintf(text + strlen(text), sizeof text - strlen(text), " decay=%.17g", r->decay);
    hash_bytes(text, strlen(text), b->key);
}

static void open_folder(struct base *b)
{
    struct hf *h = hf_open(b->name);
    b->config = *hf_config(h);
    b->weights_file = mem_text("%s", hf_weights_path(h));
    hf_close(h);
    b->tokenizer = tokenizer_open(b->name);
    int words = vocab_used(b->tokenizer->vocab);
    bool segments = config_architecture(&b->config)->key.types && sequence_segments(&b->tokenizer->pair) > 1;
    if (words > b->config.vocab || (segments && b->config.types < 2))
        die(EXIT_DATA,
            "%s: config.json gives the model %d words and %d segments, and the tokenizer yields %d words and 2 "
            "segments: are "
            "these files of one model?",
            b->name, b->config.vocab, b->config.types, words);
    if (b->config.outputs)
        warn("%s: brings a classifier of %d outputs, which head=theirs trains on; a new one takes its place otherwise",
             b->name, b->config.outputs);
    if (words < b->config.vocab)
        warn("%s: the weights have %d words, the tokenizer %d: right where the last rows are padding, wrong where the "
             "vocabulary lacks a line",
             b->name, b->config.vocab, words);
}

static int read_size(const struct h5 *h, const char *object, const char *name, int min, int max)
{
    double v = h5_attr_f64(h, object, name);
    if (!(v >= min && v <= max) || v != floor(v))
        die(EXIT_DATA, "%s: %s of %s is %g, not %d to %d", h5_path(h), name, object, v, min, max);
    return (int)v;
}

static struct tokenizer *read_tokenizer(const struct h5 *h)
{
    size_t n;
    double *byte = h5_read_f64(h, "/vocab/words", &n);
    char *text = mem_alloc(n + 1);
    for (size_t i = 0; i < n; i++)
        text[i] = (char)(unsigned char)byte[i];
    free(byte);
    DEFER(free, text);
    struct wordpiece_settings settings = {.lower = read_size(h, "/vocab", "lower", 0, 1),
                                          .strip = read_size(h, "/vocab", "strip", 0, 1),
                                          .cjk = read_size(h, "/vocab", "cjk", 0, 1),
                                          .longest = read_size(h, "/vocab", "longest", 1, TOKENIZER_WORD)};
    return tokenizer_plain(vocab_parse(text, n, h5_path(h)), settings, h5_path(h));
}

/* A file that was made from a corpus. The heads of pretraining stay in the file: runs have no use for them. */
static void open_file(struct base *b)
{
    char schema[32];
    struct h5 *h = h5_open_sealed(b->name);
    DEFER(h5_close, h);
    h5_attr_text(h, "/", "schema", schema, sizeof schema);
    if (strcmp(schema, "peftlab-base") != 0 || !h5_has(h, "/corpus"))
        die(EXIT_DATA, "%s: is no base made from a corpus; a synthetic base is asked for by its name, base=synthetic",
            b->name);
    h5_attr_text(h, "/", "key", b->key, sizeof b->key);
    h5_attr_text(h, "/", "weights_hash", b->weights, sizeof b->weights);
    b->stored = true;
    b->tokenizer = read_tokenizer(h);
    b->config = (struct model_config){.vocab = vocab_size(b->tokenizer->vocab),
                                      .d = read_size(h, "/config", "d", 1, 1 << 14),
                                      .layers = read_size(h, "/config", "layers", 1, MODEL_LAYERS_MAX),
                                      .heads = read_size(h, "/config", "heads", 1, 1 << 10),
                                      .ffn = read_size(h, "/config", "ffn", 1, 1 << 16),
                                      .positions = read_size(h, "/config", "positions", 3, 1 << 16),
                                      .types = 2,
                                      .eps = h5_attr_f64(h, "/config", "eps")};
}

void base_open(struct base *b, const char *name, int seed)
{
    *b = (struct base){.image = -1, .seed = seed};
    if (strlen(name) >= sizeof b->name)
        die(EXIT_USAGE, "base=%.40s...: %zu characters are more than %zu: go into a folder nearer to it", name,
            strlen(name), sizeof b->name - 1);
    snprintf(b->name, sizeof b->name, "%s", name);
    for (int i = 0; i < recipe_count; i++)
        if (strcmp(recipes[i].name, name) == 0)
            b->recipe = &recipes[i];
    if (b->recipe) {
        b->config = b->recipe->config;
        recipe_key(b);
        return;
    }
    if (file_is_folder(name))
        open_folder(b);
    else if (strlen(name) > 3 && strcmp(name + strlen(name) - 3, ".h5") == 0)
        open_file(b);
    else {
        char known[512] = "";
        struct nearest nearest = {name, "", 0};
        for (int i = 0; i < recipe_count; i++)
            option_nearer(&nearest, recipes[i].name);
        if (nearest.distance <= 2)
            die(EXIT_USAGE, "there is no base=%s; did you mean %s?", name, nearest.name);
        for (int i = 0; i < recipe_count; i++)
            snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? ", " : "", recipes[i].name);
        die(EXIT_USAGE,
            "base=%s is neither a folder with a Hugging Face model, a base's .h5 file, nor one of %s; "
            "`scripts/fetch-base minilm data/minilm` gets a real one",
            name, known);
    }
}

void base_close(struct base *b)
{
    if (b->image >= 0)
        close(b->image);
    corpus_close(b->corpus);
    tokenizer_free(b->tokenizer);
    free(b->own);
    free(b->weights_file);
    *b = (struct base){.image = -1};
}

void base_path(const struct base *b, const char *results, char *path, size_t size)
{
    if (b->stored)
        snprintf(path, size, "%s", b->name);
    else
        snprintf(path, size, "%s/bases/%s-%.12s.h5", results, b->name, b->key);
}

/* Of a base that came with the program, in the tree that it was built in or with its installation. */
static bool reference_path(const struct base *b, char *path, size_t size)
{
    if (b->own)
        return false;
    char *name = mem_text("results/reference/bases/%s-%.12s.h5", b->name, b->key), *file = program_file(name);
    bool there = file && file_exists(file);
    if (there)
        snprintf(path, size, "%s", file);
    free(file);
    free(name);
    return there;
}

enum base_place base_find_file(const struct base *b, const char *results, char *path, size_t size)
{
    base_path(b, results, path, size);
    if (!b->recipe || !b->recipe->steps || file_exists(path))
        return BASE_HERE;
    if (reference_path(b, path, size))
        return BASE_REFERENCE;
    base_path(b, results, path, size);
    return BASE_MISSING;
}

/* SHA-256 over names and values of all base tensors. */
void base_weights_hash(const struct model *m, char hex[HASH_HEX])
{
    struct hash h;
    hash_open(&h);
    for (int i = 0; i < m->nbase; i++) {
        hash_add(&h, m->param[i]->name, strlen(m->param[i]->name) + 1);
        hash_add(&h, m->param[i]->w.v, mat_size(m->param[i]->w) * sizeof(real));
    }
    hash_close(&h, hex);
}

static void random_weights_hash(const struct base *b, char hex[HASH_HEX])
{
    struct memory mem;
    struct model m;
    memory_open(&mem);
    model_open(&m, &b->config, &mem);
    model_map_anonymous(&m);
    model_init(&m, (uint64_t)b->seed);
    base_weights_hash(&m, hex);
    model_close(&m);
    memory_close(&mem);
}

/* What a finished pretraining says of its weights: pretraining on other processors ends in other bits. */
static void read_weights_hash(const struct base *b, const char *path, char hex[HASH_HEX])
{
    char key[HASH_HEX];
    struct h5 *h = h5_open_sealed(path);
    DEFER(h5_close, h);
    h5_attr_text(h, "/", "key", key, sizeof key);
    h5_attr_text(h, "/", "weights_hash", hex, HASH_HEX);
    if (strcmp(key, b->key) != 0)
        die(EXIT_CORRUPT,
            "%s: holds another base than its name says; `peftlab pretrain base=%s` makes it again once "
            "the file is gone",
            path, b->name);
}

_Static_assert(sizeof(struct model_config) == 7 * sizeof(int) + sizeof(double) + 4 + sizeof(double) + sizeof(void *) +
                                                  12 * sizeof(int) + 2 * sizeof(double),
               "a new field of struct model_config belongs into model_hash");

/* All that the encoder computes with: weights, and every number of its configuration. */
static void model_hash(const char *weights, const struct model_config *c, char hex[HASH_HEX])
{
    char *text = mem_text("weights=%s vocab=%d d=%d layers=%d heads=%d ffn=%d positions=%d types=%d eps=%.17g mlm=%d",
                          weights, c->vocab, c->d, c->layers, c->heads, c->ffn, c->positions, c->types, c->eps, c->mlm);
    const struct architecture *arch = config_architecture(c);
    if (arch != architecture_find("bert") || c->outputs) {
        char *more =
            mem_text("%s arch=%s embedding=%d depth=%d first=%d act=%d pooling=%d pad=%d outputs=%d buckets=%d "
                     "far=%d window=%d global=%d theta=%.17g,%.17g",
                     text, arch->name, c->embedding, c->depth, c->first_position, (int)c->act, (int)c->pooling, c->pad,
                     c->outputs, c->buckets, c->far, c->window, c->global_every, c->theta[0], c->theta[1]);
        free(text);
        text = more;
    }
    hash_bytes(text, strlen(text), hex);
    free(text);
}

enum base_place base_find(struct base *b, const char *results)
{
    char path[1024];
    enum base_place place = b->place = base_find_file(b, results, path, sizeof path);
    if (*b->hash || place == BASE_MISSING)
        return place;
    if (b->weights_file) {
        char *cache = mem_text("%s/cache", results);
        content_hash(b->weights_file, cache, b->weights);
        free(cache);
    } else if (b->recipe && b->recipe->steps)
        read_weights_hash(b, path, b->weights);
    else if (b->recipe)
        random_weights_hash(b, b->weights);
    model_hash(b->weights, &b->config, b->hash);
    return place;
}
