/* How the pieces of one or two texts become what the model reads: special tokens between them, and what is cut. */
#ifndef DATA_SEQUENCE_H
#define DATA_SEQUENCE_H

#include "core/json.h"
#include "data/piece_model.h"
#include "data/vocab.h"

#include <stdbool.h>

enum { SEQUENCE_ITEMS = 16, SEQUENCE_A = -1, SEQUENCE_B = -2 };

/* Items in order: a special token's id, SEQUENCE_A or SEQUENCE_B, each with its segment 0 or 1. */
struct sequence {
    int n, special; /* of n items, how many are special tokens */
    int id[SEQUENCE_ITEMS], type[SEQUENCE_ITEMS];
};

/* BERT's:  [CLS] A [SEP]  and  [CLS] A [SEP] B [SEP]  with segment 1 from B on. */
void sequence_bert(struct sequence *single, struct sequence *pair, int cls, int sep);
/* RoBERTa's:  <s> A </s>  and  <s> A </s> </s> B </s>  in one segment. */
void sequence_roberta(struct sequence *single, struct sequence *pair, int cls, int sep);
/* From tokenizer.json's "post_processor"; without a node, A and A B. Dies with EXIT_DATA on one that is not known. */
void sequence_read(struct sequence *single, struct sequence *pair, struct json_view v, const struct vocab *vocab,
                   const char *path);
/* How many segments a sequence tells apart: 1 or 2. */
int sequence_segments(const struct sequence *s);
bool sequence_equal(const struct sequence *a, const struct sequence *b);
/* out := the sequence, of at most max_len tokens; b is NULL for one text. What does not fit is cut at the end as Hugging
 * Face's fast tokenizers do: the longer text is cut to the shorter one, then both to half, the odd token going to the
 * longer text, to b where they are equally long. */
void sequence_build(const struct sequence *s, const struct pieces *a, const struct pieces *b, int max_len,
                    struct example *out);

#endif
