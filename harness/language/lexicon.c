/* Selectional features, typical partners and token-level facts of the synthetic world. */
#include "language/lexicon.h"

#include "core/rng.h"

#include <threads.h>

enum { WORLD_SEED = 1, WORLD_STREAM = 1 << 16 };

#define C(class) (1u << CLASS_##class)

unsigned verb_subjects(int synset)
{
    static const unsigned intransitive[INTRANSITIVES] = {
        C(PERSON), C(ANIMAL),   C(VEHICLE), C(PERSON) | C(ANIMAL),  C(PERSON) | C(ANIMAL),
        C(FOOD),   C(ARTIFACT), C(PLACE),   C(ANIMAL) | C(VEHICLE), C(VEHICLE) | C(ARTIFACT),
        C(PERSON), C(ANIMAL)};
    if (synset >= TRANSITIVES)
        return intransitive[synset - TRANSITIVES];
    return synset < NEUTRAL_TRANSITIVES && synset % 2 == 0 ? C(PERSON) : C(PERSON) | C(ANIMAL);
}

unsigned verb_objects(int synset)
{
    static const unsigned transitive[NEUTRAL_TRANSITIVES] = {C(FOOD),
                                                             C(VEHICLE),
                                                             C(PLACE),
                                                             C(ARTIFACT),
                                                             C(PERSON),
                                                             C(ANIMAL),
                                                             C(PERSON) | C(ANIMAL),
                                                             C(FOOD) | C(ARTIFACT),
                                                             C(VEHICLE) | C(PLACE),
                                                             C(FOOD) | C(ANIMAL),
                                                             C(ARTIFACT) | C(VEHICLE),
                                                             C(PERSON) | C(VEHICLE),
                                                             C(PLACE) | C(ARTIFACT),
                                                             C(ANIMAL) | C(FOOD),
                                                             C(PERSON) | C(FOOD),
                                                             C(ANIMAL) | C(ARTIFACT)};
    if (synset >= TRANSITIVES)
        return 0;
    return synset < NEUTRAL_TRANSITIVES ? transitive[synset] : (1u << NOUN_CLASSES) - 1;
}

/* Draws up to n of the m candidates without replacement; returns how many. */
static int draw(struct rng *r, int *candidates, int m, int *out, int n)
{
    rng_shuffle(r, candidates, m);
    if (n > m)
        n = m;
    for (int i = 0; i < n; i++)
        out[i] = candidates[i];
    return n;
}

static struct typical world[NOUN_SYNSETS];

static void draw_world(void)
{
    struct rng r = rng_stream(WORLD_SEED, RNG_DATA, WORLD_STREAM, 0);
    for (int s = 0; s < NOUN_SYNSETS; s++) {
        struct typical *t = &world[s];
        int class = noun_class(NOUN_LEAVES + 2 * s), candidates[NOUN_SYNSETS], m = 0;
        for (int v = 0; v < VERB_SYNSETS; v++)
            if ((v < NEUTRAL_TRANSITIVES || v >= TRANSITIVES) && verb_subjects(v) >> class & 1)
                candidates[m++] = v;
        t->nverb = draw(&r, candidates, m, t->verb, 4);
        m = 0;
        for (int v = 0; v < NEUTRAL_TRANSITIVES; v++)
            if (verb_objects(v) >> class & 1)
                candidates[m++] = v;
        t->nobject = draw(&r, candidates, m, t->object, 3);
        for (m = 0; m < NEUTRAL_ADJECTIVES; m++)
            candidates[m] = m;
        t->nadjective = draw(&r, candidates, m, t->adjective, 4);
        for (m = 0; m < NOUN_SYNSETS / NOUN_CLASSES; m++)
            candidates[m] = CLASS_PLACE * NOUN_SYNSETS / NOUN_CLASSES + m;
        t->nplace = draw(&r, candidates, m, t->place, 2);
    }
}

const struct typical *lexicon_typical(int noun)
{
    static once_flag drawn = ONCE_FLAG_INIT;
    call_once(&drawn, draw_world);
    return noun_is_leaf(noun) ? &world[noun_synset(noun)] : NULL;
}

int token_concept(int token)
{
    int offset = 0;
    if (token < NOUN_FIRST || (token >= DEGREE_FIRST && token < ADVERB_FIRST))
        return -1;
    if (token < TRANSITIVE_FIRST) {
        int noun = (token - NOUN_FIRST) / 2;
        return noun_is_leaf(noun) ? NOUN_LEAVES + noun_synset(noun) : noun;
    }
    offset += NOUN_LEAVES + NOUN_SYNSETS;
    if (token < INTRANSITIVE_FIRST)
        return offset + (token - TRANSITIVE_FIRST) / 6;
    offset += TRANSITIVES;
    if (token < ADJECTIVE_FIRST)
        return offset + (token - INTRANSITIVE_FIRST) / 4;
    offset += INTRANSITIVES;
    if (token < DEGREE_FIRST)
        return offset + (token - ADJECTIVE_FIRST) / 2;
    return offset + ADJECTIVE_SYNSETS + (token - ADVERB_FIRST) / 2;
}

int token_other_number(int token)
{
    switch (token) {
    case WORD_IS:
        return WORD_ARE;
    case WORD_ARE:
        return WORD_IS;
    case WORD_DOES:
        return WORD_DO;
    case WORD_DO:
        return WORD_DOES;
    }
    if (token >= TRANSITIVE_FIRST && token < INTRANSITIVE_FIRST) {
        int form = (token - TRANSITIVE_FIRST) % 3;
        return form == VERB_PARTICIPLE ? -1 : token - form + !form;
    }
    if (token >= INTRANSITIVE_FIRST && token < ADJECTIVE_FIRST)
        return INTRANSITIVE_FIRST + ((token - INTRANSITIVE_FIRST) ^ 1);
    return -1;
}
