/* The verdict: how a group of runs stands to the one it is compared with, and how many pairs could decide it. */
#ifndef ANALYSIS_VERDICT_H
#define ANALYSIS_VERDICT_H

#include "analysis/interval.h"
#include "stats/superiority.h"

/* A group, and how it stands to the one that it is compared with. NaN where there are too few pairs. */
struct judgement {
    const struct group *group, *reference;
    int n, pairs; /* values of the group; seeds that both have */
    double mean, median, iqm, best;
    struct interval interval, other, difference; /* other: the kind that is not printed, for programs */
    struct superiority superiority;
    double p, holm, sd; /* exact signed-rank p of the pairs; Holm-adjusted; standard deviation of the differences */
};
/* Pairs by seed, against the group of label `wanted`, else LoRA as it comes (groups_reference). */
struct judgement judgement_of(const struct groups *g, const struct group *a, enum fact_id of, const char *wanted);
/* Holm over the methods of each task; the judgements of a task stand together. */
void judgements_adjust(struct judgement *line, int n);
/* The fewest pairs that a verdict can come from: all agree, and the exact test rejects after Holm over so many. */
int pairs_for_a_verdict(int methods);
/* How many pairs at least detect one point with power 0.8, in words; valid until the next call. */
const char *pairs_for_a_point(double sd);

#endif
