/* Text to token ids: added tokens are cut out, what lies between is normalized and cut into words, words into pieces;
 * special tokens go around them. All as Hugging Face's tokenizers library does it. */
#ifndef DATA_TOKENIZER_H
#define DATA_TOKENIZER_H

#include "data/added.h"
#include "data/normalizer.h"
#include "data/piece_model.h"
#include "data/sequence.h"
#include "data/splitter.h"

#include <stdbool.h>

enum special_word { SPECIAL_PAD, SPECIAL_UNK, SPECIAL_CLS, SPECIAL_SEP, SPECIAL_MASK, SPECIAL_WORDS };
enum { TOKENIZER_WORD = 100, TOKENIZER_FILES = 8 }; /* code points of a WordPiece word; a longer one is unknown */

/* What BERT's own WordPiece can be told: with a vocabulary this is the whole of such a tokenizer. */
struct wordpiece_settings {
    bool lower;  /* lower case */
    bool strip;  /* accents: NFD without non-spacing marks */
    bool cjk;    /* every ideograph is a word */
    int longest; /* code points of a word that may be known */
};

struct tokenizer_file {
    char *name, *bytes; /* "tokenizer.json" */
    size_t size;
};

struct tokenizer {
    struct vocab *vocab;
    int role[SPECIAL_WORDS]; /* ids, -1: there is none */
    int limit;               /* model_max_length: tokens that the model may be given; INT_MAX: not said */
    struct normalizer normalizer;
    struct splitter splitter;
    struct added_tokens added;
    const struct piece_model *kind;
    void *model;
    struct sequence single, pair;
    bool plain; /* BERT's own WordPiece with its five special words and no other: `settings` says it all */
    struct wordpiece_settings settings;
    struct tokenizer_file file[TOKENIZER_FILES]; /* what it was read from, as it was read */
    int files;
};

/* BERT's own WordPiece over a vocabulary, which it owns from then on. Dies with EXIT_DATA, naming `path`, when one of
 * [PAD] [UNK] [CLS] [SEP] [MASK] is missing. */
struct tokenizer *tokenizer_plain(struct vocab *vocab, struct wordpiece_settings settings, const char *path);
/* The parts of such a one, in a tokenizer that has a vocabulary; special words of the vocabulary become added tokens. */
void tokenizer_set_plain(struct tokenizer *t, struct wordpiece_settings settings, const char *path);
void tokenizer_free(struct tokenizer *t);

/* p := the pieces of a text, no special tokens around them. A text that spells an added token, "[SEP]" say, has that
 * token there. Bytes that are not UTF-8 become U+FFFD; returns how many. */
long tokenizer_pieces(const struct tokenizer *t, const char *text, struct pieces *p);
/* out := the pieces of a, or of a and b, with special tokens, at most max_len (3..EXAMPLE_TOKENS) of them, cut as
 * sequence.h says. Label stays, the note becomes empty. Returns the bytes that are not UTF-8. */
long tokenizer_encode(const struct tokenizer *t, const char *a, const char *b, int max_len, struct example *out);
/* How many tokens both had before they were cut, special tokens included. */
int tokenizer_length(const struct tokenizer *t, const struct pieces *a, const struct pieces *b);

#endif
