/* What tells variants of methods and tasks from one another, in words. */
#ifndef ANALYSIS_LABELS_H
#define ANALYSIS_LABELS_H

#include "analysis/groups.h"

/* Fills label and task of the cells that are `in`: what differs between them, and no more. */
void groups_name(struct groups *g, const bool *in);

#endif
