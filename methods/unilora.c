/* Uni-LoRA: one short vector for the whole model; each entry of every A and B is one of its numbers.
 *
 *     y = x W0' + b + (x~ A') B',   A_kj = theta[a_kj] / sqrt(n(a_kj)),   B_ik = theta[b_ik] / sqrt(n(b_ik))
 *     theta (1, N) trains; a (r, in), b (out, r) are drawn once, so that each number occurs n = floor or ceil of D / N
 *     times among the D entries of all sites: the projection from theta to them has orthonormal columns
 *
 * Li et al., NeurIPS 2025 (arXiv 2506.00799), as HF PEFT does it: balanced places, drawn over all sites, no alpha, and
 * theta ~ U(+-0.02), so that step 0 is near the base and not the base. Here `rank` is how many numbers of theta each
 * site adds to N, so that any budget is met; the rank of the pair is `pair`. Its rate is far above LoRA's. */
#include "core/rng.h"
#include "math/linalg.h"
#include "tune/formed.h"
#include "tune/peft.h"

#include <math.h>
#include <stdlib.h>

struct options {
    int length, pair;
};
static const struct option options[] = {
    OPTION_I(options, length, 0, 0, 2000000000, "N, the numbers that train; 0: rank= for each site"),
    OPTION_I(options, pair, 4, 1, 65536, "rank of the pair A, B of each site"),
    OPTION_END,
};

struct shared {
    struct param *theta; /* (1, N) */
};
struct state {
    struct formed pair;
    struct param *theta, *place[2], *scale[2]; /* places in theta and 1 / sqrt(n), of A and of B; frozen */
};

static void check(const struct adapter *common, const void *opts, int in, int out)
{
    const int r = ((const struct options *)opts)->pair;
    if (r > in || r > out)
        die(EXIT_USAGE, "unilora: pair=%d at rank=%d exceeds a %d x %d matrix", r, common->rank, out, in);
}

static void share(struct tuning *t)
{
    struct shared *h = t->shared;
    int N = ((const struct options *)t->opts)->length;
    for (int i = 0, given = N; i < t->nsites && !given; i++)
        N += t->site[i]->rank;
    h->theta = tuning_shared_param(t, "unilora_theta_d", 1, N);
    tuning_train(h->theta, 1);
}

static void attach(struct tuning *t, struct site *s)
{
    const struct options *o = t->opts;
    struct state *u = s->state;
    u->theta = ((struct shared *)t->shared)->theta;
    u->place[0] = tuning_param(t, s, "unilora_indices_A", o->pair, s->in);
    u->place[1] = tuning_param(t, s, "unilora_indices_B", s->out, o->pair);
    u->scale[0] = tuning_param(t, s, "unilora_scales_A", o->pair, s->in);
    u->scale[1] = tuning_param(t, s, "unilora_scales_B", s->out, o->pair);
}

/* The k-th place of A or B, a whole number that is kept as a real one. */
static int place(const struct state *u, int f, size_t k)
{
    const double last = u->theta->w.cols - 1;
    return (int)lrint(fmin(fmax(0, (double)u->place[f]->w.v[k]), last));
}

/* With the last site: deals the numbers 0, 1, .., N - 1, 0, 1, .. out to all entries, shuffled. */
static void init(struct tuning *t, struct site *s)
{
    if (s != t->site[t->nsites - 1])
        return;
    const struct state *u = s->state;
    struct rng first = tuning_shared_rng(t, 0), second = tuning_shared_rng(t, 1);
    const int N = u->theta->w.cols;
    int D = 0, at = 0;
    for (int i = 0; i < t->nsites; i++)
        D += (t->site[i]->in + t->site[i]->out) * (int)u->place[1]->w.cols;
    int *deal = mem_alloc((size_t)D * sizeof *deal);
    for (int i = 0; i < D; i++)
        deal[i] = i % N;
    rng_shuffle(&first, deal, D);
    for (int i = 0; i < t->nsites; i++)
        for (int f = 0; f < 2; f++) {
            u = t->site[i]->state;
            for (size_t k = 0; k < mat_size(u->place[f]->w); k++, at++) {
                const int times = D / N + (deal[at] < D % N);
                u->place[f]->w.v[k] = (real)deal[at];
                u->scale[f]->w.v[k] = (real)(1 / sqrt(times));
            }
        }
    free(deal);
    rng_fill_uniform(&second, u->theta->w, -0.02, 0.02);
}

static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *u = s->state;
    formed_room(&u->pair, s, p, u->place[1]->w.cols, 1);
    struct mat pair[2] = {u->pair.A.w, u->pair.B.w};
    for (int f = 0; f < 2; f++)
        for (size_t k = 0; k < mat_size(pair[f]); k++)
            pair[f].v[k] = u->theta->w.v[place(u, f, k)] * u->scale[f]->w.v[k];
    lowrank_forward(s, p, x, y);
}

/* dtheta[place] += scale dA, and the same of B */
static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    struct state *u = s->state;
    formed_backward(s, p, x, dy, dx);
    struct mat pair[2] = {u->pair.A.g, u->pair.B.g};
    for (int f = 0; f < 2; f++)
        for (size_t k = 0; k < mat_size(pair[f]); k++)
            u->theta->g.v[place(u, f, k)] += pair[f].v[k] * u->scale[f]->w.v[k];
}

/* W_ij + sum_k B_ik A_kj */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *u = s->state;
    const int r = u->place[1]->w.cols;
    (void)b;
    for (int i = 0; i < s->out; i++)
        for (int j = 0; j < s->in; j++) {
            double sum = 0;
            for (int k = 0; k < r; k++) {
                size_t of_B = (size_t)i * (size_t)r + (size_t)k, of_A = (size_t)k * (size_t)s->in + (size_t)j;
                sum += (double)u->theta->w.v[place(u, 1, of_B)] * (double)u->scale[1]->w.v[of_B] *
                       (double)u->theta->w.v[place(u, 0, of_A)] * (double)u->scale[0]->w.v[of_A];
            }
            *mat_at(W, i, j) += (real)sum;
        }
}

static const struct peft peft = {
    .type = "UNILORA",
    .tensor = {{"unilora_indices_A", "unilora_indices_A", RANKS_NOWHERE, PEFT_MATRIX},
               {"unilora_indices_B", "unilora_indices_B", RANKS_NOWHERE, PEFT_MATRIX},
               {"unilora_scales_A", "unilora_scales_A", RANKS_NOWHERE, PEFT_MATRIX},
               {"unilora_scales_B", "unilora_scales_B", RANKS_NOWHERE, PEFT_MATRIX}},
    .shared = {{"unilora_theta_d", .form = PEFT_VECTOR}},
    .key = {{"r", PEFT_OPTION, "pair", 0},
            {"theta_d_length", PEFT_LENGTH, "length", 0},
            {"unilora_dropout", PEFT_DROPOUT, NULL, 0},
            {"save_indices", PEFT_TRUE, NULL, 0}},
};

const struct method method_unilora = {
    .name = "unilora",
    .title = "Uni-LoRA",
    .cite = "Li et al., NeurIPS 2025, arXiv 2506.00799",
    .equation = "W = W0 + B A, each entry of A, B one of N shared numbers",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct state),
    .shared_size = sizeof(struct shared),
    .facts = NEEDS_INPUT,
    .declares = NO_FORMULA | STARTS_ELSEWHERE,
    .rank_free = true,
    .check = check,
    .share = share,
    .attach = attach,
    .init = init,
    .ops = {forward, backward, weight},
    .style = {"#44AA99", 5},
    .peft = &peft,
};
