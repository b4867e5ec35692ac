/* What is exported and read back computes the same; and PEFT finds the names it looks for. */
#include "core/file.h"
#include "core/json.h"
#include "experiment/executor.h"
#include "export/adapter_read.h"
#include "export/adapter_write.h"
#include "export/whole_model.h"
#include "model/hf.h"
#include "model/safetensors.h"
#include "tune/peft.h"

#include "base/cache.h"
#include "tests/scratch.h"

#include <math.h>

struct hook {
    const struct base *base;
    char folder[SCRATCH_PATH];
    void (*check)(struct trainee *t, struct hook *h);
};

/* The logits of the first test examples, malloc'd. */
static real *logits(struct model *m, struct memory *mem, struct trainee *t, size_t *n)
{
    struct loss l = {.kind = t->spec->kind, .sd = t->sd};
    struct pass p = {.saved = &mem->saved, .scratch = &mem->scratch};
    int order[] = {0, 1, 2, 3, 4, 5, 6, 7};
    struct mat out;
    arena_release(p.saved, 0);
    batch_gather(&t->batch, &t->splits[SPLIT_TEST], order, 8);
    loss_run(m, &p, &t->batch, &l, &out);
    *n = mat_size(out);
    real *copy = malloc(*n * sizeof *copy);
    memcpy(copy, out.v, *n * sizeof *copy);
    arena_release(p.saved, 0);
    arena_release(p.scratch, 0);
    return copy;
}

static double distance(const real *a, const real *b, size_t n)
{
    double worst = 0, largest = 0;
    for (size_t i = 0; i < n; i++) {
        double e = fabs((double)a[i] - (double)b[i]);
        worst = isnan(e) ? INFINITY : fmax(worst, e);
        largest = fmax(largest, fabs((double)b[i]));
    }
    return worst / largest;
}

/* Catches: an export that reads back although a bit of a tensor, or a rank, was lost on the way. */
static void verified(struct trainee *t, struct hook *h)
{
    char path[SCRATCH_PATH + 64];
    export_adapter(t, "base", h->folder);
    import_verify(t, h->base, h->folder);
    snprintf(path, sizeof path, "%s/adapter_model.safetensors", h->folder);
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    fseek(f, -1, SEEK_END);
    int last = fgetc(f);
    fseek(f, -1, SEEK_END);
    fputc(last ^ 1, f);
    fclose(f);
    refused(import_verify(t, h->base, h->folder), EXIT_MISMATCH, "is not as it was trained");
    assert_int_equal(truncate(path, 2000), 0);
    refused(import_verify(t, h->base, h->folder), EXIT_MISMATCH, "read back, the export differs");
}

/* The untouched base under the adapter that was read back gives the same logits, bit for bit; without it, others. */
static void adapter_returns(struct trainee *t, struct hook *h)
{
    struct imported a;
    struct memory mem;
    struct model m;
    struct tuning u;
    size_t n;
    export_adapter(t, "base", h->folder);
    import_open(&a, h->folder, &h->base->config);
    memory_open(&mem);
    model_open(&m, &h->base->config, &mem);
    model_map(&m, h->base->image);
    import_tuning(&a, &u, &m, 99);
    tuning_begin_phase(&u, tuning_phases(&u) - 1, a.classes);
    real *fresh = logits(&m, &mem, t, &n);
    import_weights(&a, h->folder, &u);
    real *want = logits(t->model, t->mem, t, &n), *got = logits(&m, &mem, t, &n);
    assert_true(distance(fresh, want, n) > 1e-3);
    if (memcmp(want, got, n * sizeof *got) != 0)
        fail_msg("%s: read back, the logits differ by %g", t->spec->method->name, distance(got, want, n));
    free(fresh);
    free(want);
    free(got);
    tuning_close(&u);
    model_close(&m);
    memory_close(&mem);
    import_close(&a);
}

