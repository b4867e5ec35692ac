/* Edits of sentence frames whose effect on meaning is known: paraphrase, change, weakening, strengthening,
 * contradiction. */
#ifndef LANGUAGE_EDIT_H
#define LANGUAGE_EDIT_H

#include "language/grammar.h"

enum { EDIT_NOTE = 96 };

/* What edits have touched, per clause, so that a later one never undoes an earlier; and a line for the reader. */
struct edits {
    unsigned used[2];
    char note[EDIT_NOTE];
};
/* Appends "what" or "what from>to" (tokens; NONE: no word) to the note; too long is cut. */
void edits_note(struct edits *e, const char *what, int from, int to);

/* Preserves meaning: every leaf noun, adjective, verb and adverb becomes its synonym with probability `synonyms`;
 * voice, fronting and the order of clauses joined by "and" toggle with probability `structure` each. */
void edit_paraphrase(struct rng *r, double synonyms, double structure, struct sentence *s);
/* Do active and passive differ in meaning? So it is as soon as two of these meet: a quantified subject, a quantified
 * object, negation ("every dog does not chase the cat", "the cat is not chased by every dog"). */
bool edit_voice_matters(const struct clause *c);
/* The first synonym of every synset: two clauses differ in meaning only if their canonical forms differ. */
void edit_canonical(struct clause *c);

enum change {
    CHANGE_ROLE,     /* subject and object of a transitive clause swap */
    CHANGE_ANTONYM,  /* of the copular adjective, else of an evaluative verb, else of an adjective of a noun phrase */
    CHANGE_SIBLING,  /* a leaf noun becomes another of its group */
    CHANGE_NEGATION, /* toggled */
    CHANGE_VERB,     /* another verb that takes the same subject and object */
    CHANGES
};
/* One change of meaning in a random clause where it applies; false (nothing changed) if there is none. */
bool edit_change(struct rng *r, enum change kind, struct sentence *s, struct edits *e);

/* Slots in edits.used. */
enum {
    SLOT_NEGATION = 1,
    SLOT_PREDICATE = 2, /* verb or copular adjective */
    SLOT_ROLE = 4,
    SLOT_DETERMINER = 8,
    SLOT_ADVERB = 16,
    SLOT_PLACE = 32,
    SLOT_SUBJECT_MODIFIER = 64,
    SLOT_OBJECT_MODIFIER = 128,
    SLOT_NOUN = 1 << 8,      /* << index of the nominal */
    SLOT_ADJECTIVE = 1 << 16 /* << index of the nominal */
};

#endif
