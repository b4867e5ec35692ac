/* Every architecture, on the small models of tests/golden/bases: what a batch may leave out, and its gradients by differences. */
#include "core/json.h"
#include "core/rng.h"
#include "math/linalg.h"
#include "model/hf.h"
#include "tests/fixture.h"
#include "tests/scratch.h"
#include "tune/budget.h"
#include "tune/method_words.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

#define ALLOWED (sizeof(real) == sizeof(double) ? 1e-13 : 5e-6)

/* A model with the classifier that its folder brings, all of it training. */
struct whole {
    struct memory mem;
    struct model model;
    struct adapter common;
    struct tuning tuning;
    struct batch batch;
};

static void open_whole(struct whole *w, const char *folder)
{
    static const int lengths[] = {4, 1, 17, 3, 12};
    struct rng r = rng_stream(7, RNG_TEST, 2000, 0);
    struct hf *h = hf_open(folder);
    *w = (struct whole){.batch = {0}};
    memory_open(&w->mem);
    model_open(&w->model, hf_config(h), &w->mem);
    model_map_anonymous(&w->model);
    hf_read_model(h, &w->model);
    model_freeze(&w->model);
    hf_close(h);
    option_defaults(adapter_options, &w->common);
    w->common.head = HEAD_THEIRS;
    tuning_open(&w->tuning, method_find("full"), NULL, &w->common, &w->model, 1, 0);
    tuning_begin_phase(&w->tuning, 0, w->model.config.outputs);
    for (int i = 0; i < 5; i++) {
        struct example e = {.n = lengths[i], .label = i % w->model.config.outputs};
        for (int k = 0; k < e.n; k++) {
            e.ids[k] = 4 + (int)rng_below(&r, (uint32_t)w->model.config.vocab - 5);
            e.types[k] = k > e.n / 2;
        }
        batch_add(&w->batch, &e);
    }
}

static void close_whole(struct whole *w)
{
    tuning_close(&w->tuning);
    model_close(&w->model);
    memory_close(&w->mem);
    batch_free(&w->batch);
}

static struct pass pass_of(struct whole *w, bool keep)
{
    return (struct pass){.train = keep, .keep = keep, .saved = &w->mem.saved, .scratch = &w->mem.scratch};
}

static double loss_of(struct whole *w, bool keep)
{
    struct pass p = pass_of(w, keep);
    struct loss l = {.kind = TASK_CLASSES};
    arena_release(&w->mem.saved, 0);
    return loss_run(&w->model, &p, &w->batch, &l, NULL);
}

/* max|a - b| / max|b| */
static double distance(struct mat a, struct mat b)
{
    double worst = 0, largest = 0;
    if (a.rows != b.rows || a.cols != b.cols || !a.v || !b.v) {
        fail_msg("(%d, %d) is held against (%d, %d)", a.rows, a.cols, b.rows, b.cols);
        return INFINITY;
    }
    for (int i = 0; i < a.rows; i++)
        for (int j = 0; j < a.cols; j++) {
            double x = (double)a.v[i * a.ld + j], y = (double)b.v[i * b.ld + j];
            worst = isnan(x - y) ? INFINITY : fmax(worst, fabs(x - y));
            largest = fmax(largest, fabs(y));
        }
    return worst / largest;
}

/* What the head reads: from the rows that it needs, from all rows as measuring computes them, and of an example alone. */
static void shortcuts(struct whole *w)
{
    const struct batch *b = &w->batch;
    struct tokens t = {b->B, b->N, b->start, b->ids, b->types};
    struct pass p = pass_of(w, false), measure = p, all = p;
    struct activations a;
    measure.measure = true;
    all.all_rows = true;
    struct mat few = encoder_forward(&w->model, &p, &t, &a);
    assert_true(distance(encoder_forward(&w->model, &measure, &t, &a), few) <= ALLOWED);
    struct mat every = encoder_forward(&w->model, &all, &t, &a);
    for (int i = 0; i < b->B; i++) {
        int first = b->start[i], n = b->start[i + 1] - first, start[2] = {0, n};
        struct tokens one = {1, n, start, b->ids + first, b->types + first};
        assert_true(distance(encoder_forward(&w->model, &p, &one, &a), mat_rows(few, i, 1)) <= ALLOWED);
        assert_true(distance(encoder_forward(&w->model, &all, &one, &a), mat_rows(every, first, n)) <= ALLOWED);
    }
    arena_release(&w->mem.saved, 0);
}