/* The merged model, read as any folder of real weights is, with its classifier. */
static void merged_returns(struct trainee *t, struct hook *h)
{
    struct base b;
    struct memory mem;
    struct model m;
    size_t n;
    export_merged(t, h->base, h->folder);
    base_open(&b, h->folder, 1);
    base_load(&b, scratch_path("results"));
    memory_open(&mem);
    model_open(&m, &b.config, &mem);
    model_map(&m, b.image);
    model_add_head(&m, t->model->classifier_W->w.rows, 1, true);
    real *want = logits(t->model, t->mem, t, &n), *got = logits(&m, &mem, t, &n);
    double error = distance(got, want, n), allowed = sizeof(real) == sizeof(double) ? 1e-12 : 1e-5;
    if (error > allowed)
        fail_msg("%s: merged and read back, the logits differ by %g", t->spec->method->name, error);
    free(want);
    free(got);
    model_close(&m);
    memory_close(&mem);
    base_close(&b);
}

static void trained(struct trainee *t, void *data)
{
    struct hook *h = data;
    h->check(t, h);
}

static void train(const char *options, void (*check)(struct trainee *t, struct hook *h))
{
    const char *a[32];
    char text[1024];
    int n = 0;
    static int turn;
    struct hook h = {.check = check};
    snprintf(text, sizeof text, "base=tiny-random %ssteps=10 batch=8 evals=1 probes=0 lr=0.05 %s",
             strstr(options, "task=table") ? "" : "ntrain=64 nvalid=16 ntest=16 ", options);
    for (char *rest = text, *word; (word = strsep(&rest, " "));)
        a[n++] = word;
    struct session *s = session_open(scratch_path("results"));
    struct identity p;
    struct trap t;
    if (trap_set(&t))
        fail_msg("%s: %s", options, t.text);
    identity_make(s, &p, n, a);
    h.base = p.base;
    snprintf(h.folder, sizeof h.folder, "%s/out%d", scratch, turn++);
    struct run_hooks watch = {.trained = trained, .data = &h};
    executor_retrace(s, &p, &watch);
    trap_end(&t);
    identity_free(&p);
    session_close(s);
}

static void adapters(void **state)
{
    char options[256];
    (void)state;
    for (int i = 0; i < method_registry_size; i++)
        if (peft_type(method_registry[i]->peft)) {
            snprintf(options, sizeof options, "method=%s task=sst", method_registry[i]->name);
            train(options, adapter_returns);
            train(options, verified);
        }
    train("method=lora task=sst head=pooler budget=1100", verified);
    train("method=adalora task=sst budget=1100", verified);
    train("method=vera task=sst budget=300", verified);
    train("method=ia3 task=mnli targets=q,up,down", verified);
    train("method=lokr task=sst targets=q,up both=1 factor=2 rank=2", adapter_returns);
    train("method=oft task=sst cayley=exact block=8 terms=6 share=1", adapter_returns);
    train("method=gralora task=sst hybrid=2 k=4", adapter_returns);
    train("method=miss task=sst variant=mini mini=8", adapter_returns);
    train("method=road task=sst variant=4 group=8", adapter_returns);
    train("method=fourierft task=sst targets=up,down init=normal scale=20.5 place_seed=3", adapter_returns);
    train("method=loha task=sst budget=1100", adapter_returns);
    train("method=deft task=sst projector=qr para=1", adapter_returns);
    train("method=hira task=sst budget=1100", verified);
    train("method=vblora task=sst pair=2 length=4 topk=3 rank=5", adapter_returns);
    train("method=unilora task=sst budget=70", adapter_returns);
    train("method=kasa task=sst budget=1110", adapter_returns);
    train("method=bdlora task=sst targets=q,o,down blocks=4", adapter_returns);
    train("method=tinylora task=sst tying=0.5 frame=3", adapter_returns);
    train("method=lora task=sst head=pooler targets=q,o,down layers=1 alpha=3", adapter_returns);
    train("method=ia3 task=mnli targets=q,up,down", adapter_returns);
    train("method=lora task=sst budget=1100", adapter_returns);
    train("method=rslora task=sst budget=1100", adapter_returns);
    train("method=eva task=sst targets=q,o,down rank=2 method.rho=8 alpha=16", adapter_returns);
    train("method=eva task=sst targets=q,o,down rank=2 method.rho=8 alpha=16", verified);
    train("method=lora task=sst method.init=orthogonal budget=1100", verified);
    train("method=bdlora task=sst budget=900", verified);
    train("method=dora task=sts budget=1250", adapter_returns);
}

