/* What a stranger's data are like, from their splits: rows, classes, lengths, repetitions. */
#ifndef DATA_SURVEY_H
#define DATA_SURVEY_H

#include "data/task.h"

struct survey {
    int rows[SPLITS];
    int classes, most, least; /* of the training split: rows of the most and the least frequent class */
    int tokens, longest;      /* no more than these have 99 % of the training examples; the longest */
    int repeated,
        leaked;   /* training examples with the tokens of an earlier one; test examples with those of one in training */
    bool numbers; /* the names of the classes look like scores: numbers, one with a fraction or more than 20 */
};

/* names: of the classes; n = 0 where labels are scores or classes have none. */
void survey_make(struct survey *v, const struct dataset splits[SPLITS], const struct class_names *names, int classes);

#endif
