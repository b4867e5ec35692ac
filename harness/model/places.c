/* Buckets of distances (MPNet, NeurIPS 2020), windows, and rotary positions (Su et al. 2021, arXiv 2104.09864). */
#include "model/places.h"

#include "model/arch.h"
#include "model/attention.h"

#include <math.h>
#include <stdlib.h>

#define ROW(m, i) ((m).v + (size_t)(i) * (size_t)(m).ld)

/* Half of the buckets for keys in front of the query and at it, half for those behind; in each, half are of one distance
 * and half grow by a constant factor up to `far`: the integer part of 8 ln(m/8) / ln(16) where there are 32. */
static int bucket_of(int distance, int buckets, int far)
{
    int half = buckets / 2, exact = half / 2, m = abs(distance), side = distance > 0 ? half : 0;
    if (m < exact)
        return side + m;
    int grown = exact + (int)(log((double)m / exact) / log((double)far / exact) * (half - exact));
    return side + (grown < half - 1 ? grown : half - 1);
}

bool places_local(const struct model_config *c, int i)
{
    return c->window && i % c->global_every;
}

bool places_have_bias(const struct model *m, bool local)
{
    return m->arch->causal || local || (m->relative && !m->relative_norm.gamma);
}

void places_bias(const struct model *m, bool local, int span, struct mat bias)
{
    const struct model_config *c = &m->config;
    bool table = m->relative && !m->relative_norm.gamma;
    for (int h = 0; h < bias.rows; h++)
        for (int r = -span; r <= span; r++) {
            bool hidden = (m->arch->causal && r > 0) || (local && abs(r) > c->window);
            real number = table ? ROW(m->relative->w, bucket_of(r, c->buckets, c->far))[h] : 0;
            ROW(bias, h)[span + r] = hidden ? HIDDEN : number;
        }
}

void places_bias_backward(const struct model *m, int span, struct mat dbias)
{
    const struct model_config *c = &m->config;
    for (int h = 0; h < dbias.rows; h++)
        for (int r = -span; r <= span; r++)
            ROW(m->relative->g, bucket_of(r, c->buckets, c->far))[h] += ROW(dbias, h)[span + r];
}

void places_turns(const struct model_config *c, double theta, int span, struct mat turns)
{
    int size = c->d / c->heads, half = size / 2;
    for (int t = 0; t < half; t++) {
        double per_place = pow(theta, -2.0 * t / size);
        for (int place = 0; place <= span; place++) {
            ROW(turns, place)[t] = (real)cos(place * per_place);
            ROW(turns, place)[half + t] = (real)sin(place * per_place);
        }
    }
}

/* (u, v) of each pair becomes (u cos - v sin, v cos + u sin). */
static void rotate_row(const struct model_config *c, const real *turn, bool back, real *x)
{
    int size = c->d / c->heads, half = size / 2;
    for (int h = 0; h < c->heads; h++)
        for (int t = 0; t < half; t++) {
            real *u = x + h * size + t, *v = u + half, a = *u, b = *v;
            real cosine = turn[t], sine = back ? -turn[half + t] : turn[half + t];
            *u = a * cosine - b * sine;
            *v = b * cosine + a * sine;
        }
}

void places_rotate(const struct model_config *c, struct mat turns, int B, const int *start, const int *place, bool back,
                   struct mat x)
{
    for (int b = 0; b < B; b++) {
        if (place)
            rotate_row(c, ROW(turns, place[b] - start[b]), back, ROW(x, b));
        for (int n = start[b]; !place && n < start[b + 1]; n++)
            rotate_row(c, ROW(turns, n - start[b]), back, ROW(x, n));
    }
}
