/* Edits do what they say. Entailment labels are checked against truth in random finite models, which know nothing of
 * edits. */
/* precision: float */
#include "language/entail.h"
#include "language/realise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { SAMPLES = 3000, MODELS = 300, ENTITIES = 9 };

static struct rng stream(int i)
{
    return rng_stream(6, RNG_TEST, 2, (uint32_t)i);
}

static void single(struct rng *r, struct sentence *s)
{
    struct request style = grammar_style;
    style.second = 0;
    grammar_sentence(r, &style, s);
}

static bool same(const struct sentence *a, const struct sentence *b)
{
    struct text s, t;
    sentence_text(a, &s);
    sentence_text(b, &t);
    return text_same(&s, &t);
}

/* ---- Paraphrase and change */

static void test_paraphrase(void **state)
{
    int changed = 0;
    (void)state;
    for (int i = 0; i < SAMPLES; i++) {
        struct rng r = stream(i);
        struct sentence s, t;
        grammar_sentence(&r, &grammar_style, &s);
        t = s;
        edit_paraphrase(&r, 1, 1, &t);
        changed += !same(&s, &t);
        edit_paraphrase(&r, 1, 1, &t); /* every toggle twice */
        assert_true(same(&s, &t));
        edit_paraphrase(&r, .5, 0, &t);
        for (int k = 0; k < s.n; k++) {
            edit_canonical(&s.clause[k]);
            edit_canonical(&t.clause[k]);
        }
        assert_true(same(&s, &t));
    }
    assert_true(changed > SAMPLES * 9 / 10);
}

static void test_changes(void **state)
{
    int done[CHANGES] = {0};
    (void)state;
    for (int i = 0; i < SAMPLES; i++)
        for (int kind = 0; kind < CHANGES; kind++) {
            struct rng r = stream(i);
            struct sentence s, t;
            struct edits e = {{0, 0}, ""};
            single(&r, &s);
            t = s;
            if (!edit_change(&r, (enum change)kind, &t, &e)) {
                assert_true(same(&s, &t) && !e.used[0] && !e.note[0]);
                continue;
            }
            done[kind]++;
            assert_true(e.note[0] && e.used[0]);
            edit_canonical(&s.clause[0]);
            edit_canonical(&t.clause[0]);
            assert_false(same(&s, &t)); /* more than a synonym */
            const struct clause *a = &s.clause[0], *b = &t.clause[0];
            assert_int_equal(a->negated != b->negated, kind == CHANGE_NEGATION);
            if (kind == CHANGE_ROLE) {
                assert_int_equal(a->subject.head.noun, b->object.head.noun);
                assert_int_equal(a->object.head.noun, b->subject.head.noun);
            }
            if (b->verb != NONE)
                assert_true(verb_subjects(b->verb / 2) >> noun_class(b->subject.head.noun) & 1);
            if (b->type == CLAUSE_TRANSITIVE)
                assert_true(verb_objects(b->verb / 2) >> noun_class(b->object.head.noun) & 1);
        }
    assert_int_equal(done[CHANGE_NEGATION], SAMPLES);
    for (int kind = 0; kind < CHANGES; kind++)
        assert_true(done[kind] > SAMPLES / 50);
}

/* A second edit must never take back the first: four changes stay four differences. */
static void test_changes_accumulate(void **state)
{
    (void)state;
    for (int i = 0; i < SAMPLES; i++) {
        struct rng r = stream(i);
        struct sentence s, t;
        struct edits e = {{0, 0}, ""};
        single(&r, &s);
        t = s;
        assert_true(edit_change(&r, CHANGE_NEGATION, &t, &e));
        assert_false(edit_change(&r, CHANGE_NEGATION, &t, &e));
        for (int k = 0; k < 9; k++) {
            unsigned before = e.used[0];
            if (edit_change(&r, k % 2 ? CHANGE_SIBLING : CHANGE_ANTONYM, &t, &e))
                assert_true(before != e.used[0] && (before & e.used[0]) == before);
        }
        assert_int_not_equal(t.clause[0].negated, s.clause[0].negated);
    }
}

/* Weakening and strengthening one word after the other would give back the original, or a hyponym of it. */
static void test_slots(void **state)
{
    (void)state;
    for (int i = 0; i < SAMPLES; i++) {
        struct rng r = stream(i);
        struct sentence s;
        struct edits e = {{0, 0}, ""};
        single(&r, &s);
        for (unsigned before = 0; edit_mono(&r, rng_chance(&r, .5), &s, &e); before = e.used[0]) {
            unsigned fresh = e.used[0] & ~before;
            assert_true(fresh && !(fresh & (fresh - 1)));
        }
    }
}

