/* Which method to use, in sentences: what was told apart, what was not, which is the cheapest of the rest. */
#ifndef ANALYSIS_ADVICE_H
#define ANALYSIS_ADVICE_H

#include "analysis/groups.h"

/* Of the groups of the first task, for free(). Methods are told apart from the one of the best mean where the interval of
 * the difference excludes 0; of those that are not, and have a mean within the experiment's margin of the best, the cheapest
 * is recommended, by the median time of a step. A method with fewer than three good runs is not judged, and where the best
 * has learned nothing no method is recommended. */
char *advice_make(const struct groups *g);

#endif
