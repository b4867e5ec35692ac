/* Laws of the whole model: start, refresh, export, counts, and the order of a batch. */
#ifndef CHECK_LAW_MODEL_H
#define CHECK_LAW_MODEL_H

#include "check/lawbook.h"
#include "check/tiny.h"

/* t has just begun a phase; plain is a plain model of the same seed. */
void law_start(struct laws *l, struct tiny *t, struct tiny *plain);
/* What attaches, counted three ways. extra: as tuning_open. */
void law_count(struct laws *l, struct tiny *t, int extra);
/* A second refresh changes no byte. */
void law_refresh(struct laws *l, struct tiny *t);
/* The effective weights in the plain model; `state` in words. */
void law_export(struct laws *l, struct tiny *t, struct tiny *plain, const char *state);
void law_order(struct laws *l, struct tiny *t);

#endif