/* A tensor that trains alone has the gradient that it has when all train, bit for bit: backward stops at no wrong place. */
static void alone(struct whole *w)
{
    struct model *m = &w->model;
    model_zero_grads(m);
    loss_of(w, true);
    size_t n = w->mem.grads.used;
    char *all = malloc(n), *base = w->mem.grads.base;
    memcpy(all, base, n);
    struct mat *g = malloc((size_t)m->nparam * sizeof *g);
    for (int i = 0; i < m->nparam; i++)
        g[i] = m->param[i]->g;
    for (int i = 0; i < m->nparam; i++) {
        if (!g[i].v)
            continue;
        for (int k = 0; k < m->nparam; k++) {
            m->param[k]->trains = k == i;
            m->param[k]->g.v = k == i ? g[i].v : NULL;
        }
        mat_fill(g[i], 0);
        loss_of(w, true);
        if (memcmp(g[i].v, all + ((char *)g[i].v - base), mat_size(g[i]) * sizeof(real)) != 0)
            fail_msg("%s alone has another gradient", m->param[i]->name);
    }
    for (int i = 0; i < m->nparam; i++) {
        m->param[i]->g = g[i];
        m->param[i]->trains = g[i].v != NULL;
    }
    free(all);
    free(g);
}

/* Some entries of every tensor against differences of the loss, small ones, for a rectifier has a kink; what the batch does not touch has no gradient. */
static void differences(struct whole *w)
{
    struct model *m = &w->model;
    model_zero_grads(m);
    loss_of(w, true);
    for (int i = 0; i < m->nparam; i++) {
        struct param *p = m->param[i];
        double worst = 0, largest = 0;
        int n = (int)mat_size(p->w), step = n / 12 + 1;
        for (int k = 0; p->g.v && k < n; k += step) {
            real old = p->w.v[k];
            double f[5];
            for (int d = -2; d <= 2; d++) {
                p->w.v[k] = old + (real)(d * 1e-5);
                f[d + 2] = loss_of(w, false);
            }
            p->w.v[k] = old;
            double want = (8 * (f[3] - f[1]) - (f[4] - f[0])) / 12e-5;
            worst = fmax(worst, fabs((double)p->g.v[k] - want));
            largest = fmax(largest, fabs(want));
        }
        if (worst > 1e-8 * fmax(largest, 1e-2))
            fail_msg("%s: off by %g of %g", p->name, worst, largest);
    }
}

static void architectures(void **state)
{
    glob_t folders;
    (void)state;
    assert_int_equal(glob("tests/golden/bases/*", 0, NULL, &folders), 0);
    assert_true(folders.gl_pathc >= 8);
    for (size_t i = 0; i < folders.gl_pathc; i++) {
        struct whole w;
        open_whole(&w, folders.gl_pathv[i]);
        print_message("[          ] %s\n", w.model.arch->title);
        shortcuts(&w);
        alone(&w);
        if (sizeof(real) == sizeof(double))
            differences(&w);
        close_whole(&w);
    }
    globfree(&folders);
}

/* config.json of a golden base with one key changed: a word, or a number or null where the word is one. */
static const char *changed(const char *name, const char *key, const char *value)
{
    char path[128], *end;
    snprintf(path, sizeof path, "tests/golden/bases/%s/config.json", name);
    struct json *doc = json_load(path, 1 << 20);
    struct json_view root = json_root(doc);
    long number = strtol(value, &end, 10);
    if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0)
        json_put_bool(root, key, strcmp(value, "true") == 0);
    else if (*end == '\0')
        json_put_int(root, key, number);
    else
        json_put_string(root, key, value);
    json_write(doc, scratch_path("changed.json"));
    json_free(doc);
    return scratch_path("changed.json");
}