static void merged(void **state)
{
    char options[256];
    (void)state;
    for (int i = 0; i < method_registry_size; i++) {
        snprintf(options, sizeof options, "method=%s task=sst", method_registry[i]->name);
        train(options, merged_returns);
    }
    train("method=full task=sts head=pooler", merged_returns);
}

/* Names and shapes as PEFT 0.21 writes them (peft.utils.save_and_load), for q of layer 0 and what all sites share. */
static const struct on_disk {
    const char *method, *name;
    size_t rank, shape[3];
} on_disk[] = {
    {"lora", "base_model.model.bert.encoder.layer.0.attention.self.query.lora_A.weight", 2, {3, 32}},
    {"lora", "base_model.model.bert.encoder.layer.0.attention.self.query.lora_B.weight", 2, {32, 3}},
    {"lora", "base_model.model.classifier.weight", 2, {2, 32}},
    {"lora", "base_model.model.classifier.bias", 1, {2}},
    {"lora", "base_model.model.bert.pooler.dense.weight", 2, {32, 32}},
    {"lora", "base_model.model.bert.pooler.dense.bias", 1, {32}},
    {"lora_plus", "base_model.model.bert.encoder.layer.0.attention.self.query.lora_B.weight", 2, {32, 3}},
    {"lora_fa", "base_model.model.bert.encoder.layer.0.attention.self.query.lora_A.weight", 2, {3, 32}},
    {"rslora", "base_model.model.bert.encoder.layer.0.attention.self.query.lora_A.weight", 2, {3, 32}},
    {"dora", "base_model.model.bert.encoder.layer.0.attention.self.query.lora_magnitude_vector", 1, {32}},
    {"adalora", "base_model.model.bert.encoder.layer.0.attention.self.query.lora_A", 2, {5, 32}},
    {"adalora", "base_model.model.bert.encoder.layer.0.attention.self.query.lora_E", 2, {5, 1}},
    {"adalora", "base_model.model.bert.encoder.layer.0.attention.self.query.lora_B", 2, {32, 5}},
    {"vera", "base_model.vera_A", 2, {3, 32}},
    {"vera", "base_model.vera_B", 2, {32, 3}},
    {"vera", "base_model.model.bert.encoder.layer.0.attention.self.query.vera_lambda_b", 1, {32}},
    {"vera", "base_model.model.bert.encoder.layer.0.attention.self.query.vera_lambda_d", 1, {3}},
    {"loha", "base_model.model.bert.encoder.layer.0.attention.self.query.hada_w1_a", 2, {32, 3}},
    {"loha", "base_model.model.bert.encoder.layer.0.attention.self.query.hada_w2_b", 2, {3, 32}},
    {"lokr", "base_model.model.bert.encoder.layer.0.attention.self.query.lokr_w1", 2, {4, 4}},
    {"hira", "base_model.model.bert.encoder.layer.0.attention.self.query.hira_A", 2, {3, 32}},
    {"delora", "base_model.model.bert.encoder.layer.0.attention.self.query.delora_w_norm", 1, {32}},
    {"miss", "base_model.model.bert.encoder.layer.0.attention.self.query.miss_block", 2, {3, 32}},
    {"fourierft", "base_model.model.bert.encoder.layer.0.attention.self.query.fourierft_spectrum", 1, {192}},
    {"waveft", "base_model.model.bert.encoder.layer.0.attention.self.query.waveft_spectrum", 1, {192}},
    {"gralora", "base_model.model.bert.encoder.layer.0.attention.self.query.gralora_A", 3, {2, 16, 4}},
    {"gralora", "base_model.model.bert.encoder.layer.0.attention.self.query.gralora_B", 3, {2, 4, 16}},
    {"c3a", "base_model.model.bert.encoder.layer.0.attention.self.query.c3a_kernel", 3, {4, 4, 8}},
    {"hra", "base_model.model.bert.encoder.layer.0.attention.self.query.hra_u", 2, {32, 4}},
    {"oft", "base_model.model.bert.encoder.layer.0.attention.self.query.oft_R.weight", 2, {8, 6}},
    {"deft", "base_model.model.bert.encoder.layer.0.attention.self.query.deft_P", 2, {32, 3}},
    {"glora", "base_model.model.bert.encoder.layer.0.attention.self.query.glora_C.Xu", 2, {3, 1}},
    {"glora", "base_model.model.bert.encoder.layer.0.attention.self.query.glora_D.X", 1, {1}},
    {"road", "base_model.model.bert.encoder.layer.0.attention.self.query.road_theta", 1, {16}},
    {"beft", "base_model.model.bert.encoder.layer.0.attention.self.value.beft_bias", 2, {1, 32}},
    {"vblora", "base_model.model.bert.encoder.layer.0.attention.self.query.vblora_logits_A", 3, {1, 4, 3}},
    {"vblora", "base_model.model.bert.encoder.layer.0.attention.self.query.vblora_logits_B", 3, {4, 1, 3}},
    {"vblora", "base_model.vblora_vector_bank", 2, {3, 8}},
    {"unilora", "base_model.model.bert.encoder.layer.0.attention.self.query.unilora_indices_A", 2, {4, 32}},
    {"unilora", "base_model.unilora_theta_d", 1, {12}},
    {"kasa", "base_model.model.bert.encoder.layer.0.attention.self.query.lora_diag", 1, {3}},
    {"tinylora", "base_model.model.bert.encoder.layer.0.attention.self.query.tinylora_P", 3, {3, 2, 2}},
    {"tinylora", "base_model.tinylora_v.3", 1, {3}},
    {"bdlora", "base_model.model.bert.encoder.layer.0.attention.self.query.lora_B.weight", 2, {32, 2}},
    {"ia3", "base_model.model.bert.encoder.layer.0.attention.self.key.ia3_l", 2, {32, 1}},
    {"ia3", "base_model.model.bert.encoder.layer.0.output.dense.ia3_l", 2, {1, 128}},
};

