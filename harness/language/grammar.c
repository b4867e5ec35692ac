/* Drawing sentence frames: every probability of the grammar. */
#include "language/grammar.h"

#include <stddef.h>

const struct request grammar_style = {
    .second = .25, .negation = .15, .transitive = .45, .intransitive = .22, .subject = NONE};

static int pick(struct rng *r, const int *list, int n)
{
    return list[rng_below(r, (uint32_t)n)];
}

/* A random synonym of a synset, as a lemma of its word class. */
static int synonym(struct rng *r, int synset)
{
    return 2 * synset + (int)rng_below(r, 2);
}

static int draw_noun(struct rng *r, int class)
{
    enum { SYNSETS = NOUN_SYNSETS / NOUN_CLASSES };
    double u = rng_uniform(r);
    if (u < .06)
        return class;
    if (u < .20)
        return NOUN_CLASSES + 4 * class + (int)rng_below(r, 4);
    return NOUN_LEAVES + synonym(r, SYNSETS * class + (int)rng_below(r, SYNSETS));
}

static enum determiner draw_determiner(struct rng *r, bool plural)
{
    static const int plural_only[] = {DET_MOST, DET_MANY, DET_FEW};
    double u = rng_uniform(r);
    if (u < .50)
        return DET_THE;
    if (u < .72)
        return DET_INDEFINITE;
    if (u < .82)
        return DET_UNIVERSAL;
    if (u < .86)
        return DET_NO;
    if (u < .92 || !plural)
        return DET_DEMONSTRATIVE;
    return (enum determiner)pick(r, plural_only, 3);
}

void draw_adjective(struct rng *r, int noun, int polarity, int *adjective, int *degree)
{
    const struct typical *t = lexicon_typical(noun);
    *degree = NONE;
    if (polarity) {
        int pair = (int)rng_below(r, (ADJECTIVE_SYNSETS - NEUTRAL_ADJECTIVES) / 2);
        *adjective = synonym(r, NEUTRAL_ADJECTIVES + 2 * pair + (polarity < 0));
        if (rng_chance(r, .30))
            *degree = rng_chance(r, .7) ? (int)rng_below(r, DEGREES_UP)
                                        : DEGREES_UP + (int)rng_below(r, DEGREES - DEGREES_UP);
    } else if (t && rng_chance(r, .7)) {
        *adjective = synonym(r, pick(r, t->adjective, t->nadjective));
    } else {
        *adjective = synonym(r, (int)rng_below(r, NEUTRAL_ADJECTIVES));
    }
}

/* Adjective, number and determiner for a noun that is chosen. */
static void dress(struct rng *r, int sentiment, double adjective, struct nominal *n)
{
    n->plural = rng_chance(r, .5);
    n->det = draw_determiner(r, n->plural);
    n->adjective = n->degree = NONE;
    if (rng_chance(r, adjective))
        draw_adjective(r, n->noun, sentiment && rng_chance(r, .5) ? sentiment : 0, &n->adjective, &n->degree);
}

void draw_nominal(struct rng *r, int class, int sentiment, double adjective, struct nominal *n)
{
    n->noun = draw_noun(r, class);
    dress(r, sentiment, adjective, n);
}

void draw_place(struct rng *r, int subject, int sentiment, struct nominal *place)
{
    const struct typical *t = lexicon_typical(subject);
    draw_nominal(r, CLASS_PLACE, sentiment, .10, place);
    place->det = DET_THE;
    if (t && rng_chance(r, .7))
        place->noun = NOUN_LEAVES + synonym(r, pick(r, t->place, t->nplace));
}

int draw_adverb(struct rng *r, int polarity)
{
    return synonym(r, 2 * (int)rng_below(r, ADVERB_SYNSETS / 2) + (polarity < 0));
}

