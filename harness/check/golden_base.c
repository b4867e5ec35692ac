/* Replays a golden base: forward, gradients, and LoRA's steps. */
#include "check/golden_base.h"

#include "check/agreement.h"
#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "core/h5.h"
#include "data/tokenizer_files.h"
#include "math/linalg.h"
#include "model/arch.h"
#include "model/hf.h"
#include "model/optim.h"
#include "train/loss.h"
#include "tune/tuning.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 256 };

struct golden_base {
    struct h5 *h;
    FILE *out;
    int compared, wrong, rows;
    struct memory mem;
    struct model model;
    struct adapter common;
    struct tuning tuning;
    void *opts;
    struct batch batch;
    double worst; /* of the kind that is being compared */
    int classes;
};

static double tolerance(void)
{
    return sizeof(real) == sizeof(double) ? 1e-10 : 2e-5;
}

static void report(struct golden_base *g, const char *name, double error, double allowed)
{
    bool ok = error <= allowed;
    g->compared++;
    g->wrong += !ok;
    g->worst = fmax(g->worst, isnan(error) ? INFINITY : error);
    if (!ok)
        fprintf(g->out ? g->out : stderr, "BAD  %-72s %.2e (allowed %.0e)\n", name, error, allowed);
}

/* One line for what was compared since the last one. */
static void conclude(struct golden_base *g, const char *kind)
{
    if (g->out && g->compared)
        fprintf(g->out, "%-28s %4d compared, worst %.1e\n", kind, g->compared, g->worst);
    g->compared = 0;
    g->worst = 0;
}

/* Where entry (i, j) of a parameter lies in the file's tensor, whose own layout `stored` describes. */
static size_t place_of(const struct param *p, int i, int j)
{
    const struct stored *at = &p->place;
    bool vector = p->w.rows == 1;
    size_t out = (size_t)(vector ? j : i), in = vector ? 0 : (size_t)j, width = vector ? 1 : (size_t)p->w.cols;
    size_t all = (size_t)(vector ? p->w.cols : p->w.rows), n = at->parts ? (size_t)at->parts : 1;
    out += (size_t)at->part * all;
    return at->transposed ? in * all * n + out : out * width + in;
}

/* max|a - b| / max|b| of `got` and a parameter's share of the dataset; absolutely where it is to be zero. */
static void compare_param(struct golden_base *g, const char *group, const struct param *p, struct mat got, bool zero)
{
    char path[NAME + 64];
    snprintf(path, sizeof path, "%s/%s", group, p->place.tensor ? p->place.tensor : p->name);
    double *want = agreement_read(g->h, path, mat_size(got) * (p->place.parts ? (size_t)p->place.parts : 1));
    struct agreement a = {0, 0};
    for (int i = 0; i < got.rows; i++)
        for (int j = 0; j < got.cols; j++)
            agreement_add(&a, mat_get(got, i, j), want[place_of(p, i, j)]);
    free(want);
    report(g, path, zero ? a.error : agreement_error(&a),
           zero ? (sizeof(real) == sizeof(double) ? 1e-13 : 1e-6) : tolerance());
}

static void compare(struct golden_base *g, const char *path, struct mat got)
{
    struct param p = {.name = path, .w = got};
    compare_param(g, "", &p, got, false);
}

static int whole(const struct golden_base *g, const char *object, const char *name, int max)
{
    double v = h5_attr_f64(g->h, object, name);
    if (!(v >= 1 && v <= max && v == floor(v)))
        die(EXIT_DATA, "%s: %s of %s is %g, not an integer 1..%d", h5_path(g->h), name, object, v, max);
    return (int)v;
}

