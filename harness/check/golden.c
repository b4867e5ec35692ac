/* Replays a golden file: padded input is packed, the adapters are loaded, and every expected tensor is compared. */
#include "check/golden.h"

#include "check/agreement.h"
#include "core/h5.h"
#include "math/linalg.h"
#include "model/optim.h"
#include "train/loss.h"
#include "tune/method_words.h"
#include "tune/peft.h"
#include "tune/tuning.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct golden {
    struct h5 *h;
    FILE *out;
    int compared, wrong;
    const struct method *method;
    struct adapter common;
    void *opts;
    struct memory mem;
    struct model model;
    struct tuning tuning;
    struct adamw adam;
    double lr;
    int steps;
    struct batch batch;
};

static double tolerance(void)
{
    return sizeof(real) == sizeof(double) ? 1e-9 : 1e-4;
}

static void report(struct golden *g, const char *what, const char *name, double error, double allowed)
{
    bool ok = error <= allowed;
    FILE *out = g->out ? g->out : ok ? NULL : stderr;
    g->compared++;
    g->wrong += !ok;
    if (out)
        fprintf(out, "%s %-16s %-62s %.2e (allowed %.0e)\n", ok ? "ok  " : "BAD ", what, name, error, allowed);
}

/* What follows "/expect" in a group's path: "grad" of "/expect/grad", nothing of "/expect" itself. */
static const char *part(const char *group)
{
    static const char expect[] = "/expect/";
    return strncmp(group, expect, sizeof expect - 1) == 0 ? group + sizeof expect - 1 : "";
}

/* Compares with the dataset `group/name`. Tensors whose true value is zero are compared absolutely. */
static void compare(struct golden *g, const char *group, const char *name, struct mat got, double zero_tolerance)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", group, name);
    double *want = agreement_read(g->h, path, mat_size(got));
    struct agreement a = agreement_of(got, want);
    free(want);
    if (zero_tolerance > 0)
        report(g, part(group), name, a.error, zero_tolerance);
    else
        report(g, part(group), name, agreement_error(&a), tolerance());
}

static const struct option *find_option(struct golden *g, const char *key, void **in)
{
    const struct option *o = method_option(g->method, key, &g->common, g->opts, in);
    if (!o)
        die(EXIT_DATA, "%s: %s has no option %s", h5_path(g->h), g->method->name, key);
    return o;
}

static void on_attribute(const char *name, void *data)
{
    struct golden *g = data;
    char value[OPTION_TEXT];
    if (strncmp(name, "opt.", 4) != 0)
        return;
    void *opts;
    const struct option *o = find_option(g, name + 4, &opts);
    if ((o->type == OPT_INT || o->type == OPT_REAL) && h5_attr_is_number(g->h, "/", name))
        option_number_text(o, h5_attr_f64(g->h, "/", name), value, sizeof value);
    else if (h5_attr_is_number(g->h, "/", name)) /* a choice that is called by a number */
        snprintf(value, sizeof value, "%g", h5_attr_f64(g->h, "/", name));
    else
        h5_attr_text(g->h, "/", name, value, sizeof value);
    option_set(o, opts, value);
}

/* The method of an open file. A case is a method, or one with a word behind it: lora, lora_all. */
static const struct method *method_of(struct h5 *h)
{
    char name[64], schema[64];
    const struct method *found = NULL;
    size_t longest = 0;
    h5_attr_text(h, "/", "schema", schema, sizeof schema);
    if (strcmp(schema, "peftlab-golden") != 0)
        die(EXIT_DATA, "%s: schema is \"%s\", not peftlab-golden", h5_path(h), schema);
    h5_attr_text(h, "/", "method", name, sizeof name);
    for (int i = 0; i < method_registry_size; i++) {
        const char *method = method_registry[i]->name;
        size_t n = strlen(method);
        if (n > longest && strncmp(name, method, n) == 0 && (name[n] == '\0' || name[n] == '_')) {
            found = method_registry[i];
            longest = n;
        }
    }
    return found ? found : method_find(name);
}

bool golden_is(const char *path, const char *schema)
{
    char text[64];
    struct h5 *h = h5_open(path);
    h5_attr_text(h, "/", "schema", text, sizeof text);
    h5_close(h);
    return strcmp(text, schema) == 0;
}

bool golden_is_of(const char *path, const struct method *m)
{
    struct h5 *h = h5_open(path);
    bool is = method_of(h) == m;
    h5_close(h);
    return is;
}

static void read_method(struct golden *g)
{
    void *opts;
    g->method = method_of(g->h);
    g->opts = mem_alloc(g->method->options_size);
    option_defaults(adapter_options, &g->common);
    option_defaults(g->method->options, g->opts);
    g->common.decay = 1; /* the golden runs decay every trainable tensor */
    const struct peft *peft = g->method->peft;
    if (peft && peft->option_off) {
        const struct option *o = find_option(g, peft->option_off, &opts);
        option_set(o, opts, peft->value_off);
    }
    h5_each_attr(g->h, "/", on_attribute, g);
}

