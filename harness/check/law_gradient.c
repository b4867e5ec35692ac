/* Law 3: every gradient against central differences of the whole objective, in double. */
#include "check/law_gradient.h"

#include "core/arena.h"
#include "core/rng.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The gradients start from this, so that one that overwrites instead of adding is found. */
static const double start = 0.5;
static const double ALLOWED = 1e-6;

struct difference {
    struct tiny *t;
    struct param *p;
    real *saved; /* p->w as it was */
    real *along; /* direction */
    double h;
    double rounding; /* of the objective: what differences of it cannot tell, times h */
};

/* The objective at w + steps h along. */
static double moved(struct difference *d, int steps)
{
    for (size_t i = 0; i < mat_size(d->p->w); i++)
        d->p->w.v[i] = d->saved[i] + (real)(steps * d->h) * d->along[i];
    return tiny_objective(d->t, false);
}

/* Fourth order: [8 (f(h) - f(-h)) - (f(2h) - f(-2h))] / 12h. refresh is not called: what it computes is held constant.
 */
static double derivative(struct difference *d)
{
    double near = moved(d, 1) - moved(d, -1), far = moved(d, 2) - moved(d, -2);
    memcpy(d->p->w.v, d->saved, mat_size(d->p->w) * sizeof(real));
    return (8 * near - far) / (12 * d->h);
}

/* |g' - got|, where g' is the derivative along d.along. An objective that bends hard (a large scale, a saturated softmax)
 * or has a kink near by is asked again with smaller steps: the error of differences falls with h^4, that of a wrong
 * gradient does not. Theirs by rounding grows with 1 / h and is taken off. *want is the derivative of the best. */
static double distance(struct difference *d, double got, double scale, double *want)
{
    double least = INFINITY;
    for (d->h = 2e-4; d->h > 1e-7 && !(least <= ALLOWED * scale); d->h /= 4) {
        double value = derivative(d), error = fabs(value - got) - d->rounding / d->h;
        if (error < least) {
            least = error;
            *want = value;
        }
    }
    return fmax(least, 0);
}

/* g: p's gradient by backward. One random direction sees every entry, the largest entry stands alone. */
static void check_tensor(struct laws *l, struct tiny *t, struct param *p, const double *g, double objective,
                         const char *state)
{
    size_t n = mat_size(p->w), largest = 0;
    struct difference d = {.t = t, .p = p, .saved = mem_alloc(n * sizeof(real)), .along = mem_alloc(n * sizeof(real))};
    struct rng r = rng_stream(17, RNG_TEST, (uint32_t)n, 0);
    double dot = 0, norm = 0, want = NAN, floor = 1e-5 * fmax(1, fabs(objective));
    memcpy(d.saved, p->w.v, n * sizeof(real));
    d.rounding = 4 * DBL_EPSILON * fmax(1, fabs(objective));
    for (size_t i = 0; i < n; i++) {
        d.along[i] = (real)((rng_chance(&r, 0.5) ? 1 : -1) / sqrt((double)n));
        dot += g[i] * (double)d.along[i];
        norm += g[i] * g[i];
        largest = fabs(g[i]) > fabs(g[largest]) ? i : largest;
    }
    double scale = fmax(sqrt(norm), floor);
    law_note(l, LAW_GRADIENT, distance(&d, dot, scale, &want) / scale, ALLOWED, "phase %d %s: %s", t->tuning.phase,
             state, p->name);
    memset(d.along, 0, n * sizeof(real));
    d.along[largest] = 1;
    scale = fmax(fabs(g[largest]), floor);
    double error = distance(&d, g[largest], scale, &want);
    bool overwrites = error > ALLOWED * scale && fabs(want - g[largest] - start) <= ALLOWED * fmax(fabs(want), floor);
    law_note(l, LAW_GRADIENT, error / scale, ALLOWED, "phase %d %s: %s[%d,%d]%s", t->tuning.phase, state, p->name,
             (int)largest / p->w.cols, (int)largest % p->w.cols, overwrites ? " is overwritten (= for +=)" : "");
    free(d.saved);
    free(d.along);
}

void law_gradient(struct laws *l, struct tiny *t, const char *state)
{
    if (sizeof(real) == sizeof(float))
        return;
    struct model *m = &t->model;
    double **g = mem_alloc((size_t)m->nparam * sizeof *g);
    for (int i = 0; i < m->nparam; i++)
        for (size_t k = 0; m->param[i]->g.v && k < mat_size(m->param[i]->g); k++)
            m->param[i]->g.v[k] = (real)start;
    double objective = tiny_objective(t, true);
    for (int i = 0; i < m->nparam; i++) {
        struct mat have = m->param[i]->g;
        g[i] = have.v ? mem_alloc(mat_size(have) * sizeof **g) : NULL;
        for (size_t k = 0; have.v && k < mat_size(have); k++)
            g[i][k] = (double)have.v[k] - start;
    }
    for (int i = 0; i < m->nparam; i++) {
        if (g[i])
            check_tensor(l, t, m->param[i], g[i], objective, state);
        free(g[i]);
    }
    free(g);
    model_zero_grads(m);
}
