/* What a decision table says in sentences. */
#ifndef TABLE_DECISION_NOTES_H
#define TABLE_DECISION_NOTES_H

#include "analysis/standing.h"
#include "table/table.h"

/* Adds the notes of a table of these rows. */
void decision_notes(struct table *s, const struct groups *g, const struct standings *all);

#endif
