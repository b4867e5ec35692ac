/* GPT-2 (Radford et al., 2019, "Language models are unsupervised multitask learners"): pre-norm layers in which a token sees
 * those before it; the head reads the last one. Matrices lie in the file as (in, out), q, k and v in one. */
#include "model/arch.h"

static const struct fixed_key fixed[] = {{"scale_attn_weights", "true"},
                                         {"scale_attn_by_inverse_layer_idx", "false"},
                                         {"reorder_and_upcast_attn", "false"},
                                         {"add_cross_attention", "false"},
                                         {NULL, NULL}};
static const char *const ignored[] = {"lm_head.", "*.attn.bias", "*.attn.masked_bias", NULL};

static void read(struct json_view root, struct model_config *c, const char *path)
{
    (void)path;
    c->pooling = POOL_LAST;
    c->pad = architecture_size(root, "pad_token_id", 0, c->vocab - 1, -1);
}

const struct architecture arch_gpt2 = {
    .name = "gpt2",
    .title = "GPT-2",
    .classes = "GPT2",
    .prefix = "transformer.",
    .key = {"vocab_size", "n_embd", "n_layer", "n_head", "n_inner", "n_positions", NULL, "layer_norm_epsilon",
            "activation_function"},
    .fixed_eps = 1e-5,
    .fixed = fixed,
    .read = read,
    .ignored = ignored,
    .word = "transformer.wte",
    .position = "transformer.wpe",
    .layer = "transformer.h.%d.",
    .site = {"attn.c_attn.q", "attn.c_attn.k", "attn.c_attn.v", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"},
    .norm1 = "ln_1",
    .norm2 = "ln_2",
    .final_norm = "transformer.ln_f",
    .fused = "attn.c_attn",
    .pre_norm = true,
    .transposed = true,
    .causal = true,
    .head = {.out = "score", .out_no_bias = true},
};
