/* Pretraining documents of the synthetic language, generated on the fly; masking; what a base is tested with. */
#ifndef LANGUAGE_LANGUAGE_H
#define LANGUAGE_LANGUAGE_H

#include "language/realise.h"

#include <stddef.h>

enum { DOCUMENT_TOKENS = 32 };

enum document_kind {
    DOCUMENT_SINGLE,       /* .40: one sentence */
    DOCUMENT_PARAPHRASE,   /* .15 */
    DOCUMENT_ENTAILMENT,   /* .12: then what follows from it */
    DOCUMENT_QUESTION,     /* .11: a question, then its answer */
    DOCUMENT_CONTINUATION, /* .10: then another sentence about the same subject */
    DOCUMENT_UNRELATED,    /* .12: then any other sentence */
    DOCUMENT_KINDS
};

/* [CLS] a [SEP], or [CLS] a [SEP] b [SEP] with the tokens of "b [SEP]" in segment 1. */
struct document {
    enum document_kind kind;
    int next; /* does b go with a: 1 coherent, 0 random, -1 no b */
    int n, ids[DOCUMENT_TOKENS];
    unsigned char types[DOCUMENT_TOKENS], category[DOCUMENT_TOKENS]; /* enum category */
};

int lang_vocab_size(void);
const char *lang_word(int id);

/* Draws one document; too long ones are redrawn within their kind, so the shares of the kinds are exact. */
void lang_document(struct rng *r, struct document *d);

/* Masked language modelling: every non-special token is selected with probability .2 (at least one is); of those .5
 * become [MASK], .25 stay and .25 become noise: with probability .3 a rival (a sibling noun, an antonym, another
 * neutral verb) where the word has one, else any word. BERT's .8, .1, .1 and random noise hardly teach a model to judge
 * words that stand there, and comparing two sentences is judging such words. ids: the whole document after masking;
 * target[i] belongs to position[i], i < n. */
struct masked {
    int ids[DOCUMENT_TOKENS];
    int n, position[DOCUMENT_TOKENS], target[DOCUMENT_TOKENS];
};
void lang_mask(struct rng *r, const struct document *d, struct masked *m);

/* Joins texts as in struct document (b may be NULL). Returns the length, 0 if it would exceed `limit`. */
int lang_join(const struct text *a, const struct text *b, int limit, int *ids, unsigned char *types);

/* Acceptance tests of a base: tokens whose nearest embedding should be their synonym, and the polarity a probe should
 * find. */
enum { LANG_NOUN_PAIRS = 4 * NOUN_SYNSETS, LANG_ADJECTIVE_PAIRS = ADJECTIVE_SYNSETS, LANG_EVALUATIVES = 48 };
void lang_noun_pairs(int pair[LANG_NOUN_PAIRS][2]);           /* every leaf form: token, synonym in the same number */
void lang_adjective_pairs(int pair[LANG_ADJECTIVE_PAIRS][2]); /* one per synset */
void lang_evaluatives(int token[LANG_EVALUATIVES], int polarity[LANG_EVALUATIVES]);

#endif
