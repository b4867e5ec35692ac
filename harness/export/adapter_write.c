/* PEFT's adapter_config.json and adapter_model.safetensors. */
#include "export/whole_model.h"

#include "core/arena.h"
#include "core/file.h"
#include "core/json.h"
#include "model/safetensors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LORA_PAIR                               \
    {"lora_A.weight", "lora_A.weight", false},  \
    {                                           \
        "lora_B.weight", "lora_B.weight", false \
    }

static const struct peft_format formats[] = {
    {"lora", "LORA", false, false, {LORA_PAIR}},
    {"lora_plus", "LORA", false, false, {LORA_PAIR}},
    {"lora_fa", "LORA", false, false, {LORA_PAIR}},
    {"rslora", "LORA", true, false, {LORA_PAIR}},
    {"dora", "LORA", false, true, {LORA_PAIR, {"lora_magnitude_vector.weight", "lora_magnitude_vector", true}}},
    {"adalora",
     "ADALORA",
     false,
     false,
     {{"lora_A", "lora_A", false}, {"lora_E", "lora_E", false}, {"lora_B", "lora_B", false}}},
    {"vera",
     "VERA",
     false,
     false,
     {{"vera_lambda_b", "vera_lambda_b", true}, {"vera_lambda_d", "vera_lambda_d", true}}},
    {"ia3", "IA3", false, false, {{"ia3_l", "ia3_l", false}}},
};

const struct peft_format *peft_format(const char *method)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].method, method) == 0)
            return &formats[i];
    return NULL;
}

/* The tensors of a file: names and padded copies are its own. */
struct file {
    struct safetensor_out *tensor;
    char **name;
    real **copy;
    size_t n;
};

static struct mat add(struct file *f, const char *name, struct mat w, int rows, int cols, bool vector)
{
    f->tensor = mem_grow(f->tensor, (f->n + 1) * sizeof *f->tensor);
    f->name = mem_grow(f->name, (f->n + 1) * sizeof *f->name);
    f->copy = mem_grow(f->copy, (f->n + 1) * sizeof *f->copy);
    f->name[f->n] = mem_text("base_model.%s", name);
    f->copy[f->n] = mem_alloc((size_t)rows * (size_t)cols * sizeof(real));
    struct mat to = mat_of(f->copy[f->n], rows, cols);
    for (int i = 0; i < w.rows; i++)
        memcpy(to.v + (size_t)i * to.ld, w.v + (size_t)i * w.ld, (size_t)w.cols * sizeof(real));
    f->tensor[f->n] =
        (struct safetensor_out){f->name[f->n], to.v, vector ? 0 : (size_t)rows, (size_t)cols, (size_t)cols};
    f->n++;
    return to;
}

static void free_file(struct file *f)
{
    for (size_t i = 0; i < f->n; i++) {
        free(f->name[i]);
        free(f->copy[i]);
    }
    free(f->tensor);
    free(f->name);
    free(f->copy);
}

static struct param *site_param(const struct tuning *u, const struct site *s, const char *suffix)
{
    char name[2 * MODEL_NAME];
    snprintf(name, sizeof name, "%s.%s", s->name, suffix);
    return model_find(u->model, name);
}

static bool is(const struct tuning *u, const char *method)
{
    return strcmp(u->method->name, method) == 0;
}

/* AdaLoRA and VeRA have one rank for all sites in PEFT: the largest. A site with less gets zeros, which change nothing.
 */
static int common_rank(const struct tuning *u)
{
    int rank = 0;
    for (int i = 0; i < u->nsites; i++) {
        const struct param *p = site_param(u, u->site[i], is(u, "vera") ? "vera_lambda_d" : "lora_E");
        int n = (int)mat_size(p->w);
        rank = n > rank ? n : rank;
    }
    return rank;
}

static void add_site(struct file *f, const struct tuning *u, const struct site *s, int rank)
{
    char name[2 * MODEL_NAME];
    for (const struct peft_tensor *p = peft_format(u->method->name)->tensor; p->ours; p++) {
        struct mat w = site_param(u, s, p->ours)->w;
        int rows = w.rows, cols = w.cols;
        if (is(u, "vera") && strcmp(p->ours, "vera_lambda_d") == 0)
            cols = rank;
        else if (is(u, "adalora"))
            *(strcmp(p->ours, "lora_B") == 0 ? &cols : &rows) = rank;
        snprintf(name, sizeof name, "model.%s.%s", s->name, p->theirs);
        add(f, name, w, rows, cols, p->vector);
    }
}

static void add_head(struct file *f, const struct model *m, bool pooler)
{
    const struct param *head[] = {m->classifier_W, m->classifier_b, pooler ? m->pooler_W : NULL,
                                  pooler ? m->pooler_b : NULL};
    char name[2 * MODEL_NAME];
    for (size_t i = 0; i < sizeof head / sizeof *head; i++)
        if (head[i]) {
            snprintf(name, sizeof name, "model.%s", head[i]->name);
            add(f, name, head[i]->w, head[i]->w.rows, head[i]->w.cols, i % 2);
        }
}

static void write_tensors(const struct trainee *t, const char *folder)
{
    const struct tuning *u = t->tuning;
    struct file f = {.n = 0};
    bool one_rank = is(u, "vera") || is(u, "adalora");
    int rank = one_rank ? common_rank(u) : 0;
    for (int i = 0; i < u->nsites; i++)
        add_site(&f, u, u->site[i], rank);
    if (is(u, "vera")) {
        struct mat A = model_find(u->model, "vera_A")->w, B = model_find(u->model, "vera_B")->w;
        add(&f, "vera_A", A, A.rows, A.cols, false);
        add(&f, "vera_B", B, B.rows, B.cols, false);
    }
    add_head(&f, t->model, u->common->head == HEAD_POOLER);
    char *path = mem_text("%s/adapter_model.safetensors", folder);
    safetensors_write(path, f.tensor, f.n, sizeof(real) == 8 ? DTYPE_F64 : DTYPE_F32);
    free(path);
    free_file(&f);
}

