/* Layout of an encoder's tensors in one image that is mapped, shared and copied on write. */
#include "model/model.h"

#include "core/die.h"
#include "core/rng.h"
#include "math/linalg.h"

#include <math.h>
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
    if (p->place.tensor != p->name)
        free((char *)p->place.tensor);
    free((char *)p->name);
    free(p);
}

/* A base tensor: its place in the image follows the one before it. */
static struct param *base(struct model *m, enum role role, int depth, int rows, int cols, const char *name)
{
    m->base_bytes += ((size_t)rows * (size_t)cols * sizeof(real) + ALIGN - 1) / ALIGN * ALIGN;
    m->nbase++;
    struct param *p = declare(m, name, role, depth, rows, cols);
    p->place.tensor = p->name;
    return p;
}

/* The tensor `name`.`tail`, of a layer where the name has a %d. */
static struct param *named(struct model *m, enum role role, int depth, int rows, int cols, const char *name,
                           const char *tail)
{
    char full[MODEL_NAME];
    snprintf(full, sizeof full, "%s.%s", name, tail);
    return base(m, role, depth, rows, cols, full);
}

/* A bias or beta, which some families have nowhere: then it is zero, stays zero, and lies in no file. */
static struct param *bias(struct model *m, enum role role, int depth, int cols, const char *name, bool absent)
{
    struct param *p = named(m, absent ? 0 : role, depth, 1, cols, name, "bias");
    if (absent)
        p->place.tensor = NULL;
    return p;
}

static struct norm base_norm(struct model *m, int depth, enum role gamma, enum role beta, int width, const char *name)
{
    struct norm n = {.gamma = named(m, gamma, depth, 1, width, name, "weight")};
    n.beta = bias(m, beta, depth, width, name, m->arch->no_bias);
    return n;
}

/* The first layer that has these weights. */
static int first_layer(const struct model_config *c, int weights)
{
    return (weights * config_depth(c) + c->layers - 1) / c->layers;
}

/* q, k and v of a fused tensor: one third of it each. */
static void fuse(struct param *p, const char *layer, const char *fused, const char *tail, int part, bool transposed)
{
    p->place = (struct stored){mem_text("%s%s.%s", layer, fused, tail), part, 3, transposed};
}

static void declare_site(struct model *m, int l, int t, int depth, const char *layer)
{
    const struct model_config *c = &m->config;
    const struct architecture *arch = m->arch;
    struct site *s = &m->layer[l].site[t];
    *s = (struct site){.name = mem_text("%s%s", layer, arch->site[t]),
                       .layer = l,
                       .index = l * TARGETS + t,
                       .target = (enum target)t,
                       .in = t == TARGET_DOWN ? c->ffn : c->d,
                       .out = t == TARGET_UP ? c->ffn * (arch->gated ? 2 : 1) : c->d};
    s->W = named(m, ROLE_WEIGHT, depth, s->out, s->in, s->name, "weight");
    s->b = bias(m, ROLE_BIAS, depth, s->out, s->name, arch->no_bias);
    s->W->place.transposed = arch->transposed;
    if (arch->fused && t <= TARGET_V) {
        fuse(s->W, layer, arch->fused, "weight", t, arch->transposed);
        if (s->b->place.tensor)
            fuse(s->b, layer, arch->fused, "bias", t, false);
    }
}

/* A norm after a half of the layer is reached with the half's last matrix, one before it with what is below its first. */
static void declare_layer(struct model *m, int l)
{
    const int net = first_layer(&m->config, l), d = m->config.d;
    const int depth[TARGETS] = {DEPTH_QKV(net), DEPTH_QKV(net), DEPTH_QKV(net),
                                DEPTH_OUT(net), DEPTH_UP(net),  DEPTH_DOWN(net)};
    const struct architecture *arch = m->arch;
    struct layer *layer = &m->layer[l];
    char prefix[MODEL_NAME], name[2 * MODEL_NAME];
    snprintf(prefix, sizeof prefix, arch->layer, l); // NOLINT(clang-diagnostic-format-nonliteral)
    for (int t = 0; t < TARGETS; t++) {
        declare_site(m, l, t, depth[t], prefix);
        if (t != TARGET_O && t != TARGET_DOWN)
            continue;
        bool first = t == TARGET_O;
        int below = first ? DEPTH_QKV(net) - 1 : DEPTH_OUT(net);
        if (first && l == 0 && arch->no_first_norm)
            continue;
        snprintf(name, sizeof name, "%s%s", prefix, first ? arch->norm1 : arch->norm2);
        *(first ? &layer->norm1 : &layer->norm2) =
            base_norm(m, arch->pre_norm ? below : depth[t], ROLE_NORM, ROLE_BIAS | ROLE_BETA, d, name);
    }
}

