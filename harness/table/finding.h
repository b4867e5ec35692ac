/* What the runs of an experiment say of a claim: its value, the interval, and what single runs would have said. */
#ifndef TABLE_FINDING_H
#define TABLE_FINDING_H

#include "analysis/claims.h"
#include "analysis/groups.h"
#include "stats/bootstrap.h"

struct finding {
    struct interval value;
    int n; /* seeds, or runs */
    int tasks;
    bool exact;   /* no sampling: low = high = value */
    double *draw; /* what single runs would have found, `draws` of them; NULL: not known */
    int draws;
    char estimate[48], range[64]; /* of a row of a table: as that table prints it */
    char why[160];
};

/* The finding of a claim of `all` by the runs of `rows`; f.why says what keeps it undecided, "" when nothing does. With
 * `alone`, also what single runs would have said, where they can. Free with finding_free. Dies with EXIT_USAGE when the
 * claim is about a table, column or size that is not there. */
struct finding finding_of(const struct results *rows, const struct claims *all, const struct claim *c, bool alone);
void finding_free(struct finding *f);
/* By the rule of the claim. */
enum claim_verdict finding_verdict(const struct finding *f, const struct claim *c);

#endif
