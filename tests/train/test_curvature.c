/* The largest eigenvalue of the Hessian: that of a Hessian written out in full, from any start, and the weights stay. */
#include "tests/fixture.h"

#include "core/arena.h"
#include "math/lapack.h"
#include "train/curvature.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void gradient(void *data)
{
    tiny_objective(data, true);
}

static struct curvature of(struct fixture *f, bool head)
{
    return (struct curvature){
        .model = &f->tiny.model, .tuning = &f->tiny.tuning, .head = head, .gradient = gradient, .data = &f->tiny};
}

/* Value k of the weights that belong to c. */
static real *weight(const struct curvature *c, int k)
{
    for (int i = 0; i < c->model->nparam; i++) {
        const struct param *p = c->model->param[i];
        if (!p->trains || (p->role == ROLE_HEAD && !c->head))
            continue;
        if (k < (int)mat_size(p->w))
            return mat_at(p->w, k / p->w.cols, k % p->w.cols);
        k -= (int)mat_size(p->w);
    }
    fail();
    return NULL;
}

static double loss_at(struct fixture *f)
{
    tuning_refresh(&f->tiny.tuning);
    return tiny_objective(&f->tiny, false);
}

/* The second difference of the loss along two weights. */
static double second(struct fixture *f, const struct curvature *c, int i, int j)
{
    const double e = sizeof(real) == sizeof(double) ? 1e-3 : 0;
    real *a = weight(c, i), *b = weight(c, j);
    const real wa = *a, wb = *b;
    double sum = 0;
    for (int k = 0; k < 4; k++) {
        const int s = k & 1 ? -1 : 1, t = k & 2 ? -1 : 1;
        *a = wa, *b = wb;
        *a += (real)(s * e), *b += (real)(t * e);
        sum += s * t * loss_at(f) / (4 * e * e);
        *a = wa, *b = wb;
    }
    loss_at(f);
    return sum;
}

/* Of the whole matrix of second differences, by LAPACK. */
static double from_all_entries(struct fixture *f, const struct curvature *c, double *least)
{
    const int n = curvature_size(c);
    struct mat H = mat_of(mem_alloc((size_t)(n * n) * sizeof(real)), n, n), U = H, V = H;
    double *s = mem_alloc((size_t)n * sizeof *s), largest = -INFINITY;
    U.v = mem_alloc((size_t)(n * n) * sizeof(real)), V.v = mem_alloc((size_t)(n * n) * sizeof(real));
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++)
            *mat_at(H, i, j) = *mat_at(H, j, i) = (real)second(f, c, i, j);
    lapack_svd(H, U, s, V); /* of a symmetric matrix: |eigenvalues|, negative where u = -v */
    *least = INFINITY;
    for (int k = 0; k < n; k++) {
        double sign = 0;
        for (int i = 0; i < n; i++)
            sign += mat_get(U, i, k) * mat_get(V, k, i);
        largest = fmax(largest, sign > 0 ? s[k] : -s[k]);
        *least = fmin(*least, sign > 0 ? s[k] : -s[k]);
    }
    free(H.v);
    free(U.v);
    free(V.v);
    free(s);
    return largest;
}

/* Catches: gradients of other weights than those that are moved, differences over e instead of 2 e, the most negative eigenvalue
 * or the largest size taken for the largest, the classifier left in. Second differences of the loss alone, so not the same code. */
static void as_of_the_matrix_in_full(void **state)
{
    (void)state;
    if (sizeof(real) != sizeof(double))
        skip(); /* second differences of a float loss say nothing */
    static const char *const methods[] = {"lora", "lora", "pissa"};
    for (int i = 0; i < 3; i++) {
        struct fixture f;
        double least;
        fixture_open(&f, methods[i], "rank=1 targets=v layers=2");
        const struct curvature c = of(&f, i == 1);
        struct rng r = rng_stream(1, RNG_TEST, 0, 0);
        const double want = from_all_entries(&f, &c, &least);
        const struct sharpness s = curvature_largest(&c, &r);
        assert_true(want > 0 && least < 0);
        assert_true(fabs(s.largest / want - 1) < CURVATURE_EXACT);
        assert_true(s.off <= CURVATURE_EXACT);
        fixture_close(&f);
    }
}

/* Catches: a start that decides, weights that stay moved, gradients that stay behind. */
static void another_start_and_the_weights_after(void **state)
{
    (void)state;
    static const char *const methods[] = {"lora", "olora", "milora", "full"};
    for (int i = 0; i < 4; i++) {
        struct fixture f;
        fixture_open(&f, methods[i], "");
        const struct curvature c = of(&f, false);
        const int n = curvature_size(&c);
        struct mat before = tiny_logits(&f.tiny);
        double *was = mem_alloc((size_t)mat_size(before) * sizeof *was);
        for (int k = 0; k < (int)mat_size(before); k++)
            was[k] = mat_get(before, k / before.cols, k % before.cols);
        struct rng r = rng_stream(1, RNG_TEST, 0, 0), other = rng_stream(2, RNG_TEST, 0, 0);
        const double one = curvature_largest(&c, &r).largest, two = curvature_largest(&c, &other).largest;
        assert_true(one > 0 && fabs(one / two - 1) < 2 * CURVATURE_EXACT);
        struct mat after = tiny_logits(&f.tiny);
        for (int k = 0; k < (int)mat_size(after); k++)
            assert_true(mat_get(after, k / after.cols, k % after.cols) == was[k]);
        for (int k = 0; k < f.tiny.model.nparam; k++) {
            const struct mat g = f.tiny.model.param[k]->g;
            for (int j = 0; g.v && j < (int)mat_size(g); j++)
                assert_true(g.v[j] == 0);
        }
        /* H is symmetric: u' H v = v' H u. */
        double *u = mem_alloc((size_t)(4 * n) * sizeof *u), *v = u + n, *Hu = v + n, *Hv = Hu + n, a = 0, b = 0, nu = 0,
               nv = 0;
        for (int k = 0; k < n; k++) {
            u[k] = rng_normal(&r), v[k] = u[k] + rng_normal(&r);
            nu += u[k] * u[k], nv += v[k] * v[k];
        }
        for (int k = 0; k < n; k++)
            u[k] /= sqrt(nu), v[k] /= sqrt(nv);
        curvature_product(&c, u, 1e-2, Hu);
        curvature_product(&c, v, 1e-2, Hv);
        for (int k = 0; k < n; k++)
            a += v[k] * Hu[k], b += u[k] * Hv[k];
        assert_true(fabs(a - b) < CURVATURE_EXACT * one);
        free(u);
        free(was);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_of_the_matrix_in_full),
                                       cmocka_unit_test(another_start_and_the_weights_after)};
    return cmocka_run_group_tests_name("curvature", tests, NULL, NULL);
}
