/* ELECTRA (Clark et al., ICLR 2020, arXiv 2003.10555): BERT's layers over embeddings that may be narrower; the head has
 * GELU. */
#include "model/arch.h"

static const struct fixed_key fixed[] = {
    {"position_embedding_type", "absolute"}, {"is_decoder", "false"}, {"add_cross_attention", "false"}, {NULL, NULL}};
static const char *const ignored[] = {"discriminator_predictions.", "generator_predictions.", "generator_lm_head.",
                                      NULL};

static void read(struct json_view root, struct model_config *c, const char *path)
{
    (void)path;
    c->embedding = architecture_size(root, "embedding_size", 1, 1 << 14, 128);
}

const struct architecture arch_electra = {
    .name = "electra",
    .title = "ELECTRA",
    .classes = "Electra",
    .prefix = "electra.",
    .key = {"vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
            "max_position_embeddings", "type_vocab_size", "layer_norm_eps", "hidden_act"},
    .fixed_eps = 1e-12,
    .fixed = fixed,
    .read = read,
    .ignored = ignored,
    .word = "electra.embeddings.word_embeddings",
    .position = "electra.embeddings.position_embeddings",
    .type = "electra.embeddings.token_type_embeddings",
    .embed_norm = "electra.embeddings.LayerNorm",
    .project = "electra.embeddings_project",
    .layer = "electra.encoder.layer.%d.",
    .site = {"attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
             "intermediate.dense", "output.dense"},
    .norm1 = "attention.output.LayerNorm",
    .norm2 = "output.LayerNorm",
    .head = {.dense = "classifier.dense", .act = ACT_GELU, .fresh = true, .trains = true, .out = "classifier.out_proj"},
};