/* What would make another model is refused, with the key. */
static void refusals(void **state)
{
    (void)state;
    static const char *const cases[][3] = {{"roberta", "is_decoder", "true"},
                                           {"roberta", "position_embedding_type", "relative_key"},
                                           {"roberta", "type_vocab_size", "2"},
                                           {"roberta", "hidden_act", "swish"},
                                           {"distilbert", "activation", "mish"},
                                           {"distilbert", "n_heads", "3"},
                                           {"electra", "position_embedding_type", "relative_key_query"},
                                           {"electra", "embedding_size", "0"},
                                           {"mpnet", "relative_attention_num_buckets", "64"},
                                           {"albert", "inner_group_num", "2"},
                                           {"albert", "num_hidden_groups", "4"},
                                           {"gpt2", "scale_attn_by_inverse_layer_idx", "true"},
                                           {"gpt2", "reorder_and_upcast_attn", "true"},
                                           {"gpt2", "pad_token_id", "40"},
                                           {"modernbert", "attention_bias", "true"},
                                           {"modernbert", "norm_bias", "true"},
                                           {"modernbert", "classifier_pooling", "max"},
                                           {"modernbert", "local_attention", "1"},
                                           {"deberta-v3", "conv_kernel_size", "3"},
                                           {"deberta-v3", "share_att_key", "false"},
                                           {"deberta-v3", "pos_att_type", "c2p"},
                                           {"deberta-v3", "norm_rel_ebd", "none"},
                                           {"deberta-v3", "position_biased_input", "true"},
                                           {"deberta-v3", "position_buckets", "64"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool places = strcmp(cases[i][1], "position_buckets") == 0;
        refused(hf_read_config(changed(cases[i][0], cases[i][1], cases[i][2])), EXIT_DATA,
                places ? "too few for 64 buckets" : cases[i][1]);
    }
}

/* transformers 4 spelt ModernBERT's layers and rotations otherwise. */
static void older_spelling(void **state)
{
    (void)state;
    struct json *doc = json_load("tests/golden/bases/modernbert/config.json", 1 << 20);
    struct json_view root = json_root(doc);
    struct model_config now = hf_read_config("tests/golden/bases/modernbert/config.json");
    json_put_null(root, "layer_types");
    json_put_null(root, "rope_parameters");
    json_put_int(root, "global_attn_every_n_layers", 2);
    json_put_real(root, "global_rope_theta", 160000);
    json_put_real(root, "local_rope_theta", 10000);
    json_write(doc, scratch_path("older.json"));
    struct model_config then = hf_read_config(scratch_path("older.json"));
    json_put_null(root, "local_rope_theta");
    json_write(doc, scratch_path("one_angle.json"));
    json_free(doc);
    struct model_config one = hf_read_config(scratch_path("one_angle.json"));
    assert_true(one.theta[0] == 160000 && one.theta[1] == 160000); /* null: that of the global layers */
    assert_true(now.global_every == 2 && now.window == 4 && now.theta[0] == 160000 && now.theta[1] == 10000);
    assert_true(then.global_every == now.global_every && then.window == now.window && then.theta[0] == now.theta[0] &&
                then.theta[1] == now.theta[1] && then.pooling == now.pooling);
}

/* The classifier that a folder brings is there bit for bit, and only for as many outputs. */
static void theirs(void **state)
{
    (void)state;
    struct whole w;
    open_whole(&w, "tests/golden/bases/roberta");
    real v[3 * 16], d[16 * 16];
    struct hf *h = hf_open("tests/golden/bases/roberta");
    hf_read(h, "classifier.out_proj.weight", 3, 16, v);
    hf_read(h, "classifier.dense.weight", 16, 16, d);
    hf_close(h);
    assert_memory_equal(w.model.classifier_W->w.v, v, sizeof v);
    assert_memory_equal(w.model.pooler_W->w.v, d, sizeof d);
    refused(tuning_begin_phase(&w.tuning, 0, 2), EXIT_USAGE, "has 3 outputs, the task 2");
    w.common.head = HEAD_CLASSIFIER;
    tuning_begin_phase(&w.tuning, 0, 2);
    assert_int_equal(w.model.classifier_W->w.rows, 2);
    assert_true(w.model.pooler_W->trains && memcmp(w.model.pooler_W->w.v, d, sizeof d) != 0);
    close_whole(&w);
}

/* A published model: its sizes, and what transformers' class for two classes and PEFT's LoRA of rank 8 on queries and values
 * count on it. GPT-2's and ModernBERT's are of PEFT's one pair on the fused matrix, which has as many as two pairs on q and v. */
struct published {
    const char *name, *base;
    int layers, d, heads, ffn, vocab, positions, embedding;
    long all, adapter, head;
};

static struct model_config config_of_published(const struct published *p)
{
    char *path = mem_text("tests/golden/bases/%s/config.json", p->base);
    const struct architecture *a = hf_read_config(path).arch;
    struct json *doc = json_load(path, 1 << 20);
    struct json_view root = json_root(doc);
    static const char *const absent[] = {"layer_types", "rope_parameters", "pooler_hidden_size"};
    json_put_int(root, a->key.layers, p->layers);
    json_put_int(root, a->key.d, p->d);
    json_put_int(root, a->key.heads, p->heads);
    json_put_int(root, a->key.ffn, p->ffn);
    json_put_int(root, a->key.vocab, p->vocab);
    json_put_int(root, a->key.positions, p->positions);
    if (p->embedding)
        json_put_int(root, "embedding_size", p->embedding);
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        json_put_null(root, absent[i]);
    json_put_int(root, "num_hidden_groups", 1);
    json_put_int(root, "position_buckets", 256);
    json_write(doc, scratch_path("published.json"));
    json_free(doc);
    free(path);
    return hf_read_config(scratch_path("published.json"));
}

static void counts(void **state)
{
    (void)state;
    static const struct published models[] = {
        {"roberta-base", "roberta", 12, 768, 12, 3072, 50265, 514, 0, 124647170, 294912, 592130},
        {"roberta-large", "roberta", 24, 1024, 16, 4096, 50265, 514, 0, 355361794, 786432, 1051650},
        {"distilbert-base", "distilbert", 6, 768, 12, 3072, 30522, 512, 0, 66955010, 147456, 592130},
        {"electra-small", "electra", 12, 256, 4, 1024, 30522, 512, 128, 13549314, 98304, 66306},
        {"electra-base", "electra", 12, 768, 12, 3072, 30522, 512, 768, 109483778, 294912, 592130},
        {"mpnet-base", "mpnet", 12, 768, 12, 3072, 30527, 514, 0, 109488002, 294912, 592130},
        {"albert-base-v2", "albert", 12, 768, 12, 3072, 30000, 512, 128, 11685122, 24576, 1538},
        {"gpt2", "gpt2", 12, 768, 12, 3072, 50257, 1024, 0, 124441344, 294912, 1536},
        {"gpt2-medium", "gpt2", 24, 1024, 16, 4096, 50257, 1024, 0, 354825216, 786432, 2048},
        {"ModernBERT-base", "modernbert", 22, 768, 12, 1152, 50368, 8192, 0, 149606402, 540672, 1538},
        {"deberta-v3-small", "deberta-v3", 6, 768, 12, 3072, 128100, 512, 0, 141896450, 147456, 1538},
        {"deberta-v3-base", "deberta-v3", 12, 768, 12, 3072, 128100, 512, 0, 184423682, 294912, 1538},
        {"deberta-v3-xsmall", "deberta-v3", 12, 384, 6, 1536, 128100, 512, 0, 70830722, 147456, 770}};
    const struct method *lora = method_find("lora");
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        const struct published *p = &models[i];
        struct model_config c = config_of_published(p);
        struct memory mem;
        struct adapter common;
        struct model m;
        long all = 0, head = 0;
        void *opts = method_words(lora, &common, 2, (char *[]){"rank=8", "targets=q,v"}, "");
        long adapter = budget_count(lora, opts, &common, &c, 0).trained;
        memory_open(&mem);
        mem.weights.dry = true;
        model_open(&m, &c, &mem);
        model_add_head(&m, 2, 1, false);
        for (int k = 0; k < m.nparam; k++) {
            const struct param *w = m.param[k];
            all +=
                k >= m.nbase || w->place.tensor ? (long)mat_size(w->w) : 0; /* biases that the file has not are none */
            head += w->role == ROLE_HEAD ? (long)mat_size(w->w) : 0;
        }
        if (all != p->all || adapter != p->adapter || head != p->head)
            fail_msg("%s: %ld parameters, %ld of LoRA, %ld of the head; published %ld, %ld, %ld", p->name, all, adapter,
                     head, p->all, p->adapter, p->head);
        model_close(&m);
        memory_close(&mem);
        free(opts);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(architectures), cmocka_unit_test(refusals),
                                       cmocka_unit_test(older_spelling), cmocka_unit_test(theirs),
                                       cmocka_unit_test(counts)};
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
