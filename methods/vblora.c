/* VB-LoRA: A and B are put together from sub-vectors, each a mixture of the best few of one bank for the whole model.
 *
 *     y = x W0' + b + (x~ A') B',   A (r, in): piece t of row k is  sum over the topk largest logits z of A_(k,t)  of
 *     softmax(those z)_i V_i;   B (out, r): piece t of column k likewise.   V (h, l) the bank, logits (pieces, h)
 *
 * Li, Han, Ji, NeurIPS 2024 (arXiv 2405.15179), as HF PEFT does it: logits ~ N(0, 0.1^2), V ~ U(+-0.02), so that step 0
 * is near the base and not the base; no alpha. Which logits are the largest is constant in the gradient. What is counted
 * is what trains; the paper counts what is stored (the topk chosen and their weights). Here `rank` is h, the vectors of
 * the bank that a site chooses from, which parameters grow with; the rank of the pair is `pair`. */
#include "core/rng.h"
#include "math/linalg.h"
#include "tune/formed.h"

#include <math.h>
#include <stdlib.h>

struct options {
    int pair, length, topk;
};
static const struct option options[] = {
    OPTION_I(options, pair, 1, 1, 65536, "rank of the pair A, B of each site"),
    OPTION_I(options, length, 8, 1, 65536, "l, of a vector of the bank: a divisor of inputs and outputs"),
    OPTION_I(options, topk, 2, 2, 65536, "how many vectors a piece is mixed from; of one, its logit would never move"),
    OPTION_END,
};

struct shared {
    struct param *V; /* (h, l), h the rank of the last site, which none exceeds */
};
struct state {
    struct formed pair;
    struct param *V,
        *z[2];       /* logits: of A (r in/l, h), piece t of row k in row k in/l + t; of B (out/l r, h), t r + k */
    struct mat w[2]; /* their softmax over the chosen, kept from forward to backward */
    int topk;
};

static void check(const struct adapter *common, const void *opts, int in, int out)
{
    const struct options *o = opts;
    if (in % o->length || out % o->length)
        die(EXIT_USAGE, "vblora: length=%d does not divide both sides of a %d x %d matrix", o->length, out, in);
    if (o->topk > common->rank)
        die(EXIT_USAGE, "vblora: topk=%d of a bank of rank=%d vectors", o->topk, common->rank);
    if (o->pair > in || o->pair > out)
        die(EXIT_USAGE, "vblora: pair=%d exceeds a %d x %d matrix", o->pair, out, in);
}

static void share(struct tuning *t)
{
    const struct options *o = t->opts;
    struct shared *h = t->shared;
    h->V = tuning_shared_param(t, "vblora_vector_bank", t->site[t->nsites - 1]->rank, o->length);
    tuning_train(h->V, 1);
}

static void attach(struct tuning *t, struct site *s)
{
    const struct options *o = t->opts;
    struct state *v = s->state;
    v->V = ((struct shared *)t->shared)->V;
    v->topk = o->topk;
    v->z[0] = tuning_trained(t, s, "vblora_logits_A", o->pair * (s->in / o->length), s->rank);
    v->z[1] = tuning_trained(t, s, "vblora_logits_B", s->out / o->length * o->pair, s->rank);
}

static void init(struct tuning *t, struct site *s)
{
    const struct state *v = s->state;
    for (int f = 0; f < 2; f++) {
        struct rng r = tuning_rng(t, s, f);
        rng_fill_normal(&r, v->z[f]->w, 0.1);
    }
    struct rng r = tuning_shared_rng(t, 0);
    if (s == t->site[0])
        rng_fill_uniform(&r, v->V->w, -0.02, 0.02);
}

/* w (pieces, h) := softmax of the topk largest of each row of logits, 0 elsewhere; of equal ones the first count. */
static void choose(struct mat z, int topk, struct mat w)
{
    mat_fill(w, 0);
    for (int row = 0; row < z.rows; row++) {
        const real *logit = mat_at(z, row, 0);
        real *weight = mat_at(w, row, 0), sum = 0, largest = 0;
        for (int n = 0; n < topk; n++) {
            int best = -1;
            for (int i = 0; i < z.cols; i++)
                if (weight[i] == 0 && (best < 0 || logit[i] > logit[best]))
                    best = i;
            largest = n ? largest : logit[best];
            sum += weight[best] = (real)exp((double)(logit[best] - largest));
        }
        mat_scale(1 / (double)sum, mat_rows(w, row, 1));
    }
}

