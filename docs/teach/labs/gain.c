/* Gain: LoRA whose loudness is learnt, one number g for each adapted layer. The method that docs/teach/own.md makes.
 *
 *     y = x W0' + b + g z,   z = s (x~ A') B',   g (1, 1) = 1 at the start;   dg = <dy, z>,  the rest as LoRA with g dy */
#include "math/linalg.h"
#include "tune/lowrank.h"

struct state {
    struct lowrank l; /* first, so that lowrank.h finds it */
    struct param *g;
    struct mat z; /* (N, out), kept from forward to backward */
};

static void attach(struct tuning *t, struct site *s)
{
    struct state *a = s->state;
    lowrank_attach(t, s, &a->l);
    a->g = tuning_vector(t, s, "gain", 1, 1);
    tuning_train(a->l.A, 1);
    tuning_train(a->l.B, 1);
    tuning_train(a->g, 1);
}

static void init(struct tuning *t, struct site *s)
{
    struct state *a = s->state;
    lowrank_init(t, s, &a->l);
    mat_fill(a->g->w, 1);
}

static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *a = s->state;
    struct arena *keep = p->keep ? p->saved : p->scratch;
    site_plain_forward(s, x, y);
    a->l.u = arena_mat_raw(keep, x.rows, s->rank);
    a->z = arena_mat_raw(keep, y.rows, y.cols);
    gemm_nt(1, pass_dropout(p, s, x), a->l.A->w, 0, a->l.u);
    gemm_nt(a->l.s, a->l.u, a->l.B->w, 0, a->z);
    mat_add((double)a->g->w.v[0], a->z, y);
}

static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    struct state *a = s->state;
    struct mat gdy = arena_mat_raw(p->scratch, dy.rows, dy.cols);
    a->g->g.v[0] += (real)mat_dot(dy, a->z);
    mat_copy(dy, gdy);
    mat_scale((double)a->g->w.v[0], gdy);
    lowrank_backward_delta(s, p, &a->l, x, gdy, dx);
    site_plain_backward(s, x, dy, dx);
}

/* W0 + g s B A */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *a = s->state;
    (void)b;
    gemm_nn((double)a->g->w.v[0] * a->l.s, a->l.B->w, a->l.A->w, 1, W);
}

static long count(const struct adapter *c, const void *opts, int in, int out)
{
    (void)opts;
    return lowrank_count(c->rank, in, out) + 1;
}

const struct method method_gain = {
    .name = "gain",
    .title = "Gain",
    .cite = "an exercise of docs/teach",
    .equation = "W = W0 + g (alpha/r) B A",
    .site_size = sizeof(struct state),
    .facts = NEEDS_INPUT,
    .attach = attach,
    .init = init,
    .ops = {forward, backward, weight},
    .count = count,
    .style = {"#009E73", 5},
};
