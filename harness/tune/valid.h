/* Is a method's struct fit to be read: its table of options, its sizes, its hooks? */
#ifndef TUNE_VALID_H
#define TUNE_VALID_H

#include "tune/method.h"

/* What is wrong with the tables and sizes of a method's struct, as a sentence in `text`; false when nothing is: a row of
 * options outside options_size, bounds that are swapped, a default outside them, a missing OPTION_END, a missing hook.
 * Nothing of the method runs. */
bool method_fault(const struct method *m, char *text, size_t size);
/* Dies with EXIT_USAGE, naming the file, when a method of the registry has such a fault. */
void methods_validate(void);

#endif
