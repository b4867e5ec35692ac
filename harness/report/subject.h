/* Which method a row of a table is about: one reading for the page, its cards and `explain`. */
#ifndef REPORT_SUBJECT_H
#define REPORT_SUBJECT_H

#include "tune/method.h"

/* The method that a text begins with, by its title or its name: "AdaLoRA with 5,632", "vera rank=16". NULL when there is
 * none. */
const struct method *subject_of(const char *text);
/* The method that a claim is about: the first that its rule names, "score: LoRA+ - LoRA above 1 points". */
const struct method *subject_of_claim(const char *rule);

#endif