static void read_rows(struct golden_base *g)
{
    size_t starts, n, labels, types = 0;
    const struct model_config *c = &g->model.config;
    double *start = h5_read_f64(g->h, "/start", &starts), *ids = h5_read_f64(g->h, "/input_ids", &n);
    double *label = h5_read_f64(g->h, "/label", &labels), *type = NULL;
    if (h5_has(g->h, "/token_type_ids"))
        type = h5_read_f64(g->h, "/token_type_ids", &types);
    g->rows = whole(g, "/", "vectors", 1000);
    g->classes = whole(g, "/", "classes", 1000);
    bool fits = starts > (size_t)g->rows && labels >= (size_t)g->rows && (!type || types == n);
    for (int i = 0; fits && i < g->rows; i++) {
        struct example e = {.label = label[i]};
        fits = start[i] >= 0 && start[i + 1] > start[i] && start[i + 1] <= (double)n &&
               start[i + 1] - start[i] <= EXAMPLE_TOKENS && start[i + 1] - start[i] <= c->positions && label[i] >= 0 &&
               label[i] < g->classes;
        for (int k = (int)start[i]; fits && k < (int)start[i + 1]; k++) {
            fits = ids[k] >= 0 && ids[k] < c->vocab && (!type || (type[k] >= 0 && type[k] < c->types));
            e.ids[e.n] = (int)ids[k];
            e.types[e.n++] = type ? (unsigned char)type[k] : 0;
        }
        batch_add(&g->batch, &e);
    }
    free(start);
    free(ids);
    free(label);
    free(type);
    if (!fits)
        die(EXIT_DATA, "%s: /start, /input_ids, /token_type_ids and /label do not fit together or the model",
            h5_path(g->h));
}

static struct pass pass_of(struct golden_base *g, bool keep)
{
    return (struct pass){.train = keep, .keep = keep, .saved = &g->mem.saved, .scratch = &g->mem.scratch};
}

static double run(struct golden_base *g, bool keep, struct mat *out)
{
    struct pass p = pass_of(g, keep);
    struct loss l = {.kind = TASK_CLASSES};
    arena_release(&g->mem.saved, 0);
    return loss_run(&g->model, &p, &g->batch, &l, out);
}

static void check_vectors(struct golden_base *g)
{
    struct pass p = pass_of(g, false);
    struct tokens t = {g->batch.B, g->batch.N, g->batch.start, g->batch.ids, g->batch.types};
    struct activations a;
    char path[64];
    struct mat h = encoder_forward(&g->model, &p, &t, &a), pooled = pooler_forward(&g->model, &p, h);
    compare(g, "/expect/hidden", h);
    conclude(g, "what the head reads");
    compare(g, "/expect/pooled", pooled);
    conclude(g, "pooled");
    compare(g, "/expect/logits", classifier_forward(&g->model, &p, pooled));
    conclude(g, "logits");
    arena_release(p.saved, 0);
    p.all_rows = true;
    h = encoder_forward(&g->model, &p, &t, &a);
    double at = h5_attr_f64(g->h, "/expect/layers", "row");
    if (!(at >= 0 && at < t.B))
        die(EXIT_DATA, "%s: row of /expect/layers is %g, not one of %d rows", h5_path(g->h), at, t.B);
    int row = (int)at, first = t.start[row], n = t.start[row + 1] - first;
    snprintf(path, sizeof path, "/expect/layers/%d", config_depth(&g->model.config));
    compare(g, path, mat_rows(h, first, n));
    conclude(g, "all rows of the last layer");
    arena_release(p.saved, 0);
}

/* Adding the same number to all scores of a query changes nothing, unless keys make positions, too. */
static bool true_zero(const struct golden_base *g, const struct param *p)
{
    const struct model *m = &g->model;
    for (int l = 0; l < m->config.layers; l++)
        if (m->layer[l].site[TARGET_K].b == p)
            return !m->arch->relative_norm && !(m->config.theta[0] > 0);
    return false;
}

static void check_gradients(struct golden_base *g)
{
    struct mat logits;
    double loss = run(g, true, &logits);
    double *want = agreement_read(g->h, "/expect/loss", 1);
    report(g, "/expect/loss", fabs(loss - want[0]) / fabs(want[0]), tolerance());
    free(want);
    for (int i = 0; i < g->model.nparam; i++)
        if (g->model.param[i]->trains)
            compare_param(g, "/expect/grad", g->model.param[i], g->model.param[i]->g, true_zero(g, g->model.param[i]));
    conclude(g, "loss and gradients");
    model_zero_grads(&g->model);
}

/* The module that PEFT adapts: a site, or the fused one that it lies in. */
static void module_of(const struct model *m, const struct site *s, char module[NAME])
{
    snprintf(module, NAME, "%s", s->name);
    if (m->arch->fused && s->target <= TARGET_V)
        *strrchr(module, '.') = '\0';
}

static bool fused(const struct golden_base *g, const struct site *s)
{
    return g->model.arch->fused && s->target <= TARGET_V;
}

/* A or B of a site. Of a fused module PEFT has one A, which its three sites have each, and one B, of whose rows each has a
 * third. */