static void test_questions(void **state)
{
    (void)state;
    for (int i = 0; i < SAMPLES; i++) {
        struct rng r = stream(i);
        struct sentence s, t;
        struct edits e = {{0, 0}, ""};
        single(&r, &s);
        enum question q = question_draw(&r, &s.clause[0]);
        assert_true(question_fits(q, &s.clause[0]));
        t = s;
        edit_paraphrase(&r, 1, 1, &t);
        assert_true(question_same(q, &s.clause[0], &t.clause[0]));
        assert_true(edit_change(&r, CHANGE_NEGATION, &t, &e));
        if (q != ASK_PLACE || s.clause[0].type != CLAUSE_COPULAR)
            assert_false(question_same(q, &s.clause[0], &t.clause[0]));
    }
}

/* ---- Truth in a model: facts are hashes of (model, fact), entity 0 is "the" subject, entity 1 "the" object. */

struct model {
    uint32_t seed;
    int synset[ENTITIES];
};

static uint32_t fact(const struct model *m, uint32_t a, uint32_t b, uint32_t c)
{
    uint64_t h = m->seed * 0x9e3779b97f4a7c15u;
    const uint32_t parts[] = {a, b, c};
    for (int i = 0; i < 3; i++) {
        h = (h ^ parts[i]) * 0xbf58476d1ce4e5b9u;
        h ^= h >> 29;
    }
    return (uint32_t)(h >> 33);
}

static bool is_a(const struct model *m, int x, int noun)
{
    int n = NOUN_LEAVES + 2 * m->synset[x];
    while (n >= 0 && n != noun && !(noun_is_leaf(n) && noun_is_leaf(noun) && noun_synset(n) == noun_synset(noun)))
        n = noun_hypernym(n);
    return n >= 0;
}

/* Of two antonyms one, the other or neither holds. */
static bool has(const struct model *m, int x, int adjective)
{
    return adjective == NONE || fact(m, 1, (uint32_t)adjective / 4, (uint32_t)x) % 5 / 2 == (uint32_t)adjective / 2 % 2;
}

static bool does(const struct model *m, int verb, int x, int y)
{
    uint32_t synset = (uint32_t)verb / 2, pair = (uint32_t)(x * ENTITIES + y);
    if (verb_polarity(verb))
        return fact(m, 2, synset / 2, pair) % 5 / 2 == synset % 2;
    return fact(m, 3, synset, pair) % 2;
}

static bool is_nominal(const struct model *m, int x, const struct nominal *n)
{
    return is_a(m, x, n->noun) && has(m, x, n->adjective);
}

static bool fits(const struct model *m, int x, const struct noun_phrase *np)
{
    bool near = np->near.noun == NONE, related = np->object.noun == NONE;
    for (int y = 0; y < ENTITIES; y++) {
        near |= !near && is_nominal(m, y, &np->near) &&
                fact(m, 4, (uint32_t)np->preposition, (uint32_t)(x * ENTITIES + y)) % 2;
        related |= !related && is_nominal(m, y, &np->object) && does(m, np->verb, x, y);
    }
    return is_nominal(m, x, &np->head) && near && related;
}

static bool event(const struct model *m, const struct clause *c, int x, int y)
{
    uint32_t pair = (uint32_t)(x * ENTITIES + y);
    bool placed = c->place.noun == NONE;
    for (int p = 0; p < ENTITIES; p++)
        placed |= !placed && is_nominal(m, p, &c->place) && fact(m, 5, pair, (uint32_t)p) % 2;
    return placed && does(m, c->verb, x, y) && (c->adverb == NONE || fact(m, 6, (uint32_t)c->adverb / 2, pair) % 2);
}

static bool predicate(const struct model *m, const struct clause *c, int x)
{
    bool yes = false;
    if (c->type == CLAUSE_COPULAR)
        yes = has(m, x, c->adjective);
    else if (c->type == CLAUSE_INTRANSITIVE)
        yes = event(m, c, x, 0);
    else if (c->object.head.det != DET_INDEFINITE)
        yes = fits(m, 1, &c->object) && event(m, c, x, 1);
    else
        for (int y = 0; y < ENTITIES; y++)
            yes |= fits(m, y, &c->object) && event(m, c, x, y);
    return yes != c->negated;
}

/* -1: a presupposition fails, nothing the subject could be about. */
static int truth(const struct model *m, const struct clause *c)
{
    int n = 0, both = 0;
    for (int x = 0; x < ENTITIES; x++)
        if (fits(m, x, &c->subject)) {
            n++;
            both += predicate(m, c, x);
        }
    if (n == 0)
        return -1;
    switch (c->subject.head.det) {
    case DET_UNIVERSAL:
        return both == n;
    case DET_NO:
        return both == 0;
    case DET_FEW:
        return both <= 1;
    case DET_MANY:
        return both >= 2;
    case DET_MOST:
        return 2 * both > n;
    case DET_INDEFINITE:
        return both > 0;
    default:
        return fits(m, 0, &c->subject) ? predicate(m, c, 0) : -1;
    }
}

