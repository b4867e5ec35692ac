/* PyTorch's randperm on a CPU: a shuffle driven by the Mersenne Twister (Matsumoto, Nishimura, ACM TOMACS 1998), so that
 * places drawn here are those that a seed names in PEFT. */
#include "tune/places.h"

#include "tune/lowrank.h"

enum { WORDS = 624, MIDDLE = 397 };
struct twister {
    uint32_t word[WORDS];
    int used;
};

static void seed_twister(struct twister *t, uint32_t seed)
{
    t->word[0] = seed;
    for (uint32_t i = 1; i < WORDS; i++)
        t->word[i] = 1812433253U * (t->word[i - 1] ^ t->word[i - 1] >> 30) + i;
    t->used = WORDS;
}

static uint32_t next(struct twister *t)
{
    if (t->used == WORDS) {
        for (int i = 0; i < WORDS; i++) {
            uint32_t y = (t->word[i] & 0x80000000U) | (t->word[(i + 1) % WORDS] & 0x7fffffffU);
            t->word[i] = t->word[(i + MIDDLE) % WORDS] ^ y >> 1 ^ (y & 1 ? 0x9908b0dfU : 0);
        }
        t->used = 0;
    }
    uint32_t y = t->word[t->used++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680U;
    y ^= y << 15 & 0xefc60000U;
    return y ^ y >> 18;
}

int places_count(int n, int rank, int in, int out)
{
    long k = n ? n : lowrank_count(rank, in, out), all = (long)in * out;
    return (int)(k < all ? k : all);
}

void places_draw(struct arena *scratch, uint32_t seed, int all, int k, int *place)
{
    size_t mark = arena_mark(scratch);
    struct twister t;
    int *rest = arena_take(scratch, (size_t)all * sizeof *rest);
    seed_twister(&t, seed);
    for (int i = 0; i < all; i++)
        rest[i] = i;
    for (int i = 0; i < k; i++) { /* PyTorch draws no number for the last of all */
        int j = i + 1 < all ? i + (int)(next(&t) % (uint32_t)(all - i)) : i;
        place[i] = rest[j];
        rest[j] = rest[i];
    }
    arena_release(scratch, mark);
}
