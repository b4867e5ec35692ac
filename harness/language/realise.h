/* From a sentence's frame to its words, and the questions that can be asked about a clause. */
#ifndef LANGUAGE_REALISE_H
#define LANGUAGE_REALISE_H

#include "language/grammar.h"

/* What a position asks of a model that must fill it; the first that applies. */
enum category {
    CATEGORY_OTHER,
    CATEGORY_AGREEMENT, /* finite verb, copula or do form that is not evaluative */
    CATEGORY_SELECTION, /* noun that is an argument of a verb */
    CATEGORY_SYNONYM,   /* content word whose concept stands in the other sentence of a coherent pair */
    CATEGORY_SENTIMENT, /* evaluative adjective, verb or adverb */
    CATEGORIES
};
const char *category_name(enum category c);

enum { TEXT_TOKENS = 96 };
struct text {
    int n, ids[TEXT_TOKENS];
    unsigned char category[TEXT_TOKENS];
};

void sentence_text(const struct sentence *s, struct text *t);
bool text_same(const struct text *a, const struct text *b);

/* Questions about a clause. Asked of the same form, two clauses give the same text iff they agree on all it mentions
 * (up to synonyms, which question_same ignores). */
enum question { ASK_SUBJECT, ASK_OBJECT, ASK_PLACE, ASK_ADJECTIVE, QUESTIONS };
bool question_fits(enum question q, const struct clause *c);
void question_text(enum question q, const struct clause *c, struct text *t);
bool question_same(enum question q, const struct clause *a, const struct clause *b);
/* One of the questions that fit, uniformly; every clause has one. */
enum question question_draw(struct rng *r, const struct clause *c);

#endif