static int draw_transitive(struct rng *r, int subject, int polarity)
{
    int list[NEUTRAL_TRANSITIVES], n = 0;
    const struct typical *t = lexicon_typical(subject);
    if (polarity && rng_chance(r, .5)) {
        int pair = (int)rng_below(r, (TRANSITIVES - NEUTRAL_TRANSITIVES) / 2);
        return synonym(r, NEUTRAL_TRANSITIVES + 2 * pair + (polarity < 0));
    }
    if (t && rng_chance(r, .6))
        for (int i = 0; i < t->nverb; i++)
            if (t->verb[i] < TRANSITIVES)
                list[n++] = t->verb[i];
    if (n == 0)
        for (int v = 0; v < NEUTRAL_TRANSITIVES; v++)
            if (verb_subjects(v) >> noun_class(subject) & 1)
                list[n++] = v;
    return synonym(r, pick(r, list, n));
}

static int draw_intransitive(struct rng *r, int subject)
{
    int list[INTRANSITIVES], n = 0;
    const struct typical *t = lexicon_typical(subject);
    if (t && rng_chance(r, .6))
        for (int i = 0; i < t->nverb; i++)
            if (t->verb[i] >= TRANSITIVES)
                list[n++] = t->verb[i];
    if (n == 0)
        for (int v = TRANSITIVES; v < VERB_SYNSETS; v++)
            if (verb_subjects(v) >> noun_class(subject) & 1)
                list[n++] = v;
    return synonym(r, pick(r, list, n)); /* every class has an intransitive verb */
}

/* A noun for the object of `verb`: its class uniform in what the verb takes, half of the time a typical object. */
static int draw_object_noun(struct rng *r, int verb, bool animate)
{
    unsigned set = verb_objects(verb / 2), living = set & (1u << CLASS_PERSON | 1u << CLASS_ANIMAL);
    int classes[NOUN_CLASSES], list[NOUN_SYNSETS], n = 0, class;
    if (animate && living)
        set = living;
    for (int c = 0; c < NOUN_CLASSES; c++)
        if (set >> c & 1)
            classes[n++] = c;
    class = pick(r, classes, n);
    n = 0;
    if (verb_polarity(verb) == 0 && rng_chance(r, .5))
        for (int leaf = NOUN_LEAVES; leaf < NOUN_LEMMAS; leaf += 2) {
            const struct typical *t = lexicon_typical(leaf);
            if (noun_class(leaf) == class)
                for (int i = 0; i < t->nobject; i++)
                    if (t->object[i] == verb / 2)
                        list[n++] = noun_synset(leaf);
        }
    return n ? NOUN_LEAVES + synonym(r, pick(r, list, n)) : draw_noun(r, class);
}

void draw_near(struct rng *r, int sentiment, struct noun_phrase *np)
{
    static const int prepositions[] = {WORD_NEAR, WORD_WITH, WORD_BEHIND, WORD_UNDER};
    np->preposition = pick(r, prepositions, 4);
    draw_nominal(r, (int)rng_below(r, NOUN_CLASSES), sentiment, .35, &np->near);
    np->near.det = rng_chance(r, .5) ? DET_THE : DET_INDEFINITE;
}

static void bare(struct noun_phrase *np)
{
    np->near.noun = np->object.noun = np->preposition = np->verb = NONE;
}

/* A prepositional phrase (.14) or a relative clause (.10), never both. */
static void modify(struct rng *r, int sentiment, struct noun_phrase *np)
{
    double u = rng_uniform(r);
    if (u < .14) {
        draw_near(r, sentiment, np);
    } else if (u < .24 && noun_class(np->head.noun) <= CLASS_ANIMAL) {
        np->verb = draw_transitive(r, np->head.noun, sentiment);
        np->object.noun = draw_object_noun(r, np->verb, false);
        dress(r, sentiment, .10, &np->object);
        np->object.det = DET_THE;
    }
}