static void named(struct trainee *t, struct hook *h)
{
    char path[SCRATCH_PATH + 64];
    export_adapter(t, "base", h->folder);
    snprintf(path, sizeof path, "%s/adapter_model.safetensors", h->folder);
    struct safetensors *f = safetensors_open(path);
    for (size_t i = 0; i < sizeof on_disk / sizeof *on_disk; i++) {
        const struct on_disk *d = &on_disk[i];
        if (strcmp(d->method, t->spec->method->name) != 0)
            continue;
        const struct safetensor *s = safetensors_find(f, d->name);
        bool same = s && (size_t)s->rank == d->rank;
        for (size_t k = 0; same && k < d->rank; k++)
            same = s->shape[k] == d->shape[k];
        if (!same)
            fail_msg("%s: %s is absent or of another shape", d->method, d->name);
    }
    safetensors_close(f);
}

/* What PEFT's format cannot say is refused before anything is written. */
static void refused_format(struct trainee *t, struct hook *h)
{
    struct trap trap;
    if (trap_set(&trap) == 0) {
        export_adapter(t, "base", h->folder);
        trap_end(&trap);
        fail_msg("%s: an adapter that PEFT cannot read is written", t->tuning->method->name);
    }
    assert_int_equal(trap.code, EXIT_USAGE);
    assert_non_null(strstr(trap.text, "--merge"));
    assert_int_equal(access(h->folder, F_OK), -1);
}

static void what_a_format_cannot_say(void **state)
{
    (void)state;
    train("method=miss task=sst variant=bat rank=4", refused_format);
    train("method=fourierft task=sst targets=q,up", refused_format);
    train("method=glora task=sst ab=constant", refused_format);
    train("method=svft task=sst", refused_format);
    train("method=psoft task=sst", refused_format);
    train("method=tinylora task=sst budget=14", refused_format);
    train("method=vblora task=sst budget=150", refused_format);
}

static void names(void **state)
{
    static const char *const methods[] = {"lora", "lora_plus", "lora_fa", "rslora",  "dora", "adalora",   "vera",
                                          "loha", "lokr",      "hira",    "delora",  "miss", "fourierft", "waveft",
                                          "deft", "glora",     "vblora",  "unilora", "kasa", "tinylora"};
    static const char *const even[] = {"gralora", "c3a", "hra", "oft", "bdlora"};
    char options[128];
    (void)state;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        snprintf(options, sizeof options, "method=%s task=sst rank=3 head=pooler", methods[i]);
        train(options, named);
    }
    for (size_t i = 0; i < sizeof even / sizeof *even; i++) {
        snprintf(options, sizeof options, "method=%s task=sst rank=4", even[i]);
        train(options, named);
    }
    train("method=ia3 task=sst", named);
    train("method=road task=sst", named);
    train("method=beft task=sst", named);
}

