/* The pretraining corpus: six kinds of documents, their masking, and the word lists a base is accepted by. */
#include "language/language.h"

#include "language/entail.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

int lang_vocab_size(void)
{
    return LEXICON_SIZE;
}

const char *lang_word(int id)
{
    assert(id >= 0 && id < LEXICON_SIZE);
    return lexicon_words[id];
}

int lang_join(const struct text *a, const struct text *b, int limit, int *ids, unsigned char *types)
{
    int n = a->n + 2 + (b ? b->n + 1 : 0), i = 0;
    if (n > limit)
        return 0;
    ids[i++] = TOKEN_CLS;
    for (int j = 0; j < a->n; j++)
        ids[i++] = a->ids[j];
    ids[i++] = TOKEN_SEP;
    memset(types, 0, (size_t)n);
    if (b) {
        memset(types + i, 1, (size_t)(n - i));
        for (int j = 0; j < b->n; j++)
            ids[i++] = b->ids[j];
        ids[i] = TOKEN_SEP;
    }
    return n;
}

/* Another sentence about the subject of the first: this or these, same number and sentiment. */
static void continuation(struct rng *r, const struct request *style, const struct sentence *a, struct sentence *b)
{
    const struct nominal *subject = &a->clause[0].subject.head;
    struct request about = *style;
    about.subject = subject->noun;
    b->n = 1;
    b->conjunction = NONE;
    grammar_clause(r, &about, a->clause[0].sentiment, &b->clause[0]);
    b->clause[0].subject.head.det = DET_DEMONSTRATIVE;
    b->clause[0].subject.head.plural = subject->plural;
}

/* Draws the one or two texts of a document; false if no edit applies. */
static bool draw_texts(struct rng *r, enum document_kind kind, struct text *a, struct text *b)
{
    struct request style = grammar_style;
    struct sentence s, t;
    struct edits e = {{0, 0}, ""};
    if (kind != DOCUMENT_SINGLE)
        style.second = kind == DOCUMENT_QUESTION ? .5 : .05; /* of two clauses a question is about one */
    grammar_sentence(r, &style, &s);
    sentence_text(&s, a);
    t = s;
    switch (kind) {
    case DOCUMENT_SINGLE:
        return true;
    case DOCUMENT_PARAPHRASE:
        edit_paraphrase(r, .5, .5, &t);
        break;
    case DOCUMENT_ENTAILMENT:
        if (!edit_mono(r, false, &t, &e))
            return false;
        if (rng_chance(r, .5))
            edit_mono(r, false, &t, &e);
        edit_paraphrase(r, .2, .2, &t);
        break;
    case DOCUMENT_QUESTION: {
        const struct clause *c = &t.clause[rng_below(r, (uint32_t)t.n)];
        edit_paraphrase(r, .3, 0, &t);
        question_text(question_draw(r, c), c, a);
        t = s;
        break;
    }
    case DOCUMENT_CONTINUATION:
        continuation(r, &style, &s, &t);
        break;
    default:
        grammar_sentence(r, &style, &t);
    }
    sentence_text(&t, b);
    return true;
}

/* Content words whose concept stands in the other text become CATEGORY_SYNONYM. */
static void mark_synonyms(struct text *a, struct text *b)
{
    int in_a[TEXT_TOKENS], in_b[TEXT_TOKENS];
    for (int i = 0; i < a->n; i++)
        in_a[i] = token_concept(a->ids[i]);
    for (int j = 0; j < b->n; j++)
        in_b[j] = token_concept(b->ids[j]);
    for (int i = 0; i < a->n; i++)
        for (int j = 0; j < b->n; j++)
            if (in_a[i] >= 0 && in_a[i] == in_b[j])
                a->category[i] = b->category[j] = CATEGORY_SYNONYM;
}

void lang_document(struct rng *r, struct document *d)
{
    static const double share[DOCUMENT_KINDS] = {.40, .15, .12, .11, .10, .12};
    double u = rng_uniform(r);
    int kind = 0;
    struct text a, b;
    b.n = 0;
    while (kind < DOCUMENT_KINDS - 1 && u >= share[kind])
        u -= share[kind++];
    do
        d->n = draw_texts(r, (enum document_kind)kind, &a, &b)
                   ? lang_join(&a, kind == DOCUMENT_SINGLE ? NULL : &b, DOCUMENT_TOKENS, d->ids, d->types)
                   : 0;
    while (d->n == 0);
    d->kind = (enum document_kind)kind;
    d->next = kind == DOCUMENT_SINGLE ? -1 : kind != DOCUMENT_UNRELATED;
    memset(d->category, CATEGORY_OTHER, sizeof d->category);
    if (d->next == 1)
        mark_synonyms(&a, &b);
    memcpy(d->category + 1, a.category, (size_t)a.n);
    if (d->next >= 0)
        memcpy(d->category + a.n + 2, b.category, (size_t)b.n);
}

