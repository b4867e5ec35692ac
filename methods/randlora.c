/* RandLoRA: a sum of n random frozen products of rank r, n r >= min(in, out), so that the update may have full rank.
 *
 *     y = x W0' + b + x~ D',   D = s F P if in <= out, else s P' F';   with m = min(in, out), M = max(in, out):
 *     F (M, n r) random;   P (n r, m), row k n + j = L_kj (A_k o G_j);   A (r, m) random;   L (r, n) = 0,  G (n, m) = 1/m
 *     A and B are shared: a site uses A[:r, :m] and F = B[:M, :n r];   both uniform of variance 1
 *
 * Albert et al., ICLR 2025 (arXiv 2502.00987), as HF PEFT computes it: P's rows run over (k, j) and F's columns over
 * (j, k), a relabelling of random columns, and the paper's factor 1 / sqrt n is left out. Here rank is n, which parameters
 * grow with, and r = ceil(m / n) follows; PEFT's rank is r. s = alpha / rank. Deviation: A and B come from this
 * program's generator with the exact variance, where PEFT divides draws in half precision by their spread. */
#include "core/rng.h"
#include "math/linalg.h"
#include "tune/dense.h"
#include "tune/peft.h"

#include <math.h>

struct shared {
    struct param *A, *B;
};
struct state {
    struct param *L, *G;
    struct mat A, F; /* (r, m), (M, n r): this site's blocks of the shared pair */
    double s;
    struct mat D; /* (out, in), kept from forward to backward */
};

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Rows of a random base: r = ceil(m / n) */
static int base_rank(int n, int in, int out)
{
    return (least(in, out) + n - 1) / n;
}

static void share(struct tuning *t)
{
    struct shared *h = t->shared;
    int in = 0, out = 0, r = 0, columns = 0;
    for (int i = 0; i < t->nsites; i++) {
        in = t->site[i]->in > in ? t->site[i]->in : in;
        out = t->site[i]->out > out ? t->site[i]->out : out;
    }
    const int m = least(in, out);
    for (int i = 0; i < t->nsites; i++) {
        const struct site *s = t->site[i];
        int own = base_rank(s->rank, s->in, s->out), most = (m + own - 1) / own;
        r = own > r ? own : r;
        most = (s->rank > most ? s->rank : most) * own;
        columns = most > columns ? most : columns;
    }
    h->A = tuning_shared_param(t, "randlora_A", r, m);
    h->B = tuning_shared_param(t, "randlora_B", in > out ? in : out, columns);
}

static void attach(struct tuning *t, struct site *s)
{
    const struct shared *h = t->shared;
    struct state *l = s->state;
    const int n = s->rank, r = base_rank(n, s->in, s->out), m = least(s->in, s->out);
    l->s = tuning_scale(t);
    l->A = mat_block(h->A->w, r, m);
    l->F = mat_block(h->B->w, s->in > s->out ? s->in : s->out, n * r);
    l->L = tuning_param(t, s, "randlora_lambda", r, n);
    l->G = tuning_param(t, s, "randlora_gamma", n, m);
    tuning_train(l->L, 1);
    tuning_train(l->G, 1);
}

static void init(struct tuning *t, struct site *s)
{
    const struct shared *h = t->shared;
    const struct state *l = s->state;
    mat_fill(l->G->w, 1.0 / l->G->w.cols);
    if (s != t->site[0])
        return;
    struct rng a = tuning_shared_rng(t, 0), b = tuning_shared_rng(t, 1);
    rng_fill_uniform(&a, h->A->w, -sqrt(3), sqrt(3));
    rng_fill_uniform(&b, h->B->w, -sqrt(3), sqrt(3));
}

/* P' (m, n r), in scratch;  D = s F P or s P' F' */
static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *l = s->state;
    const int n = s->rank, r = l->A.rows;
    struct mat Pt = arena_mat_raw(p->scratch, l->A.cols, n * r);
    for (int i = 0; i < Pt.rows; i++)
        for (int q = 0; q < n * r; q++)
            *mat_at(Pt, i, q) = l->L->w.v[q] * mat_at(l->A, q / n, i)[0] * mat_at(l->G->w, q % n, i)[0];
    l->D = dense_room(s, p);
    gemm_nt(l->s, s->in <= s->out ? l->F : Pt, s->in <= s->out ? Pt : l->F, 0, l->D);
    dense_forward(s, p, l->D, x, y);
}

/* Q = dL/dP' = s M' F or s M F;  dL_kj += sum_i Q_i,(k n + j) A_ki G_ji;  dG_ji += sum_k Q_i,(k n + j) A_ki L_kj */
static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    const struct state *l = s->state;
    const int n = s->rank, r = l->A.rows;
    struct mat M = dense_backward(s, p, l->D, x, dy, dx), Q = arena_mat_raw(p->scratch, l->A.cols, n * r);
    (s->in <= s->out ? gemm_tn : gemm_nn)(l->s, M, l->F, 0, Q);
    for (int i = 0; i < Q.rows; i++)
        for (int q = 0; q < n * r; q++) {
            real part = mat_at(Q, i, q)[0] * mat_at(l->A, q / n, i)[0];
            l->L->g.v[q] += part * mat_at(l->G->w, q % n, i)[0];
            *mat_at(l->G->g, q % n, i) += part * l->L->w.v[q];
        }
}

/* W_(o, i) + s sum_kj F_(a, k n + j) L_kj A_kc G_jc, a the longer side's place, c the shorter one's */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *l = s->state;
    (void)b;
    for (int o = 0; o < s->out; o++)
        for (int i = 0; i < s->in; i++) {
            const int a = s->in <= s->out ? o : i, c = s->in <= s->out ? i : o;
            double sum = 0;
            for (int k = 0; k < l->A.rows; k++)
                for (int j = 0; j < s->rank; j++)
                    sum += mat_get(l->F, a, k * s->rank + j) * (double)l->L->w.v[k * s->rank + j] *
                           mat_get(l->A, k, c) * mat_get(l->G->w, j, c);
            *mat_at(W, o, i) += (real)(l->s * sum);
        }
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    (void)opts;
    return (long)a->rank * (base_rank(a->rank, in, out) + least(in, out)); /* n (r + m) */
}

static const struct peft peft = {
    .why_not = "PEFT names the rank of a base and not how many bases there are, and not every number has a rank",
};

const struct method method_randlora = {
    .name = "randlora",
    .title = "RandLoRA",
    .cite = "Albert et al., ICLR 2025, arXiv 2502.00987",
    .equation = "W = W0 + s sum_j B_j diag(L_j) A diag(G_j), A and B random",
    .site_size = sizeof(struct state),
    .shared_size = sizeof(struct shared),
    .facts = NEEDS_INPUT,
    .share = share,
    .attach = attach,
    .init = init,
    .ops = {forward, backward, weight},
    .count = count,
    .style = {"#009E73", 3},
    .peft = &peft,
};