/* Entities are of the kinds the sentence speaks of, or of related kinds. */
static void populate(struct rng *r, const struct clause *c, struct model *m)
{
    struct clause copy = *c;
    m->seed = rng_u32(r);
    for (int x = 0; x < ENTITIES; x++) {
        int i = (int)rng_below(r, NOMINALS);
        const struct nominal *n = x == 0   ? &copy.subject.head
                                  : x == 1 ? clause_nominal(&copy, 4)
                                           : clause_nominal(&copy, i);
        int noun = (n ? n : &copy.subject.head)->noun;
        if (noun_is_leaf(noun) && rng_chance(r, .4))
            noun = noun_hypernym(noun);
        while (!noun_is_leaf(noun))
            noun = noun < NOUN_CLASSES ? NOUN_CLASSES + 4 * noun + (int)rng_below(r, 4)
                                       : NOUN_LEAVES + 6 * (noun - NOUN_CLASSES) + (int)rng_below(r, 6);
        m->synset[x] = noun_synset(noun);
    }
}

enum relation { ENTAILED, NEUTRAL, CONTRADICTED };

static bool relate(struct rng *r, enum relation relation, struct sentence *s, struct edits *e)
{
    if (rng_chance(r, .5) && !edit_mono(r, false, s, e))
        return false;
    if (relation == CONTRADICTED)
        return edit_contradict(r, s, e);
    return edit_mono(r, relation == NEUTRAL, s, e);
}

/* In how many models the premise holds and the hypothesis is false (count[0]), true (1) or about nothing (2). */
static void compare(struct rng *r, const struct clause *premise, const struct clause *hypothesis, int count[3])
{
    count[0] = count[1] = count[2] = 0;
    for (int k = 0; k < MODELS; k++) {
        struct model m;
        populate(r, k % 2 ? premise : hypothesis, &m);
        int p = truth(&m, premise), h = truth(&m, hypothesis);
        if (p == 1)
            count[h < 0 ? 2 : h]++;
    }
}

static void test_entailment(void **state)
{
    int pairs[3] = {0}, tested[3] = {0}, refuted = 0;
    (void)state;
    for (int i = 0; i < SAMPLES; i++) {
        struct rng r = stream(i);
        enum relation relation = (enum relation)(i % 3);
        struct sentence s, t;
        struct edits e = {{0, 0}, ""};
        int count[3];
        single(&r, &s);
        t = s;
        if (!relate(&r, relation, &t, &e))
            continue;
        edit_paraphrase(&r, .4, .4, &t);
        compare(&r, &s.clause[0], &t.clause[0], count);
        pairs[relation]++;
        tested[relation] += count[0] + count[1] > 0;
        if ((relation == ENTAILED && count[0]) || (relation == CONTRADICTED && count[1]))
            fail_msg("sample %d, relation %d: %s", i, (int)relation, e.note);
        refuted += relation == NEUTRAL && count[0] + count[1] > 0 && count[0] + count[2] > 0;
    }
    for (int k = 0; k < 3; k++)
        assert_true(tested[k] > SAMPLES / 6 && tested[k] > .9 * pairs[k]); /* the models do speak about the sentences */
    assert_true(refuted > .9 * tested[NEUTRAL]);                           /* a neutral hypothesis can be false */
}

/* "The cat is not chased by every dog" is not "every dog does not chase the cat". */
static void test_voice(void **state)
{
    (void)state;
    for (int i = 0; i < SAMPLES; i++) {
        struct rng r = stream(i);
        struct sentence s, t;
        struct edits e = {{0, 0}, ""};
        single(&r, &s);
        t = s;
        edit_paraphrase(&r, 0, 1, &t);
        if (edit_voice_matters(&s.clause[0])) {
            assert_int_equal(s.clause[0].passive, t.clause[0].passive);
            if (s.clause[0].passive)
                assert_false(edit_mono(&r, false, &t, &e) || edit_contradict(&r, &t, &e));
        } else if (s.clause[0].type == CLAUSE_TRANSITIVE) {
            assert_int_not_equal(s.clause[0].passive, t.clause[0].passive);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paraphrase), cmocka_unit_test(test_changes), cmocka_unit_test(test_changes_accumulate),
        cmocka_unit_test(test_questions),  cmocka_unit_test(test_slots),   cmocka_unit_test(test_entailment),
        cmocka_unit_test(test_voice)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