/* A word of the same form that fits the same places and says something else: another noun of the group, the antonym of
 * an adjective or an evaluative verb, another neutral verb; one of its synonyms. NONE for any other token. */
static int rival(struct rng *r, int token)
{
    int synonym = (int)rng_below(r, 2);
    if (token >= NOUN_FIRST && token < TRANSITIVE_FIRST) {
        int noun = (token - NOUN_FIRST) / 2, synset = noun_synset(noun);
        if (!noun_is_leaf(noun))
            return NONE;
        synset = synset / 3 * 3 + (synset % 3 + 1 + (int)rng_below(r, 2)) % 3;
        return noun_token(NOUN_LEAVES + 2 * synset + synonym, (token - NOUN_FIRST) % 2);
    }
    if (token >= TRANSITIVE_FIRST && token < INTRANSITIVE_FIRST) {
        int verb = (token - TRANSITIVE_FIRST) / 3;
        enum verb_form form = (enum verb_form)((token - TRANSITIVE_FIRST) % 3);
        if (verb_polarity(verb))
            return verb_token(verb ^ 2 ^ synonym, form);
        int synset = (verb / 2 + 1 + (int)rng_below(r, NEUTRAL_TRANSITIVES - 1)) % NEUTRAL_TRANSITIVES;
        return verb_token(2 * synset + synonym, form);
    }
    if (token >= ADJECTIVE_FIRST && token < DEGREE_FIRST)
        return ADJECTIVE_FIRST + ((token - ADJECTIVE_FIRST) ^ 2 ^ synonym);
    return NONE;
}

/* Noise that fits its place is what teaches the base to compare sentences word by word: from random words alone it
 * learns to tell a noun's class, and no tuning then tells "cold" from "hot" in a paraphrase. */
static int noise(struct rng *r, int token)
{
    int word = rng_chance(r, .3) ? rival(r, token) : NONE;
    return word != NONE ? word : TOKEN_SPECIALS + (int)rng_below(r, LEXICON_SIZE - TOKEN_SPECIALS);
}

void lang_mask(struct rng *r, const struct document *d, struct masked *m)
{
    int chosen[DOCUMENT_TOKENS], words[DOCUMENT_TOKENS], n = 0;
    memcpy(m->ids, d->ids, sizeof m->ids);
    m->n = 0;
    for (int i = 0; i < d->n; i++)
        if (d->ids[i] >= TOKEN_SPECIALS) {
            words[n++] = i;
            if (rng_chance(r, .2))
                chosen[m->n++] = i;
        }
    if (m->n == 0)
        chosen[m->n++] = words[rng_below(r, (uint32_t)n)];
    for (int k = 0; k < m->n; k++) {
        double u = rng_uniform(r);
        m->position[k] = chosen[k];
        m->target[k] = d->ids[chosen[k]];
        if (u < .5)
            m->ids[chosen[k]] = TOKEN_MASK;
        else if (u < .75)
            m->ids[chosen[k]] = noise(r, d->ids[chosen[k]]);
    }
}

void lang_noun_pairs(int pair[LANG_NOUN_PAIRS][2])
{
    for (int i = 0; i < LANG_NOUN_PAIRS; i++)
        for (int k = 0; k < 2; k++)
            pair[i][k] = noun_token(NOUN_LEAVES + (i / 2 ^ k), i % 2);
}

void lang_adjective_pairs(int pair[LANG_ADJECTIVE_PAIRS][2])
{
    for (int i = 0; i < LANG_ADJECTIVE_PAIRS; i++)
        for (int k = 0; k < 2; k++)
            pair[i][k] = ADJECTIVE_FIRST + 2 * i + k;
}

void lang_evaluatives(int token[LANG_EVALUATIVES], int polarity[LANG_EVALUATIVES])
{
    for (int i = 0; i < LANG_EVALUATIVES; i++) {
        token[i] = ADJECTIVE_FIRST + 2 * NEUTRAL_ADJECTIVES + i;
        polarity[i] = adjective_polarity(2 * NEUTRAL_ADJECTIVES + i);
    }
}
