/* What a tokenizer does to a text before it is cut into words: the steps of tokenizer.json's "normalizer". */
#ifndef DATA_NORMALIZER_H
#define DATA_NORMALIZER_H

#include "core/json.h"
#include "core/unicode.h"

enum { NORMALIZER_STEPS = 16, NORMALIZER_TEXT = 32 };

enum normal {
    NORMAL_BERT,    /* clean, ideographs apart, accents off, lower case: each as its flag says */
    NORMAL_FORM,    /* NFC, NFD, NFKC or NFKD */
    NORMAL_LOWER,   /* lower case */
    NORMAL_MARKS,   /* without marks */
    NORMAL_STRIP,   /* without white space at the ends */
    NORMAL_REPLACE, /* one text for another */
    NORMAL_BLANKS,  /* runs of two or more blanks become one text */
    NORMAL_CHARSMAP /* SentencePiece's table */
};

/* A text of few code points. */
struct short_text {
    int n;
    int32_t c[NORMALIZER_TEXT];
};

struct normal_step {
    enum normal kind;
    bool clean, cjk, strip, lower; /* BERT's */
    bool strip_said;               /* strip_accents was stated: unstated it follows lower */
    bool left, right;              /* ends that are stripped */
    enum unicode_form form;
    struct short_text from, to;
    struct charsmap *map;
};

struct normalizer {
    int n;
    struct normal_step step[NORMALIZER_STEPS];
};

/* n := what `v` says; without a node, nothing is done to a text. Dies with EXIT_DATA on a step or a setting that is not
 * among the above; what was read until then is freed by normalizer_free. */
void normalizer_read(struct normalizer *n, struct json_view v, const char *path);
/* The one step of BERT: clean_text, and what the arguments say. */
void normalizer_bert(struct normalizer *n, bool lower, bool strip, bool cjk);
void normalizer_run(const struct normalizer *n, struct points *p);
void normalizer_free(struct normalizer *n);

#endif
