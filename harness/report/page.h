/* The report as one page: self-contained HTML, figures inline, light and dark, printable, no network. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "report/chapter.h"

/* Writes the page of the chapters to `path`; `figures` is the folder that has their SVG, `runs` how many runs are behind
 * them. Dies with EXIT_RESOURCE. */
void page_write(const char *path, const char *figures, const struct chapter *chapter, int chapters, int runs);

#endif
