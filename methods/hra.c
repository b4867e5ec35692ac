/* HRA: the layer's inputs are reflected r times, so that the product of the reflections turns them.
 *
 *     y = z W0' + b,   z = H_1 H_2 .. H_r x (each row),   H_i = I - 2 v_i v_i',  v_i = u_i / |u_i|,  u_i column i of
 *     U (in, r);   so W = W0 H_1 .. H_r.   Columns start in equal pairs (1 = 2, 3 = 4, ..), u ~ U(+-sqrt(2 / r)), which
 *     undo each other: step 0 is the base up to rounding, and r is even
 *
 * Yuan, Liu, Xu, NeurIPS 2024 (arXiv 2405.17484), as HF PEFT computes it, without the paper's penalty on |I - U'U|.
 * Left out: PEFT's apply_GS, whose Gram-Schmidt divides rounding noise by its norm at this start. There is no scale and
 * no dropout; the length of u_i has no effect but on how far a step of Adam turns it. */
#include "core/rng.h"
#include "math/linalg.h"
#include "tune/method.h"
#include "tune/peft.h"

#include <math.h>

struct state {
    struct param *u; /* (in, r) */
    struct mat z;    /* (N, in): the reflected inputs, kept from forward to backward */
};

static void check(const struct adapter *common, const void *opts, int in, int out)
{
    (void)opts;
    if (common->rank % 2)
        die(EXIT_USAGE, "hra: rank=%d of a %d x %d matrix must be even: reflections start in pairs", common->rank, out,
            in);
}

static void attach(struct tuning *t, struct site *s)
{
    struct state *h = s->state;
    h->u = tuning_param(t, s, "hra_u", s->in, s->rank);
    tuning_train(h->u, 1);
}

static void init(struct tuning *t, struct site *s)
{
    const struct state *h = s->state;
    struct arena *scratch = &t->model->mem->scratch;
    size_t mark = arena_mark(scratch);
    struct mat half = arena_mat_raw(scratch, s->in, s->rank / 2);
    struct rng r = tuning_rng(t, s, 0);
    rng_fill_uniform(&r, half, -sqrt(2.0 / s->rank), sqrt(2.0 / s->rank));
    for (int i = 0; i < s->rank; i++)
        mat_copy(mat_cols(half, i / 2, 1), mat_cols(h->u->w, i, 1));
    arena_release(scratch, mark);
}

/* v_i (1, in) := u_i / |u_i|; returns |u_i| */
static double direction(const struct state *h, int i, struct mat v)
{
    struct mat u = mat_cols(h->u->w, i, 1);
    double length = sqrt(mat_dot(u, u));
    for (int j = 0; j < u.rows; j++)
        v.v[j] = (real)(mat_get(u, j, 0) / length);
    return length;
}

/* t := Z v' (N, 1);  Z -= 2 t v, the rows of Z reflected */
static void reflect(struct mat Z, struct mat v, struct mat t)
{
    gemm_nt(1, Z, v, 0, t);
    gemm_nn(-2, t, v, 1, Z);
}

/* z = x H_r .. H_1;  y = z W0' + b */
static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *h = s->state;
    struct mat v = arena_mat_raw(p->scratch, 1, s->in), t = arena_mat_raw(p->scratch, x.rows, 1);
    h->z = arena_mat_raw(p->keep ? p->saved : p->scratch, x.rows, x.cols);
    mat_copy(x, h->z);
    for (int i = s->rank - 1; i >= 0; i--) {
        direction(h, i, v);
        reflect(h->z, v, t);
    }
    site_plain_forward(s, h->z, y);
}

/* From the last reflection back to the first, each of which is its own inverse: with z its input, g = dL/d(its output),
 * dv = -2 ((z v')' g + (g v')' z),  du = (dv - (dv v') v) / |u|;  at the end dx += g */
static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    const struct state *h = s->state;
    struct mat v = arena_mat_raw(p->scratch, 1, s->in), dv = arena_mat_raw(p->scratch, 1, s->in);
    struct mat g = arena_mat_raw(p->scratch, dy.rows, s->in), z = arena_mat_raw(p->scratch, dy.rows, s->in);
    struct mat zv = arena_mat_raw(p->scratch, dy.rows, 1), gv = arena_mat_raw(p->scratch, dy.rows, 1);
    (void)x;
    mat_copy(h->z, z);
    gemm_nn(1, dy, s->W->w, 0, g);
    for (int i = 0; i < s->rank; i++) {
        double length = direction(h, i, v);
        reflect(z, v, zv); /* now its input, and z v' of its output is minus that of its input */
        gemm_nt(1, g, v, 0, gv);
        gemm_tn(2, zv, g, 0, dv);
        gemm_tn(-2, gv, z, 1, dv);
        reflect(g, v, gv);
        mat_add(-mat_dot(dv, v), v, dv);
        struct mat du = mat_cols(h->u->g, i, 1);
        for (int j = 0; j < s->in; j++)
            *mat_at(du, j, 0) += (real)((double)dv.v[j] / length);
    }
    if (dx.v)
        mat_add(1, g, dx);
}

/* Each row of W, one reflection after the other: w_j - 2 (w u / u u) u_j */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *h = s->state;
    const real *U = h->u->w.v;
    (void)b;
    for (int o = 0; o < s->out; o++)
        for (int i = 0; i < s->rank; i++) {
            real *w = W.v + (size_t)o * W.ld;
            double wu = 0, uu = 0;
            for (int j = 0; j < s->in; j++) {
                double u = (double)U[j * s->rank + i];
                wu += (double)w[j] * u;
                uu += u * u;
            }
            for (int j = 0; j < s->in; j++)
                w[j] -= (real)(2 * wu / uu * (double)U[j * s->rank + i]);
        }
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    (void)opts, (void)out;
    return (long)a->rank * in; /* r in */
}

static const struct peft peft = {
    .type = "HRA",
    .tensor = {{"hra_u", "hra_u", RANKS_IN_COLUMNS, PEFT_MATRIX}},
    .key = {{"r", PEFT_LARGEST, "rank", 0}, {"apply_GS", PEFT_FALSE, NULL, 0}, {"bias", PEFT_NONE, NULL, 0}},
};

const struct method method_hra = {
    .name = "hra",
    .title = "HRA",
    .cite = "Yuan, Liu, Xu, NeurIPS 2024, arXiv 2405.17484",
    .equation = "W = W0 H_1 .. H_r, H_i = I - 2 u_i u_i' / |u_i|^2",
    .site_size = sizeof(struct state),
    .declares = NO_DROPOUT,
    .check = check,
    .attach = attach,
    .init = init,
    .ops = {forward, backward, weight},
    .count = count,
    .start_tol = sizeof(real) == sizeof(double) ? 1e-12 : 1e-4,
    .style = {"#CC79A7", 13},
    .peft = &peft,
};
