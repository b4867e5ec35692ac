/* The synthetic language: vocabulary, grammar, documents, masking. A generator that drifts changes every base. */
/* precision: float */
#include "core/hash.h"
#include "language/language.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { SAMPLES = 20000 };

static struct rng stream(int i)
{
    return rng_stream(5, RNG_TEST, 1, (uint32_t)i);
}

static void test_vocabulary(void **state)
{
    (void)state;
    assert_int_equal(lang_vocab_size(), 717);
    for (int i = 0; i < LEXICON_SIZE; i++) {
        assert_non_null(lang_word(i));
        assert_true(strlen(lang_word(i)) > 0 && !strchr(lang_word(i), ' '));
        for (int j = 0; j < i; j++)
            assert_string_not_equal(lang_word(i), lang_word(j));
    }
}

/* A row missing from the word table shifts all that follow. */
static void test_word_order(void **state)
{
    (void)state;
    assert_string_equal(lang_word(WORD_COMMA), ",");
    assert_string_equal(lang_word(noun_token(CLASS_PERSON, true)), "people");
    assert_string_equal(lang_word(noun_token(NOUN_LEMMAS - 1, false)), "timepiece");
    assert_string_equal(lang_word(verb_token(0, VERB_PARTICIPLE)), "prepared");
    assert_string_equal(lang_word(verb_token(2 * NEUTRAL_TRANSITIVES, VERB_BASE)), "love");
    assert_string_equal(lang_word(verb_token(2 * NEUTRAL_TRANSITIVES ^ 2, VERB_BASE)), "hate");
    assert_string_equal(lang_word(verb_token(2 * TRANSITIVES, VERB_SINGULAR)), "laughs");
    assert_string_equal(lang_word(verb_token(2 * VERB_SYNSETS - 1, VERB_BASE)), "mate");
    assert_string_equal(lang_word(ADJECTIVE_FIRST + 2 * NEUTRAL_ADJECTIVES), "good");
    assert_string_equal(lang_word(DEGREE_FIRST), "very");
    assert_string_equal(lang_word(DEGREE_FIRST + DEGREES_UP), "slightly");
    assert_string_equal(lang_word(ADVERB_FIRST), "happily");
    assert_string_equal(lang_word(LEXICON_SIZE - 1), "brutally");
}

static bool contains(const int *list, int n, int x)
{
    for (int i = 0; i < n; i++)
        if (list[i] == x)
            return true;
    return false;
}

static void test_typical(void **state)
{
    (void)state;
    for (int s = 0; s < NOUN_SYNSETS; s++) {
        const struct typical *t = lexicon_typical(NOUN_LEAVES + 2 * s);
        unsigned class = 1u << noun_class(NOUN_LEAVES + 2 * s);
        assert_ptr_equal(t, lexicon_typical(NOUN_LEAVES + 2 * s + 1));
        assert_true(t->nverb >= 1 && t->nobject == 3 && t->nadjective == 4 && t->nplace == 2);
        for (int i = 0; i < t->nverb; i++) {
            assert_true(verb_subjects(t->verb[i]) & class);
            assert_false(contains(t->verb, i, t->verb[i]));
        }
        for (int i = 0; i < t->nobject; i++) {
            assert_true(verb_objects(t->object[i]) & class);
            assert_false(contains(t->object, i, t->object[i]));
        }
        for (int i = 0; i < 2; i++)
            assert_int_equal(noun_class(NOUN_LEAVES + 2 * t->place[i]), CLASS_PLACE);
    }
    assert_null(lexicon_typical(CLASS_FOOD));
}

static bool is_noun(int id)
{
    return id >= NOUN_FIRST && id < TRANSITIVE_FIRST;
}
static bool is_plural_noun(int id)
{
    return (id - NOUN_FIRST) % 2;
}
static bool is_finite(int id)
{
    return token_other_number(id) >= 0;
}
static bool is_plural_verb(int id)
{
    if (id < NOUN_FIRST)
        return id == WORD_ARE || id == WORD_DO;
    return id < INTRANSITIVE_FIRST ? (id - TRANSITIVE_FIRST) % 3 == VERB_BASE : (id - INTRANSITIVE_FIRST) % 2;
}

