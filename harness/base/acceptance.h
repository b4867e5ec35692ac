/* The tests that a pretrained synthetic base must pass, and what is said about a finished one. */
#ifndef BASE_ACCEPTANCE_H
#define BASE_ACCEPTANCE_H

#include "base/base.h"

/* Writes the acceptance tests of a trained model as attributes of /acceptance. */
void base_accept(struct h5 *h, struct model *m);
/* Prints what base_pretrain stored about a finished base: curve, acceptance tests, accuracy by category. */
void base_describe(const struct base *b, const char *results);

#endif
