/* How a group of runs stands to the one it is compared with: one interval, one verdict, and what so many runs can tell. */
#ifndef ANALYSIS_VERDICT_H
#define ANALYSIS_VERDICT_H

#include "analysis/interval.h"
#include "stats/contrast.h"

/* A group, and how it stands to the one that it is compared with. NaN where there are too few runs. */
struct judgement {
    const struct group *group, *reference;
    int n, others; /* values of the group, and of the reference */
    int failed;    /* runs that failed (group_failed) */
    double mean, median;
    struct interval interval; /* of the mean */
    struct contrast
        contrast;           /* unpaired: methods' scores on a seed hardly go together, and the caption says how much */
    struct contrast paired; /* the same by the seeds that both have: what pairing would have told */
    double together;        /* Pearson's r of the two over these seeds */
    double ahead;           /* P(a run is ahead of one of the reference) */
    double adjusted;        /* p for all comparisons of the task */
    enum verdict verdict;
};
/* Against the group of label `wanted`, else LoRA as it comes (groups_reference). */
struct judgement judgement_of(const struct groups *g, const struct group *a, enum fact_id of, const char *wanted);
/* Adjusts over the methods of each task, whose judgements stand together, and gives the verdicts. */
void judgements_adjust(struct judgement *line, int n, double margin);

/* Runs that diverged or are less than a quarter of the way from the head alone to full fine-tuning; where the task has no
 * such scale, since one of the two is missing or full fine-tuning is not seen to be better by the margin, that collapsed. -1 for the head alone, which is the scale's lower end. */
int group_failed(const struct groups *g, const struct group *a);
/* More than one run in twenty: too many for the method to be recommended at its rate. */
bool fails_often(int failed, int runs);

#endif
