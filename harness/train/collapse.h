/* Has a run learned anything? */
#ifndef TRAIN_COLLAPSE_H
#define TRAIN_COLLAPSE_H

#include "train/examine.h"

/* Silent collapse: a score within 3 points of what the most frequent class alone has, while the mean of the last 50
 * losses is not below 0.98 of the labels' entropy. The recorded losses contain the method's penalty, whose last value is taken
 * off: without it a method that has one would be judged by its score alone. */
bool examine_collapse(const struct trainee *t, const struct run *r, double penalty);

#endif
