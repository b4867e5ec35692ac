/* A trained adapter as Hugging Face's PEFT reads it. */
#ifndef EXPORT_ADAPTER_WRITE_H
#define EXPORT_ADAPTER_WRITE_H

#include "export/folder.h"
#include "train/examine.h"

/* Writes adapter_config.json and adapter_model.safetensors into the folder, which is made: the trained adapter and the
 * head, in the number type of this program, for PeftModel.from_pretrained on the base. Extra ranks go into
 * rank_pattern and alpha_pattern. Dies with EXIT_RESOURCE. */
void export_adapter(const struct trainee *t, const char *base, const char *folder);
/* Why this method on this architecture is exported merged and as no adapter; NULL when PEFT has a format for it. Where q, k and
 * v are one matrix, PEFT adapts that as a whole: pairs of ours become one pair there, its A theirs one below the other, its
 * B in blocks. Only LoRA's kin can be put so. */
const char *export_why_merged(const struct method *m, const struct architecture *a);
/* Reads the tensors again that export_adapter has just written, and compares them bit for bit; dies with EXIT_MISMATCH. */
void export_verify(const struct trainee *t, const char *folder);

#endif
