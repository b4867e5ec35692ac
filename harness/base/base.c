/* Recipes, base files, and the flat image of weights that runs map. */
#include "base/base.h"

#include "base/masked.h"
#include "base/pretrain.h"
#include "core/arena.h"
#include "core/build.h"
#include "core/die.h"
#include "core/file.h"
#include "core/h5.h"
#include "core/progress.h"
#include "core/rng.h"
#include "data/corpus.h"
#include "language/language.h"
#include "math/linalg.h"
#include "model/hf.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZES(d_, layers_, heads_, ffn_)                                                                      \
    {                                                                                                         \
        .vocab = 717, .d = d_, .layers = layers_, .heads = heads_, .ffn = ffn_, .positions = DOCUMENT_TOKENS, \
        .types = 2, .eps = 1e-5, .mlm = true                                                                  \
    }

const struct recipe recipes[] = {
    {"synthetic", "d=64, 4 layers, 16,000 steps: the base of all default experiments", SIZES(64, 4, 4, 256), 16000, 64,
     400, 2e-3},
    {"deep", "d=64, 12 layers, 10,000 steps: for figures in which four layers are thin", SIZES(64, 12, 4, 256), 10000,
     64, 400, 1e-3},
    {"tiny", "d=32, 2 layers, 1,500 steps: for `make smoke` and tests", SIZES(32, 2, 2, 128), 1500, 32, 100, 2e-3},
    {"random", "d=64, 4 layers, untrained", SIZES(64, 4, 4, 256), 0, 0, 0, 0},
    {"tiny-random", "d=32, 2 layers, untrained", SIZES(32, 2, 2, 128), 0, 0, 0, 0},
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
    hash_bytes(text, strlen(text), b->key);
}

static void open_folder(struct base *b)
{
    struct hf *h = hf_open(b->name);
    b->config = *hf_config(h);
    hf_close(h);
    b->tokenizer = tokenizer_open(b->name);
    int words = vocab_size(b->tokenizer->vocab);
    if (words > b->config.vocab || b->config.types < 2)
        die(EXIT_DATA, "%s: config.json has %d words and %d segments, the tokenizer makes up to %d and 2", b->name,
            b->config.vocab, b->config.types, words);
}

void base_open(struct base *b, const char *name, int seed)
{
    *b = (struct base){.image = -1, .seed = seed};
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
        base_open_file(b);
    else {
        char known[512] = "";
        for (int i = 0; i < recipe_count; i++)
            snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? ", " : "", recipes[i].name);
        die(EXIT_USAGE, "base=%s is neither a folder with a Hugging Face BERT, a base's .h5 file, nor one of %s", name,
            known);
    }
}

void base_close(struct base *b)
{
    if (b->image >= 0)
        close(b->image);
    corpus_close(b->corpus);
    tokenizer_free(b->tokenizer);
    free(b->own);
    *b = (struct base){.image = -1};
}

void base_path(const struct base *b, const char *results, char *path, size_t size)
{
    if (b->stored)
        snprintf(path, size, "%s", b->name);
    else
        snprintf(path, size, "%s/bases/%s-%.12s.h5", results, b->name, b->key);
}

static void make_folder(const char *results, const char *sub)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", results, sub);
    folder_make(path);
}

/* SHA-256 over names and values of all base tensors. */
static void weights_hash(const struct model *m, char hex[HASH_HEX])
{
    struct hash h;
    hash_open(&h);
    for (int i = 0; i < m->nbase; i++) {
        hash_add(&h, m->param[i]->name, strlen(m->param[i]->name) + 1);
        hash_add(&h, m->param[i]->w.v, mat_size(m->param[i]->w) * sizeof(real));
    }
    hash_close(&h, hex);
}

