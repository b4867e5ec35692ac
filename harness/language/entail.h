/* Edits whose logical effect is known: the edited sentence follows from the first, says more, or contradicts it. */
#ifndef LANGUAGE_ENTAIL_H
#define LANGUAGE_ENTAIL_H

#include "language/edit.h"

/* Monotonicity: one edit that makes the sentence say less (entailed by the original) or, with `strengthen`, more
 * (neutral to it). Subject slots are downward iff the determiner is every, all, no or few; all others iff (no or few)
 * xor negated. */
bool edit_mono(struct rng *r, bool strengthen, struct sentence *s, struct edits *e);
/* Makes a single clause contradict what it said: negation of a definite, antonym of the predicate, or the opposite
 * quantifier. */
bool edit_contradict(struct rng *r, struct sentence *s, struct edits *e);

#endif
