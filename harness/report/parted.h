/* Where two lists of runs part: which choice of a rate, or which seed, made a mean another one. */
#ifndef REPORT_PARTED_H
#define REPORT_PARTED_H

#include "record/runs_csv.h"

/* The reported runs of `then` of a task and budget whose test scores have this mean are looked for in `now`, configuration
 * by configuration. Writes into `text` which rate they were made with when it is another one, else the seed and key of the
 * run whose score differs most; "" when they cannot be found. */
void parted_words(const struct runs_list *now, const struct runs_list *then, const char *task, double mean, char *text,
                  unsigned size);

#endif
