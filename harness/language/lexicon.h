/* The synthetic world: 717 word forms, what combines with what, and who typically does what (world seed 1).
 *
 * Words are addressed by lemma. A synset holds two synonyms, so the synonym of a lemma is lemma ^ 1 (of a noun: if it
 * is a leaf), and where antonyms exist they are neighbouring synsets, so the antonym is lemma ^ 2. Token ids stand in
 * the order specials, function words, nouns, transitive verbs, intransitive verbs, adjectives, degree words, manner
 * adverbs. */
#ifndef LANGUAGE_LEXICON_H
#define LANGUAGE_LEXICON_H

#include <stdbool.h>

enum token {
    TOKEN_PAD,
    TOKEN_CLS,
    TOKEN_SEP,
    TOKEN_MASK,
    TOKEN_UNK,
    TOKEN_SPECIALS, /* ids below are never masked and never drawn as noise */
    WORD_THE = TOKEN_SPECIALS,
    WORD_A,
    WORD_EVERY,
    WORD_NO,
    WORD_THIS,
    WORD_SOME,
    WORD_ALL,
    WORD_MOST,
    WORD_MANY,
    WORD_THESE,
    WORD_FEW,
    WORD_IS,
    WORD_ARE,
    WORD_NOT,
    WORD_DOES,
    WORD_DO,
    WORD_BY,
    WORD_THAT,
    WORD_WHO,
    WORD_WHAT,
    WORD_WHERE,
    WORD_WHICH,
    WORD_IN,
    WORD_NEAR,
    WORD_WITH,
    WORD_UNDER,
    WORD_BEHIND,
    WORD_AND,
    WORD_BUT,
    WORD_BECAUSE,
    WORD_STOP,
    WORD_QUESTION,
    WORD_COMMA
};

enum noun_class { CLASS_PERSON, CLASS_ANIMAL, CLASS_FOOD, CLASS_VEHICLE, CLASS_PLACE, CLASS_ARTIFACT, NOUN_CLASSES };
enum verb_form { VERB_SINGULAR, VERB_BASE, VERB_PARTICIPLE }; /* the base form is also the plural */

enum {
    NOUN_GROUPS = 24,                         /* 4 per class */
    NOUN_SYNSETS = 72,                        /* 3 per group */
    NOUN_LEAVES = NOUN_CLASSES + NOUN_GROUPS, /* lemma of the first leaf; class words and group words come before */
    NOUN_LEMMAS = NOUN_LEAVES + 2 * NOUN_SYNSETS,
    NEUTRAL_TRANSITIVES = 16, /* synsets 0..15; 16..27 are evaluative, even positive, odd its antonym */
    TRANSITIVES = 28,
    INTRANSITIVES = 12, /* synsets 28..39 */
    VERB_SYNSETS = TRANSITIVES + INTRANSITIVES,
    NEUTRAL_ADJECTIVES = 24, /* synsets 0..23; 24..47 are evaluative: strengths 1, 2, 3 of 4 pairs each */
    ADJECTIVE_SYNSETS = 48,
    DEGREES = 7,
    DEGREES_UP = 4,     /* the first 4 amplify, the rest diminish */
    ADVERB_SYNSETS = 6, /* even positive, odd negative */
    NOUN_FIRST = WORD_COMMA + 1,
    TRANSITIVE_FIRST = NOUN_FIRST + 2 * NOUN_LEMMAS,
    INTRANSITIVE_FIRST = TRANSITIVE_FIRST + 6 * TRANSITIVES,
    ADJECTIVE_FIRST = INTRANSITIVE_FIRST + 4 * INTRANSITIVES,
    DEGREE_FIRST = ADJECTIVE_FIRST + 2 * ADJECTIVE_SYNSETS,
    ADVERB_FIRST = DEGREE_FIRST + DEGREES,
    LEXICON_SIZE = ADVERB_FIRST + 2 * ADVERB_SYNSETS
};
_Static_assert(LEXICON_SIZE == 717, "the vocabulary of the base model");

extern const char *const lexicon_words[LEXICON_SIZE];

/* Partners that make sibling nouns distinguishable; the counts are smaller where fewer are compatible with the class.
 */
struct typical {
    int nverb, nobject, nadjective, nplace;
    int verb[4];      /* verb synsets it is the subject of, neutral, transitive or not */
    int object[3];    /* transitive synsets it is the object of */
    int adjective[4]; /* neutral adjective synsets */
    int place[2];     /* noun synsets of places */
};
const struct typical *lexicon_typical(int noun); /* of a leaf noun; NULL for class and group words */

/* Selectional features of a verb synset as sets of noun classes (bit c = class c); objects of an intransitive: 0. */
unsigned verb_subjects(int synset);
unsigned verb_objects(int synset);

/* One number per synset, class word and group word, whatever the form; -1 for function and degree words. */
int token_concept(int token);
/* is/are, does/do, walks/walk: the form of the other number; -1 for any other token. */
int token_other_number(int token);

static inline bool noun_is_leaf(int noun)
{
    return noun >= NOUN_LEAVES;
}
static inline int noun_synset(int leaf)
{
    return (leaf - NOUN_LEAVES) / 2;
}
/* One step up: synset -> group word -> class word; -1 above that. */
static inline int noun_hypernym(int noun)
{
    if (noun_is_leaf(noun))
        return NOUN_CLASSES + noun_synset(noun) / 3;
    return noun >= NOUN_CLASSES ? (noun - NOUN_CLASSES) / 4 : -1;
}
static inline int noun_class(int noun)
{
    while (noun >= NOUN_CLASSES)
        noun = noun_hypernym(noun);
    return noun;
}
static inline int noun_token(int noun, bool plural)
{
    return NOUN_FIRST + 2 * noun + plural;
}
static inline bool verb_is_transitive(int verb)
{
    return verb < 2 * TRANSITIVES;
}
static inline int verb_token(int verb, enum verb_form form)
{
    return verb_is_transitive(verb) ? TRANSITIVE_FIRST + 3 * verb + (int)form
                                    : INTRANSITIVE_FIRST + 2 * (verb - 2 * TRANSITIVES) + (int)form;
}
/* +1, -1, or 0 for neutral words. */
static inline int verb_polarity(int verb)
{
    int synset = verb / 2;
    return synset < NEUTRAL_TRANSITIVES || synset >= TRANSITIVES ? 0 : synset % 2 ? -1 : 1;
}
static inline int adjective_polarity(int adjective)
{
    int synset = adjective / 2;
    return synset < NEUTRAL_ADJECTIVES ? 0 : synset % 2 ? -1 : 1;
}
static inline int adjective_strength(int adjective)
{
    return adjective / 2 < NEUTRAL_ADJECTIVES ? 0 : 1 + (adjective / 2 - NEUTRAL_ADJECTIVES) / 8;
}
static inline int adverb_polarity(int adverb)
{
    return adverb / 2 % 2 ? -1 : 1;
}

#endif