static int size_attr(const struct golden *g, const char *name, int max)
{
    double v = h5_attr_f64(g->h, "/", name);
    if (!(v >= 1 && v <= max && v == floor(v)))
        die(EXIT_DATA, "%s: %s=%g is not an integer 1..%d", h5_path(g->h), name, v, max);
    return (int)v;
}

static struct model_config read_config(struct golden *g)
{
    return (struct model_config){.vocab = size_attr(g, "vocab", 1 << 20),
                                 .d = size_attr(g, "d", 1 << 14),
                                 .layers = size_attr(g, "layers", MODEL_LAYERS_MAX),
                                 .heads = size_attr(g, "heads", 1 << 10),
                                 .ffn = size_attr(g, "ffn", 1 << 16),
                                 .positions = size_attr(g, "max_len", EXAMPLE_TOKENS),
                                 .types = size_attr(g, "types", 16),
                                 .eps = h5_attr_f64(g->h, "/", "layer_norm_eps")};
}

/* Padded (B, T) input becomes token rows: what the mask hides is left out. */
static void read_batch(struct golden *g, int vocab, int types)
{
    size_t dims[H5_RANK], n, labels;
    if (h5_shape(g->h, "/batch/input_ids", dims) != 2 || dims[1] > EXAMPLE_TOKENS || dims[0] < 1)
        die(EXIT_DATA, "%s: /batch/input_ids is not (B, T) with T <= %d", h5_path(g->h), EXAMPLE_TOKENS);
    double *ids = h5_read_f64(g->h, "/batch/input_ids", &n), *label = h5_read_f64(g->h, "/batch/labels", &labels);
    size_t nm, nt;
    double *mask = h5_read_f64(g->h, "/batch/attention_mask", &nm);
    double *type = h5_read_f64(g->h, "/batch/token_type_ids", &nt);
    if (nm != n || nt != n || labels != dims[0])
        die(EXIT_DATA, "%s: the parts of /batch differ in size", h5_path(g->h));
    for (size_t b = 0; b < dims[0]; b++) {
        struct example e = {.label = label[b]};
        for (size_t t = 0; t < dims[1]; t++) {
            size_t i = b * dims[1] + t;
            if (mask[i] == 0)
                continue;
            if (!(ids[i] >= 0 && ids[i] < vocab && type[i] >= 0 && type[i] < types) || (size_t)e.n != t)
                die(EXIT_DATA, "%s: /batch holds an id, segment or mask that is out of range", h5_path(g->h));
            e.ids[e.n] = (int)ids[i];
            e.types[e.n++] = (unsigned char)type[i];
        }
        batch_add(&g->batch, &e);
    }
    free(ids);
    free(mask);
    free(type);
    free(label);
}

static void load(struct golden *g, const char *group, struct param *p)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", group, p->name);
    h5_read_real_into(g->h, path, p->w.v, mat_size(p->w));
}

/* pissa, olora: splitting /original must give the B A and the W that /init holds (split there in single precision). */
static void check_split(struct golden *g)
{
    char name[MODEL_NAME], path[512];
    if (!h5_has(g->h, "/original"))
        return;
    for (int i = 0; i < g->tuning.nsites; i++)
        load(g, "/original", g->tuning.site[i]->W);
    model_freeze(&g->model);
    tuning_begin_phase(&g->tuning, 0, size_attr(g, "classes", 1000));
    for (int i = 0; i < g->tuning.nsites; i++) {
        struct site *s = g->tuning.site[i];
        snprintf(path, sizeof path, "/init/%s", s->W->name);
        double *want = agreement_read(g->h, path, mat_size(s->W->w));
        struct agreement a = agreement_of(s->W->w, want);
        free(want);
        snprintf(name, sizeof name, "%s (W0 - s B A)", s->name);
        report(g, "split", name, agreement_error(&a), 1e-5);
    }
}

static void load_init(struct golden *g)
{
    for (int i = 0; i < g->model.nparam; i++)
        load(g, "/init", g->model.param[i]);
    model_freeze(&g->model);
    tuning_refresh(&g->tuning);
}

/* One evaluation or, with keep, one gradient. */
static double run(struct golden *g, bool keep, struct mat *out)
{
    struct pass p = {.train = keep, .keep = keep, .saved = &g->mem.saved, .scratch = &g->mem.scratch};
    struct loss l = {.kind = TASK_CLASSES};
    arena_release(&g->mem.saved, 0);
    return loss_run(&g->model, &p, &g->batch, &l, out);
}

static bool key_bias(const char *name)
{
    return strstr(name, ".key.bias") != NULL;
}

