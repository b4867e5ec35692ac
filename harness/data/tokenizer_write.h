/* Writing a tokenizer as Hugging Face's transformers reads it. */
#ifndef DATA_TOKENIZER_WRITE_H
#define DATA_TOKENIZER_WRITE_H

#include "data/tokenizer.h"

/* Writes into a folder, which is there, the files that t was read from, or vocab.txt and tokenizer_config.json; the model
 * reads up to `positions` tokens. */
void tokenizer_write(const struct tokenizer *t, const char *folder, int positions);
/* tokenizer_config.json of BERT's own WordPiece. */
void tokenizer_write_config(const struct wordpiece_settings *s, const char *folder, int positions);

#endif
