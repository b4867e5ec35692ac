/* What a stranger's data are like, from their splits: rows, classes, lengths, repetitions. */
#ifndef DATA_SURVEY_H
#define DATA_SURVEY_H

#include "data/task.h"

struct survey {
    int rows[SPLITS];
    int classes, most, least; /* of the training split: rows of the most and the least frequent class */
    int tokens, longest;      /* no more than these have 99 % of the training examples; the longest */
    int repeated, conflicts;  /* training examples with the tokens of an earlier one; of these with another label */
    int leaked[SPLITS];       /* examples of the other splits with those of one in training */
    bool whole;               /* the names of the classes, more than two, are whole numbers */
    int odd;                  /* of names that otherwise look like scores: how many are no numbers */
    bool numbers; /* the names of the classes look like scores: numbers, one with a fraction or more than 20 */
};

/* names: of the classes; n = 0 where labels are scores or classes have none. */
void survey_make(struct survey *v, const struct dataset splits[SPLITS], const struct class_names *names, int classes);
/* The score on a split of an answer that does not look at the text: its most frequent class, for F1 always class 1; of macro F1 at
 * least that of drawing classes at random, 1 / classes; 0 for correlations. */
double survey_guess(const struct dataset *d, int classes, enum metric m);
/* How many rows a score's error is of, were all classes as frequent: all n; of F1, which is of class 1, the rows of that class;
 * of macro F1, the mean over K classes with n_k rows each, K^2 / sum_k 1 / n_k. */
double survey_effective(const struct dataset *d, int classes, enum metric m);

#endif
