/* ModernBERT (Warner et al., 2024, arXiv 2412.13663): pre-norm layers without biases, rotary positions, a gated feed-forward
 * half; two layers of three see a window alone. */
#include "model/arch.h"

#include "core/die.h"

#include <string.h>

static const struct fixed_key fixed[] = {
    {"attention_bias", "false"},       {"mlp_bias", "false"}, {"norm_bias", "false"}, {"classifier_bias", "false"},
    {"classifier_activation", "gelu"}, {NULL, NULL}};
static const char *const ignored[] = {"decoder.", "*.rotary_emb.inv_freq", NULL};

/* transformers 5 names every layer's kind; it has to be that of each n-th layer, the first one's included. */
static void read_kinds(struct json_view kinds, struct model_config *c, const char *path)
{
    int every = c->layers;
    if (json_array_length(kinds) != (size_t)c->layers)
        die(EXIT_DATA, "%s: layer_types names %zu layers of %d", path, json_array_length(kinds), c->layers);
    for (int i = c->layers - 1; i > 0; i--)
        if (strcmp(json_text(json_element(kinds, (size_t)i)), "full_attention") == 0)
            every = i;
    for (int i = 0; i < c->layers; i++)
        if (strcmp(json_text(json_element(kinds, (size_t)i)), i % every ? "sliding_attention" : "full_attention") != 0)
            die(EXIT_DATA, "%s: layer_types is not full_attention in every n-th layer and sliding_attention in others",
                path);
    c->global_every = every;
}

static double theta_of(struct json_view rope, const char *kind, const char *path)
{
    struct json_view of = json_get(rope, kind), type = json_find(of, "rope_type");
    if (type.node && strcmp(json_text(type), "default") != 0)
        die(EXIT_DATA, "%s: rope_type is \"%.40s\", only default is supported", path, json_text(type));
    return json_number(json_get(of, "rope_theta"), 1, 1e12);
}

static double number(struct json_view root, const char *key, double otherwise)
{
    struct json_view v = json_find(root, key);
    return v.node ? json_number(v, 1, 1e12) : otherwise;
}

static void read(struct json_view root, struct model_config *c, const char *path)
{
    struct json_view kinds = json_find(root, "layer_types"), rope = json_find(root, "rope_parameters");
    struct json_view pooling = json_find(root, "classifier_pooling");
    c->global_every = architecture_size(root, "global_attn_every_n_layers", 1, MODEL_LAYERS_MAX, 3);
    if (kinds.node)
        read_kinds(kinds, c, path);
    c->window = architecture_size(root, "local_attention", 2, 1 << 16, 128) / 2;
    c->theta[0] = rope.node ? theta_of(rope, "full_attention", path) : number(root, "global_rope_theta", 160000);
    /* Without the key local layers have their own angle; null gives them that of the global ones. */
    c->theta[1] = rope.node
                      ? theta_of(rope, "sliding_attention", path)
                      : number(root, "local_rope_theta", json_has_null(root, "local_rope_theta") ? c->theta[0] : 10000);
    const char *word = pooling.node ? json_text(pooling) : "cls";
    if (strcmp(word, "cls") != 0 && strcmp(word, "mean") != 0)
        die(EXIT_DATA, "%s: classifier_pooling is \"%.40s\", neither cls nor mean", path, word);
    c->pooling = strcmp(word, "mean") == 0 ? POOL_MEAN : POOL_FIRST;
    if (c->d / c->heads % 2)
        die(EXIT_DATA, "%s: heads of %d columns cannot be rotated by pairs", path, c->d / c->heads);
}

const struct architecture arch_modernbert = {
    .name = "modernbert",
    .title = "ModernBERT",
    .classes = "ModernBert",
    .prefix = "model.",
    .key = {"vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
            "max_position_embeddings", NULL, "norm_eps", "hidden_activation"},
    .fixed_eps = 1e-5,
    .fixed = fixed,
    .read = read,
    .ignored = ignored,
    .word = "model.embeddings.tok_embeddings",
    .embed_norm = "model.embeddings.norm",
    .layer = "model.layers.%d.",
    .site = {"attn.Wqkv.q", "attn.Wqkv.k", "attn.Wqkv.v", "attn.Wo", "mlp.Wi", "mlp.Wo"},
    .norm1 = "attn_norm",
    .norm2 = "mlp_norm",
    .final_norm = "model.final_norm",
    .fused = "attn.Wqkv",
    .pre_norm = true,
    .no_first_norm = true,
    .no_bias = true,
    .gated = true,
    .head = {.dense = "head.dense",
             .norm = "head.norm",
             .act = ACT_GELU,
             .dense_no_bias = true,
             .out = "classifier",
             .wide = true},
};
