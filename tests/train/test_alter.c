/* Trained changes of weights, set to others: the ends of every knob are the run and the base, and between them stands what
 * arithmetic says. */
#include "tests/fixture.h"

#include "core/arena.h"
#include "math/lapack.h"
#include "math/linalg.h"
#include "train/alter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A tiny model after some steps of a method, with that method taken off. */
struct altered {
    struct fixture f;
    struct alteration a;
    double *logits; /* as trained */
    int n;
};

static double *copy_logits(struct fixture *f, int *n)
{
    struct mat out = tiny_logits(&f->tiny);
    *n = out.rows * out.cols;
    double *v = mem_alloc((size_t)*n * sizeof *v);
    for (int i = 0; i < *n; i++)
        v[i] = mat_get(out, i / out.cols, i % out.cols);
    return v;
}

static void take(struct altered *x)
{
    struct trainee t = {.model = &x->f.tiny.model, .mem = &x->f.tiny.mem, .tuning = &x->f.tiny.tuning};
    x->logits = copy_logits(&x->f, &x->n);
    alter_open(&x->a, &t);
}

static void open_trained(struct altered *x, const char *method)
{
    fixture_open(&x->f, method, "");
    fixture_train(&x->f, 4);
    take(x);
}

static void close_altered(struct altered *x)
{
    alter_close(&x->a);
    free(x->logits);
    fixture_close(&x->f);
}

/* The largest difference of the logits to those as trained. */
static double distance(struct altered *x)
{
    int n;
    double *now = copy_logits(&x->f, &n), worst = 0;
    for (int i = 0; i < n; i++)
        worst = fmax(worst, fabs(now[i] - x->logits[i]));
    free(now);
    return worst;
}

static bool equal(struct mat a, struct mat b)
{
    for (int i = 0; i < a.rows; i++)
        for (int k = 0; k < a.cols; k++)
            if (mat_get(a, i, k) != mat_get(b, i, k))
                return false;
    return true;
}

static bool all_equal(const struct altered *x, bool trained, bool matrices)
{
    bool same = true;
    for (int i = 0; i < x->a.n; i++) {
        const struct altered_tensor *k = &x->a.tensor[i];
        if (k->matrix || !matrices)
            same &= equal(k->param->w, trained ? k->W : k->param->w0);
    }
    return same;
}

/* || w - V || of one tensor. */
static double norm_between(struct mat w, struct mat V)
{
    double sum = 0;
    for (int i = 0; i < w.rows; i++)
        for (int k = 0; k < w.cols; k++)
            sum += pow(mat_get(w, i, k) - mat_get(V, i, k), 2);
    return sqrt(sum);
}

/* Catches: ends that are near the run and the base and not they; a method that stays on beside its effective weights; a tensor that
 * is forgotten (norms, biases, embeddings). */
static void ends_are_the_run_and_the_base(void **state)
{
    (void)state;
    static const char *const methods[] = {"lora", "dora", "full", "oft", "bitfit", "pissa"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        struct altered x;
        open_trained(&x, methods[i]);
        assert_true(x.a.n > 0);
        alter_scale(&x.a, 1);
        assert_true(distance(&x) < 2e-5);
        assert_true(all_equal(&x, true, false));
        alter_scale(&x.a, 0);
        assert_true(all_equal(&x, false, false));
        assert_true(distance(&x) > 1e-4);
        alter_scale(&x.a, 0.25);
        const struct altered_tensor *k = &x.a.tensor[0];
        const double wanted = 0.75 * mat_get(k->param->w0, 0, 0) + 0.25 * mat_get(k->W, 0, 0);
        assert_true(fabs(mat_get(k->param->w, 0, 0) - wanted) < 1e-6);
        alter_rank(&x.a, 1000);
        assert_true(all_equal(&x, true, false)); /* and what stood before is gone */
        close_altered(&x);
    }
}

/* Catches: ranks cut from W instead of W - W0, the smallest terms kept, other tensors cut with them. */
static void ranks_are_the_best_of_theirs(void **state)
{
    (void)state;
    struct altered x;
    open_trained(&x, "full");
    alter_rank(&x.a, 0);
    assert_true(all_equal(&x, false, true));
    assert_false(all_equal(&x, false, false)); /* norms and embeddings stay as trained */
    for (int rank = 0; rank < 4; rank++) {
        alter_rank(&x.a, rank);
        for (int i = 0; i < x.a.n; i++) {
            const struct altered_tensor *k = &x.a.tensor[i];
            double left = 0;
            const int p = k->W.rows < k->W.cols ? k->W.rows : k->W.cols;
            for (int r = rank; k->matrix && r < p; r++)
                left += k->ds[r] * k->ds[r];
            assert_true(fabs(norm_between(k->param->w, k->W) - sqrt(left)) < 1e-5);
        }
    }
    close_altered(&x);
    open_trained(&x, "lora"); /* rank 3 */
    assert_int_equal(alter_largest_rank(&x.a), 3);
    assert_true(alter_rank90(&x.a) >= 1 && alter_rank90(&x.a) <= 3);
    alter_rank(&x.a, 3);
    assert_true(distance(&x) < 2e-5);
    alter_rank(&x.a, 2);
    assert_true(distance(&x) > 1e-5);
    close_altered(&x);
}

