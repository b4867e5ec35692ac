/* Natural logic on frames: monotone edits (van Benthem's calculus on one determiner and negation) and contradictions.
 */
#include "language/entail.h"

enum part {
    SUBJECT_NOUN,
    SUBJECT_ADJECTIVE,
    SUBJECT_MODIFIER,
    OBJECT_NOUN,
    OBJECT_ADJECTIVE,
    OBJECT_MODIFIER,
    PLACE,
    ADVERB,
    PARTS
};

/* nominal indices of the heads in clause_nominal's order */
enum { SUBJECT_HEAD = 1, OBJECT_HEAD = 4 };

static unsigned part_slot(enum part p)
{
    static const unsigned slots[PARTS] = {[SUBJECT_NOUN] = SLOT_NOUN << SUBJECT_HEAD,
                                          [SUBJECT_ADJECTIVE] = SLOT_ADJECTIVE << SUBJECT_HEAD,
                                          [SUBJECT_MODIFIER] = SLOT_SUBJECT_MODIFIER,
                                          [OBJECT_NOUN] = SLOT_NOUN << OBJECT_HEAD,
                                          [OBJECT_ADJECTIVE] = SLOT_ADJECTIVE << OBJECT_HEAD,
                                          [OBJECT_MODIFIER] = SLOT_OBJECT_MODIFIER,
                                          [PLACE] = SLOT_PLACE,
                                          [ADVERB] = SLOT_ADVERB};
    return slots[p];
}

/* dog -> pet -> animal, or one step back down. */
static bool noun(struct rng *r, bool widen, struct nominal *n, struct edits *e)
{
    int old = n->noun, up = noun_hypernym(old);
    if (widen ? up == NONE : noun_is_leaf(old))
        return false;
    if (widen)
        n->noun = up;
    else if (old < NOUN_CLASSES)
        n->noun = NOUN_CLASSES + 4 * old + (int)rng_below(r, 4);
    else
        n->noun = NOUN_LEAVES + 6 * (old - NOUN_CLASSES) + (int)rng_below(r, 6);
    edits_note(e, widen ? "widen" : "narrow", noun_token(old, n->plural), noun_token(n->noun, n->plural));
    return true;
}

static bool adjective(struct rng *r, bool widen, const struct clause *c, struct nominal *n, struct edits *e)
{
    int lemma = n->adjective;
    if (widen != (lemma != NONE))
        return false;
    if (widen) {
        n->adjective = n->degree = NONE;
    } else {
        draw_adjective(r, n->noun, c->sentiment && rng_chance(r, .5) ? c->sentiment : 0, &n->adjective, &n->degree);
        lemma = n->adjective;
        if (c->type == CLAUSE_COPULAR && lemma / 4 == c->adjective / 4) { /* "the big dog is small" */
            n->adjective = n->degree = NONE;
            return false;
        }
    }
    edits_note(e, widen ? "drop" : "add", ADJECTIVE_FIRST + lemma, NONE);
    return true;
}

static bool modifier(struct rng *r, bool widen, const struct clause *c, struct noun_phrase *np, struct edits *e)
{
    if (widen != (np->preposition != NONE || np->verb != NONE))
        return false;
    if (widen) {
        edits_note(e, "drop", np->verb == NONE ? np->preposition : WORD_THAT, NONE);
        np->near.noun = np->object.noun = np->preposition = np->verb = NONE;
    } else {
        draw_near(r, c->sentiment, np);
        edits_note(e, "add", np->preposition, noun_token(np->near.noun, np->near.plural));
    }
    return true;
}

static bool place(struct rng *r, bool widen, struct clause *c, struct edits *e)
{
    if (c->type == CLAUSE_COPULAR || widen != (c->place.noun != NONE))
        return false;
    if (!widen) {
        draw_place(r, c->subject.head.noun, c->sentiment, &c->place);
        c->fronted = rng_chance(r, .20);
    }
    edits_note(e, widen ? "drop in" : "add in", noun_token(c->place.noun, c->place.plural), NONE);
    if (widen)
        c->place.noun = NONE;
    return true;
}

