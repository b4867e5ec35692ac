/* Files of weights: every dtype and naming scheme is read to the last bit, broken and hostile ones end in one clear
 * line. */
#include "core/file.h"
#include "model/arch.h"
#include "model/hf.h"
#include "tests/scratch.h"

#include <math.h>

/* Each calls its reader and gives back what it took. */
static void read_weights(const char *path)
{
    safetensors_close(safetensors_open(path));
}

static void read_config(const char *path)
{
    hf_read_config(path);
}

static void read_folder(const char *path)
{
    hf_close(hf_open(path));
}

static void refuse(void (*reader)(const char *), const char *path, const char *words)
{
    refused(reader(path), EXIT_DATA, words);
}

/* A safetensors file of the given header and data. */
static const char *weights(const char *name, const char *header, const void *data, size_t size)
{
    unsigned char bytes[4000] = {0};
    size_t n = strlen(header);
    assert_true(8 + n + size <= sizeof bytes);
    bytes[0] = (unsigned char)n, bytes[1] = (unsigned char)(n >> 8);
    snprintf((char *)bytes + 8, sizeof bytes - 8, "%s", header);
    memcpy(bytes + 8 + n, data, size);
    return scratch_bytes(name, bytes, 8 + n + size);
}

/* Every dtype to the last bit, at odd offsets, an empty tensor and integers that are only listed. */
static void tensors(void **state)
{
    (void)state;
    const char *header =
        "{\"__metadata__\":{\"format\":\"pt\"},\"h\":{\"dtype\":\"F16\",\"shape\":[5],\"data_offsets\":[0,10]},\"b\":{"
        "\"dtype\":\"BF16\",\"shape\":[1,2],\"data_offsets\":[10,14]},\"f\":{\"dtype\":\"F32\",\"shape\":[],\"data_"
        "offsets\":[14,18]},\"d\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[18,26]},\"i\":{\"dtype\":\"I64\","
        "\"shape\":[1],\"data_offsets\":[26,34]},\"z\":{\"dtype\":\"F32\",\"shape\":[0,7],\"data_offsets\":[14,14]}}";
    unsigned char data[34] = {0x00, 0x3C, 0x01, 0x00, 0xFF, 0x83, 0xFF, 0x7B, 0x00, 0x80, 0x80, 0x3F, 0x49, 0xC0};
    float f = 0.1f;
    double d = 0.1;
    memcpy(data + 14, &f, 4);
    memcpy(data + 18, &d, 8);
    struct safetensors *s = safetensors_open(weights("w", header, data, sizeof data));
    assert_int_equal(safetensors_count(s), 6);
    real v[5];
    safetensors_read(s, safetensors_find(s, "h"), v);
    /* 1, the smallest subnormal, minus the largest subnormal, the largest number, minus zero */
    const double half[5] = {1, ldexp(1, -24), -ldexp(1023, -24), 65504, -0.0};
    for (int i = 0; i < 5; i++)
        assert_true((double)v[i] == half[i] && !signbit(v[i]) == !signbit(half[i]));
    safetensors_read(s, safetensors_find(s, "b"), v);
    assert_true(v[0] == 1 && v[1] == (real)-3.140625);
    safetensors_read(s, safetensors_find(s, "f"), v);
    assert_true(v[0] == (real)0.1f);
    safetensors_read(s, safetensors_find(s, "d"), v);
    assert_true(v[0] == (real)0.1);
    safetensors_read(s, safetensors_find(s, "z"), NULL);
    assert_null(safetensors_find(s, "__metadata__"));
    refused(safetensors_read(s, safetensors_find(s, "i"), v), EXIT_DATA, "tensor i holds I64");
    safetensors_close(s);
}

#define ENTRY(name, dtype, shape, offsets) \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

