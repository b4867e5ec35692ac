/* Law 12: does the file do what its struct states? */
#ifndef CHECK_LAW_FORM_H
#define CHECK_LAW_FORM_H

#include "check/lawbook.h"
#include "check/tiny.h"

/* t has just begun a phase: names, sizes of the states, starting values and random streams, the count's formula.
 * Returns whether the values are numbers, so that other laws have something to say. */
bool law_form(struct laws *l, struct tiny *t);
/* Attaches without memory, and at several ranks: attach may touch no value, and a rank must buy parameters. */
void law_attach(struct laws *l, const struct method *m, const void *opts, const struct adapter *common);

#endif
