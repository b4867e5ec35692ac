/* BERT (Devlin et al., NAACL 2019, arXiv 1810.04805): post-norm layers, learned positions, a pooler on [CLS]. */
#include "model/arch.h"

static const struct fixed_key fixed[] = {{"position_embedding_type", "absolute"},
                                         {"is_decoder", "false"},
                                         {"add_cross_attention", "false"},
                                         {"hidden_act", "gelu"},
                                         {NULL, NULL}};
static const char *const ignored[] = {"cls.", NULL};

const struct architecture arch_bert = {
    .name = "bert",
    .title = "BERT",
    .classes = "Bert",
    .prefix = "bert.",
    .key = {"vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
            "max_position_embeddings", "type_vocab_size", "layer_norm_eps", "hidden_act"},
    .fixed_eps = 1e-12,
    .fixed = fixed,
    .ignored = ignored,
    .word = "bert.embeddings.word_embeddings",
    .position = "bert.embeddings.position_embeddings",
    .type = "bert.embeddings.token_type_embeddings",
    .embed_norm = "bert.embeddings.LayerNorm",
    .layer = "bert.encoder.layer.%d.",
    .site = {"attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
             "intermediate.dense", "output.dense"},
    .norm1 = "attention.output.LayerNorm",
    .norm2 = "output.LayerNorm",
    .head = {.dense = "bert.pooler.dense", .act = ACT_TANH, .out = "classifier"},
};
