/* Reading an adapter folder back: the mirror of adapter_write.c. */
#include "export/adapter_read.h"

#include "core/arena.h"
#include "core/json.h"
#include "export/adapter_write.h"
#include "model/safetensors.h"
#include "tune/method_words.h"
#include "tune/peft.h"
#include "tune/tuning.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_BYTES = 16 << 20 };

static bool is_set(struct json_view root, const char *key)
{
    struct json_view flag = json_find(root, key);
    return json_has_object(flag) || (flag.node && json_bool(flag));
}

/* The value of a key of a format, also of one within an object. */
static struct json_view value_of(struct json_view root, const char *key)
{
    char outer[PEFT_WORD];
    const char *dot = strchr(key, '.');
    snprintf(outer, sizeof outer, "%.*s", (int)strcspn(key, "."), key);
    return dot ? json_get(json_get(root, outer), dot + 1) : json_get(root, key);
}

/* Is a file of type `type` one of this format? Exactly its own among the keys that tell methods of a type apart is set.
 */
static bool fits(const struct peft *p, const char *type, struct json_view root)
{
    if (!peft_type(p) || strcmp(p->type, type) != 0)
        return false;
    for (int i = 0; i < method_registry_size; i++) {
        const struct peft *other = method_registry[i]->peft;
        bool own = p->use && other && other->use && strcmp(p->use, other->use) == 0;
        if (peft_type(other) && other->use && strcmp(other->type, type) == 0 && is_set(root, other->use) != own)
            return false;
    }
    return true;
}

/* The first method whose format this is: LoRA+ and LoRA-FA are LoRA once they are trained. */
static const struct method *method_of(struct json_view root)
{
    const char *type = json_text(json_get(root, "peft_type"));
    char uses[128] = "";
    for (int i = 0; i < method_registry_size; i++)
        if (fits(method_registry[i]->peft, type, root))
            return method_registry[i];
    for (int i = 0; i < method_registry_size; i++) {
        const struct peft *p = method_registry[i]->peft;
        if (p && p->use && is_set(root, p->use))
            snprintf(uses + strlen(uses), sizeof uses - strlen(uses), "%s%s", *uses ? " and " : " with ", p->use);
    }
    die(EXIT_DATA, "peft_type %.40s%s is not known here", type, uses);
}

static void set(struct imported *a, const char *key, double value)
{
    char text[64];
    void *in;
    const struct option *o = method_option(a->method, key, &a->common, a->opts, &in);
    option_number_text(o, value, text, sizeof text);
    option_set(o, in, text);
}

/* The number of a linear layer, layer * TARGETS + target, by its name; -1 where there is none. */
static int linear_named(const struct model *m, const char *name)
{
    for (int k = 0; k < m->config.layers * TARGETS; k++)
        if (strcmp(name, m->layer[k / TARGETS].site[k % TARGETS].name) == 0)
            return k;
    return -1;
}

/* targets= and layers= from the list of modules: every named target in every named layer, and nothing else. */
static void read_sites(struct imported *a, struct json_view root, const struct model *m)
{
    struct json_view list = json_get(root, "target_modules");
    size_t n = json_array_length(list), found = 0;
    bool layer[MODEL_LAYERS_MAX] = {false}, target[TARGETS] = {false};
    int layers = 0, targets = 0;
    for (size_t i = 0; i < n; i++) {
        int k = linear_named(m, json_text(json_element(list, i)));
        if (k < 0)
            continue;
        layer[k / TARGETS] = target[k % TARGETS] = true;
        found++;
    }
    *a->common.layers = *a->common.targets = '\0';
    for (int l = 0; l < m->config.layers; l++)
        if (layer[l])
            snprintf(a->common.layers + strlen(a->common.layers), OPTION_TEXT - strlen(a->common.layers), "%s%d",
                     layers++ ? "," : "", l);
    for (int k = 0; k < TARGETS; k++)
        if (target[k])
            snprintf(a->common.targets + strlen(a->common.targets), OPTION_TEXT - strlen(a->common.targets), "%s%s",
                     targets++ ? "," : "", target_names[k]);
    if (!n || found != n || n != (size_t)layers * (size_t)targets)
        die(EXIT_DATA,
            "target_modules names %zu modules, %zu of them linear layers here, in %d layers of %d kinds: each kind "
            "must be there in each layer",
            n, found, layers, targets);
}