static bool adverb(struct rng *r, bool widen, struct clause *c, struct edits *e)
{
    if (c->type == CLAUSE_COPULAR || widen != (c->adverb != NONE))
        return false;
    if (!widen)
        c->adverb = draw_adverb(r, c->sentiment ? c->sentiment : rng_chance(r, .5) ? 1 : -1);
    edits_note(e, widen ? "drop" : "add", ADVERB_FIRST + c->adverb, NONE);
    if (widen)
        c->adverb = NONE;
    return true;
}

static bool apply(struct rng *r, enum part p, bool widen, struct clause *c, struct edits *e)
{
    if (p >= OBJECT_NOUN && p <= OBJECT_MODIFIER && c->type != CLAUSE_TRANSITIVE)
        return false;
    switch (p) {
    case SUBJECT_NOUN:
        return noun(r, widen, &c->subject.head, e);
    case SUBJECT_ADJECTIVE:
        return adjective(r, widen, c, &c->subject.head, e);
    case SUBJECT_MODIFIER:
        return modifier(r, widen, c, &c->subject, e);
    case OBJECT_NOUN:
        return noun(r, widen, &c->object.head, e);
    case OBJECT_ADJECTIVE:
        return adjective(r, widen, c, &c->object.head, e);
    case OBJECT_MODIFIER:
        return modifier(r, widen, c, &c->object, e);
    case PLACE:
        return place(r, widen, c, e);
    default:
        return adverb(r, widen, c, e);
    }
}

bool edit_mono(struct rng *r, bool strengthen, struct sentence *s, struct edits *e)
{
    int k = s->n == 2 ? (int)rng_below(r, 2) : 0;
    struct clause *c = &s->clause[k];
    enum determiner det = c->subject.head.det;
    bool negative = det == DET_NO || det == DET_FEW;
    bool subject_down = negative || det == DET_UNIVERSAL, rest_down = negative != c->negated;
    int order[PARTS] = {
        SUBJECT_NOUN, SUBJECT_ADJECTIVE, SUBJECT_MODIFIER, OBJECT_NOUN, OBJECT_ADJECTIVE, OBJECT_MODIFIER, PLACE,
        ADVERB};
    if (c->passive && edit_voice_matters(c))
        return false;
    rng_shuffle(r, order, PARTS);
    for (int i = 0; i < PARTS; i++) {
        enum part p = (enum part)order[i];
        bool in_subject = p <= SUBJECT_MODIFIER;
        bool down = in_subject ? subject_down : rest_down, widen = down == strengthen;
        if (e->used[k] & part_slot(p))
            continue;
        if (in_subject && (det == DET_MOST || det == DET_MANY)) /* neither direction follows */
            continue;
        if (apply(r, p, widen, c, e)) {
            e->used[k] |= part_slot(p);
            return true;
        }
    }
    return false;
}

bool edit_contradict(struct rng *r, struct sentence *s, struct edits *e)
{
    enum { NEGATE, OPPOSE, QUANTIFY } ways[3];
    struct clause *c = &s->clause[0];
    enum determiner *det = &c->subject.head.det;
    bool definite = *det == DET_THE || *det == DET_DEMONSTRATIVE;
    /* one may love a cat and hate a cat, but not love and hate the cat */
    bool opposable = c->type == CLAUSE_COPULAR ||
                     (c->verb != NONE && verb_polarity(c->verb) && c->object.head.det != DET_INDEFINITE);
    int n = 0;
    if (definite)
        ways[n++] = NEGATE;
    if (!c->negated && opposable && (definite || *det == DET_UNIVERSAL))
        ways[n++] = OPPOSE;
    if (*det == DET_INDEFINITE || *det == DET_NO || *det == DET_UNIVERSAL)
        ways[n++] = QUANTIFY;
    if (n == 0 || (c->passive && edit_voice_matters(c)))
        return false;
    switch (ways[rng_below(r, (uint32_t)n)]) {
    case NEGATE:
        return edit_change(r, CHANGE_NEGATION, s, e);
    case OPPOSE:
        return edit_change(r, CHANGE_ANTONYM, s, e);
    default:
        edits_note(e, *det == DET_NO ? "no>a" : *det == DET_UNIVERSAL ? "every>no" : "a>no", NONE, NONE);
        *det = *det == DET_NO ? DET_INDEFINITE : DET_NO;
        e->used[0] |= SLOT_DETERMINER;
        return true;
    }
}
