/* TinyLoRA: the middle of a frozen frame of W0 is a random combination of a few trained numbers, as few as one.
 *
 *     y = x W0' + b + (x~ A') (B R)',   R = sum_i v_i P_i,   v (1, u) trained;   W0 = U S V' (SVD):
 *     B = U_f sqrt(S_f),  A = sqrt(S_f) V_f',  P_i (f, f) ~ N(0, 1/f), all frozen;   v = 0
 *     tying: the sites, in order, share v in max(1, round((1 - tying) sites)) groups of equal size
 *
 * Morris et al., 2026 (arXiv 2602.04118), as HF PEFT does it; no alpha. Here `rank` is u, which parameters grow with, and
 * a group has the u of its first site. `frame` is f, the rank of the frame: more than f^2 directions would coincide, so
 * 0 takes the least f with f^2 >= u. */
#include "core/rng.h"
#include "math/linalg.h"
#include "tune/lowrank.h"
#include "tune/peft.h"

#include <math.h>
#include <stdio.h>

struct options {
    int frame;
    double tying;
};
static const struct option options[] = {
    OPTION_I(options, frame, 0, 0, 65536, "f, singular triplets of W0 in the frame; 0: the least with f^2 >= rank"),
    OPTION_R(options, tying, 0, 0, 1, "0: each site has numbers of its own; 1: all share them"),
    OPTION_END,
};

struct shared {
    struct param *v[MODEL_LAYERS_MAX * TARGETS]; /* (1, u), of each group */
};
struct state {
    struct lowrank l;            /* of A and BR */
    struct param BR;             /* (out, f), computed: lasts from forward to backward */
    struct param *A, *B, *P, *v; /* (f, in), (out, f), (u, f f): row i is P_i; v is its group's */
};

static int frame(const struct options *o, int u, int in, int out)
{
    int f = 1;
    while (f * f < u && f < in && f < out)
        f++;
    return o->frame ? o->frame : f;
}

static void check(const struct adapter *common, const void *opts, int in, int out)
{
    const int f = ((const struct options *)opts)->frame;
    if (f > in || f > out)
        die(EXIT_USAGE, "tinylora: frame=%d at rank=%d exceeds a %d x %d matrix", f, common->rank, out, in);
}

/* The group of a site; groups are formed as PEFT does. */
static int group(const struct tuning *t, const struct site *s)
{
    int groups = (int)lrint(t->nsites * (1 - ((const struct options *)t->opts)->tying));
    groups = groups < 1 ? 1 : groups;
    int of = s->nth / (t->nsites / groups);
    return of < groups ? of : groups - 1;
}

static void share(struct tuning *t)
{
    struct shared *h = t->shared;
    char name[64];
    for (int i = 0, last = -1; i < t->nsites; i++) {
        const int g = group(t, t->site[i]);
        if (g == last)
            continue;
        snprintf(name, sizeof name, "tinylora_v.%d", last = g);
        h->v[g] = tuning_shared_param(t, name, 1, t->site[i]->rank);
        h->v[g]->vector = true;
        tuning_train(h->v[g], 1);
    }
}

static void attach(struct tuning *t, struct site *s)
{
    const struct shared *h = t->shared;
    struct state *y = s->state;
    y->v = h->v[group(t, s)];
    const int u = y->v->w.cols, f = frame(t->opts, u, s->in, s->out);
    y->A = tuning_param(t, s, "tinylora_A", f, s->in);
    y->B = tuning_param(t, s, "tinylora_B", s->out, f);
    y->P = tuning_param(t, s, "tinylora_P", u, f * f);
}

static void init(struct tuning *t, struct site *s)
{
    const struct state *y = s->state;
    struct rng r = tuning_rng(t, s, 0);
    lowrank_factor(t, s->W->w, 1, y->A->w, y->B->w);
    rng_fill_normal(&r, y->P->w, 1 / sqrt(y->A->w.rows));
}

/* The pair (A, B R) */
static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *h = s->state;
    const int f = h->A->w.rows;
    struct mat R = arena_mat_raw(p->scratch, f, f);
    h->BR.w = arena_mat_raw(p->keep ? p->saved : p->scratch, s->out, f);
    h->l = (struct lowrank){.A = h->A, .B = &h->BR, .s = 1};
    gemm_nn(1, h->v->w, h->P->w, 0, mat_of(R.v, 1, f * f));
    gemm_nn(1, h->B->w, R, 0, h->BR.w);
    lowrank_forward(s, p, x, y);
}

/* dR = B' d(B R),  dv_i += <P_i, dR> */
static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    struct state *h = s->state;
    const int f = h->A->w.rows;
    struct mat dR = arena_mat_raw(p->scratch, f, f);
    h->BR.g = arena_mat(p->scratch, s->out, f);
    lowrank_backward(s, p, x, dy, dx);
    gemm_tn(1, h->B->w, h->BR.g, 0, dR);
    gemm_nt(1, mat_of(dR.v, 1, f * f), h->P->w, 1, h->v->g);
}

/* W + sum_i v_i B P_i A, entry by entry of P_i */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *h = s->state;
    const int f = h->A->w.rows;
    (void)b;
    for (int k = 0; k < f * f; k++) {
        double R = 0;
        for (int i = 0; i < h->v->w.cols; i++)
            R += (double)h->v->w.v[i] * mat_get(h->P->w, i, k);
        gemm_nn(R, mat_cols(h->B->w, k / f, 1), mat_rows(h->A->w, k % f, 1), 1, W);
    }
}

static const struct peft peft = {
    .type = "TINYLORA",
    .tensor = {{"tinylora_A", "tinylora_A", RANKS_IN_ROWS, PEFT_MATRIX},
               {"tinylora_B", "tinylora_B", RANKS_IN_COLUMNS, PEFT_MATRIX},
               {"tinylora_P", "tinylora_P", RANKS_NOWHERE, PEFT_STACK_OF_SQUARES}},
    .shared = {{"tinylora_v", .form = PEFT_VECTOR}},
    .key = {{"r", PEFT_LARGEST, "frame", 0},
            {"u", PEFT_LENGTH, "rank", 0},
            {"weight_tying", PEFT_OPTION, "tying", 0},
            {"tinylora_dropout", PEFT_DROPOUT, NULL, 0},
            {"save_projection", PEFT_TRUE, NULL, 0}},
};

const struct method method_tinylora = {
    .name = "tinylora",
    .title = "TinyLoRA",
    .cite = "Morris et al., 2026, arXiv 2602.04118",
    .equation = "W = W0 + B (sum_i v_i P_i) A, v alone trains",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct state),
    .shared_size = sizeof(struct shared),
    .declares = NO_FORMULA,
    .rank_free = true,
    .check = check,
    .share = share,
    .attach = attach,
    .init = init,
    .ops = {forward, backward, weight},
    .style = {"#44AA99", 9},
    .peft = &peft,
};
