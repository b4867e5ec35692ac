/* vocab.json and merges.txt: byte-level BPE as folders of GPT-2 and RoBERTa held it before there was a tokenizer.json. */
#ifndef DATA_TOKENIZER_MERGES_H
#define DATA_TOKENIZER_MERGES_H

#include "core/json.h"

/* The tokenizer.json that the two stand for, without added tokens and post_processor, for json_free(): the words of
 * `vocab` (an object of ids), and each line of `merges` (size bytes, a NUL behind them, overwritten) but those that
 * begin with "#version". `path` stands for vocab.json in later messages. Dies with EXIT_DATA on a line that is no UTF-8. */
struct json *tokenizer_of_merges(struct json_view vocab, char *merges, size_t size, const char *path);

#endif
