/* MPNet (Song et al., NeurIPS 2020, arXiv 2004.09297): RoBERTa's positions and head, no segments, and a learned number per
 * head and distance that is added to every score. */
#include "model/arch.h"

static const struct fixed_key fixed[] = {{"relative_attention_num_buckets", "32"}, {NULL, NULL}};
static const char *const ignored[] = {"lm_head.", "mpnet.pooler.", "pooler.", NULL};

/* Token k has row 2 + k whatever pad_token_id says: the model's own constant. */
static void read(struct json_view root, struct model_config *c, const char *path)
{
    (void)root, (void)path;
    c->first_position = 2;
    c->positions = c->positions > 3 ? c->positions - 2 : 1;
    c->buckets = 32;
    c->far = 128;
}

const struct architecture arch_mpnet = {
    .name = "mpnet",
    .title = "MPNet",
    .classes = "MPNet",
    .prefix = "mpnet.",
    .key = {"vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
            "max_position_embeddings", NULL, "layer_norm_eps", "hidden_act"},
    .fixed_eps = 1e-12,
    .fixed = fixed,
    .read = read,
    .ignored = ignored,
    .word = "mpnet.embeddings.word_embeddings",
    .position = "mpnet.embeddings.position_embeddings",
    .embed_norm = "mpnet.embeddings.LayerNorm",
    .layer = "mpnet.encoder.layer.%d.",
    .site = {"attention.attn.q", "attention.attn.k", "attention.attn.v", "attention.attn.o", "intermediate.dense",
             "output.dense"},
    .norm1 = "attention.LayerNorm",
    .norm2 = "output.LayerNorm",
    .relative = "mpnet.encoder.relative_attention_bias",
    .head = {.dense = "classifier.dense", .act = ACT_TANH, .fresh = true, .trains = true, .out = "classifier.out_proj"},
};