/* Sites with one more rank are named with it, and with the alpha that keeps their scale. */
static void patterned(struct trainee *t, struct hook *h)
{
    char path[SCRATCH_PATH + 64];
    export_adapter(t, "base", h->folder);
    snprintf(path, sizeof path, "%s/adapter_config.json", h->folder);
    struct json *doc = json_load(path, 1 << 20);
    struct json_view ranks = json_get(json_root(doc), "rank_pattern"),
                     alphas = json_get(json_root(doc), "alpha_pattern");
    struct json_view one = {0};
    int n = 0, nominal = t->tuning->common->rank;
    assert_int_equal(json_int(json_get(json_root(doc), "r"), 1, 100), nominal);
    while (json_next(ranks, &one)) {
        assert_int_equal(json_int(one, 1, 100), nominal + 1);
        assert_true(fabs(json_number(json_get(alphas, one.key), 0, 1000) - 2 * (nominal + 1)) < 1e-12);
        n++;
    }
    assert_true(t->spec->extra > 0);
    assert_int_equal(n, t->spec->extra);
    json_free(doc);
}

static void patterns(void **state)
{
    (void)state;
    train("method=lora task=sst budget=1100", patterned);
}

static void open_adapter(const char *folder)
{
    const struct model_config c = {
        .vocab = 717, .d = 32, .layers = 2, .heads = 2, .ffn = 128, .positions = 32, .types = 2, .eps = 1e-5};
    struct imported a;
    import_open(&a, folder, &c);
    import_close(&a);
}

static void refuse_text(const char *text, const char *words)
{
    char path[SCRATCH_PATH];
    snprintf(path, sizeof path, "%s", scratch_text("hostile/adapter_config.json", text));
    *strrchr(path, '/') = '\0';
    refused((open_adapter(path), 0), EXIT_DATA, words);
}

/* Catches: an integer that is written through the shortest text of a real, 1e+01. */
static void every_rank(void **state)
{
    static const struct {
        const char *type, *ranks;
    } kinds[] = {{"LORA", "\"r\":%d"}, {"VERA", "\"r\":%d"}, {"ADALORA", "\"target_r\":%d,\"init_r\":%d"}};
    const struct model_config c = {
        .vocab = 717, .d = 32, .layers = 2, .heads = 2, .ffn = 128, .positions = 32, .types = 2, .eps = 1e-5};
    char path[SCRATCH_PATH], ranks[64], text[512];
    struct imported a;
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (int r = 1; r <= 100; r++) {
            snprintf(ranks, sizeof ranks, kinds[i].ranks, r, r);
            snprintf(text, sizeof text,
                     "{\"peft_type\":\"%s\",\"target_modules\":[\"bert.encoder.layer.0.attention.self.query\"],"
                     "\"lora_alpha\":10,%s}",
                     kinds[i].type, ranks);
            snprintf(path, sizeof path, "%s", scratch_text("ranks/adapter_config.json", text));
            *strrchr(path, '/') = '\0';
            import_open(&a, path, &c);
            assert_int_equal(a.common.rank, r);
            import_close(&a);
        }
    train("method=lora task=sst rank=10", adapter_returns);
    train("method=vera task=sst rank=40", verified);
    train("method=adalora task=sst rank=20 method.init_rank=30", verified);
}

static void touch(const char *name)
{
    char path[SCRATCH_PATH];
    snprintf(path, sizeof path, "%s", scratch_text(name, "{}"));
}

/* Catches: an export over the base's own weights, or a merged model beside an adapter, which transformers would attach
 * to it again. */
