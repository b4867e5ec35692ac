/* Opening a tokenizer as Hugging Face's transformers does. */
#ifndef DATA_TOKENIZER_FILES_H
#define DATA_TOKENIZER_FILES_H

#include "data/tokenizer.h"

/* From a tokenizer.json, a vocab.txt, or a folder: tokenizer.json, else BERT's vocab.txt, or RoBERTa's and GPT-2's
 * vocab.json and merges.txt, and beside it tokenizer_config.json, special_tokens_map.json and added_tokens.json. What they
 * say is carried out as transformers does, or refused with EXIT_DATA, naming file and key; where transformers' own class
 * for the folder would leave out what tokenizer.json says, the folder is refused. */
struct tokenizer *tokenizer_open(const char *path);

/* The files of a folder that may be part of its tokenizer; NULL ends them. */
extern const char *const tokenizer_file_names[];

#endif
