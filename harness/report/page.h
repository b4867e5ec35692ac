/* The report as pages: self-contained HTML, figures inline, light and dark, printable, no network. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "report/chapter.h"

#include <stdio.h>

/* Writes <results>/report.html, and with several chapters <results>/pages/ID.html of each; their SVGs are in <results>/figures.
 * `runs`: how many are behind them. The paths go to `made`, one a line. Dies with EXIT_RESOURCE. */
void pages_write(const char *results, const struct chapter *chapter, int chapters, int runs, FILE *made);

#endif
