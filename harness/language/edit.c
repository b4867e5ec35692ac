/* Paraphrases, and the five changes that always alter what a sentence says. */
#include "language/edit.h"

#include <stdio.h>
#include <string.h>

void edits_note(struct edits *e, const char *what, int from, int to)
{
    size_t n = strlen(e->note), left = sizeof e->note - n;
    const char *gap = n ? ", " : "";
    if (from == NONE)
        snprintf(e->note + n, left, "%s%s", gap, what);
    else if (to == NONE)
        snprintf(e->note + n, left, "%s%s %s", gap, what, lexicon_words[from]);
    else
        snprintf(e->note + n, left, "%s%s %s>%s", gap, what, lexicon_words[from], lexicon_words[to]);
}

/* The words of a clause that have a synonym: pointers to their lemmas. */
enum { LEMMAS = 2 * NOMINALS + 5 };

static int clause_lemmas(struct clause *c, int *lemma[LEMMAS])
{
    int n = 0, *words[] = {&c->verb, &c->adjective, &c->adverb, &c->subject.verb, &c->object.verb};
    for (int i = 0; i < NOMINALS; i++) {
        struct nominal *a = clause_nominal(c, i);
        if (a && noun_is_leaf(a->noun))
            lemma[n++] = &a->noun;
        if (a && a->adjective != NONE)
            lemma[n++] = &a->adjective;
    }
    for (int i = 0; i < 5; i++)
        if (*words[i] != NONE)
            lemma[n++] = words[i];
    return n;
}

static bool definite(const struct noun_phrase *np)
{
    return np->head.det == DET_THE || np->head.det == DET_DEMONSTRATIVE;
}

bool edit_voice_matters(const struct clause *c)
{
    return c->type == CLAUSE_TRANSITIVE && !definite(&c->subject) + !definite(&c->object) + c->negated > 1;
}

void edit_paraphrase(struct rng *r, double synonyms, double structure, struct sentence *s)
{
    for (int i = 0; i < s->n; i++) {
        struct clause *c = &s->clause[i];
        int *lemma[LEMMAS], n = clause_lemmas(c, lemma);
        for (int j = 0; j < n; j++)
            *lemma[j] ^= rng_chance(r, synonyms);
        if (c->type == CLAUSE_TRANSITIVE && !edit_voice_matters(c))
            c->passive ^= rng_chance(r, structure);
        if (c->place.noun != NONE)
            c->fronted ^= rng_chance(r, structure);
    }
    if (s->n == 2 && s->conjunction == WORD_AND && rng_chance(r, structure)) {
        struct clause first = s->clause[0];
        s->clause[0] = s->clause[1];
        s->clause[1] = first;
    }
}

void edit_canonical(struct clause *c)
{
    int *lemma[LEMMAS], n = clause_lemmas(c, lemma);
    for (int j = 0; j < n; j++)
        *lemma[j] &= ~1;
}

static bool role(struct clause *c, unsigned *used, struct edits *e)
{
    struct noun_phrase *a = &c->subject, *b = &c->object;
    int subject = a->head.noun, object = b->head.noun;
    if (c->type != CLAUSE_TRANSITIVE || a->verb != NONE || b->verb != NONE || *used)
        return false;
    if (subject == object || (noun_is_leaf(subject) && (subject ^ 1) == object))
        return false;
    if (!(verb_subjects(c->verb / 2) >> noun_class(object) & 1) ||
        !(verb_objects(c->verb / 2) >> noun_class(subject) & 1))
        return false;
    struct noun_phrase t = *a;
    *a = *b;
    *b = t;
    *used |= SLOT_ROLE;
    edits_note(e, "role", noun_token(subject, b->head.plural), noun_token(object, a->head.plural));
    return true;
}

