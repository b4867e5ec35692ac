/* MoSLoRA: LoRA whose subspaces are mixed by a small trained matrix between the two factors.
 *
 *     y = x W0' + b + s u K' B',   u = x~ A',   s = alpha / r
 *     A (r, in) ~ U(+-1/sqrt(in)),   B (out, r) = 0,   K (r, r) ~ U(+-1/sqrt r), or orthogonal with mixer=orthogonal
 *
 * Wu, Wang, Zhao, Wong, EMNLP 2024 (arXiv 2406.11909). It merges into LoRA: A <- K A. */
#include "core/rng.h"
#include "math/lapack.h"
#include "math/linalg.h"
#include "tune/lowrank.h"

#include <stdlib.h>

enum { KAIMING, ORTHOGONAL };
struct options {
    int mixer;
};
static const struct option options[] = {
    OPTION_C(options, mixer, KAIMING, "kaiming|orthogonal", "how the mixing matrix starts"),
    OPTION_END,
};

struct state {
    struct lowrank l;
    struct param *K; /* (r, r) */
};

static void attach(struct tuning *t, struct site *s)
{
    struct state *m = s->state;
    lowrank_attach(t, s, &m->l);
    tuning_train(m->l.A, 1);
    tuning_train(m->l.B, 1);
    m->K = tuning_trained(t, s, "lora_AB.weight", s->rank, s->rank);
}

static void init(struct tuning *t, struct site *s)
{
    const struct options *o = t->opts;
    struct state *m = s->state;
    lowrank_init(t, s, &m->l);
    tuning_kaiming(t, s, 1, m->K->w, s->rank);
    if (o->mixer == KAIMING)
        return;
    struct arena *scratch = &t->model->mem->scratch;
    size_t mark = arena_mark(scratch);
    struct mat X = arena_mat_raw(scratch, s->rank, s->rank), R = arena_mat_raw(scratch, s->rank, s->rank);
    struct rng r = tuning_rng(t, s, 1);
    rng_fill_normal(&r, X, 1);
    lapack_qr(X, m->K->w, R);
    arena_release(scratch, mark);
}

/* u = x~ A';  y += s (u K') B' */
static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *m = s->state;
    struct mat uK = arena_mat_raw(p->scratch, x.rows, s->rank);
    site_plain_forward(s, x, y);
    m->l.u = arena_mat_raw(p->keep ? p->saved : p->scratch, x.rows, s->rank);
    gemm_nt(1, pass_dropout(p, s, x), m->l.A->w, 0, m->l.u);
    gemm_nt(1, m->l.u, m->K->w, 0, uK);
    gemm_nt(m->l.s, uK, m->l.B->w, 1, y);
}

/* e = dy B;  dB += s dy' (u K'),  dK += s e' u,  dA += s (e K)' x~,  dx += mask o s (e K) A */
static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    const struct state *m = s->state;
    struct mat e = arena_mat_raw(p->scratch, dy.rows, s->rank), eK = arena_mat_raw(p->scratch, dy.rows, s->rank);
    struct mat uK = arena_mat_raw(p->scratch, dy.rows, s->rank);
    site_plain_backward(s, x, dy, dx);
    gemm_nn(1, dy, m->l.B->w, 0, e);
    gemm_nn(1, e, m->K->w, 0, eK);
    gemm_nt(1, m->l.u, m->K->w, 0, uK);
    gemm_tn(m->l.s, dy, uK, 1, m->l.B->g);
    gemm_tn(m->l.s, e, m->l.u, 1, m->K->g);
    gemm_tn(m->l.s, eK, pass_dropout(p, s, x), 1, m->l.A->g);
    pass_dropout_gemm(p, s, m->l.s, eK, m->l.A->w, dx);
}

/* W + s B (K A) */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *m = s->state;
    struct mat KA = mat_of(mem_alloc((size_t)s->rank * (size_t)s->in * sizeof(real)), s->rank, s->in);
    (void)b;
    gemm_nn(1, m->K->w, m->l.A->w, 0, KA);
    gemm_nn(m->l.s, m->l.B->w, KA, 1, W);
    free(KA.v);
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    (void)opts;
    return lowrank_count(a->rank, in, out) + (long)a->rank * a->rank; /* r (in + out) + r^2 */
}

const struct method method_moslora = {
    .name = "moslora",
    .title = "MoSLoRA",
    .cite = "Wu, Wang, Zhao, Wong, EMNLP 2024, arXiv 2406.11909",
    .equation = "W = W0 + s B K A",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct state),
    .facts = NEEDS_INPUT,
    .attach = attach,
    .init = init,
    .ops = {forward, backward, weight},
    .count = count,
    .style = {"#0072B2", 15},
};