static void tensors_hostile(void **state)
{
    (void)state;
    static const char zero[64];
    static const struct {
        const char *header, *words;
    } bad[] = {
        {"{" ENTRY("a", "F32", "[2]", "[0,8]") "," ENTRY("b", "F32", "[1]", "[4,8]") "}",
         "the data of a and b overlap"},
        {"{" ENTRY("a", "F32", "[1]", "[0,4]") "," ENTRY("b", "F32", "[1]", "[8,12]") "}",
         "4 bytes before b belong to no"},
        {"{" ENTRY("a", "F32", "[2]", "[0,8]") "}", "the last 56 bytes belong to no tensor"},
        {"{" ENTRY("a", "F32", "[1]", "[0,4]") "," ENTRY("a", "F32", "[1]", "[4,8]") "}", "duplicate"},
        {"{" ENTRY("a", "F32", "[17]", "[0,68]") "}", "more elements than the file"},
        {"{" ENTRY("a", "F32", "[16]", "[4,68]") "}", "tensor a: data 4..68 lie outside the file (64 bytes of data)"},
        {"{" ENTRY("a", "F32", "[2]", "[8,0]") "}", "outside"},
        {"{" ENTRY("a", "F32", "[2]", "[0,4]") "}", "4 bytes, its shape in F32 takes 8"},
        {"{" ENTRY("a", "F32", "[-1]", "[0,4]") "}", "shape must be an integer"},
        {"{" ENTRY("a", "F32", "[1.5]", "[0,4]") "}", "shape must be an integer"},
        {"{" ENTRY("a", "F32", "[4294967296,4294967296]", "[0,0]") "}", "more elements"},
        {"{" ENTRY("a", "F32", "[4611686018427387904,4]", "[0,0]") "}", "more elements"},
        {"{" ENTRY("a", "F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]") "}", "9 dimensions"},
        {"{" ENTRY("a", "F33", "[1]", "[0,4]") "}", "unknown dtype \"F33\""},
        {"{" ENTRY("a", "F32", "[1]", "[0]") "}", "data_offsets must be [begin, end]"},
        {"{" ENTRY("a", "F32", "[1]", "[-4,0]") "}", "data_offsets must be"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", "a: data_offsets is missing"},
        {"{\"a\":3}", "a is not an object"},
        {"[]", "not an object"},
        {"{}{}", "not valid JSON"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        refuse(read_weights, weights("bad", bad[i].header, zero, sizeof zero), bad[i].words);
    refuse(read_weights, scratch_bytes("h", "\x00\x00\x00\x80\x00\x00\x00\x00{}", 10),
           "a header of 2147483648 bytes in a file of 10");
    refuse(read_weights, scratch_bytes("h", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF{}", 10), "18446744073709551615");
    refuse(read_weights, scratch_bytes("h", "\x02\x00\x00", 3), "truncated");
    refuse(read_weights, scratch_text("h", ""), "empty");
    refuse(read_weights, scratch_path("absent"), "No such file");
    char deep[401] = "";
    for (int i = 0; i < 80; i++)
        snprintf(deep + (size_t)(5 * i), 6, "{\"a\":");
    refuse(read_weights, weights("deep", deep, zero, 0), "nested too deeply");
    const char *path = scratch_path("sparse");
    FILE *f = fopen(path, "wb");
    assert_int_equal(fwrite("\x00\x00\x00\x7F\x00\x00\x00\x00", 1, 8, f), 8);
    assert_int_equal(ftruncate(fileno(f), (off_t)3 << 30), 0); /* a 2 GB header in a file that has it */
    fclose(f);
    refuse(read_weights, path, "at most 104857600 are read");
}

static void refuse_values(const struct safetensors *s, const struct safetensor *t, const char *words)
{
    real v[2];
    refused(safetensors_read(s, t, v), EXIT_DATA, words);
}

/* A NaN or an infinity is named with its place; so is a double that a float cannot hold. */
static void weights_broken(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        unsigned char data[8];
        size_t size;
        const char *words;
    } bad[] = {
        {"{" ENTRY("q", "F32", "[2]", "[0,8]") "}", {0, 0, 0, 0, 0, 0, 0xC0, 0x7F}, 8, "tensor q: element 1 is NaN"},
        {"{" ENTRY("q", "F16", "[1]", "[0,2]") "}", {0x00, 0xFC}, 2, "element 0 is infinite"},
        {"{" ENTRY("q", "F16", "[1]", "[0,2]") "}", {0x01, 0x7C}, 2, "NaN"},
        {"{" ENTRY("q", "BF16", "[1]", "[0,2]") "}", {0x80, 0x7F}, 2, "infinite"},
        {"{" ENTRY("q", "F64", "[1]", "[0,8]") "}", {0, 0, 0, 0, 0, 0, 0xF0, 0xFF}, 8, "infinite"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct safetensors *s = safetensors_open(weights("n", bad[i].header, bad[i].data, bad[i].size));
        refuse_values(s, safetensors_at(s, 0), bad[i].words);
        safetensors_close(s);
    }
}

static void tensors_written(void **state)
{
    (void)state;
    const real v[6] = {(real)0.1, 2, 3, 4, 5, (real)-1e-20};
    const struct safetensor_out out[] = {{"matrix", v, 2, 2, 3, 0}, {"vector", v + 3, 0, 3, 0, 0}};
    const enum dtype dtypes[] = {DTYPE_F32, DTYPE_F64};
    for (int i = 0; i < 2; i++) {
        const char *path = scratch_path("out.safetensors");
        safetensors_write(path, out, 2, dtypes[i]);
        struct safetensors *s = safetensors_open(path);
        const struct safetensor *m = safetensors_find(s, "matrix"), *w = safetensors_find(s, "vector");
        assert_true(m->rank == 2 && m->shape[0] == 2 && m->shape[1] == 2 && w->rank == 1 && w->shape[0] == 3);
        assert_true(m->begin % 8 == 0 && m->dtype == dtypes[i]);
        real got[4];
        safetensors_read(s, m, got);
        const real want[4] = {v[0], v[1], v[3], v[4]};
        for (int j = 0; j < 4; j++)
            assert_true(i ? got[j] == want[j] : got[j] == (real)(float)want[j]);
        safetensors_close(s);
        assert_true(!file_exists(scratch_path("out.safetensors.tmp")));
    }
    refused(safetensors_write("/nonexistent/x", out, 2, DTYPE_F32), EXIT_RESOURCE, "cannot write");
}

#define CONFIG(act, vocab, heads, more)                                                              \
    "{\"model_type\":\"bert\",\"hidden_act\":\"" act "\",\"hidden_size\":4,\"intermediate_size\":6," \
    "\"max_position_embeddings\":5,\"num_attention_heads\":" heads                                   \
    ",\"num_hidden_layers\":1,\"vocab_size\":" vocab more "}"

static void configs(void **state)
{
    (void)state;
    struct model_config c = hf_read_config(scratch_text("c.json", CONFIG("gelu", "7", "2", "")));
    assert_true(c.vocab == 7 && c.d == 4 && c.layers == 1 && c.heads == 2 && c.ffn == 6 && c.positions == 5);
    assert_true(c.types == 2 && c.eps == 1e-12);
    static const struct {
        const char *text, *words;
    } bad[] = {{CONFIG("relu", "7", "2", ""), "hidden_act is \"relu\", only \"gelu\""},
               {CONFIG("gelu_new", "7", "2", ""), "gelu_new"},
               {CONFIG("gelu", "7", "3", ""), "hidden_size 4 is not a multiple of num_attention_heads 3"},
               {CONFIG("gelu", "1099511627776", "2", ""), "vocab_size must be an integer from 5"},
               {CONFIG("gelu", "7", "0", ""), "num_attention_heads must be an integer from 1"},
               {CONFIG("gelu", "7", "2", ",\"layer_norm_eps\":0"), "layer_norm_eps must be a number"},
               {CONFIG("gelu", "7", "2", ",\"layer_norm_eps\":\"1\""), "layer_norm_eps must be a number"},
               {CONFIG("gelu", "7", "2", ",\"is_decoder\":true"), "is_decoder"},
               {CONFIG("gelu", "7", "2", ",\"position_embedding_type\":\"relative_key\""), "relative_key"},
               {"{\"model_type\":\"t5\"}", "model_type is \"t5\"; known are albert, bert,"},
               {"{}", "hidden_act is missing"},
               {"[]", "not an object"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        refuse(read_config, scratch_text("bad.json", bad[i].text), bad[i].words);
}

static void names(void **state)
{
    (void)state;
    static const char *const pairs[][3] = {
        {"encoder.layer.0.attention.self.query.weight", "bert.encoder.layer.0.attention.self.query.weight", "bert"},
        {"bert.encoder.layer.0.output.LayerNorm.gamma", "bert.encoder.layer.0.output.LayerNorm.weight", "bert"},
        {"embeddings.LayerNorm.beta", "bert.embeddings.LayerNorm.bias", "bert"},
        {"pooler.dense.bias", "bert.pooler.dense.bias", "bert"},
        {"classifier.weight", "classifier.weight", "bert"},
        {"encoder.relative_attention_bias.weight", "mpnet.encoder.relative_attention_bias.weight", "mpnet"},
        {"transformer.layer.1.ffn.lin1.bias", "distilbert.transformer.layer.1.ffn.lin1.bias", "distilbert"},
        {"embeddings_project.bias", "electra.embeddings_project.bias", "electra"},
        {"h.0.attn.c_attn.weight", "transformer.h.0.attn.c_attn.weight", "gpt2"},
        {"wte.weight", "transformer.wte.weight", "gpt2"},
        {"ln_f.weight", "transformer.ln_f.weight", "gpt2"},
        {"layers.1.attn.Wqkv.weight", "model.layers.1.attn.Wqkv.weight", "modernbert"},
        {"head.dense.weight", "head.dense.weight", "modernbert"},
        {"pooler.weight", "albert.pooler.weight", "albert"},
        {"pooler.dense.weight", "pooler.dense.weight", "deberta-v2"},
        {"classifier.out_proj.weight", "classifier.out_proj.weight", "roberta"}};
    char name[MODEL_NAME];
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        const struct architecture *a = architecture_find(pairs[i][2]);
        assert_true(hf_canonical(a, pairs[i][0], name, sizeof name));
        assert_string_equal(name, pairs[i][1]);
        assert_true(hf_canonical(a, pairs[i][1], name, sizeof name));
        assert_string_equal(name, pairs[i][1]);
    }
    static const char *const useless[][2] = {
        {"bert", "bert.embeddings.position_ids"},    {"bert", "cls.predictions.transform.LayerNorm.gamma"},
        {"roberta", "lm_head.dense.weight"},         {"mpnet", "pooler.dense.weight"},
        {"distilbert", "vocab_projector.bias"},      {"gpt2", "h.3.attn.bias"},
        {"gpt2", "transformer.h.3.attn.masked_bias"}};
    for (size_t i = 0; i < sizeof useless / sizeof useless[0]; i++)
        assert_false(hf_canonical(architecture_find(useless[i][0]), useless[i][1], name, sizeof name));
    assert_false(hf_canonical(architecture_find("bert"), "embeddings.word_embeddings.weight", name, 20));
}

/* The 21 tensors of a one-layer encoder of CONFIG's sizes, and two of a pooler; old: gamma and beta, no "bert.". */
struct encoder {
    char name[24][MODEL_NAME];
    struct safetensor_out tensor[24];
    size_t n;
    real values[32];
};

static void add(struct encoder *e, const char *name, size_t rows, size_t cols)
{
    snprintf(e->name[e->n], MODEL_NAME, "%s", name);
    e->tensor[e->n] = (struct safetensor_out){e->name[e->n], e->values, rows, cols, cols, 0};
    e->n++;
}

static void add_pair(struct encoder *e, const char *prefix, const char *name, size_t out, size_t in, bool old)
{
    char full[MODEL_NAME];
    snprintf(full, sizeof full, "%s%s.%s", prefix, name, old && !in ? "gamma" : "weight");
    add(e, full, in ? out : 0, in ? in : out);
    snprintf(full, sizeof full, "%s%s.%s", prefix, name, old && !in ? "beta" : "bias");
    add(e, full, 0, out);
}

static void fill(struct encoder *e, bool old, bool pooler)
{
    const char *bert = old ? "" : "bert.", *layer = old ? "encoder.layer.0." : "bert.encoder.layer.0.";
    char name[MODEL_NAME];
    e->n = 0;
    for (int i = 0; i < 32; i++)
        e->values[i] = (real)i;
    static const struct {
        const char *name;
        size_t rows;
    } tables[] = {{"word", 7}, {"position", 5}, {"token_type", 2}};
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%sembeddings.%s_embeddings.weight", bert, tables[i].name);
        add(e, name, tables[i].rows, 4);
    }
    add_pair(e, bert, "embeddings.LayerNorm", 4, 0, old);
    add_pair(e, layer, "attention.self.query", 4, 4, old);
    add_pair(e, layer, "attention.self.key", 4, 4, old);
    add_pair(e, layer, "attention.self.value", 4, 4, old);
    add_pair(e, layer, "attention.output.dense", 4, 4, old);
    add_pair(e, layer, "attention.output.LayerNorm", 4, 0, old);
    add_pair(e, layer, "intermediate.dense", 6, 4, old);
    add_pair(e, layer, "output.dense", 4, 6, old);
    add_pair(e, layer, "output.LayerNorm", 4, 0, old);
    if (pooler)
        add_pair(e, bert, "pooler.dense", 4, 4, old);
}

static const char *save(const struct encoder *e, const char *file)
{
    char path[64];
    scratch_text("m/config.json", CONFIG("gelu", "7", "2", ""));
    snprintf(path, sizeof path, "m/%s", file);
    safetensors_write(scratch_path(path), e->tensor, e->n, DTYPE_F32);
    return scratch_path("m");
}

static void refuse_tensor(const struct hf *h, const char *name, int cols, const char *words)
{
    real v[8];
    refused(hf_read(h, name, 1, cols, v), EXIT_DATA, words);
}

/* A folder is read under both naming schemes, with and without a pooler, whatever the weights are called. */
static void folders(void **state)
{
    (void)state;
    struct encoder e;
    for (int i = 0; i < 4; i++) {
        fill(&e, i & 1, i & 2);
        const char *file = i & 1 ? "model.safetensors" : "pytorch.fp16.safetensors";
        const char *folder = save(&e, file);
        struct hf *h = hf_open(folder);
        assert_int_equal(hf_has(h, "bert.pooler.dense.weight"), (i & 2) != 0);
        real v[28];
        hf_read(h, "bert.embeddings.word_embeddings.weight", 7, 4, v);
        hf_read(h, "bert.encoder.layer.0.output.LayerNorm.weight", 1, 4, v);
        assert_true(v[3] == 3);
        refuse_tensor(h, "bert.pooler.dense.weights", 4, "weights is missing");
        refuse_tensor(h, "bert.encoder.layer.0.output.LayerNorm.weight", 5, "(1, 5)");
        hf_close(h);
        char path[SCRATCH_PATH];
        snprintf(path, sizeof path, "%s/%s", folder, file);
        assert_int_equal(unlink(path), 0);
    }
}

static void folders_broken(void **state)
{
    (void)state;
    struct encoder e;
    fill(&e, false, true);
    scratch_text("m/config.json", CONFIG("gelu", "7", "2", ""));
    refuse(read_folder, scratch_path("m"), "no .safetensors file");
    refuse(read_folder, scratch_path("none"), "none/config.json: No such file");
    e.tensor[0].rows = 6;
    refuse(read_folder, save(&e, "model.safetensors"),
           "word_embeddings.weight has 24 values in 2 dimensions, config.json wants (7, 4)");
    fill(&e, false, true);
    e.n--;
    refuse(read_folder, save(&e, "model.safetensors"), "bert.pooler.dense.bias is missing");
    fill(&e, false, true);
    snprintf(e.name[5], MODEL_NAME, "bert.encoder.layer.7.attention.self.query.weight");
    refuse(read_folder, save(&e, "model.safetensors"), "layer.0.attention.self.query.weight is missing");
    fill(&e, false, false);
    add(&e, "bert.encoder.layer.1.output.dense.bias", 0, 4);
    refuse(read_folder, save(&e, "model.safetensors"),
           "bert.encoder.layer.1.output.dense.bias is none of a BERT with 1 layers");
    fill(&e, false, false);
    add(&e, "pooler.dense.bias", 0, 4);
    add(&e, "bert.pooler.dense.bias", 0, 4);
    refuse(read_folder, save(&e, "model.safetensors"), "are the same tensor");
    fill(&e, false, false);
    add(&e, "classifier.weight", 2, 4); /* a head, whole or not at all */
    refuse(read_folder, save(&e, "model.safetensors"), "classifier.bias is missing");
    add(&e, "classifier.bias", 0, 2);
    read_folder(save(&e, "model.safetensors"));
    add(&e, "qa_outputs.bias", 0, 2);
    refuse(read_folder, save(&e, "model.safetensors"), "qa_outputs.bias is none of a BERT");
    e.n--;
    assert_int_equal(unlink(scratch_path("m/model.safetensors")), 0);
    save(&e, "a.safetensors");
    refuse(read_folder, save(&e, "b.safetensors"), "several .safetensors files");
}

/* The real MiniLM: F16 data at an odd offset; its sizes and the first weight of the word embeddings. */
static void minilm(void **state)
{
    (void)state;
    const char *shared = getenv("PEFTLAB_SHARED");
    if (!shared)
        skip();
    char path[SCRATCH_PATH];
    snprintf(path, sizeof path, "%s/models/minilm", shared);
    struct hf *h = hf_open(path);
    const struct model_config *c = hf_config(h);
    assert_true(c->vocab == 30522 && c->d == 384 && c->layers == 6 && c->heads == 12 && c->ffn == 1536);
    assert_true(hf_has(h, "bert.pooler.dense.weight"));
    real *v = malloc((size_t)c->vocab * (size_t)c->d * sizeof *v);
    hf_read(h, "bert.embeddings.word_embeddings.weight", c->vocab, c->d, v);
    assert_true(fabs((double)v[0] - -0.0199890137) < 1e-9);
    free(v);
    hf_close(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors),         cmocka_unit_test(tensors_hostile), cmocka_unit_test(weights_broken),
        cmocka_unit_test(tensors_written), cmocka_unit_test(configs),         cmocka_unit_test(names),
        cmocka_unit_test(folders),         cmocka_unit_test(folders_broken),  cmocka_unit_test(minilm)};
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
