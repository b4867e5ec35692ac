/* Permutations of the training split, one per epoch. */
#include "train/order.h"

#include "core/arena.h"
#include "core/rng.h"

#include <stdlib.h>
#include <string.h>

void order_open(struct order *o, uint64_t seed, int n)
{
    *o = (struct order){.item = mem_alloc((size_t)n * sizeof(int)), .n = n, .at = n, .epoch = -1, .seed = seed};
}

void order_close(struct order *o)
{
    free(o->item);
    o->item = NULL;
}

int order_next(struct order *o)
{
    if (o->at == o->n)
        order_seek(o, o->epoch + 1, 0);
    return o->item[o->at++];
}

void order_seek(struct order *o, int epoch, int at)
{
    o->epoch = epoch;
    o->at = at;
    if (epoch < 0) /* before the first */
        return;
    struct rng r = rng_stream(o->seed, RNG_ORDER, 0, (uint32_t)epoch);
    for (int i = 0; i < o->n; i++)
        o->item[i] = i;
    rng_shuffle(&r, o->item, o->n);
}

void order_largest(const struct order *o, const struct dataset *d, int steps, int size, int *items)
{
    struct order ahead;
    int *batch = mem_alloc((size_t)size * sizeof *batch);
    long most = -1;
    order_open(&ahead, o->seed, o->n);
    order_seek(&ahead, o->epoch, o->at);
    for (int s = 0; s < steps; s++) {
        long rows = 0;
        for (int i = 0; i < size; i++) {
            batch[i] = order_next(&ahead);
            rows += d->start[batch[i] + 1] - d->start[batch[i]];
        }
        if (rows > most) {
            most = rows;
            memcpy(items, batch, (size_t)size * sizeof *items);
        }
    }
    order_close(&ahead);
    free(batch);
}
