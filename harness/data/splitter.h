/* How a tokenizer cuts a text into words: tokenizer.json's "pre_tokenizer". */
#ifndef DATA_SPLITTER_H
#define DATA_SPLITTER_H

#include "core/json.h"
#include "core/unicode.h"

/* Applied in this order. */
struct splitter {
    bool bert;           /* at white space, which vanishes; every punctuation sign is a word */
    bool white;          /* at white space, which vanishes */
    bool bytes;          /* GPT-2's words, each byte of which becomes a visible code point */
    bool prefix_blank;   /* `bytes`: a text that does not begin with a blank gets one */
    bool whole;          /* `bytes`: no words, the text stays whole */
    bool meta;           /* SentencePiece: a blank becomes U+2581 and begins a word */
    bool prepend_always; /* `meta`: a text that does not begin with U+2581 gets one */
    bool unsplit;        /* `meta`: words are not parted */
};

/* s := what `v` says. Dies with EXIT_DATA on what is not among the above. */
void splitter_read(struct splitter *s, struct json_view v, const char *path);
/* Hands the words of a text to word(data, c, n), from left to right. */
void splitter_run(const struct splitter *s, const int32_t *c, int n, void (*word)(void *data, const int32_t *c, int n),
                  void *data);
/* The visible code point that stands for a byte (GPT-2's table). */
int32_t splitter_byte(unsigned char byte);

#endif