/* Adds 50 u v' to a matrix, u at equal angles (cosine 1/4) to its 16 left singular vectors: an intruder by design. */
static struct param *plant_intruder(struct fixture *f)
{
    struct param *p = f->tiny.model.layer[1].site[TARGET_V].W;
    const int n = p->w.rows;
    struct mat U = mat_of(mem_alloc((size_t)(n * n) * sizeof(real)), n, n),
               V = mat_of(mem_alloc((size_t)(n * n) * sizeof(real)), n, n);
    double *s = mem_alloc((size_t)n * sizeof *s);
    lapack_svd(p->w0, U, s, V);
    for (int i = 0; i < n; i++) {
        double u = 0;
        for (int k = 0; k < n; k++)
            u += mat_get(U, i, k) / sqrt(n);
        for (int j = 0; j < n; j++)
            *mat_at(p->w, i, j) += (real)(50 * u * (j == 2));
    }
    free(U.v);
    free(V.v);
    free(s);
    return p;
}

static const struct altered_tensor *tensor_of(const struct altered *x, const struct param *p)
{
    for (int i = 0; i < x->a.n; i++)
        if (x->a.tensor[i].param == p)
            return &x->a.tensor[i];
    return NULL;
}

/* u_i' w v_i: how strong a singular direction of the trained matrix is in w. */
static double strength(const struct altered_tensor *k, int i)
{
    double sum = 0;
    for (int a = 0; a < k->W.rows; a++)
        for (int b = 0; b < k->W.cols; b++)
            sum += mat_get(k->U, a, i) * mat_get(k->param->w, a, b) * mat_get(k->V, i, b);
    return sum;
}

/* Catches: the near vectors shrunk and the new ones left, a factor that is taken off instead of put on, random directions that are the
 * intruders themselves or more of them. */
static void intruders_shrink_and_others_too(void **state)
{
    (void)state;
    struct altered x;
    fixture_open(&x.f, "full", "");
    const struct param *p = plant_intruder(&x.f);
    take(&x);
    const struct altered_tensor *k = tensor_of(&x, p);
    assert_non_null(k);
    assert_true(k->intruders >= 1 && k->intruder[0] == 0);
    assert_true(k->s[0] > 45 && k->s[0] < 55);
    double taken = 0;
    for (int i = 0; i < k->intruders; i++)
        taken += k->s[k->intruder[i]] * k->s[k->intruder[i]];
    alter_intruders(&x.a, 0.75);
    assert_true(fabs(strength(k, 0) - 0.75 * k->s[0]) < 1e-3);
    assert_true(fabs(norm_between(p->w, k->W) - 0.25 * sqrt(taken)) < 1e-3);
    alter_intruders(&x.a, 1);
    assert_true(norm_between(p->w, k->W) < 1e-4);
    struct rng r = rng_stream(7, RNG_TEST, 0, 0);
    alter_others(&x.a, 0.75, &r);
    int shrunk = 0;
    for (int i = 0; i < p->w.rows; i++)
        shrunk += strength(k, i) < 0.9 * k->s[i];
    assert_int_equal(shrunk, k->intruders);
    assert_true(fabs(strength(k, 0) - k->s[0]) < 1e-3);
    for (uint64_t seed = 0; seed < 40; seed++) { /* one of sixteen directions: no draw may be the intruder */
        r = rng_stream(seed, RNG_TEST, 0, 0);
        alter_others(&x.a, 0.75, &r);
        assert_true(fabs(strength(k, 0) - k->s[0]) < 1e-3);
    }
    assert_true(alter_count_intruders(&x.a) > 0);
    close_altered(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ends_are_the_run_and_the_base),
                                       cmocka_unit_test(ranks_are_the_best_of_theirs),
                                       cmocka_unit_test(intruders_shrink_and_others_too)};
    return cmocka_run_group_tests_name("alter", tests, NULL, NULL);
}
