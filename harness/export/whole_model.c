/* Whole models in Hugging Face's layout, and the logits by which a reader can check itself. */
#include "export/whole_model.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "core/json.h"
#include "data/tokenizer_files.h"
#include "data/tokenizer_write.h"
#include "language/language.h"
#include "math/linalg.h"
#include "model/arch.h"
#include "model/safetensors.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHECK_EXAMPLES = 8, CONFIG_BYTES = 16 << 20 };

static void put_labels(struct json_view root, const struct model *m, enum task_kind kind,
                       const struct class_names *classes)
{
    char number[16], label[EXPORT_NAME];
    int K = m->classifier_W->w.rows;
    struct json_view names = json_put_object(root, "id2label"), ids = json_put_object(root, "label2id");
    for (int k = 0; k < K; k++) {
        snprintf(number, sizeof number, "%d", k);
        export_class_name(classes, k, label, sizeof label);
        json_put_string(names, number, label);
        json_put_int(ids, label, k);
    }
    json_put_string(root, "problem_type", kind == TASK_SCORE ? "regression" : "single_label_classification");
}

/* The folder's own config.json with what a head and a number type change in it; or, of a base that was made here, a new
 * one. */
static struct json *config_of(const struct base *base)
{
    const struct model_config *c = &base->config;
    if (base->weights_file) {
        char *path = mem_text("%s/config.json", base->name);
        struct json *doc = json_load(path, CONFIG_BYTES);
        free(path);
        return doc;
    }
    struct json *doc = json_new();
    struct json_view root = json_root(doc);
    json_put_string(root, "model_type", "bert");
    json_put_string(root, "hidden_act", "gelu");
    json_put_int(root, "vocab_size", c->vocab);
    json_put_int(root, "hidden_size", c->d);
    json_put_int(root, "num_hidden_layers", c->layers);
    json_put_int(root, "num_attention_heads", c->heads);
    json_put_int(root, "intermediate_size", c->ffn);
    json_put_int(root, "max_position_embeddings", c->positions);
    json_put_int(root, "type_vocab_size", c->types);
    json_put_real(root, "layer_norm_eps", c->eps);
    json_put_string(root, "position_embedding_type", "absolute");
    json_put_int(root, "pad_token_id", 0);
    return doc;
}

/* `class`: what follows the architecture's name in that of the class. */
static void write_config(const struct base *base, const struct model *m, enum task_kind kind,
                         const struct class_names *classes, const char *class, const char *folder)
{
    struct json *doc = config_of(base);
    struct json_view root = json_root(doc), list = json_put_array(root, "architectures");
    char *path = mem_text("%s/config.json", folder), *name = mem_text("%s%s", m->arch->classes, class);
    const char *type = sizeof(real) == 8 ? "float64" : "float32";
    json_put_string(list, NULL, name);
    json_put_string(root, "torch_dtype", type);
    if (json_find(root, "dtype").node) /* transformers 5 says it so */
        json_put_string(root, "dtype", type);
    if (m->classifier_W)
        put_labels(root, m, kind, classes);
    json_write(doc, path);
    free(name);
    free(path);
    json_free(doc);
}

/* The tokenizer's own files; for the synthetic language a vocab.txt of its words, which are never cut. Those of an earlier
 * export go: beside these, transformers would read the other base's tokenizer. */
static void write_vocab(const struct base *base, const char *folder)
{
    for (const char *const *name = tokenizer_file_names; *name; name++) {
        char *old = mem_text("%s/%s", folder, *name);
        unlink(old);
        free(old);
    }
    if (base->tokenizer) {
        tokenizer_write(base->tokenizer, folder, base->config.positions);
        return;
    }
    struct file_out f;
    char *path = mem_text("%s/vocab.txt", folder);
    file_begin(&f, path);
    for (int i = 0; i < lang_vocab_size(); i++) {
        file_write(&f, lang_word(i), strlen(lang_word(i)));
        file_write(&f, "\n", 1);
    }
    file_commit(&f);
    free(path);
    static const struct wordpiece_settings off;
    tokenizer_write_config(&off, folder, base->config.positions);
}

/* Effective weights of sites, in the order of the model; NULL: what the parameters hold. */
struct effective {
    struct mat W, b;
};