/* Sets an option of the method to its choice number i. */
static void choose(struct imported *a, const struct option *o, int i)
{
    const char *c = o->choices;
    char text[OPTION_TEXT];
    while (i-- > 0)
        c = strchr(c, '|') + 1;
    snprintf(text, sizeof text, "%.*s", (int)strcspn(c, "|"), c);
    option_set(o, a->opts, text);
}

/* An option from PEFT's number, true or false, or word. */
static void read_option(struct imported *a, struct json_view root, const struct peft_key *k)
{
    const struct option *o = option_find(a->method->options, k->option);
    char name[PEFT_WORD], word[PEFT_WORD], found[PEFT_WORD] = "";
    if (k->value == PEFT_OPTION) {
        struct json_view value = value_of(root, k->key);
        set(a, k->option, o->type == OPT_BOOL ? json_bool(value) : json_number(value, o->min, o->max));
        return;
    }
    peft_word(k, 0, name, word);
    struct json_view value = json_get(root, name);
    if (json_has_text(value))
        snprintf(found, sizeof found, "%s", json_text(value));
    else
        json_scalar(value, found, sizeof found);
    int i = 0;
    for (const char *c = o->choices; c; c = strchr(c, '|'), c = c ? c + 1 : NULL, i++)
        if (peft_word(k, i, name, word) && strcmp(word, found) == 0) {
            choose(a, o, i);
            return;
        }
    die(EXIT_DATA, "%s: \"%.40s\" is nothing that %s= here can be", name, found, k->option);
}

static void read_ranks(struct imported *a, struct json_view root)
{
    const struct peft *p = a->method->peft;
    for (const struct peft_key *k = p->key; k->key; k++)
        if (k->value == PEFT_OPTION || k->value == PEFT_WORDS)
            read_option(a, root, k);
        else if (k->option)
            set(a, k->option,
                k->value == PEFT_ALPHA ? json_number(json_get(root, k->key), 1e-30, 1e6)
                                       : (double)json_int(json_get(root, k->key), 1, INT32_MAX));
    if (p->option_off)
        option_set(option_find(a->method->options, p->option_off), a->opts, p->value_off);
}

/* Ranks that single modules have; of these the scale, alpha / rank, must be that of all others, for there is one here. */
static void read_patterns(struct imported *a, struct json_view root, const struct model *m)
{
    const struct peft *p = a->method->peft;
    struct json_view ranks = json_find(root, "rank_pattern"), alphas = json_find(root, "alpha_pattern"), one = {0};
    double alpha[MODEL_LAYERS_MAX * TARGETS] = {0}, all = a->common.alpha / peft_divisor_at(p, a->common.rank);
    const bool scaled = peft_says(p, PEFT_SITE_ALPHAS);
    if (p->one_rank)
        return;
    while (ranks.node && json_next(ranks, &one)) {
        int k = linear_named(m, one.key);
        if (k < 0)
            die(EXIT_DATA, "rank_pattern: %.80s is no linear layer here", one.key);
        a->rank[k] = (int)json_int(one, 1, 65536);
    }
    one = (struct json_view){0};
    while (scaled && alphas.node && json_next(alphas, &one)) {
        int k = linear_named(m, one.key);
        if (k < 0)
            die(EXIT_DATA, "alpha_pattern: %.80s is no linear layer here", one.key);
        alpha[k] = json_number(one, 1e-30, 1e6);
    }
    for (int k = 0; k < m->config.layers * TARGETS; k++) {
        double here =
            (alpha[k] > 0 ? alpha[k] : a->common.alpha) / peft_divisor_at(p, a->rank[k] ? a->rank[k] : a->common.rank);
        if (scaled && fabs(here - all) > 1e-9 * all)
            die(EXIT_DATA, "alpha_pattern: %.80s is scaled by %g and others by %g",
                m->layer[k / TARGETS].site[k % TARGETS].name, here, all);
    }
}

/* What the file says of the model's linear layers. */
static void read_modules(struct imported *a, struct json_view root, const struct model_config *config)
{
    struct memory mem;
    struct model m;
    memory_open(&mem);
    DEFER(memory_close, &mem);
    model_open(&m, config, &mem);
    DEFER(model_close, &m);
    read_sites(a, root, &m);
    read_ranks(a, root);
    read_patterns(a, root, &m);
}

