/* Multinomial logistic regression on segment-tagged token counts, by accelerated full-batch gradient descent.
 *
 *   minimise  mean_i -log softmax(W x_i)[y_i] + (L2 / 2) ||W||^2,   x_i[2 token + segment] = count */
#include "data/bow.h"

#include "core/arena.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 300 };
static const double RATE = .1, L2 = 1e-4;

/* z := scores of example i; W is (2 vocab, C). */
static void scores(const double *W, int C, const struct dataset *d, int i, double *z)
{
    memset(z, 0, sizeof *z * (size_t)C);
    for (int t = d->start[i]; t < d->start[i + 1]; t++) {
        const double *w = W + (size_t)(2 * d->ids[t] + d->types[t]) * (size_t)C;
        for (int c = 0; c < C; c++)
            z[c] += w[c];
    }
}

/* G := gradient of the loss at W. */
static void gradient(const double *W, int C, size_t size, const struct dataset *d, double *G)
{
    double p[CLASSES_MAX];
    for (size_t j = 0; j < size; j++)
        G[j] = L2 * W[j];
    for (int i = 0; i < d->n; i++) {
        double max = -INFINITY, sum = 0;
        scores(W, C, d, i, p);
        for (int c = 0; c < C; c++)
            max = fmax(max, p[c]);
        for (int c = 0; c < C; c++)
            sum += p[c] = exp(p[c] - max);
        for (int c = 0; c < C; c++)
            p[c] = (p[c] / sum - (c == (int)d->label[i])) / d->n;
        for (int t = d->start[i]; t < d->start[i + 1]; t++) {
            double *g = G + (size_t)(2 * d->ids[t] + d->types[t]) * (size_t)C;
            for (int c = 0; c < C; c++)
                g[c] += p[c];
        }
    }
}

static double accuracy(const double *W, int C, const struct dataset *d)
{
    int hits = 0;
    double z[CLASSES_MAX];
    for (int i = 0; i < d->n; i++) {
        int best = 0;
        scores(W, C, d, i, z);
        for (int c = 1; c < C; c++)
            if (z[c] > z[best])
                best = c;
        hits += best == (int)d->label[i];
    }
    return d->n ? (double)hits / d->n : NAN;
}

static double majority(const struct dataset *train, const struct dataset *test, int C)
{
    int count[CLASSES_MAX] = {0}, best = 0, hits = 0;
    for (int i = 0; i < train->n; i++)
        count[(int)train->label[i]]++;
    for (int c = 1; c < C; c++)
        if (count[c] > count[best])
            best = c;
    for (int i = 0; i < test->n; i++)
        hits += (int)test->label[i] == best;
    return test->n ? (double)hits / test->n : NAN;
}

/* Nesterov: V = W + m (W - W_old), W_new = V - rate * gradient(V), with m = k / (k + 3). */
struct bow_result bow_baseline(const struct dataset splits[SPLITS], int classes, int vocab)
{
    const struct dataset *train = &splits[SPLIT_TRAIN], *test = &splits[SPLIT_TEST];
    size_t size = 2 * (size_t)vocab * (size_t)classes;
    double *W = mem_alloc(sizeof *W * size), *V = mem_alloc(sizeof *V * size), *G = mem_alloc(sizeof *G * size);
    struct bow_result result;
    assert(classes <= CLASSES_MAX);
    for (int k = 0; k < STEPS; k++) {
        double m = (double)k / (k + 3);
        gradient(V, classes, size, train, G);
        for (size_t j = 0; j < size; j++) {
            double next = V[j] - RATE * G[j];
            V[j] = next + m * (next - W[j]);
            W[j] = next;
        }
    }
    result =
        (struct bow_result){majority(train, test, classes), accuracy(W, classes, train), accuracy(W, classes, test)};
    free(W);
    free(V);
    free(G);
    return result;
}
