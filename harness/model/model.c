/* Layout of a BERT encoder's tensors in one image that is mapped, shared and copied on write. */
#include "model/model.h"

#include "core/die.h"
#include "core/rng.h"
#include "math/linalg.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ALIGN = 64 };
#define GIB ((size_t)1 << 30)

struct arena *memory_kind(struct memory *m, int i)
{
    struct arena *const kinds[MEMORY_KINDS] = {&m->weights, &m->grads, &m->moments, &m->saved, &m->scratch};
    return kinds[i];
}

void memory_close(struct memory *m)
{
    for (int i = 0; i < MEMORY_KINDS; i++)
        arena_close(memory_kind(m, i));
}

/* Less of each where address space is short (`ulimit -v`, valgrind): most models need far less. */
void memory_open(struct memory *m)
{
    static const struct {
        const char *name;
        size_t units;
    } kinds[MEMORY_KINDS] = {{"weights", 16}, {"grads", 16}, {"moments", 32}, {"activations", 32}, {"scratch", 32}};
    size_t unit = GIB;
    *m = (struct memory){0};
    for (int n = 0; n < MEMORY_KINDS;)
        if (arena_try(memory_kind(m, n), kinds[n].name, kinds[n].units * unit))
            n++;
        else if (unit == GIB / 64)
            die(EXIT_RESOURCE, "no address space for the %s arena (%zu MiB); raise `ulimit -v`", kinds[n].name,
                kinds[n].units * unit >> 20);
        else {
            memory_close(m);
            unit /= 2, n = 0;
        }
}

static struct param *declare(struct model *m, const char *name, enum role role, int depth, int rows, int cols)
{
    if (m->nparam == m->capacity) {
        m->capacity = m->capacity ? 2 * m->capacity : 256;
        m->param = mem_grow(m->param, (size_t)m->capacity * sizeof *m->param);
    }
    struct param *p = mem_alloc(sizeof *p);
    *p = (struct param){.name = mem_text("%s", name), .role = role, .depth = depth, .lr_scale = 1, .vector = rows == 1};
    p->w = (struct mat){NULL, rows, cols, cols};
    p->w0 = p->g = p->m1 = p->m2 = p->w;
    return m->param[m->nparam++] = p;
}

static void drop(struct param *p)
{
    free((char *)p->name);
    free(p);
}

/* A base tensor: its place in the image follows the one before it. */
static struct param *base(struct model *m, enum role role, int depth, int rows, int cols, const char *format, ...)
{
    char name[MODEL_NAME];
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    m->base_bytes += ((size_t)rows * (size_t)cols * sizeof(real) + ALIGN - 1) / ALIGN * ALIGN;
    m->nbase++;
    return declare(m, name, role, depth, rows, cols);
}

static struct norm base_norm(struct model *m, int depth, enum role gamma, enum role beta, const char *name)
{
    struct norm n = {.gamma = base(m, gamma, depth, 1, m->config.d, "%s.weight", name)};
    n.beta = base(m, beta, depth, 1, m->config.d, "%s.bias", name);
    return n;
}

static void declare_layer(struct model *m, int l)
{
    static const char *const tail[TARGETS] = {"attention.self.query",   "attention.self.key", "attention.self.value",
                                              "attention.output.dense", "intermediate.dense", "output.dense"};
    const struct model_config *c = &m->config;
    struct layer *layer = &m->layer[l];
    const int depth[TARGETS] = {DEPTH_QKV(l), DEPTH_QKV(l), DEPTH_QKV(l), DEPTH_OUT(l), DEPTH_UP(l), DEPTH_DOWN(l)};
    char name[MODEL_NAME];
    for (int t = 0; t < TARGETS; t++) {
        struct site *s = &layer->site[t];
        int in = t == TARGET_DOWN ? c->ffn : c->d, out = t == TARGET_UP ? c->ffn : c->d;
        snprintf(name, sizeof name, "bert.encoder.layer.%d.%s", l, tail[t]);
        *s =
            (struct site){.name = mem_text("%s", name), .layer = l, .index = l * TARGETS + t, .target = (enum target)t};
        s->in = in;
        s->out = out;
        s->W = base(m, ROLE_WEIGHT, depth[t], out, in, "%s.weight", name);
        s->b = base(m, ROLE_BIAS, depth[t], 1, out, "%s.bias", name);
        if (t == TARGET_O || t == TARGET_DOWN) {
            const char *part = t == TARGET_O ? "attention.output" : "output";
            snprintf(name, sizeof name, "bert.encoder.layer.%d.%s.LayerNorm", l, part);
            *(t == TARGET_O ? &layer->norm1 : &layer->norm2) =
                base_norm(m, depth[t], ROLE_NORM, ROLE_BIAS | ROLE_BETA, name);
        }
    }
}

