/* DeBERTa-v2 and v3 (He et al., 2111.09543, 2006.03654): no positions but those that keys and queries of a table of distances
 * bring into the scores. */
#include "model/arch.h"

#include "core/die.h"

#include <string.h>

static const struct fixed_key fixed[] = {
    {"conv_kernel_size", "0"}, {"type_vocab_size", "0"}, {"pooler_hidden_act", "gelu"}, {NULL, NULL}};
static const char *const ignored[] = {"lm_predictions.", "mask_predictions.", "cls.", NULL};

/* What the class leaves off unless it is said: each of these makes another model. */
static void expect(struct json_view root, const char *key, const char *value, const char *path)
{
    char text[64];
    struct json_view v = json_get(root, key);
    const char *is = json_has_text(v) ? json_text(v) : json_scalar(v, text, sizeof text) ? text : "a list";
    if (strcmp(is, value) != 0)
        die(EXIT_DATA, "%s: %s is %.60s, only %s is supported", path, key, is, value);
}

/* "p2c|c2p", or the two in a list. */
static void expect_both(struct json_view v, const char *path)
{
    bool c2p, p2c;
    if (json_has_array(v)) {
        c2p = p2c = false;
        for (size_t i = 0; i < json_array_length(v); i++) {
            c2p |= strcmp(json_text(json_element(v, i)), "c2p") == 0;
            p2c |= strcmp(json_text(json_element(v, i)), "p2c") == 0;
        }
        c2p &= json_array_length(v) == 2;
    } else
        c2p = p2c = strcmp(json_text(v), "p2c|c2p") == 0 || strcmp(json_text(v), "c2p|p2c") == 0;
    if (!c2p || !p2c)
        die(EXIT_DATA, "%s: pos_att_type is not p2c and c2p, which alone is supported", path);
}

static void read(struct json_view root, struct model_config *c, const char *path)
{
    expect(root, "relative_attention", "true", path);
    expect(root, "share_att_key", "true", path);
    expect(root, "position_biased_input", "false", path);
    expect(root, "norm_rel_ebd", "layer_norm", path);
    expect_both(json_get(root, "pos_att_type"), path);
    c->buckets = (int)json_int(json_get(root, "position_buckets"), 4, 1 << 14);
    c->far = architecture_size(root, "max_relative_positions", -1, 1 << 16, -1);
    c->far = c->far < 1 ? c->positions : c->far;
    if (c->far - 1 <= c->buckets / 2)
        die(EXIT_DATA, "%s: %d places are too few for %d buckets", path, c->far, c->buckets);
    if (architecture_size(root, "pooler_hidden_size", 1, 1 << 14, c->d) != c->d ||
        architecture_size(root, "embedding_size", 1, 1 << 14, c->d) != c->d)
        die(EXIT_DATA, "%s: pooler_hidden_size and embedding_size must be hidden_size", path);
}

const struct architecture arch_deberta_v2 = {
    .name = "deberta-v2",
    .title = "DeBERTa-v3",
    .classes = "DebertaV2",
    .prefix = "deberta.",
    .key = {"vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
            "max_position_embeddings", NULL, "layer_norm_eps", "hidden_act"},
    .fixed_eps = 1e-7,
    .fixed = fixed,
    .read = read,
    .ignored = ignored,
    .word = "deberta.embeddings.word_embeddings",
    .embed_norm = "deberta.embeddings.LayerNorm",
    .layer = "deberta.encoder.layer.%d.",
    .site = {"attention.self.query_proj", "attention.self.key_proj", "attention.self.value_proj",
             "attention.output.dense", "intermediate.dense", "output.dense"},
    .norm1 = "attention.output.LayerNorm",
    .norm2 = "output.LayerNorm",
    .relative = "deberta.encoder.rel_embeddings",
    .relative_norm = "deberta.encoder.LayerNorm",
    .head = {.dense = "pooler.dense", .act = ACT_GELU, .fresh = true, .out = "classifier"},
};