static void a_folder_for_each(void **state)
{
    char base[SCRATCH_PATH], same[SCRATCH_PATH], mine[SCRATCH_PATH], other[SCRATCH_PATH];
    (void)state;
    touch("room/base/config.json");
    snprintf(base, sizeof base, "%s", scratch_path("room/base"));
    snprintf(same, sizeof same, "%s", scratch_path("room/link"));
    snprintf(mine, sizeof mine, "%s", scratch_path("room/mine"));
    snprintf(other, sizeof other, "%s", scratch_path("room/other"));
    assert_int_equal(symlink("base", same), 0);
    refused((export_make_room(base, EXPORT_MERGED, base), 0), EXIT_USAGE, "is the folder of the base");
    refused((export_make_room(same, EXPORT_BASE, base), 0), EXIT_USAGE, "is the folder of the base");
    export_make_room(mine, EXPORT_ADAPTER, base);
    export_note(mine, EXPORT_ADAPTER, NULL, NULL, 0);
    touch("room/mine/adapter_config.json");
    export_make_room(mine, EXPORT_ADAPTER, base); /* again: its own kind */
    refused((export_make_room(mine, EXPORT_MERGED, base), 0), EXIT_USAGE, "holds adapter_config.json");
    touch("room/other/model.safetensors"); /* nobody's export */
    refused((export_make_room(other, EXPORT_MERGED, base), 0), EXIT_USAGE, "holds model.safetensors");
    refused((export_make_room(other, EXPORT_ADAPTER, base), 0), EXIT_USAGE, "name another folder");
}

/* The words by which config.json and peftlab.json call the classes. */
static void classes_named(struct trainee *t, struct hook *h)
{
    static const char *const names[] = {"heiter", "tr\303\274b", "\303\277?"};
    char path[SCRATCH_PATH + 64], number[12];
    export_merged(t, h->base, h->folder);
    for (int file = 0; file < 2; file++) {
        snprintf(path, sizeof path, "%s/%s", h->folder, file ? "peftlab.json" : "config.json");
        struct json *doc = json_load(path, 1 << 20);
        struct json_view labels = json_get(json_root(doc), "id2label");
        for (int k = 0; k < 3; k++) {
            snprintf(number, sizeof number, "%d", k);
            assert_string_equal(json_text(json_get(labels, number)), names[k]);
            if (!file)
                assert_int_equal(json_int(json_get(json_get(json_root(doc), "label2id"), names[k]), 0, 9), k);
        }
        json_free(doc);
    }
}

static void base_beside(struct trainee *t, struct hook *h)
{
    (void)t;
    scratch_text("real-base/merges.txt", "of an earlier export");
    export_base(h->base, scratch_path("real-base"));
    assert_int_equal(access(scratch_path("real-base/merges.txt"), F_OK), -1);
}

/* Catches: classes that an export calls LABEL_0, or bytes that are not UTF-8 and stay so; files of another tokenizer that an
 * earlier export left. */
static void class_names(void **state)
{
    static const char *const words[] = {"heiter", "tr\303\274b", "\xff?"};
    static char text[1 << 14];
    char options[SCRATCH_PATH + 128];
    size_t used = (size_t)snprintf(text, sizeof text, "text\tlabel\n");
    (void)state;
    for (int i = 0; i < 200; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "text%d\t%s\n", i, words[i % 3]);
    train("method=lora task=sst", base_beside);
    snprintf(options, sizeof options, "method=lora task=table base=%s/real-base file=%s", scratch,
             scratch_text("names.tsv", text));
    train(options, classes_named);
}

static void copy_to_scratch(const char *from, const char *to)
{
    size_t size;
    char *bytes = file_read(from, 1 << 26, &size);
    scratch_bytes(to, bytes, size);
    free(bytes);
}

static void homeless(struct trainee *t, struct hook *h)
{
    refused(export_merged(t, h->base, h->folder), EXIT_USAGE, "has a bias after training, and ModernBERT has none");
    assert_int_equal(access(h->folder, F_OK), -1);
}

static void merges(struct trainee *t, struct hook *h)
{
    export_merged(t, h->base, h->folder);
}

