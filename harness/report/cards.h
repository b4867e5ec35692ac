/* What the page says of each method: a card, and a row of the matrix of what methods can do. */
#ifndef REPORT_CARDS_H
#define REPORT_CARDS_H

#include "report/chapter.h"

#include <stdio.h>

/* A card per method, closed: equation, source, claims with their verdicts, what was found, figures that name it, files. */
void cards_write(FILE *f, const struct chapter *chapter, int chapters);
/* Methods by what they can do, from the registry. */
void capabilities_write(FILE *f);

#endif
