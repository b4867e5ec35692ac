/* Text to token ids: BERT's basic tokenizer and WordPiece (google-research/bert, tokenization.py). */
#ifndef DATA_TOKENIZER_H
#define DATA_TOKENIZER_H

#include "data/dataset.h"
#include "data/vocab.h"

#include <stdbool.h>

enum { TOKENIZER_WORD = 100 }; /* code points; a longer word is [UNK] */

struct tokenizer {
    struct vocab *vocab;
    bool lower;  /* lower case */
    bool strip;  /* accents: NFD without non-spacing marks */
    bool cjk;    /* every ideograph is a word */
    int longest; /* code points of a word, at most TOKENIZER_WORD */
};

/* From a Hugging Face folder (tokenizer.json, else vocab.txt with tokenizer_config.json's settings), a tokenizer.json
 * or a vocab.txt. Without a word on case the text is lower-cased. Dies with EXIT_DATA, naming file and key: what
 * vocab.h refuses, a model that is not WordPiece, another normalizer than BERT's. */
struct tokenizer *tokenizer_open(const char *path);
void tokenizer_free(struct tokenizer *t);

/* out := [CLS] a [SEP], or [CLS] a [SEP] b [SEP] with types 0 and 1, of at most max_len (3..EXAMPLE_TOKENS) tokens: the
 * end of the longer text is cut, on a tie that of b. Label stays, the note becomes empty. Text is text: "[SEP]" in it
 * is not the separator. Bytes that are not UTF-8 become U+FFFD, which BERT drops; returns how many. */
long tokenizer_encode(const struct tokenizer *t, const char *a, const char *b, int max_len, struct example *out);

#endif
