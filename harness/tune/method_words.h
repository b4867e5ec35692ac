/* The options of a method from "key=value" words. */
#ifndef TUNE_METHOD_WORDS_H
#define TUNE_METHOD_WORDS_H

#include "tune/method.h"

/* Sets *common and returns the method's options, for free(), from their defaults and n words. Dies with EXIT_USAGE on a
 * word that is no option of the method or of adapters; `where` stands before the message ("" or "file:3: "). */
void *method_words(const struct method *m, struct adapter *common, int n, char *const *words, const char *where);

/* The option of this name, and in *in the struct that holds it: *common of what all adapters share, else opts, the
 * method's own. NULL when there is none. */
const struct option *method_option(const struct method *m, const char *key, struct adapter *common, void *opts,
                                   void **in);

#endif
