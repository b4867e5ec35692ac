/* What stands beside a list of runs: the tables and figures that were made with the records, which are elsewhere. */
#ifndef REPORT_BESIDE_H
#define REPORT_BESIDE_H

#include "figure/figure.h"
#include "table/table.h"

/* The folder of a list of runs, for free(); NULL without a list, and where it is the results folder itself, whose tables and
 * figures are of another report. */
char *beside_folder(const char *list, const char *results);
/* Fills an open, empty table from <folder>/tables/ID-NAME.{md,csv}: what readers see and what programs read, so that it is written
 * again with the same bytes. False: it is not there, or folder is NULL. Dies with EXIT_DATA when the two disagree. */
bool beside_table(const char *folder, struct table *s);
/* Copies the figures ID-NAME and ID-NAME-* of <folder>/figures to the gallery's, with title and caption of their data. Returns how
 * many. */
int beside_figures(const char *folder, struct gallery *g, const char *name);

#endif
