/* A Hugging Face folder of an encoder: config.json and one safetensors file, checked against each other. */
#ifndef MODEL_HF_H
#define MODEL_HF_H

#include "model/model.h"
#include "model/safetensors.h"

#include <stdbool.h>

struct hf;

/* config.json alone. Dies with EXIT_DATA, naming file and key: an architecture that no file of harness/arch/ describes, a
 * size out of range, heads that do not divide the width, an activation that is not known, a key that must have another
 * value (a decoder, other positions). */
struct model_config hf_read_config(const char *path);

/* The name that the encoder uses, such as "bert.encoder.layer.0.attention.self.query.weight", of a tensor in a file:
 * the prefix is added where it is missing, LayerNorm's gamma and beta become weight and bias; the classifier's stay as
 * they are. False for what the model has no use for (position_ids, heads of pretraining) or does not fit in `size`. */
bool hf_canonical(const struct architecture *a, const char *name, char *out, size_t size);

/* DIR/config.json with DIR/model.safetensors, or the only *.safetensors in DIR. Dies with EXIT_DATA: files absent, a
 * tensor of the model missing, of another shape than the config says, not floating point, given under two names, or
 * one that the model does not know. Nothing large is allocated. */
struct hf *hf_open(const char *folder);
void hf_close(struct hf *h);
const struct model_config *hf_config(const struct hf *h);
/* Whether a tensor is there, by canonical name; a pooler and heads may be absent. */
bool hf_has(const struct hf *h, const char *name);
/* out := the tensor, (rows, cols) without gaps, (1, cols) for a vector. Dies when it is absent or of another shape, or
 * when a value is NaN or infinite. */
void hf_read(const struct hf *h, const char *name, int rows, int cols, real *out);
/* Fills every tensor of a model of this configuration, whose weights are in memory and zero. A family's pretrained pooler
 * that the folder lacks becomes the identity. */
void hf_read_model(const struct hf *h, struct model *m);
/* The file with the weights, for provenance and the cache's key. */
const char *hf_weights_path(const struct hf *h);

#endif