static struct param *pair_param(const struct golden_base *g, const struct site *s, bool B, char path[NAME],
                                const char *group)
{
    char module[NAME], name[2 * NAME];
    module_of(&g->model, s, module);
    snprintf(path, NAME, "%s/%.200s.lora_%c.weight", group, module, B ? 'B' : 'A');
    snprintf(name, sizeof name, "%s.lora_%c.weight", s->name, B ? 'B' : 'A');
    return model_find(&g->model, name);
}

static void load(struct golden_base *g, const char *path, size_t first, struct param *p)
{
    size_t n, size = mat_size(p->w);
    double *v = h5_read_f64(g->h, path, &n);
    if (first + size > n)
        die(EXIT_DATA, "%s: %s holds %zu values, too few", h5_path(g->h), path, n);
    for (size_t i = 0; i < size; i++)
        p->w.v[i] = (real)v[first + i];
    free(v);
}

static void load_start(struct golden_base *g)
{
    char path[NAME];
    for (int i = 0; i < g->tuning.nsites; i++)
        for (int B = 0; B < 2; B++) {
            const struct site *s = g->tuning.site[i];
            struct param *p = pair_param(g, s, B, path, "/lora/init");
            load(g, path, B && fused(g, s) ? (size_t)s->target * mat_size(p->w) : 0, p);
        }
    for (int i = g->model.nbase; i < g->model.nparam; i++) {
        struct param *p = g->model.param[i];
        if (p->role == ROLE_ADAPTER || !p->trains)
            continue;
        snprintf(path, sizeof path, "/lora/init/%.200s", p->name);
        load(g, path, 0, p);
    }
}

/* What one A has in PEFT, the sum over its three uses, each of our three has: they stay one. */
static void tie(struct golden_base *g)
{
    char path[NAME];
    for (int i = 0; i + 2 < g->tuning.nsites; i++) {
        struct site **s = g->tuning.site + i;
        if (!fused(g, *s) || (*s)->target != TARGET_Q)
            continue;
        struct mat d[3];
        for (int k = 0; k < 3; k++)
            d[k] = pair_param(g, s[k], false, path, "")->g;
        mat_add(1, d[1], d[0]);
        mat_add(1, d[2], d[0]);
        mat_copy(d[0], d[1]);
        mat_copy(d[0], d[2]);
    }
}

/* Every trained tensor, or its gradient, against the group. */
static void compare_trained(struct golden_base *g, const char *group, bool grads)
{
    char path[NAME];
    for (int i = 0; i < g->tuning.nsites; i++)
        for (int B = 0; B < 2; B++) {
            const struct site *s = g->tuning.site[i];
            struct param *p = pair_param(g, s, B, path, ""), share = *p;
            share.place = (struct stored){path + 1, 0, 0, false};
            if (B && fused(g, s))
                share.place = (struct stored){path + 1, (int)s->target, 3, false};
            compare_param(g, group, &share, grads ? p->g : p->w, false);
        }
    for (int i = g->model.nbase; i < g->model.nparam; i++) {
        const struct param *p = g->model.param[i];
        if (p->role != ROLE_ADAPTER && p->trains)
            compare_param(g, group, p, grads ? p->g : p->w, false);
    }
}

/* targets= of the file: those of the first layer's sites whose module has a pair. */
static void read_targets(struct golden_base *g)
{
    char module[NAME], path[2 * NAME];
    *g->common.targets = '\0';
    for (int t = 0; t < TARGETS; t++) {
        module_of(&g->model, &g->model.layer[0].site[t], module);
        snprintf(path, sizeof path, "/lora/init/%s.lora_A.weight", module);
        size_t n = strlen(g->common.targets);
        if (h5_has(g->h, path))
            snprintf(g->common.targets + n, sizeof g->common.targets - n, "%s%s", n ? "," : "", target_names[t]);
    }
}

