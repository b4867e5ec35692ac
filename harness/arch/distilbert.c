/* DistilBERT (Sanh et al., 2019, arXiv 1910.01108): half of BERT's layers, no segments, a head with a rectifier. */
#include "model/arch.h"

static const char *const ignored[] = {"vocab_transform.", "vocab_layer_norm.", "vocab_projector.", NULL};
static const struct fixed_key fixed[] = {{NULL, NULL}};

const struct architecture arch_distilbert = {
    .name = "distilbert",
    .title = "DistilBERT",
    .classes = "DistilBert",
    .prefix = "distilbert.",
    .key = {"vocab_size", "dim", "n_layers", "n_heads", "hidden_dim", "max_position_embeddings", NULL, NULL,
            "activation"},
    .fixed_eps = 1e-12,
    .fixed = fixed,
    .ignored = ignored,
    .word = "distilbert.embeddings.word_embeddings",
    .position = "distilbert.embeddings.position_embeddings",
    .embed_norm = "distilbert.embeddings.LayerNorm",
    .layer = "distilbert.transformer.layer.%d.",
    .site = {"attention.q_lin", "attention.k_lin", "attention.v_lin", "attention.out_lin", "ffn.lin1", "ffn.lin2"},
    .norm1 = "sa_layer_norm",
    .norm2 = "output_layer_norm",
    .head = {.dense = "pre_classifier", .act = ACT_RELU, .fresh = true, .trains = true, .out = "classifier"},
};