/* What PEFT divides by, and the scale at the nominal rank. */
static double divisor(const struct peft_format *p, int rank)
{
    return p->rslora ? sqrt(rank) : rank;
}

static void put_patterns(struct json_view root, const struct tuning *u, const struct peft_format *p, double alpha)
{
    struct json_view ranks = json_put_object(root, "rank_pattern"), alphas = json_put_object(root, "alpha_pattern");
    int nominal = u->common->rank;
    for (int i = 0; i < u->nsites; i++)
        if (u->site[i]->rank != nominal) {
            json_put_int(ranks, u->site[i]->name, u->site[i]->rank);
            json_put_real(alphas, u->site[i]->name, alpha / divisor(p, nominal) * divisor(p, u->site[i]->rank));
        }
}

static void put_lora(struct json_view root, const struct tuning *u, const struct peft_format *p)
{
    double alpha = u->common->alpha > 0 ? u->common->alpha : 2.0 * u->common->rank;
    json_put_int(root, "r", u->common->rank);
    json_put_real(root, "lora_alpha", alpha);
    json_put_real(root, "lora_dropout", u->common->dropout);
    json_put_bool(root, "use_rslora", p->rslora);
    json_put_bool(root, "use_dora", p->dora);
    json_put_string(root, "bias", "none");
    json_put_bool(root, "fan_in_fan_out", false);
    json_put_bool(root, "init_lora_weights", true);
    put_patterns(root, u, p, alpha);
}

/* scale = lora_alpha / (init_r + 1e-5): lora_alpha follows when extra ranks have raised init_r. */
static void put_adalora(struct json_view root, const struct trainee *t)
{
    const struct tuning *u = t->tuning;
    int rank = common_rank(u), nominal = site_param(u, u->site[0], "lora_E")->w.rows;
    double alpha = u->common->alpha > 0 ? u->common->alpha : 2.0 * nominal;
    if (rank != nominal)
        alpha = alpha / (nominal + 1e-5) * (rank + 1e-5);
    json_put_int(root, "init_r", rank);
    json_put_int(root, "target_r", u->common->rank);
    json_put_real(root, "lora_alpha", alpha);
    json_put_real(root, "lora_dropout", u->common->dropout);
    json_put_string(root, "bias", "none");
    json_put_bool(root, "fan_in_fan_out", false);
    json_put_int(root, "tinit", 0);
    json_put_int(root, "tfinal", 0);
    json_put_int(root, "deltaT", 1);
    json_put_int(root, "total_step", t->spec->train.steps);
    json_put_null(root, "rank_pattern");
}

static void put_vera(struct json_view root, const struct tuning *u)
{
    json_put_int(root, "r", common_rank(u));
    json_put_real(root, "vera_dropout", u->common->dropout);
    json_put_real(root, "d_initial", 0.1);
    json_put_int(root, "projection_prng_key", 0);
    json_put_bool(root, "save_projection", true);
    json_put_string(root, "bias", "none");
    json_put_bool(root, "fan_in_fan_out", false);
}

static void put_ia3(struct json_view root, const struct tuning *u)
{
    struct json_view inputs = json_put_array(root, "feedforward_modules");
    for (int i = 0; i < u->nsites; i++)
        if (u->site[i]->target == TARGET_DOWN)
            json_put_string(inputs, NULL, u->site[i]->name);
    json_put_bool(root, "fan_in_fan_out", false);
}

static void write_config(const struct trainee *t, const struct peft_format *p, const char *base, const char *folder)
{
    const struct tuning *u = t->tuning;
    struct json *doc = json_new();
    struct json_view root = json_root(doc);
    json_put_string(root, "peft_type", p->type);
    if (t->model->classifier_W)
        json_put_string(root, "task_type", "SEQ_CLS");
    else
        json_put_null(root, "task_type");
    json_put_string(root, "base_model_name_or_path", base);
    json_put_bool(root, "inference_mode", true);
    struct json_view modules = json_put_array(root, "target_modules");
    for (int i = 0; i < u->nsites; i++)
        json_put_string(modules, NULL, u->site[i]->name);
    if (t->model->classifier_W) {
        struct json_view saved = json_put_array(root, "modules_to_save");
        json_put_string(saved, NULL, "classifier");
        if (u->common->head == HEAD_POOLER)
            json_put_string(saved, NULL, "pooler");
    }
    if (strcmp(p->type, "LORA") == 0)
        put_lora(root, u, p);
    else if (strcmp(p->type, "ADALORA") == 0)
        put_adalora(root, t);
    else if (strcmp(p->type, "VERA") == 0)
        put_vera(root, u);
    else
        put_ia3(root, u);
    char *path = mem_text("%s/adapter_config.json", folder);
    json_write(doc, path);
    free(path);
    json_free(doc);
}

void export_adapter(const struct trainee *t, const char *base, const char *folder)
{
    const struct peft_format *p = peft_format(t->tuning->method->name);
    if (!p)
        die(EXIT_USAGE, "%s has no adapter format in PEFT: export it with --merge", t->tuning->method->name);
    folder_make(folder);
    write_tensors(t, folder);
    write_config(t, p, base, folder);
}