static void write_base(const struct base *b, struct model *m, const struct pretrain_curve *curve, const char *path)
{
    char hex[HASH_HEX], name[256];
    struct trap t;
    struct h5 *h = h5_create(path);
    if (trap_set(&t)) {
        h5_abandon(h);
        die(t.code, "%s", t.text);
    }
    weights_hash(m, hex);
    h5_set_text(h, "/", "schema", "peftlab-base");
    h5_set_text(h, "/", "schema_version", "1.0");
    h5_set_text(h, "/", "name", b->name);
    h5_set_text(h, "/", "key", b->key);
    h5_set_text(h, "/", "weights_hash", hex);
    const char *step[] = {"point"};
    size_t n[1] = {(size_t)curve->n};
    if (curve->n) {
        h5_write(h, "/curve/step", H5_I32, 1, n, curve->step, step);
        h5_write(h, "/curve/mlm_loss", H5_F64, 1, n, curve->loss, step);
        h5_write(h, "/curve/mlm_accuracy", H5_F64, 1, n, curve->accuracy, step);
    }
    if (b->corpus)
        base_accept_corpus(h, b, m);
    else
        base_accept(h, m);
    for (int i = 0; i < m->nbase; i++) {
        const char *labels[] = {"out", "in"};
        size_t dims[2] = {(size_t)m->param[i]->w.rows, (size_t)m->param[i]->w.cols};
        snprintf(name, sizeof name, "/weights/%s", m->param[i]->name);
        h5_write(h, name, sizeof(real) == 4 ? H5_F32 : H5_F64, 2, dims, m->param[i]->w.v, labels);
    }
    trap_end(&t);
    h5_close(h);
}

/* One process pretrains a base, others wait for it. The lock goes with the process; -1 where there are no locks. */
static int wait_for_turn(const char *lock)
{
    int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0666), said = 0;
    while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) {
        if (!said++)
            fprintf(stderr, "another process is making %.*s; waiting for it\n", (int)strlen(lock) - 5, lock);
        if (stop_requested())
            die(EXIT_INTERRUPTED, "interrupted; the same command goes on");
        usleep(200000);
    }
    return fd;
}

static void end_turn(int fd, const char *lock)
{
    unlink(lock);
    if (fd >= 0)
        close(fd);
}

void base_pretrain(struct base *b, const char *results)
{
    char path[1024], checkpoint[1100], lock[1100];
    base_path(b, results, path, sizeof path);
    if (!b->recipe || b->recipe->steps == 0 || file_exists(path))
        return;
    make_folder(results, "bases");
    snprintf(lock, sizeof lock, "%s.lock", path);
    int turn = wait_for_turn(lock);
    if (file_exists(path)) {
        end_turn(turn, lock);
        return;
    }
    snprintf(checkpoint, sizeof checkpoint, "%s.checkpoint", path);
    struct memory mem;
    struct model m;
    struct pretrain_curve curve = {0};
    memory_open(&mem);
    model_open(&m, &b->config, &mem);
    model_map_anonymous(&m);
    model_init(&m, (uint64_t)b->seed);
    struct masked_source from = {b->corpus, b->config.positions, b->corpus ? b->recipe->batch : 64};
    pretrain(&m, b->recipe, &from, b->seed, b->key, checkpoint, &curve);
    write_base(b, &m, &curve, path);
    unlink(checkpoint);
    end_turn(turn, lock);
    model_close(&m);
    memory_close(&mem);
}

/* Fills the live weights of m from wherever the base comes from. */
static void read_weights(const struct base *b, struct model *m, const char *path)
{
    char name[256];
    if (!b->recipe && !b->stored) {
        struct hf *f = hf_open(b->name);
        for (int i = 0; i < m->nbase; i++) {
            struct param *p = m->param[i];
            bool pooler = strstr(p->name, "pooler") != NULL;
            if (pooler &&
                !hf_has(f, p->name)) /* a base without a pooler gets the identity, so that the head reads tanh(h) */
                for (int k = 0; k < p->w.rows && p->w.rows > 1; k++)
                    p->w.v[(size_t)k * p->w.ld + k] = 1;
            else
                hf_read(f, p->name, p->w.rows, p->w.cols, p->w.v);
        }
        hf_close(f);
        return;
    }
    struct h5 *h = h5_open(path, EXIT_CORRUPT);
    for (int i = 0; i < m->nbase; i++) {
        struct param *p = m->param[i];
        snprintf(name, sizeof name, "/weights/%s", p->name);
        h5_read_real_into(h, name, p->w.v, mat_size(p->w));
    }
    h5_close(h);
}

