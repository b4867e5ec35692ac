/* The bag-of-words baseline: what a class task gives away without word order. */
#ifndef DATA_BOW_H
#define DATA_BOW_H

#include "data/dataset.h"
#include "data/task.h"

struct bow_result {
    double majority;    /* test accuracy of always answering the commonest training label */
    double train, test; /* accuracy of logistic regression on counts of (token, segment) */
};

/* Deterministic; the same in both builds. vocab: token ids are below it. */
struct bow_result bow_baseline(const struct dataset splits[SPLITS], int classes, int vocab);

#endif
