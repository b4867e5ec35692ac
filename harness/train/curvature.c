/* Lanczos's iteration on differences of gradients. */
#include "train/curvature.h"

#include "core/arena.h"
#include "core/die.h"
#include "math/lapack.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 200 /* products of one try */, TRIES = 6 };
static const double first_step = 1e-2, smaller_step = 0.25;

static bool belongs(const struct curvature *c, const struct param *p)
{
    return p->g.v && (c->head || p->role != ROLE_HEAD);
}

int curvature_size(const struct curvature *c)
{
    int n = 0;
    for (int i = 0; i < c->model->nparam; i++)
        n += belongs(c, c->model->param[i]) ? (int)mat_size(c->model->param[i]->w) : 0;
    return n;
}

/* Weights or gradients as one vector. */
static void gather(const struct curvature *c, bool gradients, double *to)
{
    for (int i = 0; i < c->model->nparam; i++) {
        const struct param *p = c->model->param[i];
        const struct mat m = gradients ? p->g : p->w;
        for (int k = 0; belongs(c, p) && k < m.rows; k++)
            for (int j = 0; j < m.cols; j++)
                *to++ = (double)*mat_at(m, k, j);
    }
}

/* w := at + e v */
static void put(const struct curvature *c, const double *at, double e, const double *v)
{
    for (int i = 0; i < c->model->nparam; i++) {
        const struct mat m = c->model->param[i]->w;
        for (int k = 0; belongs(c, c->model->param[i]) && k < m.rows; k++)
            for (int j = 0; j < m.cols; j++)
                *mat_at(m, k, j) = (real)(*at++ + e * *v++);
    }
    tuning_refresh(c->tuning);
}

static void gradient_at(const struct curvature *c, const double *at, double e, const double *v, double *to)
{
    put(c, at, e, v);
    model_zero_grads(c->model);
    c->gradient(c->data);
    gather(c, true, to);
}

void curvature_product(const struct curvature *c, const double *v, double e, double *out)
{
    const int n = curvature_size(c);
    double *at = mem_alloc((size_t)(2 * n + 1) * sizeof *at), *below = at + n;
    gather(c, false, at);
    gradient_at(c, at, e, v, out);
    gradient_at(c, at, -e, v, below);
    for (int i = 0; i < n; i++)
        out[i] = (out[i] - below[i]) / (2 * e);
    put(c, at, 0, v);
    model_zero_grads(c->model);
    free(at);
}

static double dot(int n, const double *x, const double *y)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

static void add(int n, double a, const double *x, double *y)
{
    for (int i = 0; i < n; i++)
        y[i] += a * x[i];
}

static double normalize(int n, double *x)
{
    const double norm = sqrt(dot(n, x, x));
    for (int i = 0; i < n && norm > 0; i++)
        x[i] /= norm;
    return norm;
}

/* One try: vectors Q (MOST + 1, n), the tridiagonal matrix they make of H, and of it eigenvectors. */
struct lanczos {
    int n, steps;
    double *Q, diagonal[MOST], beside[MOST], value[MOST], *Z;
};

/* The largest eigenvalue after the last step; *bound: how far it can be from one of H. */
static double ritz(struct lanczos *l, double *bound)
{
    double copy[MOST];
    const int k = l->steps;
    memcpy(l->value, l->diagonal, (size_t)k * sizeof *l->value);
    memcpy(copy, l->beside, (size_t)k * sizeof *copy);
    lapack_tridiagonal(k, l->value, copy, l->Z);
    *bound = fabs(l->beside[k - 1] * l->Z[k * k - 1]);
    return l->value[k - 1];
}

/* Whether one more step was possible: the next vector is none when H has no more directions to show. */
static bool step(struct lanczos *l, const struct curvature *c, double e)
{
    const int n = l->n, k = l->steps++;
    double *q = l->Q + (size_t)k * (size_t)n, *next = q + n;
    curvature_product(c, q, e, next);
    l->diagonal[k] = dot(n, q, next);
    for (int again = 0; again < 2; again++)
        for (int i = 0; i <= k; i++)
            add(n, -dot(n, l->Q + (size_t)i * (size_t)n, next), l->Q + (size_t)i * (size_t)n, next);
    l->beside[k] = normalize(n, next);
    return l->steps < n && l->steps < MOST;
}

/* The largest eigenvalue with differences over e, and its vector into v; what half of that e makes of it goes into off. */
static struct sharpness try_step(struct lanczos *l, const struct curvature *c, double e, struct rng *r, double *v)
{
    const int n = l->n;
    struct sharpness s = {.largest = NAN};
    double bound;
    bool more = true;
    l->steps = 0;
    for (int i = 0; i < n; i++)
        l->Q[i] = rng_normal(r);
    normalize(n, l->Q);
    do {
        more = step(l, c, e);
        s.largest = ritz(l, &bound);
    } while (more && bound > CURVATURE_EXACT / 2 * fabs(s.largest));
    memset(v, 0, (size_t)n * sizeof *v);
    for (int k = 0; k < l->steps; k++)
        add(n, l->Z[(k + 1) * l->steps - 1], l->Q + (size_t)k * (size_t)n, v);
    normalize(n, v);
    double *half = l->Q; /* its vectors have done their work */
    curvature_product(c, v, e / 2, half);
    s.off = fmax(bound, fabs(dot(n, v, half) - s.largest)) / fabs(s.largest);
    s.products = l->steps + 1;
    return s;
}

struct sharpness curvature_largest(const struct curvature *c, struct rng *r)
{
    const int n = curvature_size(c);
    struct sharpness s = {.off = INFINITY};
    struct lanczos *l = mem_alloc(sizeof *l);
    double e = first_step, *v = mem_alloc((size_t)(n + 1) * sizeof *v);
    int products = 0;
    l->n = n;
    l->Q = mem_alloc((size_t)(MOST + 1) * (size_t)(n + 1) * sizeof *l->Q);
    l->Z = mem_alloc((size_t)MOST * MOST * sizeof *l->Z);
    for (int i = 0; n > 0 && i < TRIES && !(s.off <= CURVATURE_EXACT); i++, e *= smaller_step) {
        s = try_step(l, c, e, r, v);
        products += s.products;
    }
    s.products = products;
    free(v);
    free(l->Q);
    free(l->Z);
    free(l);
    if (!(s.off <= CURVATURE_EXACT))
        die(EXIT_DATA, "the largest eigenvalue of the Hessian over %d parameters is not found: %g, off by %g of itself",
            n, s.largest, s.off);
    return s;
}
