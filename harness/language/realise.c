/* Writing frames out as words: number, agreement, negation, voice, fronting, and questions. */
#include "language/realise.h"

#include "language/edit.h"

#include <assert.h>
#include <string.h>

const char *category_name(enum category c)
{
    static const char *const names[CATEGORIES] = {"other", "agreement", "selection", "synonym", "sentiment"};
    return names[c];
}

static void put(struct text *t, int token, enum category category)
{
    assert(t->n < TEXT_TOKENS);
    t->ids[t->n] = token;
    t->category[t->n++] = (unsigned char)category;
}

static void word(struct text *t, int token)
{
    put(t, token, CATEGORY_OTHER);
}

static int determiner(enum determiner det, bool plural)
{
    static const int tokens[][2] = {[DET_THE] = {WORD_THE, WORD_THE},
                                    [DET_INDEFINITE] = {WORD_A, WORD_SOME},
                                    [DET_UNIVERSAL] = {WORD_EVERY, WORD_ALL},
                                    [DET_NO] = {WORD_NO, WORD_NO},
                                    [DET_DEMONSTRATIVE] = {WORD_THIS, WORD_THESE},
                                    [DET_MOST] = {WORD_MOST, WORD_MOST},
                                    [DET_MANY] = {WORD_MANY, WORD_MANY},
                                    [DET_FEW] = {WORD_FEW, WORD_FEW}};
    return tokens[det][plural];
}

static void adjective(struct text *t, int lemma, int degree)
{
    if (degree != NONE)
        word(t, DEGREE_FIRST + degree);
    put(t, ADJECTIVE_FIRST + lemma, adjective_polarity(lemma) ? CATEGORY_SENTIMENT : CATEGORY_OTHER);
}

static void nominal(struct text *t, const struct nominal *n, enum category category)
{
    word(t, determiner(n->det, n->plural));
    if (n->adjective != NONE)
        adjective(t, n->adjective, n->degree);
    put(t, noun_token(n->noun, n->plural), category);
}

static void verb(struct text *t, int lemma, enum verb_form form, enum category neutral)
{
    put(t, verb_token(lemma, form), verb_polarity(lemma) ? CATEGORY_SENTIMENT : neutral);
}

static void finite_verb(struct text *t, int lemma, bool plural)
{
    verb(t, lemma, plural ? VERB_BASE : VERB_SINGULAR, CATEGORY_AGREEMENT);
}

static void copula(struct text *t, bool plural)
{
    put(t, plural ? WORD_ARE : WORD_IS, CATEGORY_AGREEMENT);
}

static void noun_phrase(struct text *t, const struct noun_phrase *np, enum category category)
{
    nominal(t, &np->head, category);
    if (np->near.noun != NONE) {
        word(t, np->preposition);
        nominal(t, &np->near, CATEGORY_OTHER);
    }
    if (np->object.noun != NONE) {
        word(t, WORD_THAT);
        finite_verb(t, np->verb, np->head.plural);
        nominal(t, &np->object, CATEGORY_SELECTION);
    }
}

static void place(struct text *t, const struct clause *c)
{
    word(t, WORD_IN);
    nominal(t, &c->place, CATEGORY_OTHER);
}

/* The verb of an active clause, with do-support under negation. */
static void active_verb(struct text *t, const struct clause *c, bool plural)
{
    if (!c->negated) {
        finite_verb(t, c->verb, plural);
        return;
    }
    put(t, plural ? WORD_DO : WORD_DOES, CATEGORY_AGREEMENT);
    word(t, WORD_NOT);
    verb(t, c->verb, VERB_BASE, CATEGORY_OTHER);
}