/* Reads words alone, not frames: [in NP] NP [preposition NP | that V NP] V ..., clauses joined by and, but, because. */
static void check_agreement(const int *ids, int n)
{
    int head = -1, last = -1;
    bool placed = false, attached = false, done = false;
    for (int i = 0; i < n; i++) {
        int id = ids[i];
        if (id == WORD_AND || id == WORD_BUT || id == WORD_BECAUSE) {
            assert_true(done);
            head = -1;
            placed = attached = done = false;
        } else if (is_noun(id)) {
            if (placed)
                placed = false;
            else if (attached)
                attached = false;
            else if (head < 0)
                head = id;
            last = id;
        } else if (id == WORD_IN && head < 0) {
            placed = true;
        } else if (id >= WORD_NEAR && id <= WORD_BEHIND) {
            attached = true;
        } else if (id == WORD_THAT) {
            assert_int_equal(is_plural_verb(ids[++i]), is_plural_noun(last));
            attached = true;
        } else if (is_finite(id) && !done) {
            assert_true(head >= 0 && !attached);
            assert_int_equal(is_plural_verb(id), is_plural_noun(head));
            done = true;
        } else if (is_finite(id)) { /* only the base form after "not" */
            assert_int_equal(ids[i - 1], WORD_NOT);
            assert_true(is_plural_verb(id));
        }
    }
    assert_true(done);
}

static void check_determiners(const int *ids, int n)
{
    for (int i = 0; i < n; i++) {
        int id = ids[i], j = i + 1;
        if (id < WORD_THE || id > WORD_FEW)
            continue;
        while (ids[j] >= ADJECTIVE_FIRST)
            j++;
        assert_true(is_noun(ids[j]));
        if (id == WORD_A || id == WORD_EVERY || id == WORD_THIS)
            assert_false(is_plural_noun(ids[j]));
        else if (id != WORD_THE && id != WORD_NO)
            assert_true(is_plural_noun(ids[j]));
    }
}

static void test_sentences(void **state)
{
    (void)state;
    for (int i = 0; i < SAMPLES; i++) {
        struct rng r = stream(i);
        struct sentence s;
        struct text t;
        grammar_sentence(&r, &grammar_style, &s);
        sentence_text(&s, &t);
        assert_int_equal(t.ids[t.n - 1], WORD_STOP);
        check_agreement(t.ids, t.n - 1);
        check_determiners(t.ids, t.n);
        for (int k = 0; k < s.n; k++) {
            const struct clause *c = &s.clause[k];
            if (c->verb != NONE)
                assert_true(verb_subjects(c->verb / 2) >> noun_class(c->subject.head.noun) & 1);
            if (c->type == CLAUSE_TRANSITIVE)
                assert_true(verb_objects(c->verb / 2) >> noun_class(c->object.head.noun) & 1);
        }
    }
}

static void test_documents(void **state)
{
    static const double share[DOCUMENT_KINDS] = {.40, .15, .12, .11, .10, .12};
    int kind[DOCUMENT_KINDS] = {0}, category[CATEGORIES] = {0}, tokens = 0;
    (void)state;
    for (int i = 0; i < SAMPLES; i++) {
        struct rng r = stream(i);
        struct document d;
        int seps = 0;
        lang_document(&r, &d);
        assert_in_range(d.n, 5, DOCUMENT_TOKENS);
        assert_int_equal(d.ids[0], TOKEN_CLS);
        assert_int_equal(d.ids[d.n - 1], TOKEN_SEP);
        for (int j = 0; j < d.n; j++) {
            assert_in_range(d.ids[j], 0, LEXICON_SIZE - 1);
            assert_int_equal(d.types[j], seps);
            category[d.category[j]]++;
            seps += d.ids[j] == TOKEN_SEP;
            if (d.ids[j] < TOKEN_SPECIALS)
                assert_int_equal(d.category[j], CATEGORY_OTHER);
            if (d.category[j] == CATEGORY_AGREEMENT)
                assert_true(is_finite(d.ids[j]));
        }
        assert_int_equal(seps, d.kind == DOCUMENT_SINGLE ? 1 : 2);
        assert_int_equal(d.next, d.kind == DOCUMENT_SINGLE ? -1 : d.kind != DOCUMENT_UNRELATED);
        kind[d.kind]++;
        tokens += d.n;
    }
    for (int k = 0; k < DOCUMENT_KINDS; k++) /* 5 standard errors */
        assert_true(fabs((double)kind[k] / SAMPLES - share[k]) < 5 * sqrt(.25 / SAMPLES));
    for (int c = 0; c < CATEGORIES; c++)
        assert_true(category[c] > tokens / 50);
    assert_true(fabs((double)tokens / SAMPLES - 15.8) <
                .3); /* 15.3 in the prototype; half the questions are about two clauses */
}

