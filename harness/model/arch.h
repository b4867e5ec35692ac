/* An architecture in a table: what a family of encoders calls its tensors, where its norms stand, and what it adds to the
 * plain layer. One file of harness/arch/ exports one; docs/add-a-base.md shows how. */
#ifndef MODEL_ARCH_H
#define MODEL_ARCH_H

#include "core/json.h"
#include "model/config.h"
#include "model/site.h"

/* A key of config.json that is read into nothing: it must have this value where it is given. Others change what the model
 * computes. Words are compared as json_scalar writes them: "false", "0.5"; a text as it is. */
struct fixed_key {
    const char *key, *value;
};

/* Names are those of the class for classification, prefix included; "%d" stands for the layer. NULL: there is none. */
struct architecture {
    const char *name;    /* config.json's model_type */
    const char *title;   /* "RoBERTa" */
    const char *classes; /* transformers' classes are <classes>Model and <classes>ForSequenceClassification */
    const char *prefix;  /* "roberta.": what a published base often leaves out */
    /* config.json's keys. Without `types` the number is 1, without `eps` it is
     * `fixed_eps`. */
    struct {
        const char *vocab, *d, *layers, *heads, *ffn, *positions, *types, *eps, *act;
    } key;
    double fixed_eps;
    const struct fixed_key *fixed; /* ends with {NULL, NULL} */
    /* What else config.json says of it; NULL: nothing. Dies with EXIT_DATA. */
    void (*read)(struct json_view root, struct model_config *c, const char *path);
    const char *const
        *ignored; /* beginnings of names that hold no weight of the model: buffers, heads of pretraining */

    /* x_n = LN(word + position + type), then, where widths differ, W_project x_n + b */
    const char *word, *position, *type, *embed_norm, *project;
    bool project_always; /* where the widths are equal, too */

    const char *layer; /* "roberta.encoder.layer.%d." */
    const char *site[TARGETS];
    const char *norm1, *norm2; /* of the attention half, of the feed-forward half */
    const char *final_norm;    /* over the last layer's output */
    const char *relative;      /* table of distances, (buckets, heads) or (2 buckets, d) */
    const char *relative_norm; /* over the latter */
    const char *fused;         /* q, k and v lie in this tensor, one after the other */
    bool pre_norm;             /* x + f(LN x) instead of LN(x + f(x)) */
    bool no_first_norm;        /* layer 0 has no norm1 */
    bool transposed;           /* matrices of layers lie in the file as (in, out) */
    bool no_bias;              /* neither linear layers nor norms of the encoder have one */
    bool gated;                /* up is (2 ffn, d): act(a) o g of its two halves */
    bool causal;               /* a token sees those before it and itself */

    /* pooled = LN(act(W h + b)), logits = W pooled + b, h the vector that config's pooling takes. */
    struct {
        const char *dense; /* NULL: pooled = h */
        const char *norm;
        enum activation act;
        bool fresh;  /* not pretrained: drawn with the classifier */
        bool trains; /* always, as the classifier does */
        bool dense_no_bias, out_no_bias;
        const char *out; /* "classifier" */
        bool wide;       /* out begins as a truncated normal of standard deviation d^-1/2, not 0.02 */
    } head;
};

extern const struct architecture *const arch_registry[];
extern const int arch_registry_size;

/* The architecture of this model_type; NULL when there is none. */
const struct architecture *architecture_find(const char *name);
/* The module that PEFT saves whole for a head's tensor: "classifier" of "classifier.out_proj.weight", "pooler" of
 * "bert.pooler.dense.weight". */
void architecture_module(const struct architecture *a, const char *tensor, char *module, size_t size);

/* BERT's, unless the configuration names another. */
const struct architecture *config_architecture(const struct model_config *c);
/* Layers that a token goes through; layer i of them has the weights number config_weights(c, i), 0..layers-1. */
int config_depth(const struct model_config *c);
int config_weights(const struct model_config *c, int i);

/* For `read`: an integer within bounds, or `otherwise` where the key is absent or null. */
int architecture_size(struct json_view root, const char *key, int min, int max, int otherwise);

#endif