static void check(const struct model_config *c)
{
    int depth = config_depth(c);
    if (c->d < 1 || c->layers < 1 || c->heads < 1 || c->ffn < 1 || c->vocab < 1 || c->positions < 1 || c->types < 1 ||
        depth < c->layers || depth > MODEL_LAYERS_MAX || c->d % c->heads || !(c->eps > 0))
        die(EXIT_DATA, "impossible model sizes: d=%d layers=%d heads=%d ffn=%d vocab=%d positions=%d types=%d eps=%g",
            c->d, depth, c->heads, c->ffn, c->vocab, c->positions, c->types, c->eps);
}

static void declare_embeddings(struct model *m)
{
    const struct model_config *c = &m->config;
    const struct architecture *arch = m->arch;
    int e = c->embedding ? c->embedding : c->d;
    m->word = named(m, ROLE_EMBED, DEPTH_EMBED, c->vocab, e, arch->word, "weight");
    if (arch->position)
        m->position = named(m, ROLE_EMBED, DEPTH_EMBED, c->first_position + c->positions, e, arch->position, "weight");
    if (arch->type)
        m->type = named(m, ROLE_EMBED, DEPTH_EMBED, c->types, e, arch->type, "weight");
    if (arch->embed_norm)
        m->embed_norm = base_norm(m, DEPTH_EMBED, ROLE_NORM, ROLE_BIAS | ROLE_BETA, e, arch->embed_norm);
    if (arch->project && (e != c->d || arch->project_always)) {
        m->project_W = named(m, ROLE_WEIGHT, DEPTH_EMBED, c->d, e, arch->project, "weight");
        m->project_b = bias(m, ROLE_BIAS, DEPTH_EMBED, c->d, arch->project, false);
    }
}

/* Tables that all layers use are as deep as the lowest. */
static void declare_relative(struct model *m)
{
    const struct model_config *c = &m->config;
    const struct architecture *arch = m->arch;
    if (!arch->relative)
        return;
    if (arch->relative_norm) {
        m->relative = named(m, ROLE_EMBED, DEPTH_EMBED, 2 * c->buckets, c->d, arch->relative, "weight");
        m->relative_norm = base_norm(m, DEPTH_EMBED, ROLE_NORM, ROLE_BIAS | ROLE_BETA, c->d, arch->relative_norm);
    } else
        m->relative = named(m, ROLE_EMBED, DEPTH_QKV(0), c->buckets, c->heads, arch->relative, "weight");
}

static void declare_pretraining(struct model *m)
{
    const struct model_config *c = &m->config;
    const char *const transform = "cls.predictions.transform";
    int top = DEPTH_CLASSIFIER(c);
    m->mlm_W = named(m, ROLE_PRETRAIN, top, c->d, c->d, transform, "dense.weight");
    m->mlm_b = named(m, ROLE_PRETRAIN, top, 1, c->d, transform, "dense.bias");
    m->mlm_norm = base_norm(m, top, ROLE_PRETRAIN, ROLE_PRETRAIN, c->d, "cls.predictions.transform.LayerNorm");
    m->mlm_out = named(m, ROLE_PRETRAIN, top, 1, c->vocab, "cls.predictions", "bias");
    m->nsp_W = named(m, ROLE_PRETRAIN, top, 2, c->d, "cls.seq_relationship", "weight");
    m->nsp_b = named(m, ROLE_PRETRAIN, top, 1, 2, "cls.seq_relationship", "bias");
}

/* A tensor of the classifier that a folder brings; it waits in the image under another name. */
static struct param *brought(struct model *m, int rows, int cols, const char *name, const char *tail)
{
    char theirs[MODEL_NAME];
    snprintf(theirs, sizeof theirs, "theirs.%s.%s", name, tail);
    struct param *p = base(m, ROLE_PRETRAIN, DEPTH_CLASSIFIER(&m->config), rows, cols, theirs);
    p->place.tensor = mem_text("%s.%s", name, tail);
    return p;
}

