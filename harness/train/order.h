/* The order of examples: in each epoch a permutation keyed by (seed, epoch), the same for every method. */
#ifndef TRAIN_ORDER_H
#define TRAIN_ORDER_H

#include "data/dataset.h"

struct order {
    int *item, n, at, epoch;
    uint64_t seed;
};

/* Before the first of n examples (n >= 1). */
void order_open(struct order *o, uint64_t seed, int n);
void order_close(struct order *o);
/* The next example's index. */
int order_next(struct order *o);
/* Goes to where o->epoch and o->at stood once. */
void order_seek(struct order *o, int epoch, int at);
/* Of the next `steps` batches of `size` examples, the one with most token rows: items[size] receives it. The order
 * stays where it is. */
void order_largest(const struct order *o, const struct dataset *d, int steps, int size, int *items);

#endif
