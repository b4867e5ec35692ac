/* Law 3: backward against central differences. */
#ifndef CHECK_LAW_GRADIENT_H
#define CHECK_LAW_GRADIENT_H

#include "check/lawbook.h"
#include "check/tiny.h"

/* All gradients of the objective at the present state, `state` in words. */
void law_gradient(struct laws *l, struct tiny *t, const char *state);

#endif
