/* The laws every method obeys, checked on a tiny model: what makes a new method file tested the moment it exists. */
#ifndef CHECK_LAWS_H
#define CHECK_LAWS_H

#include "check/lawbook.h"
#include "tune/method.h"

/* Checks every law in every phase and returns how many are broken. extra: as tuning_open. Dies with EXIT_USAGE when the
 * method refuses the options. */
int laws_check(const struct method *m, const void *opts, const struct adapter *common, int extra, struct laws *result);
/* One line per law: verdict, title, measured and allowed error, and where the worst was, unless all was exact.
 * broken_only leaves the others out. */
void laws_print(const struct laws *result, bool broken_only, FILE *out);

#endif
