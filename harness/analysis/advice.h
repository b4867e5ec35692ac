/* Which method to use, in sentences: what was told apart, what was not, which is the cheapest of the rest. */
#ifndef ANALYSIS_ADVICE_H
#define ANALYSIS_ADVICE_H

#include "analysis/groups.h"

/* What the test split itself says: how many rows it has, and the score of an answer that never looks at the text. */
struct tested {
    int rows;         /* 0: unknown, so that their error is not said */
    double effective; /* of which the score's error is (survey_effective) */
    double guess;
};

/* Of the groups of the first task, for free(). A method is told from the one of the best mean where the interval of the
 * difference excludes 0 and all pairs of methods could be told so at once at 0.05 (Games and Howell 1976), for the same runs
 * say which is best. Of those that are not told from it, and have a mean within the experiment's margin
 * of the best, the cheapest is recommended: fewer operations, and a step that takes at least 5 % less time. A method with
 * fewer than three good runs is not judged, one of which more than one run in twenty failed not recommended. Where the best is not seen to do better than a guess, by the spread of its runs
 * and by twice the error of so many test rows, no method is recommended. */
char *advice_make(const struct groups *g, const struct tested *tested);

#endif
