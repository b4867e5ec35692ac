/* The first screen of the page: the answer in a sentence, and the decision table with each difference drawn in its row. */
#ifndef REPORT_ANSWER_H
#define REPORT_ANSWER_H

#include "report/chapter.h"

#include <stdio.h>

/* The first chapter with a decision table, and that table; NULL when there is none. */
const struct chapter *answer_of(const struct chapter *chapter, int chapters, const struct table **decision);
/* Writes sentence, table and what a script needs to sort, filter and plot it. The differences on each task come from the
 * chapter's matrix, where it has one. first: the page that has the methods' cards, "" where it is this one. */
void answer_write(FILE *f, const struct chapter *c, const struct table *decision, const char *first);
/* A disc in the method's colour; NULL is grey. */
void method_dot(FILE *f, const struct method *m);

#endif
