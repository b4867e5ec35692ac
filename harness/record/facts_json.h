/* The facts of a run as JSON. */
#ifndef RECORD_FACTS_JSON_H
#define RECORD_FACTS_JSON_H

#include "core/json.h"
#include "record/facts.h"

/* Puts every fact that a list of runs holds into an object; null where it was not measured. */
void facts_json(struct json_view at, const struct facts *f);

#endif