static void predicate(struct text *t, const struct clause *c)
{
    const struct noun_phrase *surface = c->passive ? &c->object : &c->subject;
    noun_phrase(t, surface, c->type == CLAUSE_COPULAR ? CATEGORY_OTHER : CATEGORY_SELECTION);
    if (c->type != CLAUSE_COPULAR && !c->passive) {
        active_verb(t, c, surface->head.plural);
        if (c->type == CLAUSE_TRANSITIVE)
            noun_phrase(t, &c->object, CATEGORY_SELECTION);
        return;
    }
    copula(t, surface->head.plural);
    if (c->negated)
        word(t, WORD_NOT);
    if (c->type == CLAUSE_COPULAR) {
        adjective(t, c->adjective, c->degree);
    } else {
        verb(t, c->verb, VERB_PARTICIPLE, CATEGORY_OTHER);
        word(t, WORD_BY);
        noun_phrase(t, &c->subject, CATEGORY_SELECTION);
    }
}

static void clause(struct text *t, const struct clause *c)
{
    bool placed = c->place.noun != NONE;
    if (placed && c->fronted)
        place(t, c);
    predicate(t, c);
    if (c->adverb != NONE)
        put(t, ADVERB_FIRST + c->adverb, CATEGORY_SENTIMENT);
    if (placed && !c->fronted)
        place(t, c);
}

void sentence_text(const struct sentence *s, struct text *t)
{
    t->n = 0;
    for (int i = 0; i < s->n; i++) {
        if (i > 0)
            word(t, s->conjunction);
        clause(t, &s->clause[i]);
    }
    word(t, WORD_STOP);
}

bool text_same(const struct text *a, const struct text *b)
{
    return a->n == b->n && memcmp(a->ids, b->ids, sizeof *a->ids * (size_t)a->n) == 0;
}

bool question_fits(enum question q, const struct clause *c)
{
    switch (q) {
    case ASK_SUBJECT:
        return c->type != CLAUSE_COPULAR;
    case ASK_OBJECT:
        return c->type == CLAUSE_TRANSITIVE;
    case ASK_PLACE:
        return c->place.noun != NONE;
    default:
        return c->type == CLAUSE_COPULAR;
    }
}

enum question question_draw(struct rng *r, const struct clause *c)
{
    int n = 0;
    enum question fit[QUESTIONS];
    for (int q = 0; q < QUESTIONS; q++)
        if (question_fits((enum question)q, c))
            fit[n++] = (enum question)q;
    return fit[rng_below(r, (uint32_t)n)];
}

static int interrogative(const struct noun_phrase *np)
{
    return noun_class(np->head.noun) == CLASS_PERSON ? WORD_WHO : WORD_WHAT;
}

/* Who chases the cat? What does the dog chase? Where does the dog chase the cat? Is the dog big? */
void question_text(enum question q, const struct clause *c, struct text *t)
{
    bool plural = c->subject.head.plural;
    t->n = 0;
    if (q == ASK_SUBJECT) {
        word(t, interrogative(&c->subject));
        active_verb(t, c, false);
    } else if (q == ASK_ADJECTIVE) {
        copula(t, plural);
        noun_phrase(t, &c->subject, CATEGORY_OTHER);
        if (c->negated)
            word(t, WORD_NOT);
        adjective(t, c->adjective, c->degree);
    } else {
        word(t, q == ASK_PLACE ? WORD_WHERE : interrogative(&c->object));
        put(t, plural ? WORD_DO : WORD_DOES, CATEGORY_AGREEMENT);
        noun_phrase(t, &c->subject, CATEGORY_SELECTION);
        if (c->negated)
            word(t, WORD_NOT);
        verb(t, c->verb, VERB_BASE, CATEGORY_OTHER);
    }
    if (c->type == CLAUSE_TRANSITIVE && q != ASK_OBJECT)
        noun_phrase(t, &c->object, CATEGORY_SELECTION);
    word(t, WORD_QUESTION);
}

bool question_same(enum question q, const struct clause *a, const struct clause *b)
{
    struct clause x = *a, y = *b;
    struct text s, t;
    edit_canonical(&x);
    edit_canonical(&y);
    question_text(q, &x, &s);
    question_text(q, &y, &t);
    return text_same(&s, &t);
}
