/* Trained models as others read them: Hugging Face PEFT's adapter files, and whole models for transformers. */
#ifndef EXPORT_WHOLE_MODEL_H
#define EXPORT_WHOLE_MODEL_H

#include "export/folder.h"
#include "train/examine.h"

/* Writes adapter_config.json and adapter_model.safetensors into the folder, which is made: the trained adapter and the
 * head, in the number type of this program, for PeftModel.from_pretrained on the base. Extra ranks go into
 * rank_pattern and alpha_pattern. Dies with EXIT_RESOURCE. */
void export_adapter(const struct trainee *t, const char *base, const char *folder);
/* Writes the model with every effective weight as config.json, model.safetensors and vocab.txt, for
 * AutoModelForSequenceClassification.from_pretrained. */
void export_merged(const struct trainee *t, const struct base *base, const char *folder);
/* The untrained base in the same layout, with its pretraining heads. */
void export_base(const struct base *base, const char *folder);
/* check.json: tokens of the first examples of the test split and the logits (TASK_VECTOR: pooled vectors) of the model,
 * so that whoever reads an export can see that it computes the same. */
void export_check(struct trainee *t, const char *folder);

/* An adapter folder read back. */
struct imported {
    const struct method *method;
    void *opts;
    struct adapter common;
    int extra, classes; /* sites with one more rank; 0 without a head */
};
/* Reads adapter_config.json. Dies with EXIT_DATA, naming file and key: a type or option that is not known here, sites
 * that no targets= and layers= describe. Free with import_close. */
void import_open(struct imported *a, const char *folder, const struct model_config *config);
/* Puts the tensors into a model whose tuning of these options has begun its phase. Dies with EXIT_DATA when one is
 * missing, left over or of another shape. */
void import_weights(const struct imported *a, const char *folder, struct tuning *t);
void import_close(struct imported *a);
/* Reads what export_adapter has just written into a model of its own and compares every tensor bit for bit. Dies with
 * EXIT_RESOURCE, naming the first that differs: what lies in the folder is not the trained adapter. */
void import_verify(const struct trainee *t, const struct base *base, const char *folder);

#endif
