/* Labels as they are compared, and the classes that those of a file are. */
#ifndef DATA_CLASS_LABELS_H
#define DATA_CLASS_LABELS_H

#include "data/task.h"

bool label_none(const char *label); /* empty, or "-" */
bool label_missing(
    const char *label); /* NA, N/A, NaN, null, None in any case: what programs write for a missing value */
/* Whether it is a finite number and nothing else. */
bool label_number(const char *label, double *value);
/* out := the label as it is compared: an integer that is written as 1.0 or +1 becomes 1. */
void label_plain(const char *label, char out[CLASS_NAME]);
/* The class of a label, in its own case or another; -1: none. */
int classes_find(const struct class_names *labels, const char *name);
/* When all labels of a file are there: drops what says that a row has none (missing values where all others are numbers; -1 where all
 * others are integers from 0 on, at least two), and sorts, by value when all are integers, else by bytes. */
void classes_settle(struct class_names *labels);

#endif
