/* Sentences as frames: drawn, edited and judged as structures, and only then written out as words. */
#ifndef LANGUAGE_GRAMMAR_H
#define LANGUAGE_GRAMMAR_H

#include "core/rng.h"
#include "language/lexicon.h"

#include <stdbool.h>

enum { NONE = -1 };

/* Determiners up to number: DET_INDEFINITE is a/some, DET_UNIVERSAL every/all, DET_DEMONSTRATIVE this/these. */
enum determiner {
    DET_THE,
    DET_INDEFINITE,
    DET_UNIVERSAL,
    DET_NO,
    DET_DEMONSTRATIVE,
    DET_MOST, /* this and below: plural only */
    DET_MANY,
    DET_FEW
};

/* det (degree) (adjective) noun. All words are lemmas; NONE where absent, and noun == NONE where the whole is. */
struct nominal {
    int noun, adjective, degree;
    enum determiner det;
    bool plural;
};

/* A head with at most one modifier: "near the dog" or "that likes the dog". */
struct noun_phrase {
    struct nominal head, near, object;
    int preposition; /* token, NONE without `near` */
    int verb;        /* transitive lemma of the relative clause, NONE without `object` */
};

enum clause_type { CLAUSE_TRANSITIVE, CLAUSE_INTRANSITIVE, CLAUSE_COPULAR };

struct clause {
    enum clause_type type;
    int sentiment; /* what the author feels: -1, 0, +1 */
    bool negated, passive, fronted;
    struct noun_phrase subject, object; /* object: transitive only */
    int verb;                           /* transitive or intransitive lemma */
    int adjective, degree;              /* copular */
    int adverb;
    struct nominal place; /* "in the house" */
};

struct sentence {
    int n; /* clauses */
    struct clause clause[2];
    int conjunction; /* token */
};

/* What a draw may be asked for; the rest follows the fixed probabilities of the grammar. */
struct request {
    double second;                   /* probability of a second clause */
    double negation;                 /* per clause */
    double transitive, intransitive; /* the remainder is copular */
    bool simple;                     /* no noun phrase has a modifier */
    bool animate;                    /* objects are persons and animals where the verb allows it */
    int subject;                     /* noun lemma, or NONE: drawn */
};
extern const struct request grammar_style; /* single sentences of the corpus */

int grammar_sentiment(struct rng *r); /* +1 .35, -1 .35, 0 .30 */
void grammar_clause(struct rng *r, const struct request *style, int sentiment, struct clause *c);
void grammar_sentence(struct rng *r, const struct request *style, struct sentence *s);

/* The parts of a draw that edits need too. */
enum { NOMINALS = 7 };
/* The place, then head, near and object of the subject, then those of the object; NULL where absent. */
struct nominal *clause_nominal(struct clause *c, int i);
void draw_nominal(struct rng *r, int class, int sentiment, double adjective, struct nominal *n);
void draw_adjective(struct rng *r, int noun, int polarity, int *adjective, int *degree); /* polarity 0: neutral */
void draw_near(struct rng *r, int sentiment, struct noun_phrase *np);
void draw_place(struct rng *r, int subject, int sentiment, struct nominal *place);
int draw_adverb(struct rng *r, int polarity);

#endif