/* A folder is known by the size and time of its weights, so that it is converted once; its hash is of the content. */
static void folder_key(struct base *b)
{
    struct hf *f = hf_open(b->name);
    struct stat s;
    char text[1400];
    if (stat(hf_weights_path(f), &s))
        die(EXIT_DATA, "%s: cannot be read", hf_weights_path(f));
    snprintf(text, sizeof text, "%s %lld %lld %lld %s", hf_weights_path(f), (long long)s.st_size,
             (long long)s.st_mtim.tv_sec, (long long)s.st_mtim.tv_nsec, REAL_NAME);
    hf_close(f);
    hash_bytes(text, strlen(text), b->key);
}

/* The cache is the image itself and a last line with its hash, which is checked: a flipped bit would be in every run.
 */
static bool cache_whole(int fd, size_t size)
{
    char hex[HASH_HEX];
    if (size <= (size_t)2 * HASH_HEX)
        return false;
    char *image = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (image == MAP_FAILED)
        return false;
    hash_bytes(image, size - HASH_HEX, hex);
    bool same = memcmp(hex, image + size - HASH_HEX, HASH_HEX) == 0;
    munmap(image, size);
    return same;
}

bool base_cache_whole(const char *path)
{
    struct stat s;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool whole = fd >= 0 && fstat(fd, &s) == 0 && cache_whole(fd, (size_t)s.st_size);
    if (fd >= 0)
        close(fd);
    return whole;
}

/* Was the base's file written, or put in its place, after its cache was, or in the same instant? Other weights can bear
 * the same name: the key is of the recipe, and pretraining on other processors ends in other bits. */
static bool cache_stale(const char *cache, const char *path)
{
    struct stat c, b;
    if (stat(cache, &c) || stat(path, &b))
        return false;
    return b.st_ctim.tv_sec != c.st_mtim.tv_sec ? b.st_ctim.tv_sec > c.st_mtim.tv_sec
                                                : b.st_ctim.tv_nsec >= c.st_mtim.tv_nsec;
}

static bool map_cache(struct base *b, const struct model *m, const char *cache)
{
    struct stat s;
    int fd = open(cache, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    if (fstat(fd, &s) || (size_t)s.st_size != m->base_bytes + (size_t)2 * HASH_HEX ||
        !cache_whole(fd, (size_t)s.st_size) || pread(fd, b->hash, HASH_HEX, (off_t)m->base_bytes) != HASH_HEX ||
        b->hash[HASH_HEX - 1] != '\0') {
        warn("%s: is damaged, or of an earlier version; making it again", cache);
        close(fd);
        return false;
    }
    b->image = fd;
    return true;
}

static void write_cache(const struct model *m, const char *cache)
{
    char weights[HASH_HEX], all[HASH_HEX];
    struct hash h;
    struct file_out f;
    weights_hash(m, weights);
    hash_open(&h);
    hash_add(&h, m->live, m->base_bytes);
    hash_add(&h, weights, sizeof weights);
    hash_close(&h, all);
    file_begin(&f, cache);
    file_write(&f, m->live, m->base_bytes);
    file_write(&f, weights, sizeof weights);
    file_write(&f, all, sizeof all);
    file_commit(&f);
}

void base_load(struct base *b, const char *results)
{
    char path[1024], cache[1100];
    struct memory mem;
    struct model m;
    if (!b->recipe && !b->stored)
        folder_key(b);
    base_path(b, results, path, sizeof path);
    if (b->recipe && b->recipe->steps && !file_exists(path))
        die(EXIT_DATA, "the base \"%s\" has not been made yet (%s): run `peftlab pretrain base=%s`", b->name, path,
            b->name);
    snprintf(cache, sizeof cache, "%s/cache/%.16s.%s", results, b->key, REAL_NAME);
    memory_open(&mem);
    model_open(&m, &b->config, &mem);
    if (cache_stale(cache, path) || !map_cache(b, &m, cache)) {
        make_folder(results, "cache");
        if (b->recipe && b->recipe->steps == 0) {
            model_map_anonymous(&m);
            model_init(&m, (uint64_t)b->seed);
        } else {
            model_map_live(&m);
            read_weights(b, &m, path);
        }
        write_cache(&m, cache);
        model_close(&m); /* the weights go before the file is looked at */
        model_open(&m, &b->config, &mem);
        if (!map_cache(b, &m, cache))
            die(EXIT_RESOURCE, "%s: cannot be read back", cache);
    }
    model_close(&m);
    memory_close(&mem);
}
