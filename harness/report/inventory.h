/* The table of a report's experiments: what each is made from and what it took. */
#ifndef REPORT_INVENTORY_H
#define REPORT_INVENTORY_H

#include "report/chapter.h"

/* A row per chapter; t is open, and empty. */
void inventory_fill(struct table *t, const struct chapter *chapter, int chapters);

#endif
