/* A trained adapter as Hugging Face's PEFT reads it. */
#ifndef EXPORT_ADAPTER_WRITE_H
#define EXPORT_ADAPTER_WRITE_H

#include "export/folder.h"
#include "train/examine.h"

/* Writes adapter_config.json and adapter_model.safetensors into the folder, which is made: the trained adapter and the
 * head, in the number type of this program, for PeftModel.from_pretrained on the base. Extra ranks go into
 * rank_pattern and alpha_pattern. Dies with EXIT_RESOURCE. */
void export_adapter(const struct trainee *t, const char *base, const char *folder);

#endif