static void check(const struct model_config *c)
{
    if (c->d < 1 || c->layers < 1 || c->heads < 1 || c->ffn < 1 || c->vocab < 1 || c->positions < 1 || c->types < 1 ||
        c->layers > MODEL_LAYERS_MAX || c->d % c->heads || !(c->eps > 0))
        die(EXIT_DATA, "impossible model sizes: d=%d layers=%d heads=%d ffn=%d vocab=%d positions=%d types=%d eps=%g",
            c->d, c->layers, c->heads, c->ffn, c->vocab, c->positions, c->types, c->eps);
}

void model_open(struct model *m, const struct model_config *c, struct memory *mem)
{
    check(c);
    *m = (struct model){.config = *c, .mem = mem};
    m->layer = mem_alloc((size_t)c->layers * sizeof *m->layer);
    m->word = base(m, ROLE_EMBED, DEPTH_EMBED, c->vocab, c->d, "bert.embeddings.word_embeddings.weight");
    m->position = base(m, ROLE_EMBED, DEPTH_EMBED, c->positions, c->d, "bert.embeddings.position_embeddings.weight");
    m->type = base(m, ROLE_EMBED, DEPTH_EMBED, c->types, c->d, "bert.embeddings.token_type_embeddings.weight");
    m->embed_norm = base_norm(m, DEPTH_EMBED, ROLE_NORM, ROLE_BIAS | ROLE_BETA, "bert.embeddings.LayerNorm");
    for (int l = 0; l < c->layers; l++)
        declare_layer(m, l);
    m->pooler_W = base(m, ROLE_WEIGHT, DEPTH_POOLER(c), c->d, c->d, "bert.pooler.dense.weight");
    m->pooler_b = base(m, ROLE_BIAS, DEPTH_POOLER(c), 1, c->d, "bert.pooler.dense.bias");
    if (!c->mlm)
        return;
    int top = DEPTH_CLASSIFIER(c);
    m->mlm_W = base(m, ROLE_PRETRAIN, top, c->d, c->d, "cls.predictions.transform.dense.weight");
    m->mlm_b = base(m, ROLE_PRETRAIN, top, 1, c->d, "cls.predictions.transform.dense.bias");
    m->mlm_norm = base_norm(m, top, ROLE_PRETRAIN, ROLE_PRETRAIN, "cls.predictions.transform.LayerNorm");
    m->mlm_out = base(m, ROLE_PRETRAIN, top, 1, c->vocab, "cls.predictions.bias");
    m->nsp_W = base(m, ROLE_PRETRAIN, top, 2, c->d, "cls.seq_relationship.weight");
    m->nsp_b = base(m, ROLE_PRETRAIN, top, 1, 2, "cls.seq_relationship.bias");
}

void model_close(struct model *m)
{
    if (m->live)
        munmap(m->live, m->base_bytes);
    if (m->pretrained)
        munmap(m->pretrained, m->base_bytes);
    for (int l = 0; m->layer && l < m->config.layers; l++)
        for (int t = 0; t < TARGETS; t++)
            free((char *)m->layer[l].site[t].name);
    model_drop_params(m, 0);
    free(m->param);
    free(m->layer);
    *m = (struct model){0};
}

/* Every base tensor at its place in the two maps. */
static void place(struct model *m)
{
    size_t offset = 0;
    for (int i = 0; i < m->nbase; i++) {
        struct param *p = m->param[i];
        p->w.v = (real *)(void *)(m->live + offset);
        p->w0.v = m->pretrained ? (real *)(void *)(m->pretrained + offset) : NULL;
        offset += (mat_size(p->w) * sizeof(real) + ALIGN - 1) / ALIGN * ALIGN;
    }
}

void model_map(struct model *m, int fd)
{
    m->live = mmap(NULL, m->base_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    m->pretrained = mmap(NULL, m->base_bytes, PROT_READ, MAP_SHARED, fd, 0);
    if (m->live == MAP_FAILED || m->pretrained == MAP_FAILED)
        die(EXIT_RESOURCE, "the base (%zu MiB) cannot be mapped into memory", m->base_bytes >> 20);
    place(m);
}

void model_map_live(struct model *m)
{
    m->live = mmap(NULL, m->base_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (m->live == MAP_FAILED)
        die(EXIT_RESOURCE, "no memory for a base of %zu MiB", m->base_bytes >> 20);
    place(m);
}

void model_map_anonymous(struct model *m)
{
    int fd = memfd_create("peftlab-base", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)m->base_bytes))
        die(EXIT_RESOURCE, "no memory for a base of %zu MiB", m->base_bytes >> 20);
    model_map(m, fd);
    close(fd);
}

