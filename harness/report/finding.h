/* What a figure's data say in one line: titles that hold for these numbers, hedged where intervals leave it open. */
#ifndef REPORT_FINDING_H
#define REPORT_FINDING_H

#include "analysis/scores.h"
#include "figure/figure.h"

/* All are texts for free(). */

/* Figure 4: what methods gain between the least and the largest budget, as the mean of paired differences over tasks;
 * with one budget, on how many tasks a tenth of full fine-tuning's parameters comes near to it. */
char *size_finding(const struct groups *g, const char *const *task, int tasks);

/* A method's place among all costs of figure 5: on how many of them it is on the front in most draws, and the sum of
 * its probabilities. */
struct standing {
    const char *name;
    int costs;
    double probability;
};
/* Figure 5: the two that are on the front most often; reorders `s` (n), one for each method but the head alone. */
char *front_finding(struct standing *s, int n, int costs);

/* Figure 10: what LoRA recovers of planted changes of at most its own rank, and of those of higher rank. */
char *planted_finding(const struct groups *g, const char *const *task, int tasks);

/* Figure 12's profile: which method at LoRA's budget reaches LoRA's mean of the task in most runs. Scores as they are,
 * not normalised. */
char *profile_finding(const struct scores *b);

#endif