/* B (out, r) from its pieces, (out/l r, l), row t r + k of which is piece t of column k; or, turned round, back. */
static void turn(struct mat B, struct mat pieces, bool back)
{
    for (int i = 0; i < B.rows; i++)
        for (int k = 0; k < B.cols; k++) {
            real *b = mat_at(B, i, k), *piece = mat_at(pieces, i / pieces.cols * B.cols + k, i % pieces.cols);
            *(back ? piece : b) = *(back ? b : piece);
        }
}

/* Pieces = w V: those of A lie in A's own order. */
static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *v = s->state;
    const struct mat V = v->V->w;
    struct mat pieces = arena_mat_raw(p->scratch, v->z[1]->w.rows, V.cols);
    formed_room(&v->pair, s, p, v->z[0]->w.rows * V.cols / s->in, 1);
    for (int f = 0; f < 2; f++) {
        v->w[f] = arena_mat_raw(p->keep ? p->saved : p->scratch, v->z[f]->w.rows, V.rows);
        choose(v->z[f]->w, v->topk, v->w[f]);
    }
    gemm_nn(1, v->w[0], V, 0, mat_of(v->pair.A.w.v, v->w[0].rows, V.cols));
    gemm_nn(1, v->w[1], V, 0, pieces);
    turn(v->pair.B.w, pieces, false);
    lowrank_forward(s, p, x, y);
}

/* With e the gradient of the pieces, c = e V':  dV += w' e,  dz += w o (c - rowsum(w o c)) */
static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    struct state *v = s->state;
    formed_backward(s, p, x, dy, dx);
    for (int f = 0; f < 2; f++) {
        struct mat w = v->w[f], c = arena_mat_raw(p->scratch, w.rows, w.cols);
        struct mat mean = arena_mat(p->scratch, 1, w.rows), e = mat_of(v->pair.A.g.v, w.rows, v->V->w.cols);
        if (f) {
            e = arena_mat_raw(p->scratch, w.rows, v->V->w.cols);
            turn(v->pair.B.g, e, true);
        }
        gemm_tn(1, w, e, 1, v->V->g);
        gemm_nt(1, e, v->V->w, 0, c);
        mat_add_rowdot(-1, w, c, mean);
        mat_multiply(w, c);
        mat_add(1, c, v->z[f]->g);
        mat_scale_rows(w, mean, c);
        mat_add(1, c, v->z[f]->g);
    }
}

static double mixed(const struct state *v, struct mat w, int row, int m)
{
    double sum = 0;
    for (int i = 0; i < w.cols; i++)
        sum += mat_get(w, row, i) * mat_get(v->V->w, i, m);
    return sum;
}

/* W_ij + sum_k B_ik A_kj, each a sum over the bank */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *v = s->state;
    const int l = v->V->w.cols, h = v->V->w.rows, r = v->z[0]->w.rows * l / s->in;
    struct mat w = mat_of(mem_alloc((size_t)v->z[0]->w.rows * (size_t)h * sizeof(real)), v->z[0]->w.rows, h);
    struct mat u = mat_of(mem_alloc((size_t)v->z[1]->w.rows * (size_t)h * sizeof(real)), v->z[1]->w.rows, h);
    (void)b;
    choose(v->z[0]->w, v->topk, w);
    choose(v->z[1]->w, v->topk, u);
    for (int k = 0; k < r; k++)
        for (int i = 0; i < s->out; i++)
            for (int j = 0; j < s->in; j++)
                *mat_at(W, i, j) +=
                    (real)(mixed(v, u, i / l * r + k, i % l) * mixed(v, w, k * (s->in / l) + j / l, j % l));
    free(w.v);
    free(u.v);
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    const struct options *o = opts;
    return (long)a->rank * o->pair * (in / o->length + out / o->length); /* h r (in + out) / l */
}

static long count_shared(const struct adapter *a, const void *opts, int nsites)
{
    const struct options *o = opts;
    return (void)nsites, (long)a->rank * o->length; /* h l */
}

const struct method method_vblora = {
    .name = "vblora",
    .title = "VB-LoRA",
    .cite = "Li, Han, Ji, NeurIPS 2024, arXiv 2405.15179",
    .equation = "W = W0 + B A, pieces of A and B mixed from one bank of vectors",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct state),
    .shared_size = sizeof(struct shared),
    .facts = NEEDS_INPUT,
    .declares = STARTS_ELSEWHERE | SEES_SIZE /* logits are no pair */,
    .rank_free = true,
    .check = check,
    .share = share,
    .attach = attach,
    .init = init,
    .ops = {forward, backward, weight},
    .count = count,
    .count_shared = count_shared,
    .style = {"#44AA99", 7},
};