/* What a parameter is to be in the file. */
static struct mat value_of(const struct model *m, const struct param *p, const struct effective *effective,
                           bool pretrained)
{
    struct mat w = pretrained ? p->w0 : p->w;
    for (int k = 0; effective && k < m->config.layers * TARGETS; k++) {
        const struct site *s = &m->layer[k / TARGETS].site[k % TARGETS];
        w = p == s->W ? effective[k].W : p == s->b ? effective[k].b : w;
    }
    return w;
}

static bool is_head(const struct model *m, const struct param *p)
{
    return p == m->classifier_W || p == m->classifier_b ||
           (m->arch->head.fresh && (p == m->pooler_W || p == m->pooler_b));
}

/* A tensor of one dimension in the file. */
static bool is_vector(const struct param *p)
{
    size_t n = strlen(p->name);
    bool bias = n > 5 && strcmp(p->name + n - 5, ".bias") == 0;
    return p->w.rows == 1 &&
           (bias || p->role == ROLE_NORM || strstr(p->name, "LayerNorm") || strstr(p->name, ".norm."));
}

/* The file's tensor in which p lies first: all its parts, turned where they lie (in, out) there; for free(). */
static real *assemble(const struct model *m, int first, const struct effective *effective, bool pretrained,
                      struct safetensor_out *out)
{
    const struct stored *at = &m->param[first]->place;
    struct mat one = m->param[first]->w;
    bool vector = one.rows == 1;
    int parts = at->parts ? at->parts : 1, share = vector ? one.cols : one.rows, in = vector ? 1 : one.cols;
    int all = parts * share;
    real *whole = mem_alloc((size_t)all * (size_t)in * sizeof *whole);
    for (int i = first; i < m->nbase; i++) {
        const struct param *p = m->param[i];
        if (!p->place.tensor || strcmp(p->place.tensor, at->tensor) != 0)
            continue;
        struct mat w = value_of(m, p, effective, pretrained);
        for (int k = 0; k < share; k++)
            for (int j = 0; j < in; j++) {
                int row = p->place.part * share + k;
                whole[at->transposed ? (size_t)j * (size_t)all + (size_t)row : (size_t)row * (size_t)in + (size_t)j] =
                    vector ? w.v[k] : w.v[(size_t)k * (size_t)w.ld + (size_t)j];
            }
    }
    size_t rows = (size_t)(at->transposed ? in : all), cols = (size_t)(at->transposed ? all : in);
    *out = (struct safetensor_out){
        at->tensor, whole, vector ? 0 : rows, vector ? (size_t)all : cols, vector ? (size_t)all : cols, 0};
    return whole;
}

/* The model's tensors under the names and in the layout of the family. */
static void write_tensors(const struct model *m, const struct effective *effective, bool pretrained, const char *folder)
{
    struct safetensor_out *out = mem_alloc((size_t)m->nparam * sizeof *out);
    real **copy = mem_alloc((size_t)m->nparam * sizeof *copy);
    size_t n = 0, copies = 0;
    for (int i = 0; i < m->nparam; i++) {
        const struct param *p = m->param[i];
        assert(p);
        if (i >= m->nbase ? !is_head(m, p)
                          : !p->place.tensor || p->place.part || (p->role == ROLE_PRETRAIN && !pretrained))
            continue;
        if (i < m->nbase && (p->place.parts || p->place.transposed)) {
            copy[copies++] = assemble(m, i, effective, pretrained, &out[n++]);
            continue;
        }
        struct mat w = value_of(m, p, effective, pretrained);
        out[n++] = (struct safetensor_out){i < m->nbase ? p->place.tensor : p->name,
                                           w.v,
                                           is_vector(p) ? 0 : (size_t)w.rows,
                                           (size_t)w.cols,
                                           (size_t)w.ld,
                                           0};
    }
    char *path = mem_text("%s/model.safetensors", folder);
    safetensors_write(path, out, n, sizeof(real) == 8 ? DTYPE_F64 : DTYPE_F32);
    free(path);
    for (size_t i = 0; i < copies; i++)
        free(copy[i]);
    free(copy);
    free(out);
}

