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
#include "tune/mixture.h"
#include "tune/peft.h"

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
    if (o->topk > common->rank || o->pair > in || o->pair > out)
        die(EXIT_USAGE, "vblora: topk=%d exceeds a bank of rank=%d vectors, or pair=%d a %d x %d matrix", o->topk,
            common->rank, o->pair, out, in);
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
        mixture_choose(v->z[f]->w, v->topk, v->w[f]);
    }
    gemm_nn(1, v->w[0], V, 0, mat_of(v->pair.A.w.v, v->w[0].rows, V.cols));
    gemm_nn(1, v->w[1], V, 0, pieces);
    turn(v->pair.B.w, pieces, false);
    lowrank_forward(s, p, x, y);
}

static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    struct state *v = s->state;
    formed_backward(s, p, x, dy, dx);
    struct mat e[2] = {mat_of(v->pair.A.g.v, v->w[0].rows, v->V->w.cols),
                       arena_mat_raw(p->scratch, v->w[1].rows, v->V->w.cols)};
    turn(v->pair.B.g, e[1], true);
    for (int f = 0; f < 2; f++)
        mixture_gradient(p->scratch, v->w[f], v->V->w, e[f], v->z[f]->g, v->V->g);
}

/* W_ij + sum_k B_ik A_kj, from pieces of their own */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *v = s->state;
    const int l = v->V->w.cols, r = v->z[0]->w.rows * l / s->in;
    struct mat pieces[2];
    (void)b;
    for (int f = 0; f < 2; f++) {
        const int n = v->z[f]->w.rows, h = v->V->w.rows;
        struct mat w = mat_of(mem_alloc((size_t)n * (size_t)h * sizeof(real)), n, h);
        pieces[f] = mat_of(mem_alloc((size_t)n * (size_t)l * sizeof(real)), n, l);
        mixture_choose(v->z[f]->w, v->topk, w);
        gemm_nn(1, w, v->V->w, 0, pieces[f]);
        free(w.v);
    }
    for (int k = 0; k < r; k++)
        for (int i = 0; i < s->out; i++)
            for (int j = 0; j < s->in; j++)
                *mat_at(W, i, j) += (real)(mat_get(pieces[1], i / l * r + k, i % l) *
                                           mat_get(pieces[0], k * (s->in / l) + j / l, j % l));
    free(pieces[0].v);
    free(pieces[1].v);
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

static const struct peft peft = {
    .type = "VBLORA",
    .tensor = {{"vblora_logits_A", "vblora_logits_A", RANKS_IN_COLUMNS, PEFT_STACK, "pair"},
               {"vblora_logits_B", "vblora_logits_B", RANKS_IN_COLUMNS, PEFT_STACK_OF_FEW, "pair"}},
    .shared = {{"vblora_vector_bank"}},
    .key = {{"r", PEFT_OPTION, "pair", 0},
            {"num_vectors", PEFT_LARGEST, "rank", 0},
            {"vector_length", PEFT_OPTION, "length", 0},
            {"topk", PEFT_OPTION, "topk", 0},
            {"vblora_dropout", PEFT_DROPOUT, NULL, 0},
            {"save_only_topk_weights", PEFT_FALSE, NULL, 0}},
};

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
    .peft = &peft,
};