static void read_head(struct imported *a, struct json_view root, const struct architecture *arch)
{
    char out[MODEL_NAME], dense[MODEL_NAME] = "";
    architecture_module(arch, arch->head.out, out, sizeof out);
    if (arch->head.dense)
        architecture_module(arch, arch->head.dense, dense, sizeof dense);
    struct json_view saved = json_find(root, "modules_to_save");
    for (size_t i = 0; saved.node && i < json_array_length(saved); i++) {
        const char *name = json_text(json_element(saved, i));
        if (strcmp(name, out) == 0)
            a->classes = -1; /* the tensor says how many */
        else if (strcmp(name, dense) != 0)
            die(EXIT_DATA, "modules_to_save: \"%.60s\" is neither classifier nor pooler", name);
        else if (!arch->head.fresh)
            a->common.head = HEAD_POOLER;
    }
}

enum { PATH_BYTES = 1200 };

static void in_folder(const char *folder, const char *name, char path[PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "%s/%s", folder, name);
}

static void read_classes(struct imported *a, const char *folder, const struct architecture *arch)
{
    char path[PATH_BYTES], name[2 * MODEL_NAME];
    snprintf(name, sizeof name, "base_model.model.%s.weight", arch->head.out);
    in_folder(folder, "adapter_model.safetensors", path);
    struct safetensors *f = safetensors_open(path);
    const struct safetensor *head = safetensors_find(f, name);
    size_t n = head && head->rank == 2 ? head->shape[0] : 0;
    safetensors_close(f);
    if (n < 1 || n > 1000)
        die(EXIT_DATA, "%s: no %s of 1 to 1000 rows", path, name);
    a->classes = (int)n;
}

void import_open(struct imported *a, const char *folder, const struct model_config *config)
{
    char path[PATH_BYTES];
    in_folder(folder, "adapter_config.json", path);
    struct json *doc = json_load(path, CONFIG_BYTES);
    DEFER(json_free, doc);
    struct trap t;
    *a = (struct imported){.method = NULL};
    if (trap_set(&t)) {
        char *where = strncmp(t.text, path, strlen(path)) == 0 ? NULL : path;
        import_close(a);
        die(EXIT_DATA, "%s%s%s", where ? where : "", where ? ": " : "", t.text);
    }
    struct json_view root = json_root(doc);
    a->method = method_of(root);
    a->opts = mem_alloc(a->method->options_size);
    option_defaults(adapter_options, &a->common);
    option_defaults(a->method->options, a->opts);
    read_modules(a, root, config);
    read_head(a, root, config_architecture(config));
    if (a->classes)
        read_classes(a, folder, config_architecture(config));
    trap_end(&t);
}

void import_close(struct imported *a)
{
    free(a->opts);
    a->opts = NULL;
}

void import_tuning(const struct imported *a, struct tuning *t, struct model *m, uint64_t seed)
{
    tuning_open(t, a->method, a->opts, &a->common, m, seed, 0);
    for (int i = 0; i < t->nsites; i++) {
        struct site *s = t->site[i];
        int rank = a->rank[s->layer * TARGETS + (int)s->target];
        if (rank)
            tuning_set_rank(t, s, rank);
    }
}

/* Our name of a tensor in PEFT's file: "base_model.model.<site>.<theirs>" or "base_model.<shared>"; and which of the format's
 * it is, if one whose shape may be another. */
static bool our_name(const struct imported *a, const char *theirs, char *name, size_t size,
                     const struct peft_tensor **is)
{
    static const char prefix[] = "base_model.", model[] = "model.";
    if (strncmp(theirs, prefix, sizeof prefix - 1) != 0)
        return false;
    const char *rest = theirs + sizeof prefix - 1;
    if (strncmp(rest, model, sizeof model - 1) == 0)
        rest += sizeof model - 1;
    snprintf(name, size, "%s", rest);
    size_t n = strlen(name);
    for (const struct peft_tensor *p = a->method->peft->tensor; p->ours; p++) {
        size_t k = strlen(p->theirs);
        if (n > k + 1 && name[n - k - 1] == '.' && strcmp(name + n - k, p->theirs) == 0) {
            snprintf(name + n - k, size - (n - k), "%s", p->ours);
            *is = p;
            return true;
        }
    }
    return true;
}

