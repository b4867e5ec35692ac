/* Taking a trained change of weights apart, and putting other ones in its place. */
#include "train/alter.h"

#include "core/arena.h"
#include "core/die.h"
#include "math/lapack.h"
#include "math/linalg.h"
#include "model/arch.h"
#include "model/weightstat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double near = 0.5, numerical = 1e-5;

static struct mat matrix(int rows, int cols)
{
    return mat_of(mem_alloc(((size_t)rows * (size_t)cols + 1) * sizeof(real)), rows, cols);
}

static struct mat copy_of(struct mat m)
{
    struct mat c = matrix(m.rows, m.cols);
    mat_copy(m, c);
    return c;
}

static bool same(struct mat a, struct mat b)
{
    for (int i = 0; i < a.rows; i++)
        if (memcmp(mat_at(a, i, 0), mat_at(b, i, 0), (size_t)a.cols * sizeof(real)) != 0)
            return false;
    return true;
}

static int smaller(struct mat m)
{
    return m.rows < m.cols ? m.rows : m.cols;
}

/* The SVDs of W and W - W0, and which leading directions of W are new. */
static void take_apart(struct altered_tensor *x)
{
    const int p = smaller(x->W), leading = p < ALTER_LEADING ? p : ALTER_LEADING;
    struct mat change = copy_of(x->W);
    double closest[ALTER_LEADING];
    mat_add(-1, x->param->w0, change);
    x->U = matrix(x->W.rows, p), x->V = matrix(p, x->W.cols);
    x->dU = matrix(x->W.rows, p), x->dV = matrix(p, x->W.cols);
    x->s = mem_alloc((size_t)p * sizeof *x->s), x->ds = mem_alloc((size_t)p * sizeof *x->ds);
    x->intruder = mem_alloc((size_t)(leading + 1) * sizeof *x->intruder);
    lapack_svd(x->W, x->U, x->s, x->V);
    lapack_svd(change, x->dU, x->ds, x->dV);
    weight_closest_vectors(x->W, x->param->w0, leading, closest);
    for (int i = 0; i < leading; i++)
        if (closest[i] < near)
            x->intruder[x->intruders++] = i;
    free(change.v);
}

/* The effective weights and biases of adapted layers become the model's own. */
static void take_off(struct model *m, struct arena *scratch)
{
    const int sites = m->config.layers * TARGETS;
    for (int i = 0; i < sites; i++) {
        struct site *s = &m->layer[i / TARGETS].site[i % TARGETS];
        if (!s->ops)
            continue;
        size_t mark = arena_mark(scratch);
        struct mat W = arena_mat(scratch, s->out, s->in), b = arena_mat(scratch, 1, s->out);
        site_weight(s, W, b);
        s->ops = NULL;
        mat_copy(W, s->W->w);
        mat_copy(b, s->b->w);
        arena_release(scratch, mark);
    }
}

static bool of_site(const struct model *m, const struct param *p)
{
    bool found = false;
    for (int i = 0; i < m->config.layers * TARGETS; i++)
        found |= m->layer[i / TARGETS].site[i % TARGETS].W == p;
    return found;
}

void alter_open(struct alteration *a, struct trainee *t)
{
    struct model *m = t->model;
    *a = (struct alteration){.model = m};
    if (m->config.layers < config_depth(&m->config))
        die(EXIT_USAGE, "layers of this base share their weights, which no change of one layer can be told from");
    take_off(m, &t->mem->scratch);
    for (int i = 0; i < m->nbase; i++) {
        struct param *p = m->param[i];
        if (!p->w0.v || same(p->w, p->w0))
            continue;
        struct altered_tensor *x = &PUSH(a->tensor, a->n);
        *x = (struct altered_tensor){.param = p, .W = copy_of(p->w), .matrix = of_site(m, p)};
        if (x->matrix)
            take_apart(x);
    }
}