/* A file of this family has no place for some biases: what was trained there must not be dropped. */
static void refuse_homeless(const struct model *m, const struct effective *e)
{
    for (int i = 0; i < m->config.layers * TARGETS; i++) {
        const struct site *s = &m->layer[i / TARGETS].site[i % TARGETS];
        if (!s->b->place.tensor && mat_dot(e[i].b, e[i].b) > 0)
            die(EXIT_USAGE,
                "%s has a bias after training, and %s has none: as a file of this family it cannot be written", s->name,
                m->arch->title);
    }
}

void export_merged(const struct trainee *t, const struct base *base, const char *folder)
{
    struct arena *scratch = &t->mem->scratch;
    size_t mark = arena_mark(scratch);
    const struct model *m = t->model;
    int sites = m->config.layers * TARGETS;
    struct effective *e = mem_alloc((size_t)sites * sizeof *e);
    DEFER(free, e);
    for (int i = 0; i < sites; i++) {
        const struct site *s = &m->layer[i / TARGETS].site[i % TARGETS];
        e[i] = (struct effective){arena_mat(scratch, s->out, s->in), arena_mat(scratch, 1, s->out)};
        site_weight(s, e[i].W, e[i].b);
    }
    refuse_homeless(m, e);
    folder_make(folder);
    export_note(folder, EXPORT_MERGED, t->key, t->classes, m->classifier_W ? m->classifier_W->w.rows : 0);
    write_tensors(m, e, false, folder);
    write_config(base, m, t->spec->kind, t->classes, m->classifier_W ? "ForSequenceClassification" : "Model", folder);
    write_vocab(base, folder);
    arena_release(scratch, mark);
}

void export_base(const struct base *base, const char *folder)
{
    struct memory mem;
    struct model m;
    memory_open(&mem);
    model_open(&m, &base->config, &mem);
    model_map(&m, base->image);
    folder_make(folder);
    export_note(folder, EXPORT_BASE, NULL, NULL, 0);
    write_tensors(&m, NULL, true, folder);
    write_config(base, &m, TASK_CLASSES, NULL, base->config.mlm ? "ForPreTraining" : "Model", folder);
    write_vocab(base, folder);
    model_close(&m);
    memory_close(&mem);
}

static void put_tokens(struct json_view root, const struct batch *b)
{
    struct json_view ids = json_put_array(root, "input_ids"), types = json_put_array(root, "token_type_ids");
    for (int i = 0; i < b->B; i++) {
        struct json_view row = json_put_array(ids, NULL), segment = json_put_array(types, NULL);
        for (int k = b->start[i]; k < b->start[i + 1]; k++) {
            json_put_int(row, NULL, b->ids[k]);
            json_put_int(segment, NULL, b->types[k]);
        }
    }
}

void export_check(struct trainee *t, const char *folder)
{
    const struct dataset *d = &t->splits[t->splits[SPLIT_TEST].n ? SPLIT_TEST : SPLIT_VALID];
    int order[CHECK_EXAMPLES], n = d->n < CHECK_EXAMPLES ? d->n : CHECK_EXAMPLES;
    struct loss l = {.kind = t->spec->kind, .sd = t->sd};
    struct pass p = {.saved = &t->mem->saved, .scratch = &t->mem->scratch};
    struct mat out;
    for (int i = 0; i < n; i++)
        order[i] = i;
    arena_release(p.saved, 0);
    batch_gather(&t->batch, d, order, n);
    if (t->teacher)
        l.target = trainee_targets(t);
    loss_run(t->model, &p, &t->batch, &l, &out);
    struct json *doc = json_new();
    struct json_view root = json_root(doc);
    put_tokens(root, &t->batch);
    struct json_view rows = json_put_array(root, t->teacher ? "pooled" : "logits");
    for (int i = 0; i < n; i++) {
        struct json_view row = json_put_array(rows, NULL);
        for (int k = 0; k < out.cols; k++)
            json_put_real(row, NULL, (double)out.v[(size_t)i * (size_t)out.ld + (size_t)k]);
    }
    char *path = mem_text("%s/check.json", folder);
    json_write(doc, path);
    free(path);
    json_free(doc);
}
