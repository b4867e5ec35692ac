/* RoBERTa (Liu et al., 2019, arXiv 1907.11692): BERT whose positions are counted from behind the padding word's id, with one
 * segment and a head of its own. */
#include "model/arch.h"

static const struct fixed_key fixed[] = {{"position_embedding_type", "absolute"},
                                         {"is_decoder", "false"},
                                         {"add_cross_attention", "false"},
                                         {"type_vocab_size", "1"},
                                         {NULL, NULL}};
static const char *const ignored[] = {"lm_head.", "roberta.pooler.", "pooler.", NULL};

/* Token k has the row pad_token_id + 1 + k: so many rows fewer are positions. */
static void read(struct json_view root, struct model_config *c, const char *path)
{
    (void)path;
    c->first_position = architecture_size(root, "pad_token_id", 0, c->positions - 4, 1) + 1;
    c->positions -= c->first_position;
}

const struct architecture arch_roberta = {
    .name = "roberta",
    .title = "RoBERTa",
    .classes = "Roberta",
    .prefix = "roberta.",
    .key = {"vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
            "max_position_embeddings", "type_vocab_size", "layer_norm_eps", "hidden_act"},
    .fixed_eps = 1e-12,
    .fixed = fixed,
    .read = read,
    .ignored = ignored,
    .word = "roberta.embeddings.word_embeddings",
    .position = "roberta.embeddings.position_embeddings",
    .type = "roberta.embeddings.token_type_embeddings",
    .embed_norm = "roberta.embeddings.LayerNorm",
    .layer = "roberta.encoder.layer.%d.",
    .site = {"attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
             "intermediate.dense", "output.dense"},
    .norm1 = "attention.output.LayerNorm",
    .norm2 = "output.LayerNorm",
    .head = {.dense = "classifier.dense", .act = ACT_TANH, .fresh = true, .trains = true, .out = "classifier.out_proj"},
};