void alter_close(struct alteration *a)
{
    for (int i = 0; i < a->n; i++) {
        struct altered_tensor *x = &a->tensor[i];
        void *all[] = {x->W.v, x->U.v, x->V.v, x->dU.v, x->dV.v, x->s, x->ds, x->intruder};
        for (size_t k = 0; k < sizeof all / sizeof *all; k++)
            free(all[k]);
    }
    free(a->tensor);
    *a = (struct alteration){0};
}

void alter_scale(struct alteration *a, double t)
{
    for (int i = 0; i < a->n; i++) {
        const struct altered_tensor *x = &a->tensor[i];
        struct mat w = x->param->w;
        mat_copy(t == 1 ? x->W : x->param->w0, w);
        if (t == 0 || t == 1)
            continue;
        mat_scale(1 - t, w);
        mat_add(t, x->W, w);
    }
}

/* w += factor s_i u_i v_i' */
static void add_term(double factor, double s, struct mat U, struct mat V, int i, struct mat w)
{
    gemm_nn(factor * s, mat_cols(U, i, 1), mat_rows(V, i, 1), 1, w);
}

void alter_rank(struct alteration *a, int rank)
{
    alter_scale(a, 1);
    for (int i = 0; i < a->n; i++) {
        const struct altered_tensor *x = &a->tensor[i];
        if (!x->matrix || rank >= smaller(x->W))
            continue;
        mat_copy(x->param->w0, x->param->w);
        for (int k = 0; k < rank; k++)
            add_term(1, x->ds[k], x->dU, x->dV, k, x->param->w);
    }
}

void alter_intruders(struct alteration *a, double factor)
{
    alter_scale(a, 1);
    for (int i = 0; i < a->n; i++) {
        const struct altered_tensor *x = &a->tensor[i];
        for (int k = 0; x->matrix && k < x->intruders; k++)
            add_term(factor - 1, x->s[x->intruder[k]], x->U, x->V, x->intruder[k], x->param->w);
    }
}

void alter_others(struct alteration *a, double factor, struct rng *r)
{
    alter_scale(a, 1);
    for (int i = 0; i < a->n; i++) {
        const struct altered_tensor *x = &a->tensor[i];
        if (!x->matrix)
            continue;
        const int p = smaller(x->W), others = p - x->intruders, n = x->intruders < others ? x->intruders : others;
        int *other = mem_alloc((size_t)(p + 1) * sizeof *other), *drawn = mem_alloc((size_t)(n + 1) * sizeof *drawn);
        for (int k = 0, found = 0, next = 0; k < p; k++)
            if (next < x->intruders && x->intruder[next] == k)
                next++;
            else
                other[found++] = k;
        rng_subset(r, others, n, drawn);
        for (int k = 0; k < n; k++)
            add_term(factor - 1, x->s[other[drawn[k]]], x->U, x->V, other[drawn[k]], x->param->w);
        free(other);
        free(drawn);
    }
}

static double mean_over(const struct alteration *a, double (*of)(const struct altered_tensor *x))
{
    double sum = 0;
    int n = 0;
    for (int i = 0; i < a->n; i++)
        if (a->tensor[i].matrix) {
            sum += of(&a->tensor[i]);
            n++;
        }
    return n ? sum / n : NAN;
}

static double intruders_of(const struct altered_tensor *x)
{
    return x->intruders;
}

static double rank90_of(const struct altered_tensor *x)
{
    return spectrum_of(x->ds, smaller(x->W)).rank90;
}

double alter_count_intruders(const struct alteration *a)
{
    return mean_over(a, intruders_of);
}

double alter_rank90(const struct alteration *a)
{
    return mean_over(a, rank90_of);
}

int alter_largest_rank(const struct alteration *a)
{
    int most = 0;
    for (int i = 0; i < a->n; i++) {
        const struct altered_tensor *x = &a->tensor[i];
        int rank = 0;
        while (x->matrix && rank < smaller(x->W) && x->ds[rank] > numerical * x->ds[0])
            rank++;
        most = rank > most ? rank : most;
    }
    return most;
}
