/* Whole models for transformers, and check.json. */
#ifndef EXPORT_WHOLE_MODEL_H
#define EXPORT_WHOLE_MODEL_H

#include "export/folder.h"
#include "train/examine.h"

/* Writes the model with every effective weight as config.json, model.safetensors and vocab.txt, for
 * AutoModelForSequenceClassification.from_pretrained. */
void export_merged(const struct trainee *t, const struct base *base, const char *folder);
/* The untrained base in the same layout, with its pretraining heads. */
void export_base(const struct base *base, const char *folder);
/* check.json: tokens of the first examples of the test split and the logits (TASK_VECTOR: pooled vectors) of the model,
 * so that whoever reads an export can see that it computes the same. */
void export_check(struct trainee *t, const char *folder);

#endif
