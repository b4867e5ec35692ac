/* A battery of variants: which values of a method's options are put before the laws. */
#ifndef CHECK_VARIANTS_H
#define CHECK_VARIANTS_H

#include "check/laws.h"

/* laws_check for the defaults and for the variants that change the mathematics. Without and with dropout: each choice,
 * each switch, each number at another value and at zero, all six targets, the upper layer alone, unequal ranks.
 * Without: each two choices or switches together, the pooler, decay of all. Variants that the method refuses are
 * counted in *refused; the defaults must not be refused. Prints a line per variant, and the laws it broke, to `out`
 * unless that is NULL. Returns how many variants broke a law; the worst outcome of each law over all variants goes to
 * *result unless that is NULL. */
int laws_check_variants(const struct method *m, struct laws *result, int *tried, int *refused, FILE *out);

#endif
