/* Whole models in Hugging Face's layout, and the logits by which a reader can check itself. */
#include "export/whole_model.h"

#include "core/arena.h"
#include "core/file.h"
#include "core/json.h"
#include "data/tokenizer_write.h"
#include "language/language.h"
#include "model/safetensors.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHECK_EXAMPLES = 8 };

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

static void write_config(const struct model *m, enum task_kind kind, const struct class_names *classes,
                         const char *architecture, const char *folder)
{
    const struct model_config *c = &m->config;
    struct json *doc = json_new();
    struct json_view root = json_root(doc), list = json_put_array(root, "architectures");
    json_put_string(list, NULL, architecture);
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
    json_put_string(root, "torch_dtype", sizeof(real) == 8 ? "float64" : "float32");
    json_put_int(root, "pad_token_id", 0);
    if (m->classifier_W)
        put_labels(root, m, kind, classes);
    char *path = mem_text("%s/config.json", folder);
    json_write(doc, path);
    free(path);
    json_free(doc);
}

/* The tokenizer's own files; for the synthetic language a vocab.txt of its words, which are never cut. */
static void write_vocab(const struct base *base, const char *folder)
{
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

/* Writes the tensors that `wanted` names; W and b of sites come from the list `effective`, unless that is NULL. */
struct effective {
    struct mat W, b;
};
static void write_tensors(const struct model *m, const struct effective *effective, bool pretrained, const char *folder)
{
    struct safetensor_out *out = mem_alloc((size_t)m->nparam * sizeof *out);
    size_t n = 0;
    for (int i = 0; i < m->nparam; i++) {
        const struct param *p = m->param[i];
        assert(p);
        bool head = p == m->classifier_W || p == m->classifier_b;
        if (i >= m->nbase ? !head : p->role == ROLE_PRETRAIN && !pretrained)
            continue;
        struct mat w = pretrained ? p->w0 : p->w;
        for (int k = 0; effective && k < m->config.layers * TARGETS; k++) {
            const struct site *s = &m->layer[k / TARGETS].site[k % TARGETS];
            w = p == s->W ? effective[k].W : p == s->b ? effective[k].b : w;
        }
        const char *dot = strrchr(p->name, '.');
        bool vector = w.rows == 1 && (strcmp(dot, ".bias") == 0 || strstr(p->name, "LayerNorm"));
        out[n++] = (struct safetensor_out){p->name, w.v, vector ? 0 : (size_t)w.rows, (size_t)w.cols, (size_t)w.ld, 0};
    }
    char *path = mem_text("%s/model.safetensors", folder);
    safetensors_write(path, out, n, sizeof(real) == 8 ? DTYPE_F64 : DTYPE_F32);
    free(path);
    free(out);
}

void export_merged(const struct trainee *t, const struct base *base, const char *folder)
{
    struct arena *scratch = &t->mem->scratch;
    size_t mark = arena_mark(scratch);
    const struct model *m = t->model;
    int sites = m->config.layers * TARGETS;
    struct effective *e = mem_alloc((size_t)sites * sizeof *e);
    for (int i = 0; i < sites; i++) {
        const struct site *s = &m->layer[i / TARGETS].site[i % TARGETS];
        e[i] = (struct effective){arena_mat(scratch, s->out, s->in), arena_mat(scratch, 1, s->out)};
        site_weight(s, e[i].W, e[i].b);
    }
    folder_make(folder);
    export_note(folder, EXPORT_MERGED, t->key, t->classes, m->classifier_W ? m->classifier_W->w.rows : 0);
    write_tensors(m, e, false, folder);
    write_config(m, t->spec->kind, t->classes, m->classifier_W ? "BertForSequenceClassification" : "BertModel", folder);
    write_vocab(base, folder);
    free(e);
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
    write_config(&m, TASK_CLASSES, NULL, base->config.mlm ? "BertForPreTraining" : "BertModel", folder);
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