void model_freeze(struct model *m)
{
    struct model old = *m;
    int fd = memfd_create("peftlab-base", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)m->base_bytes) ||
        pwrite(fd, m->live, m->base_bytes, 0) != (ssize_t)m->base_bytes)
        die(EXIT_RESOURCE, "no memory for a base of %zu MiB", m->base_bytes >> 20);
    model_map(m, fd);
    close(fd);
    munmap(old.live, m->base_bytes);
    munmap(old.pretrained, m->base_bytes);
}

void model_reset(struct model *m)
{
    for (int i = 0; i < m->nbase; i++) {
        struct param *p = m->param[i];
        /* untouched pages stay shared: only what differs is written */
        if (memcmp(p->w.v, p->w0.v, mat_size(p->w) * sizeof(real)) != 0)
            mat_copy(p->w0, p->w);
    }
}

void model_init(struct model *m, uint64_t seed)
{
    for (int i = 0; i < m->nbase; i++) {
        struct param *p = m->param[i];
        struct rng r = rng_stream(seed, RNG_BASE_INIT, (uint32_t)i, 0);
        bool gamma = strstr(p->name, "LayerNorm.weight") != NULL;
        if (p->role == ROLE_EMBED)
            rng_fill_normal(&r, p->w, 0.05);
        else if (p->w.rows == 1)
            mat_fill(p->w, gamma ? 1 : 0);
        else if (p->w.cols == m->config.ffn && p->w.rows == m->config.d && m->config.ffn != m->config.d)
            rng_fill_normal(&r, p->w, 0.02); /* the second FFN matrix */
        else
            rng_fill_normal(&r, p->w, 0.5 / sqrt(p->w.cols));
    }
    model_freeze(m);
}

void model_add_head(struct model *m, int K, uint64_t seed)
{
    int depth = DEPTH_CLASSIFIER(&m->config);
    m->classifier_W = model_add_param(m, "classifier.weight", ROLE_HEAD, depth, K, m->config.d);
    m->classifier_b = model_add_param(m, "classifier.bias", ROLE_HEAD, depth, 1, K);
    m->classifier_b->vector = true;
    if (m->mem->weights.dry)
        return;
    struct rng r = rng_stream(seed, RNG_HEAD, 0, 0);
    rng_fill_normal(&r, m->classifier_W->w, 0.02);
}

struct param *model_add_param(struct model *m, const char *name, enum role role, int depth, int rows, int cols)
{
    struct param *p = declare(m, name, role, depth, rows, cols);
    p->vector = false;
    p->w = arena_mat(&m->mem->weights, rows, cols);
    return p;
}

void model_drop_params(struct model *m, int n)
{
    while (m->nparam > n)
        drop(m->param[--m->nparam]);
}

struct param *model_find(const struct model *m, const char *name)
{
    for (int i = 0; i < m->nparam; i++)
        if (strcmp(m->param[i]->name, name) == 0)
            return m->param[i];
    return NULL;
}

void model_allocate_training(struct model *m)
{
    for (int i = 0; i < m->nparam; i++) {
        struct param *p = m->param[i];
        if (!p->trains)
            continue;
        p->g = arena_mat(&m->mem->grads, p->w.rows, p->w.cols);
        p->m1 = arena_mat(&m->mem->moments, p->w.rows, p->w.cols);
        p->m2 = arena_mat(&m->mem->moments, p->w.rows, p->w.cols);
    }
}

void model_zero_grads(struct model *m)
{
    for (int i = 0; i < m->nparam; i++)
        if (m->param[i]->g.v)
            memset(m->param[i]->g.v, 0, mat_size(m->param[i]->g) * sizeof(real));
}

int model_lowest(const struct model *m)
{
    int lowest = DEPTH_CLASSIFIER(&m->config) + 1;
    for (int i = 0; i < m->nparam; i++)
        if (m->param[i]->trains && m->param[i]->depth < lowest)
            lowest = m->param[i]->depth;
    return lowest;
}

long model_count_trained(const struct model *m, unsigned roles)
{
    long n = 0;
    for (int i = 0; i < m->nparam; i++)
        if (m->param[i]->trains && (m->param[i]->role & roles))
            n += (long)mat_size(m->param[i]->w);
    return n;
}
