/* The methods that every task has, with all their seeds: what statistics over several tasks need. */
#ifndef ANALYSIS_SCORES_H
#define ANALYSIS_SCORES_H

#include "figure/figure.h"
#include "stats/aggregate.h"

enum { BLOCK_TASKS = 12, BLOCK_SERIES = 48, BLOCK_SEEDS = 100 };

struct block {
    struct series series[BLOCK_SERIES];
    const char *task[BLOCK_TASKS];
    int methods, tasks, seeds;
    int left_out;  /* seeds beyond the first BLOCK_SEEDS: pairs of seeds are resampled, which grows with their square */
    double *score; /* (methods, tasks, seeds), test score */
    int rival[BLOCK_SERIES]; /* LoRA at the same budget, for references the nearest in size; -1: none, or itself */
};

/* Left out: methods that a task lacks, or that have fewer ok runs than the others. seeds is 0 when none is left. */
struct block block_make(const struct groups *g, const struct display *d);
void block_free(struct block *b);
/* " (the first of 5,000)" when seeds are left out, else ""; valid until the next call. */
const char *block_seeds_words(const struct block *b);
struct table block_table(const struct block *b);
/* Index of LoRA as it comes (or of method `name`), -1 when it is not there. */
int block_reference(const struct block *b);
int block_method(const struct block *b, const char *name);
/* Index of the series of that label and budget, -1 when it is not there. */
int block_series(const struct block *b, const char *label, int budget);
/* How often each method would have had the best mean over tasks of all at its budget, had one seed been run: won
 * (methods), NaN for the references without a budget. Where LoRA has none, all take part. */
void block_roulette(const struct block *b, double *won);
/* Scores with 0 = head only and 1 = full fine-tuning of each task, in place; false when one of them is not there, or
 * where full fine-tuning is not the better one. */
bool block_normalise(struct block *b);

#endif