/* Catches: what BEFT trains, a bias, dropped without a word where the family's files have no biases. */
static void no_place_for_a_bias(void **state)
{
    static char text[1 << 12], words[1 << 10];
    char options[2 * SCRATCH_PATH + 128], file[SCRATCH_PATH];
    size_t used = (size_t)snprintf(text, sizeof text, "text\tlabel\n"),
           size =
               (size_t)snprintf(words, sizeof words, "{\"model\": {\"type\": \"WordPiece\", \"vocab\": {\"[UNK]\": 0");
    (void)state;
    for (int i = 1; i < 40; i++)
        size += (size_t)snprintf(words + size, sizeof words - size, ", \"w%d\": %d", i, i);
    snprintf(words + size, sizeof words - size, "}}}");
    for (int i = 0; i < 200; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "w%d w%d\t%d\n", i % 37, i % 31, i % 2);
    copy_to_scratch("tests/golden/bases/modernbert/config.json", "bare/config.json");
    copy_to_scratch("tests/golden/bases/modernbert/model.safetensors", "bare/model.safetensors");
    scratch_text("bare/tokenizer.json", words);
    scratch_text("bare/tokenizer_config.json", "{\"tokenizer_class\": \"PreTrainedTokenizerFast\"}");
    snprintf(file, sizeof file, "%s", scratch_text("bare.tsv", text));
    snprintf(options, sizeof options, "method=beft task=table base=%s/bare file=%s", scratch, file);
    train(options, homeless);
    snprintf(options, sizeof options, "method=lora task=table base=%s/bare file=%s", scratch, file);
    train(options, merges);
}

/* Broken adapter folders: one clear line each. */
static void hostile(void **state)
{
#define Q "\"bert.encoder.layer.0.attention.self.query\""
    static const struct {
        const char *text, *words;
    } bad[] = {
        {"", "not valid JSON"},
        {"[]", "not an object"},
        {"{}", "peft_type is missing"},
        {"{\"peft_type\":\"BONE\"}", "BONE is not known"},
        {"{\"peft_type\":\"LORA\",\"use_dora\":true,\"use_rslora\":true}", "use_rslora"},
        {"{\"peft_type\":\"LORA\",\"target_modules\":[]}", "names 0 modules"},
        {"{\"peft_type\":\"LORA\",\"target_modules\":[\"x\"]}", "names 1 modules, 0 of them"},
        {"{\"peft_type\":\"LORA\",\"target_modules\":7}", "target_modules"},
        {"{\"peft_type\":\"LORA\",\"target_modules\":[" Q "],\"lora_alpha\":1,\"r\":0}", "r must be an integer"},
        {"{\"peft_type\":\"LORA\",\"target_modules\":[" Q "],\"lora_alpha\":-1,\"r\":1}", "lora_alpha"},
        {"{\"peft_type\":\"LORA\",\"target_modules\":[" Q "],\"lora_alpha\":1,\"r\":1.5}", "r must be an integer"},
        {"{\"peft_type\":\"LORA\",\"target_modules\":[" Q "],\"lora_alpha\":1,\"r\":1e9}",
         "rank=1000000000 is not valid"},
        {"{\"peft_type\":\"LORA\",\"target_modules\":[" Q "],\"lora_alpha\":1,\"r\":2,\"rank_pattern\":{\"a\":9}}",
         "rank_pattern: a is no linear layer"},
        {"{\"peft_type\":\"LORA\",\"target_modules\":[" Q "],\"lora_alpha\":1,\"r\":2,\"alpha_pattern\":{\"a\":9}}",
         "alpha_pattern: a is no linear layer"},
        {"{\"peft_type\":\"LORA\",\"target_modules\":[" Q "],\"lora_alpha\":1,\"r\":2,\"rank_pattern\":{" Q ":4}}",
         "is scaled by 0.25 and others by 0.5"},
        {"{\"peft_type\":\"IA3\",\"target_modules\":[" Q "],\"modules_to_save\":[\"lm_head\"]}", "lm_head"}};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuse_text(bad[i].text, bad[i].words);
    refused((open_adapter(scratch_path("nowhere")), 0), EXIT_DATA, "adapter_config.json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(adapters),
                                       cmocka_unit_test(merged),
                                       cmocka_unit_test(names),
                                       cmocka_unit_test(what_a_format_cannot_say),
                                       cmocka_unit_test(patterns),
                                       cmocka_unit_test(every_rank),
                                       cmocka_unit_test(a_folder_for_each),
                                       cmocka_unit_test(class_names),
                                       cmocka_unit_test(no_place_for_a_bias),
                                       cmocka_unit_test(hostile)};
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