static void declare_head(struct model *m)
{
    const struct model_config *c = &m->config;
    const struct architecture *arch = m->arch;
    int depth = DEPTH_POOLER(c), d = c->d;
    if (arch->head.dense && !arch->head.fresh) {
        m->pooler_W = named(m, ROLE_WEIGHT, depth, d, d, arch->head.dense, "weight");
        m->pooler_b = bias(m, ROLE_BIAS, depth, d, arch->head.dense, arch->head.dense_no_bias);
        if (arch->head.norm)
            m->pooler_norm = base_norm(m, depth, ROLE_NORM, ROLE_BIAS | ROLE_BETA, d, arch->head.norm);
    }
    if (c->mlm)
        declare_pretraining(m);
    if (!c->outputs)
        return;
    m->theirs[0] = brought(m, c->outputs, d, arch->head.out, "weight");
    if (!arch->head.out_no_bias)
        m->theirs[1] = brought(m, 1, c->outputs, arch->head.out, "bias");
    if (arch->head.fresh) {
        m->theirs[2] = brought(m, d, d, arch->head.dense, "weight");
        m->theirs[3] = brought(m, 1, d, arch->head.dense, "bias");
    }
}

void model_open(struct model *m, const struct model_config *c, struct memory *mem)
{
    check(c);
    *m = (struct model){.config = *c, .mem = mem, .arch = config_architecture(c)};
    m->layer = mem_alloc((size_t)c->layers * sizeof *m->layer);
    declare_embeddings(m);
    for (int l = 0; l < c->layers; l++)
        declare_layer(m, l);
    if (m->arch->final_norm)
        m->final_norm = base_norm(m, DEPTH_POOLER(c) - 1, ROLE_NORM, ROLE_BIAS | ROLE_BETA, c->d, m->arch->final_norm);
    declare_relative(m);
    declare_head(m);
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
    bool full = fd < 0 || ftruncate(fd, (off_t)m->base_bytes);
    for (size_t at = 0; at < m->base_bytes && !full;) { /* one call takes less than 2 GiB */
        ssize_t n = pwrite(fd, (const char *)m->live + at, m->base_bytes - at, (off_t)at);
        full = n <= 0;
        at += full ? 0 : (size_t)n;
    }
    if (full)
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
        bool gamma = p->role == ROLE_NORM || strstr(p->name, "LayerNorm.weight") != NULL;
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

/* Standard normal numbers of at most two in size, times sd: how a truncated normal begins in PyTorch. */
static void fill_truncated(struct rng *r, struct mat w, double sd)
{
    for (size_t i = 0; i < mat_size(w); i++) {
        double z = rng_normal(r);
        while (fabs(z) > 2)
            z = rng_normal(r);
        w.v[i] = (real)(sd * z);
    }
}

static struct param *add_head_param(struct model *m, int depth, int rows, int cols, const char *name, const char *tail)
{
    char full[MODEL_NAME];
    snprintf(full, sizeof full, "%s.%s", name, tail);
    struct param *p = model_add_param(m, full, ROLE_HEAD, depth, rows, cols);
    p->vector = strcmp(tail, "bias") == 0;
    return p;
}

void model_add_head(struct model *m, int K, uint64_t seed, bool theirs)
{
    const struct architecture *arch = m->arch;
    int depth = DEPTH_CLASSIFIER(&m->config), d = m->config.d;
    if (theirs && !m->config.outputs)
        die(EXIT_USAGE, "head=theirs: the base brings no classifier; head=classifier begins with a new one");
    if (theirs && m->config.outputs != K)
        die(EXIT_USAGE, "head=theirs: the classifier of the base has %d outputs, the task %d", m->config.outputs, K);
    m->classifier_W = add_head_param(m, depth, K, d, arch->head.out, "weight");
    if (!arch->head.out_no_bias)
        m->classifier_b = add_head_param(m, depth, 1, K, arch->head.out, "bias");
    if (arch->head.fresh) {
        m->pooler_W = add_head_param(m, DEPTH_POOLER(&m->config), d, d, arch->head.dense, "weight");
        m->pooler_b = add_head_param(m, DEPTH_POOLER(&m->config), 1, d, arch->head.dense, "bias");
        m->pooler_W->role = arch->head.trains ? ROLE_HEAD : ROLE_WEIGHT;
        m->pooler_b->role = arch->head.trains ? ROLE_HEAD : ROLE_BIAS;
    }
    if (m->mem->weights.dry)
        return;
    struct param *const to[] = {m->classifier_W, m->classifier_b, m->pooler_W, m->pooler_b};
    for (int i = 0; theirs && i < 4; i++)
        if (m->theirs[i])
            mat_copy(m->theirs[i]->w, to[i]->w);
    if (theirs)
        return;
    struct rng r = rng_stream(seed, RNG_HEAD, 0, 0), q = rng_stream(seed, RNG_HEAD, 1, 0);
    if (arch->head.wide)
        fill_truncated(&r, m->classifier_W->w, 1 / sqrt(d));
    else
        rng_fill_normal(&r, m->classifier_W->w, 0.02);
    if (arch->head.fresh)
        rng_fill_normal(&q, m->pooler_W->w, 0.02);
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