static void draw_subject(struct rng *r, const struct request *style, struct clause *c)
{
    struct nominal *head = &c->subject.head;
    head->noun = style->subject;
    if (head->noun == NONE)
        head->noun = draw_noun(r, (int)rng_below(r, c->type == CLAUSE_TRANSITIVE ? 2 : NOUN_CLASSES));
    if (c->type == CLAUSE_TRANSITIVE && noun_class(head->noun) > CLASS_ANIMAL)
        c->type = CLAUSE_COPULAR;
    dress(r, c->sentiment, noun_class(head->noun) == CLASS_PLACE ? .10 : .35, head);
    if (!style->simple)
        modify(r, c->sentiment, &c->subject);
}

static void draw_object(struct rng *r, const struct request *style, struct clause *c)
{
    static const enum determiner dets[4] = {DET_THE, DET_THE, DET_INDEFINITE, DET_DEMONSTRATIVE};
    struct nominal *head = &c->object.head;
    head->noun = draw_object_noun(r, c->verb, style->animate);
    dress(r, c->sentiment, noun_class(head->noun) == CLASS_PLACE ? .10 : .35, head);
    head->det = dets[rng_below(r, 4)];
    if (!style->simple && !rng_chance(r, .6))
        modify(r, c->sentiment, &c->object);
}

void grammar_clause(struct rng *r, const struct request *style, int sentiment, struct clause *c)
{
    double u = rng_uniform(r), place = 0;
    int effective;
    *c = (struct clause){.sentiment = sentiment, .verb = NONE, .adjective = NONE, .degree = NONE, .adverb = NONE};
    bare(&c->subject);
    bare(&c->object);
    c->object.head.noun = c->place.noun = NONE;
    c->type = u < style->transitive                         ? CLAUSE_TRANSITIVE
              : u < style->transitive + style->intransitive ? CLAUSE_INTRANSITIVE
                                                            : CLAUSE_COPULAR;
    c->negated = rng_chance(r, style->negation);
    effective = c->negated ? -sentiment : sentiment;
    draw_subject(r, style, c);
    switch (c->type) {
    case CLAUSE_TRANSITIVE:
        c->verb = draw_transitive(r, c->subject.head.noun, effective);
        draw_object(r, style, c);
        c->passive = rng_chance(r, .25);
        place = .12;
        break;
    case CLAUSE_INTRANSITIVE:
        c->verb = draw_intransitive(r, c->subject.head.noun);
        place = .35;
        break;
    case CLAUSE_COPULAR:
        draw_adjective(r, c->subject.head.noun, effective && rng_chance(r, .85) ? effective : 0, &c->adjective,
                       &c->degree);
        return;
    }
    if (sentiment && !c->negated && rng_chance(r, .20))
        c->adverb = draw_adverb(r, sentiment);
    if (rng_chance(r, place)) {
        draw_place(r, c->subject.head.noun, sentiment, &c->place);
        c->fronted = rng_chance(r, .20);
    }
}

int grammar_sentiment(struct rng *r)
{
    double u = rng_uniform(r);
    return u < .35 ? 1 : u < .70 ? -1 : 0;
}

void grammar_sentence(struct rng *r, const struct request *style, struct sentence *s)
{
    static const int conjunctions[] = {WORD_AND, WORD_BUT, WORD_BECAUSE};
    int sentiment = grammar_sentiment(r);
    s->n = 1;
    s->conjunction = NONE;
    grammar_clause(r, style, sentiment, &s->clause[0]);
    if (rng_chance(r, style->second)) {
        struct request second = *style;
        second.simple = true;
        second.subject = NONE;
        s->n = 2;
        s->conjunction = pick(r, conjunctions, 3);
        grammar_clause(r, &second, s->conjunction == WORD_BUT ? -sentiment : sentiment, &s->clause[1]);
    }
}

struct nominal *clause_nominal(struct clause *c, int i)
{
    struct nominal *all[NOMINALS] = {&c->place,       &c->subject.head, &c->subject.near, &c->subject.object,
                                     &c->object.head, &c->object.near,  &c->object.object};
    return all[i]->noun == NONE ? NULL : all[i];
}
