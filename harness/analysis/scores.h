/* The methods that every task has, with all their seeds: what statistics over several tasks need. */
#ifndef ANALYSIS_SCORES_H
#define ANALYSIS_SCORES_H

#include "analysis/series.h"
#include "stats/aggregate.h"

enum { SCORES_SEEDS = 100 };

struct scores {
    struct series series[SERIES_MOST];
    const char *task[TASKS_MOST];
    int methods, tasks, seeds;
    int left_out;  /* seeds that some have beyond these: at most SCORES_SEEDS, for pairs of seeds are resampled */
    double *score; /* (methods, tasks, seeds), test score */
    int rival[SERIES_MOST]; /* LoRA at the same budget, for references the nearest in size; -1: none, or itself */
};

/* Left out: methods that a task lacks, or with a run that is not ok. Of those with more seeds than others the first
 * count. seeds is 0 when none is left. */
struct scores scores_make(const struct groups *g, const struct display *d);
void scores_free(struct scores *b);
/* " (the first of 5,000)" when seeds are left out, else ""; valid until the next call. */
const char *scores_seeds_words(const struct scores *b);
struct cube scores_cube(const struct scores *b);
/* Index of LoRA as it comes, -1 when it is not there. */
int scores_reference(const struct scores *b);
/* How often each method would have had the best mean over tasks of all at its budget, had one seed been run: won
 * (methods), NaN for the references without a budget. Where LoRA has none, all take part. */
void scores_roulette(const struct scores *b, double *won);
/* Scores with 0 = head only and 1 = full fine-tuning of each task, in place; false when one of them is not there, or
 * where full fine-tuning is not the better one. */
bool scores_normalise(struct scores *b);

#endif
