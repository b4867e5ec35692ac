/* times.csv: seconds that runs of an experiment trained on a machine that did nothing else; a line per run and repeat.
 * `peftlab time` makes it, the decision table reads it. */
#ifndef RECORD_TIMES_H
#define RECORD_TIMES_H

#include "core/hash.h"

struct timing {
    char key[HASH_HEX]; /* of the run that was trained again */
    int repeat;         /* from 0: all runs of a repeat were timed one after the other, in an order of its own */
    double seconds;     /* wall clock of all steps, early phases included */
};
struct timing_list {
    struct timing *row;
    int n;
};
/* Dies with EXIT_DATA, naming the line, when a key or number is none. A list that is not there is empty. */
void timings_read(struct timing_list *l, const char *path);
void timings_write(const struct timing_list *l, const char *path);
void timings_free(struct timing_list *l);
/* NaN when the list has no such line. */
double timings_find(const struct timing_list *l, const char *key, int repeat);
/* One more than its largest repeat. */
int timings_repeats(const struct timing_list *l);

#endif