static bool antonym(struct rng *r, struct clause *c, unsigned *used, struct edits *e)
{
    int order[NOMINALS] = {0, 1, 2, 3, 4, 5, 6}, *word = NULL, first = ADJECTIVE_FIRST;
    unsigned slot = SLOT_PREDICATE;
    if (!(*used & slot) && c->type == CLAUSE_COPULAR) {
        word = &c->adjective;
    } else if (!(*used & slot) && c->verb != NONE && verb_polarity(c->verb)) {
        edits_note(e, "ant", verb_token(c->verb, VERB_BASE), verb_token(c->verb ^ 2, VERB_BASE));
        c->verb ^= 2;
        *used |= slot;
        return true;
    }
    rng_shuffle(r, order, NOMINALS);
    for (int i = 0; !word && i < NOMINALS; i++) {
        struct nominal *a = clause_nominal(c, order[i]);
        slot = (unsigned)SLOT_ADJECTIVE << order[i];
        if (a && a->adjective != NONE && !(*used & slot))
            word = &a->adjective;
    }
    if (!word)
        return false;
    edits_note(e, "ant", first + *word, first + (*word ^ 2));
    *word ^= 2;
    *used |= slot;
    return true;
}

static bool sibling(struct rng *r, struct clause *c, unsigned *used, struct edits *e)
{
    int order[NOMINALS] = {0, 1, 2, 3, 4, 5, 6};
    rng_shuffle(r, order, NOMINALS);
    for (int i = 0; i < NOMINALS; i++) {
        struct nominal *a = clause_nominal(c, order[i]);
        unsigned slot = (unsigned)SLOT_NOUN << order[i];
        if (a && noun_is_leaf(a->noun) && !(*used & slot)) {
            int synset = noun_synset(a->noun), old = a->noun;
            synset = synset / 3 * 3 + (synset % 3 + 1 + (int)rng_below(r, 2)) % 3;
            a->noun = NOUN_LEAVES + 2 * synset + (int)rng_below(r, 2);
            *used |= slot;
            edits_note(e, "sib", noun_token(old, a->plural), noun_token(a->noun, a->plural));
            return true;
        }
    }
    return false;
}

static bool negation(struct clause *c, unsigned *used, struct edits *e)
{
    if (*used & SLOT_NEGATION)
        return false;
    c->negated = !c->negated;
    *used |= SLOT_NEGATION;
    edits_note(e, c->negated ? "neg added" : "neg dropped", NONE, NONE);
    return true;
}

/* Neutral verbs become neutral ones and evaluative ones evaluative, lest the kind of verb give the edit away. */
static bool other_verb(struct rng *r, struct clause *c, unsigned *used, struct edits *e)
{
    int list[VERB_SYNSETS], n = 0, old = c->verb;
    if (old == NONE || *used & SLOT_PREDICATE)
        return false;
    for (int v = 0; v < VERB_SYNSETS; v++) {
        bool same_kind = verb_is_transitive(2 * v) == verb_is_transitive(old) &&
                         (verb_polarity(2 * v) != 0) == (verb_polarity(old) != 0);
        if (v != old / 2 && same_kind && verb_subjects(v) >> noun_class(c->subject.head.noun) & 1 &&
            (c->type == CLAUSE_INTRANSITIVE || verb_objects(v) >> noun_class(c->object.head.noun) & 1))
            list[n++] = v;
    }
    if (n == 0)
        return false;
    c->verb = 2 * list[rng_below(r, (uint32_t)n)] + (int)rng_below(r, 2);
    *used |= SLOT_PREDICATE;
    edits_note(e, "verb", verb_token(old, VERB_BASE), verb_token(c->verb, VERB_BASE));
    return true;
}

bool edit_change(struct rng *r, enum change kind, struct sentence *s, struct edits *e)
{
    int first = s->n == 2 ? (int)rng_below(r, 2) : 0;
    for (int i = 0; i < s->n; i++) {
        int k = first ^ i;
        struct clause *c = &s->clause[k];
        unsigned *used = &e->used[k];
        bool done = kind == CHANGE_ROLE       ? role(c, used, e)
                    : kind == CHANGE_ANTONYM  ? antonym(r, c, used, e)
                    : kind == CHANGE_SIBLING  ? sibling(r, c, used, e)
                    : kind == CHANGE_NEGATION ? negation(c, used, e)
                                              : other_verb(r, c, used, e);
        if (done)
            return true;
    }
    return false;
}