/* The base is pretrained on this stream: a change here is a new base. */
static void test_documents_pinned(void **state)
{
    struct hash h;
    char hex[HASH_HEX];
    (void)state;
    hash_open(&h);
    for (uint32_t i = 0; i < 10000; i++) {
        struct rng r = rng_stream(1, RNG_DATA, 0, i);
        struct document d;
        unsigned char bytes[2 * DOCUMENT_TOKENS + 1];
        lang_document(&r, &d);
        for (int j = 0; j < d.n; j++) {
            bytes[2 * j] = (unsigned char)(d.ids[j] & 255);
            bytes[2 * j + 1] = (unsigned char)(d.ids[j] >> 8);
        }
        bytes[2 * d.n] = (unsigned char)(d.next + 1);
        hash_add(&h, bytes, 2 * (size_t)d.n + 1);
    }
    hash_close(&h, hex);
    assert_string_equal(hex, "841085d23ff6fda77bb2eec61c4a992bfa0f2cb497100f9b6c99b5e6ac0b18eb");
}

static void test_masking(void **state)
{
    int words = 0, chosen = 0, masks = 0, kept = 0, adjectives = 0, antonyms = 0;
    (void)state;
    for (int i = 0; i < SAMPLES; i++) {
        struct rng r = stream(i);
        struct document d;
        struct masked m;
        lang_document(&r, &d);
        lang_mask(&r, &d, &m);
        assert_in_range(m.n, 1, d.n - 2);
        for (int k = 0; k < m.n; k++) {
            int at = m.position[k];
            assert_int_equal(m.target[k], d.ids[at]);
            assert_true(d.ids[at] >= TOKEN_SPECIALS);
            assert_true(m.ids[at] == TOKEN_MASK || m.ids[at] >= TOKEN_SPECIALS);
            masks += m.ids[at] == TOKEN_MASK;
            kept += m.ids[at] == d.ids[at];
            if (d.ids[at] >= ADJECTIVE_FIRST && d.ids[at] < DEGREE_FIRST) {
                adjectives++; /* a synset's antonym is its neighbour */
                antonyms += m.ids[at] >= ADJECTIVE_FIRST && m.ids[at] < DEGREE_FIRST &&
                            (m.ids[at] - ADJECTIVE_FIRST) / 2 == ((d.ids[at] - ADJECTIVE_FIRST) / 2 ^ 1);
            }
            m.ids[at] = d.ids[at];
        }
        assert_memory_equal(m.ids, d.ids, sizeof *d.ids * (size_t)d.n);
        for (int j = 0; j < d.n; j++)
            words += d.ids[j] >= TOKEN_SPECIALS;
        chosen += m.n;
    }
    assert_true(fabs((double)chosen / words - .21) < .01); /* a little above .2: at least one */
    assert_true(fabs((double)masks / chosen - .5) < .01);
    assert_true(fabs((double)kept / chosen - .25) < .01);
    /* .25 noise: .3 an antonym, else one of its two words by chance */
    assert_true(fabs((double)antonyms / adjectives - .25 * (.3 + .7 * 2 / (LEXICON_SIZE - TOKEN_SPECIALS))) < .01);
}

static void test_word_lists(void **state)
{
    int noun[LANG_NOUN_PAIRS][2], adjective[LANG_ADJECTIVE_PAIRS][2], token[LANG_EVALUATIVES],
        polarity[LANG_EVALUATIVES];
    int seen[LEXICON_SIZE] = {0}, sum = 0;
    (void)state;
    lang_noun_pairs(noun);
    lang_adjective_pairs(adjective);
    lang_evaluatives(token, polarity);
    for (int i = 0; i < LANG_NOUN_PAIRS; i++) {
        assert_int_equal(seen[noun[i][0]]++, 0);
        assert_int_not_equal(noun[i][0], noun[i][1]);
        assert_int_equal(token_concept(noun[i][0]), token_concept(noun[i][1]));
        assert_int_equal(is_plural_noun(noun[i][0]), is_plural_noun(noun[i][1]));
    }
    for (int i = 0; i < LANG_ADJECTIVE_PAIRS; i++) {
        assert_int_equal(seen[adjective[i][0]]++, 0);
        assert_int_not_equal(adjective[i][0], adjective[i][1]);
        assert_int_equal(token_concept(adjective[i][0]), token_concept(adjective[i][1]));
    }
    for (int i = 0; i < LANG_EVALUATIVES; i++)
        sum += polarity[i];
    assert_int_equal(sum, 0);
    assert_string_equal(lang_word(token[0]), "good");
    assert_int_equal(polarity[0], 1);
    assert_string_equal(lang_word(token[2]), "bad");
    assert_int_equal(polarity[2], -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_vocabulary), cmocka_unit_test(test_word_order),
                                       cmocka_unit_test(test_typical),    cmocka_unit_test(test_sentences),
                                       cmocka_unit_test(test_documents),  cmocka_unit_test(test_documents_pinned),
                                       cmocka_unit_test(test_masking),    cmocka_unit_test(test_word_lists)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
