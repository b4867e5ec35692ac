/* SVFT: W0's singular vectors stay, and a sparse matrix between them trains.
 *
 *     y = x W0' + b + x~ D',   D = U M V',   W0 = U S V' (SVD), frozen;   M (n, n) trains at fixed places, 0 at the start,
 *     n = min(in, out);   pattern=banded: |i - j| < r (r = 1: the singular values alone);   pattern=random: r (in + out)
 *     random places
 *
 * Lingam et al., NeurIPS 2024 (arXiv 2405.19597). Deviations from the authors' code: M starts at 0, so that step 0 is the
 * base, and not at N(0, 2 / k); there is no gate (theirs halves M at the start); no place is drawn twice. There is no
 * alpha. */
#include "core/rng.h"
#include "math/linalg.h"
#include "tune/dense.h"
#include "tune/lowrank.h"
#include "tune/places.h"

enum { BANDED, RANDOM };
struct options {
    int pattern;
};
static const struct option options[] = {
    OPTION_C(options, pattern, BANDED, "banded|random", "which entries of M train: those near its diagonal, or random"),
    OPTION_END,
};

struct state {
    struct param *U, *Vt, *m; /* (out, n), (n, in), (1, k) */
    int *place;               /* k indices into (n, n) */
    struct mat D;             /* (out, in), kept from forward to backward */
};

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Trained entries of M: n (2q + 1) - q (q + 1), q = r - 1; or as many as LoRA's pair has, at most n^2. */
static int entries(const struct options *o, int rank, int in, int out)
{
    const int n = least(in, out), q = rank - 1;
    return o->pattern == BANDED ? n * (2 * q + 1) - q * (q + 1) : least(places_count(0, rank, in, out), n * n);
}

static void attach(struct tuning *t, struct site *s)
{
    struct state *v = s->state;
    const int k = entries(t->opts, s->rank, s->in, s->out), n = least(s->in, s->out);
    v->U = tuning_param(t, s, "svft_U", s->out, n);
    v->Vt = tuning_param(t, s, "svft_Vt", n, s->in);
    v->m = tuning_trained_vector(t, s, "svft_M", 1, k);
    v->place = tuning_places(t, k);
}

static void init(struct tuning *t, struct site *s)
{
    const struct options *o = t->opts;
    const struct state *v = s->state;
    struct arena *scratch = &t->model->mem->scratch;
    size_t mark = arena_mark(scratch);
    const int n = least(s->in, s->out);
    struct svd d = lowrank_svd(scratch, s->W->w);
    mat_copy(d.U, v->U->w);
    mat_copy(d.Vt, v->Vt->w);
    arena_release(scratch, mark);
    if (o->pattern == RANDOM) {
        struct rng r = tuning_rng(t, s, 0);
        rng_subset(&r, n * n, v->m->w.cols, v->place);
        return;
    }
    for (int i = 0, k = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            if (j - i < s->rank && i - j < s->rank)
                v->place[k++] = i * n + j;
}

/* D = U M V' */
static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *v = s->state;
    const int n = v->U->w.cols;
    struct mat M = arena_mat(p->scratch, n, n), UM = arena_mat_raw(p->scratch, s->out, n);
    for (int k = 0; k < v->m->w.cols; k++)
        M.v[v->place[k]] = v->m->w.v[k];
    v->D = dense_room(s, p);
    gemm_nn(1, v->U->w, M, 0, UM);
    gemm_nn(1, UM, v->Vt->w, 0, v->D);
    dense_forward(s, p, v->D, x, y);
}

/* dM = U' (dL/dD) V at the places */
static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    const struct state *v = s->state;
    const int n = v->U->w.cols;
    struct mat G = dense_backward(s, p, v->D, x, dy, dx), GV = arena_mat_raw(p->scratch, s->out, n);
    struct mat dM = arena_mat_raw(p->scratch, n, n);
    gemm_nt(1, G, v->Vt->w, 0, GV);
    gemm_tn(1, v->U->w, GV, 0, dM);
    for (int k = 0; k < v->m->w.cols; k++)
        v->m->g.v[k] += dM.v[v->place[k]];
}

/* W + sum over places (i, j) of m u_i v_j' */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *v = s->state;
    const int n = v->U->w.cols;
    (void)b;
    for (int k = 0; k < v->m->w.cols; k++) {
        struct mat u = mat_cols(v->U->w, v->place[k] / n, 1), row = mat_rows(v->Vt->w, v->place[k] % n, 1);
        gemm_nn((double)v->m->w.v[k], u, row, 1, W);
    }
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    return entries(opts, a->rank, in, out); /* n (2 r - 1) - r (r - 1), or r (in + out) */
}

const struct method method_svft = {
    .name = "svft",
    .title = "SVFT",
    .cite = "Lingam et al., NeurIPS 2024, arXiv 2405.19597",
    .equation = "W = U (S + M) V', M sparse",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct state),
    .facts = NEEDS_INPUT,
    .attach = attach,
    .init = init,
    .ops = {forward, backward, weight},
    .count = count,
    .style = {"#E69F00", 13},
};
