/* What tells variants of methods and tasks from one another, in words. */
#ifndef ANALYSIS_LABELS_H
#define ANALYSIS_LABELS_H

#include "analysis/results.h"

enum { LABEL_TEXT = 96 };

/* Fills label and task (one of each per cell of the plan) of the cells that are `in`: what differs between them, and no
 * more. */
void labels_make(const struct results *r, const bool *in, char (*label)[LABEL_TEXT], char (*task)[LABEL_TEXT]);

#endif
