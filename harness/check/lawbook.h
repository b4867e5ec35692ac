/* Inside the laws: how a check reports, and the groups of checks that laws.c calls in each phase. */
#ifndef CHECK_LAWBOOK_H
#define CHECK_LAWBOOK_H

#include "check/laws.h"
#include "check/tiny.h"

/* One measured error; the worst of each law is kept. NaN counts as infinite. */
void law_note(struct laws *l, enum law law, double error, double allowed, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* Rounding allowed in this build. */
static inline double law_tolerance(double in_double, double in_float)
{
    return sizeof(real) == sizeof(double) ? in_double : in_float;
}
/* max|a - b| / max|b| */
double law_distance(struct mat a, struct mat b);

/* t has just begun a phase; plain is a plain model of the same seed. */
void law_start(struct laws *l, struct tiny *t, struct tiny *plain);
void law_count(struct laws *l, struct tiny *t, int extra);
/* All gradients of the objective at the present state, `state` in words. */
void law_gradient(struct laws *l, struct tiny *t, const char *state);
/* Laws 2, 3 (the input's gradient) and 6 of each site alone. *declared and *read: sites that say, that do read their
 * input. */
void law_sites(struct laws *l, struct tiny *t);
void law_refresh(struct laws *l, struct tiny *t);
void law_export(struct laws *l, struct tiny *t, struct tiny *plain, const char *state);
void law_order(struct laws *l, struct tiny *t);
/* Begins the phase in two runs of one seed, trains them side by side, and ends it: laws 4 and 5, and 8 afterwards. */
void law_training(struct laws *l, struct tiny *a, struct tiny *b, struct tiny *plain, int phase);
/* The gauge law through all phases; says nothing where no A and B train together or a penalty sees their size. */
void law_gauge(struct laws *l, const struct method *m, const void *opts, const struct adapter *common, int extra);

#endif