/* The parameter that a tensor of the file fills; dies when there is none, or of another shape. */
static struct param *target_of(const struct imported *a, const struct model *m, const struct safetensor *s,
                               const char *path)
{
    char name[2 * MODEL_NAME];
    static const struct peft_tensor plain = {.form = PEFT_MATRIX};
    const struct peft_tensor *is = &plain;
    struct param *p = our_name(a, s->name, name, sizeof name, &is) ? model_find(m, name) : NULL;
    bool base = p && p->w0.v;
    if (!p || (base && p != m->pooler_W && p != m->pooler_b))
        die(EXIT_DATA, "%s: the tensor %.100s belongs to nothing that is adapted", path, s->name);
    size_t rows = 1, cols = s->rank ? s->shape[s->rank - 1] : 0;
    for (int i = 0; i + 1 < (int)s->rank; i++)
        rows *= s->shape[i];
    struct mat w = peft_view(is, p->w);
    if (s->rank > 3 || rows != (size_t)w.rows || cols != (size_t)w.cols)
        die(EXIT_DATA, "%s: %.100s has %zu values in %d dimensions, (%d, %d) is wanted", path, s->name, s->count,
            s->rank, w.rows, w.cols);
    return p;
}

void import_weights(const struct imported *a, const char *folder, struct tuning *t)
{
    char path[PATH_BYTES];
    in_folder(folder, "adapter_model.safetensors", path);
    struct safetensors *f = safetensors_open(path);
    DEFER(safetensors_close, f);
    struct model *m = t->model;
    size_t wanted = (size_t)(m->nparam - m->nbase) + (a->common.head == HEAD_POOLER ? 2 : 0);
    if (safetensors_count(f) != wanted)
        die(EXIT_DATA, "%s: %zu tensors, not %zu", path, safetensors_count(f), wanted);
    const struct param **filled = mem_alloc(wanted * sizeof(const struct param *));
    DEFER(free, (void *)filled);
    for (size_t i = 0; i < wanted; i++) {
        const struct safetensor *s = safetensors_at(f, i);
        struct param *p = target_of(a, m, s, path);
        for (size_t k = 0; k < i; k++)
            if (filled[k] == p)
                die(EXIT_DATA, "%s: %.100s stands there under another name too", path, s->name);
        safetensors_read(f, s, p->w.v);
        filled[i] = p;
    }
    tuning_refresh(t);
}

/* Every entry as it was trained; where the file holds more ranks than this site has, they are zeros. */
static bool same_bits(struct mat got, struct mat want)
{
    static const real none = 0;
    bool same = got.rows >= want.rows && got.cols >= want.cols;
    for (int i = 0; i < got.rows; i++)
        for (int j = 0; j < got.cols; j++) {
            const real *x = i < want.rows && j < want.cols ? want.v + (size_t)i * (size_t)want.ld + j : &none;
            same &= memcmp(got.v + (size_t)i * (size_t)got.ld + j, x, sizeof *x) == 0;
        }
    return same;
}

static void compare(const struct model *got, const struct model *want, bool pooler)
{
    for (int i = 0; i < got->nparam; i++) {
        const struct param *p = got->param[i];
        const struct param *q = model_find(want, p->name);
        bool written = i >= got->nbase || (pooler && (p == got->pooler_W || p == got->pooler_b));
        if (written && (!q || !same_bits(p->w, q->w)))
            die(EXIT_MISMATCH, "%s is not as it was trained", p->name);
    }
}

void import_verify(const struct trainee *t, const struct base *base, const char *folder)
{
    if (t->model->arch->fused) { /* what was three is one there */
        export_verify(t, folder);
        return;
    }
    struct imported a = {.opts = NULL};
    struct memory mem;
    struct model m;
    struct tuning u = {.site = NULL};
    struct trap trap;
    DEFER(import_close, &a);
    memory_open(&mem);
    DEFER(memory_close, &mem);
    model_open(&m, &base->config, &mem);
    DEFER(model_close, &m);
    model_map(&m, base->image);
    DEFER(tuning_close, &u);
    if (trap_set(&trap))
        die(EXIT_MISMATCH, "%s: read back, the export differs: %s", folder, trap.text);
    import_open(&a, folder, &base->config);
    import_tuning(&a, &u, &m, 0);
    tuning_begin_phase(&u, tuning_phases(&u) - 1, a.classes);
    import_weights(&a, folder, &u);
    compare(&m, t->model, a.common.head == HEAD_POOLER);
    trap_end(&trap);
}
