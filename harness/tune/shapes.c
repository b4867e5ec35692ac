/* A table of architectures. GPT-3's blocks are not BERT's, but their adapted matrices have these sizes. */
#include "tune/shapes.h"

#include <string.h>

#define SHAPE(name_, vocab_, d_, layers_, heads_, ffn_, positions_, types_) \
    {                                                                       \
        .name = name_, .config = {                                          \
            .vocab = vocab_,                                                \
            .d = d_,                                                        \
            .layers = layers_,                                              \
            .heads = heads_,                                                \
            .ffn = ffn_,                                                    \
            .positions = positions_,                                        \
            .types = types_,                                                \
            .eps = 1e-12                                                    \
        }                                                                   \
    }

const struct shape shapes[] = {
    SHAPE("bert-base", 30522, 768, 12, 12, 3072, 512, 2),
    SHAPE("bert-large", 30522, 1024, 24, 16, 4096, 512, 2),
    SHAPE("roberta-base", 50265, 768, 12, 12, 3072, 514, 1),
    SHAPE("roberta-large", 50265, 1024, 24, 16, 4096, 514, 1),
    SHAPE("deberta-v3-base", 128100, 768, 12, 12, 3072, 512, 1),
    SHAPE("deberta-xxl", 128100, 1536, 48, 24, 6144, 512, 1),
    SHAPE("vit-base", 1, 768, 12, 12, 3072, 197, 1),
    SHAPE("gpt3", 50257, 12288, 96, 96, 49152, 2048, 1),
    SHAPE("minilm", 30522, 384, 6, 12, 1536, 512, 2),
};
const int shape_count = sizeof shapes / sizeof *shapes;

bool shape_find(const char *name, struct model_config *config)
{
    for (int i = 0; i < shape_count; i++)
        if (strcmp(shapes[i].name, name) == 0) {
            *config = shapes[i].config;
            return true;
        }
    return false;
}
