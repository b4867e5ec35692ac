/* The report as one page: self-contained HTML, figures inline, light and dark, printable, no network. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "report/report.h"

/* Writes <results>/report.html. Dies with EXIT_RESOURCE. */
void page_write(const struct report *r);

#endif