static void check_steps(struct golden_base *g)
{
    const struct adamw adam = {h5_attr_f64(g->h, "/lora", "beta1"), h5_attr_f64(g->h, "/lora", "beta2"),
                               h5_attr_f64(g->h, "/lora", "adam_eps"), h5_attr_f64(g->h, "/lora", "weight_decay")};
    double lr = h5_attr_f64(g->h, "/lora", "lr");
    int steps = whole(g, "/lora", "steps", 1000);
    double *want = agreement_read(g->h, "/lora/task_loss", (size_t)steps);
    struct mat logits;
    load_start(g);
    for (int t = 0; t < steps; t++) {
        char name[32];
        double loss = run(g, true, &logits);
        tie(g);
        snprintf(name, sizeof name, "/lora/task_loss %d", t);
        report(g, name, fabs(loss - want[t]) / fabs(want[t]), tolerance());
        if (t == 0)
            compare_trained(g, "/lora/grad", true);
        adamw_step(&g->model, &adam, lr, t + 1);
        model_zero_grads(&g->model);
    }
    free(want);
    compare_trained(g, "/lora/after", false);
    run(g, false, &logits);
    compare(g, "/lora/logits_after", logits);
    conclude(g, "LoRA: losses, gradients, state");
}

static bool holds(const char *folder, const char *file)
{
    char *path = mem_text("%s/%s", folder, file);
    bool there = file_exists(path);
    free(path);
    return there;
}

static void check_ids(struct golden_base *g, const char *folder)
{
    if (!h5_has(g->h, "/sentence1") || !(holds(folder, "tokenizer.json") || holds(folder, "vocab.json")))
        return;
    static struct example e;
    struct tokenizer *t = tokenizer_open(folder);
    size_t n, seconds, tokens;
    char **first = h5_read_texts(g->h, "/sentence1", &n), **second = h5_read_texts(g->h, "/sentence2", &seconds);
    double *pair = agreement_read(g->h, "/pair", n), *start = agreement_read(g->h, "/start", n + 1);
    double *ids = h5_read_f64(g->h, "/input_ids", &tokens);
    int max_len = whole(g, "/", "max_len", EXAMPLE_TOKENS);
    bool fits = seconds == n;
    for (size_t i = 0; fits && i < n; i++)
        fits = start[i] >= 0 && start[i + 1] > start[i] && start[i + 1] <= (double)tokens;
    if (!fits)
        die(EXIT_DATA, "%s: /sentence1, /sentence2, /start and /input_ids do not fit together", h5_path(g->h));
    for (size_t i = 0; i < n; i++) {
        char name[NAME];
        tokenizer_encode(t, first[i], pair[i] > 0 ? second[i] : NULL, max_len, &e);
        bool equal = e.n == (int)(start[i + 1] - start[i]);
        for (int k = 0; equal && k < e.n; k++)
            equal = ids[(size_t)start[i] + (size_t)k] == e.ids[k];
        snprintf(name, sizeof name, "ids of row %zu: %.60s", i, first[i]);
        report(g, name, equal ? 0 : 1, 0);
    }
    conclude(g, "rows of token ids");
    h5_free_texts(first, n);
    h5_free_texts(second, seconds);
    free(pair);
    free(start);
    free(ids);
    tokenizer_free(t);
}

static void begin(struct golden_base *g, const char *method)
{
    const struct method *m = method_find(method);
    free(g->opts);
    g->opts = mem_alloc(m->options_size);
    if (m->options)
        option_defaults(m->options, g->opts);
    tuning_open(&g->tuning, m, g->opts, &g->common, &g->model, 0, 0);
    tuning_begin_phase(&g->tuning, 0, g->classes);
    tuning_set_steps(&g->tuning, 1);
}

int golden_base_check(const char *path, const char *folder, FILE *out)
{
    struct golden_base g = {.h = h5_open(path), .out = out};
    struct hf *hf = hf_open(folder);
    memory_open(&g.mem);
    model_open(&g.model, hf_config(hf), &g.mem);
    model_map_anonymous(&g.model);
    hf_read_model(hf, &g.model);
    model_freeze(&g.model);
    hf_close(hf);
    read_rows(&g);
    check_ids(&g, folder);
    option_defaults(adapter_options, &g.common);
    g.common.head = HEAD_THEIRS;
    g.common.decay = 1;
    begin(&g, "full");
    check_vectors(&g);
    check_gradients(&g);
    tuning_close(&g.tuning);
    read_targets(&g);
    g.common.rank = whole(&g, "/lora", "rank", 1000);
    g.common.alpha = h5_attr_f64(g.h, "/lora", "alpha");
    begin(&g, "lora");
    check_steps(&g);
    tuning_close(&g.tuning);
    model_close(&g.model);
    memory_close(&g.mem);
    batch_free(&g.batch);
    free(g.opts);
    h5_close(g.h);
    return g.wrong;
}
