/* Random streams on Random123's Philox4x32-10 (Salmon et al., SC 2011), the library's only user. */
#include "core/rng.h"

#include <Random123/philox.h>
#include <math.h>

struct rng rng_stream(uint64_t seed, enum purpose purpose, uint32_t id, uint32_t step)
{
    return (struct rng){.key = {(uint32_t)seed, (uint32_t)(seed >> 32)}, .ctr = {0, step, id, (uint32_t)purpose}};
}

static void block(const struct rng *r, uint32_t index, uint32_t out[4])
{
    philox4x32_ctr_t c = {{index, r->ctr[1], r->ctr[2], r->ctr[3]}};
    philox4x32_key_t k = {{r->key[0], r->key[1]}};
    philox4x32_ctr_t o = philox4x32(c, k);
    for (int i = 0; i < 4; i++)
        out[i] = o.v[i];
}

uint32_t rng_u32(struct rng *r)
{
    if (r->left == 0) {
        block(r, r->ctr[0]++, r->out);
        r->left = 4;
    }
    return r->out[4 - r->left--];
}

uint32_t rng_at(const struct rng *start, uint64_t index)
{
    uint32_t out[4];
    block(start, (uint32_t)(index / 4), out);
    return out[index % 4];
}

double rng_uniform(struct rng *r)
{
    uint64_t high = rng_u32(r) >> 5, low = rng_u32(r) >> 6;
    return (double)(high << 26 | low) * 0x1p-53;
}

double rng_normal(struct rng *r)
{
    double u = 1.0 - rng_uniform(r), v = rng_uniform(r); /* u in (0, 1], so the logarithm is finite */
    return sqrt(-2.0 * log(u)) * cos(2.0 * 3.14159265358979323846 * v);
}

/* Lemire's method: the high word of a product, rejecting the few draws that would bias it. */
uint32_t rng_below(struct rng *r, uint32_t n)
{
    uint64_t m = (uint64_t)rng_u32(r) * n;
    if ((uint32_t)m < n) {
        uint32_t threshold = -n % n;
        while ((uint32_t)m < threshold)
            m = (uint64_t)rng_u32(r) * n;
    }
    return (uint32_t)(m >> 32);
}

int rng_chance(struct rng *r, double p)
{
    return rng_uniform(r) < p;
}

void rng_shuffle(struct rng *r, int *a, int n)
{
    for (int i = n - 1; i > 0; i--) {
        int j = (int)rng_below(r, (uint32_t)i + 1), t = a[i];
        a[i] = a[j];
        a[j] = t;
    }
}

/* Knuth's selection sampling (The Art of Computer Programming, vol. 2, algorithm S) */
void rng_subset(struct rng *r, int all, int k, int *place)
{
    for (int i = 0, chosen = 0; chosen < k; i++)
        if ((int)rng_below(r, (uint32_t)(all - i)) < k - chosen)
            place[chosen++] = i;
}

void rng_fill_uniform(struct rng *r, struct mat m, double low, double high)
{
    for (int i = 0; i < m.rows; i++)
        for (int j = 0; j < m.cols; j++)
            m.v[(size_t)i * m.ld + j] = (real)(low + (high - low) * rng_uniform(r));
}

void rng_fill_normal(struct rng *r, struct mat m, double sd)
{
    for (int i = 0; i < m.rows; i++)
        for (int j = 0; j < m.cols; j++)
            m.v[(size_t)i * m.ld + j] = (real)(sd * rng_normal(r));
}