static void compare_all(struct golden *g, const char *group, bool grads)
{
    for (int i = 0; i < g->model.nparam; i++) {
        struct param *p = g->model.param[i];
        if (!p->trains)
            continue;
        char path[512];
        snprintf(path, sizeof path, "%s/%s", group, p->name);
        if (!h5_has(g->h, path)) { /* it trains here and not there: a finding about the method, not a damaged file */
            report(g, part(group), p->name, INFINITY, 0);
            continue;
        }
        bool zero = key_bias(p->name), is_float = sizeof(real) == sizeof(float);
        if (zero && grads)
            compare(g, group, p->name, p->g, is_float ? 1e-7 : 1e-15);
        else if (!zero || !is_float) /* AdamW turns the rounding noise of a zero gradient into full steps */
            compare(g, group, p->name, grads ? p->g : p->w, 0);
    }
}

/* Which entries are zero after step t must agree exactly, where the file says so (AdaLoRA's diagonals). */
static void compare_diagonals(struct golden *g, int t)
{
    char group[64], path[512];
    snprintf(group, sizeof group, "/expect/lambda/%d", t);
    if (!h5_has(g->h, group))
        return;
    for (int i = 0; i < g->model.nparam; i++) {
        struct param *p = g->model.param[i];
        snprintf(path, sizeof path, "%s/%s", group, p->name);
        if (!h5_has(g->h, path))
            continue;
        int differ = 0;
        double *want = agreement_read(g->h, path, mat_size(p->w));
        for (size_t k = 0; k < mat_size(p->w); k++)
            differ += (want[k] == 0) != (p->w.v[k] == 0);
        free(want);
        report(g, part(group), p->name, differ, 0);
    }
}

static void step(struct golden *g, int t)
{
    struct tuning *u = &g->tuning;
    u->step = t;
    u->lr = g->lr;
    u->adam = &g->adam;
    tuning_before_step(u);
    adamw_step(&g->model, &g->adam, g->lr, t + 1);
    tuning_after_step(u);
    tuning_refresh(u);
    model_zero_grads(&g->model);
    compare_diagonals(g, t);
}

static void compare_weights(struct golden *g)
{
    char name[MODEL_NAME];
    for (int i = 0; i < g->tuning.nsites; i++) {
        struct site *s = g->tuning.site[i];
        struct mat W = arena_mat(&g->mem.scratch, s->out, s->in), b = arena_mat(&g->mem.scratch, 1, s->out);
        site_weight(s, W, b);
        snprintf(name, sizeof name, "%s.weight", s->name);
        compare(g, "/expect/effective_weight", name, W, 0);
        char path[512];
        snprintf(path, sizeof path, "/expect/effective_weight/%s.bias", s->name);
        if (h5_has(g->h, path))
            compare(g, "/expect/effective_weight", strrchr(path, '/') + 1, b, 0);
    }
}

static void replay(struct golden *g)
{
    tuning_set_steps(&g->tuning, g->steps);
    double *loss = agreement_read(g->h, "/expect/task_loss", (size_t)g->steps);
    for (int t = 0; t < g->steps; t++) {
        struct mat logits;
        char name[32];
        double got = run(g, true, &logits), penalty = tuning_penalty(&g->tuning);
        snprintf(name, sizeof name, "step %d", t);
        report(g, "task_loss", name, fabs(got - loss[t]) / fabs(loss[t]), tolerance());
        if (t == 0) {
            compare(g, "/expect", "logits", logits, 0);
            if (h5_has(g->h, "/expect/penalty"))
                compare(g, "/expect", "penalty", mat_of(&(real){(real)penalty}, 1, 1), 0);
            compare_all(g, "/expect/grad", true);
        }
        step(g, t);
    }
    free(loss);
    struct mat logits;
    run(g, false, &logits);
    compare_all(g, "/expect/after", false);
    compare_weights(g);
    compare(g, "/expect", "logits_after", logits, 0);
}

int golden_check(const char *path, FILE *out)
{
    struct golden g = {.h = h5_open(path), .out = out};
    read_method(&g);
    struct model_config c = read_config(&g);
    memory_open(&g.mem);
    model_open(&g.model, &c, &g.mem);
    model_map_anonymous(&g.model);
    model_init(&g.model, 1);
    read_batch(&g, c.vocab, c.types);
    g.adam = (struct adamw){h5_attr_f64(g.h, "/", "beta1"), h5_attr_f64(g.h, "/", "beta2"),
                            h5_attr_f64(g.h, "/", "adam_eps"), h5_attr_f64(g.h, "/", "weight_decay")};
    g.lr = h5_attr_f64(g.h, "/", "lr");
    g.steps = size_attr(&g, "steps", 100000);
    tuning_open(&g.tuning, g.method, g.opts, &g.common, &g.model, 0, 0);
    check_split(&g);
    tuning_begin_phase(&g.tuning, tuning_phases(&g.tuning) - 1, size_attr(&g, "classes", 1000));
    load_init(&g);
    long trained = tuning_count_trained(&g.tuning), expected = (long)h5_attr_f64(g.h, "/", "trainable_without_head");
    report(&g, "count", "trainable parameters without the head", (double)labs(trained - expected), 0);
    replay(&g);
    tuning_close(&g.tuning);
    model_close(&g.model);
    memory_close(&g.mem);
    batch_free(&g.batch);
    free(g.opts);
    h5_close(g.h);
    return g.wrong;
}
