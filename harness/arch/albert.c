/* ALBERT (Lan et al., ICLR 2020, arXiv 1909.11942): one layer's weights, or one group's, that a token goes through again and
 * again, over narrow embeddings. */
#include "model/arch.h"

#include "core/die.h"

static const struct fixed_key fixed[] = {
    {"position_embedding_type", "absolute"}, {"inner_group_num", "1"}, {NULL, NULL}};
static const char *const ignored[] = {"predictions.", "sop_classifier.", NULL};

static void read(struct json_view root, struct model_config *c, const char *path)
{
    c->depth = c->layers;
    c->layers = architecture_size(root, "num_hidden_groups", 1, MODEL_LAYERS_MAX, 1);
    if (c->layers > c->depth)
        die(EXIT_DATA, "%s: num_hidden_groups %d exceeds num_hidden_layers %d", path, c->layers, c->depth);
    c->embedding = architecture_size(root, "embedding_size", 1, 1 << 14, 128);
}

const struct architecture arch_albert = {
    .name = "albert",
    .title = "ALBERT",
    .classes = "Albert",
    .prefix = "albert.",
    .key = {"vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
            "max_position_embeddings", "type_vocab_size", "layer_norm_eps", "hidden_act"},
    .fixed_eps = 1e-12,
    .fixed = fixed,
    .read = read,
    .ignored = ignored,
    .word = "albert.embeddings.word_embeddings",
    .position = "albert.embeddings.position_embeddings",
    .type = "albert.embeddings.token_type_embeddings",
    .embed_norm = "albert.embeddings.LayerNorm",
    .project = "albert.encoder.embedding_hidden_mapping_in",
    .project_always = true,
    .layer = "albert.encoder.albert_layer_groups.%d.albert_layers.0.",
    .site = {"attention.query", "attention.key", "attention.value", "attention.dense", "ffn", "ffn_output"},
    .norm1 = "attention.LayerNorm",
    .norm2 = "full_layer_layer_norm",
    .head = {.dense = "albert.pooler", .act = ACT_TANH, .out = "classifier"},
};
