/* AdaLoRA: an update in SVD form whose singular values compete for a shrinking budget of ranks.
 *
 *     y = x W0' + b + s ((x~ A') o E') B',  s = alpha / (r0 + 1e-5);  A (r0, in), B (out, r0) ~ N(0, .02^2),  E (r0) = 0
 *     loss += orth_weight R;  code: R = mean over all A, B of ||A A' - I||, ||B' B - I||;  paper: sum of their squares
 *     S_k = (I U)_E_k + mean_j (I U)_A_kj + mean_j (I U)_B_jk scores triplet k;  I, U: |w g| and its scatter, smoothed
 *     every delta_t steps E_k = 0 for the b0 - budget(t) smallest S of the model; after T - t_f the same E_k stay 0
 *     budget(t) = bT + (b0 - bT) (1 - (t - t_i) / (T - t_f - t_i))^3 for t_i < t <= T - t_f
 *
 * Zhang et al., ICLR 2023 (arXiv 2303.10512), in the code's order: w after the step, g of that step, penalty included.
 * importance=singular scores |E_k|, as the article tells it. Deviations: s does not follow the ranks (nor in the code);
 * alpha=0 means 2 r0; a budget that takes nothing away keeps all (the code fails); ties at the threshold go. */
#include "core/rng.h"
#include "math/linalg.h"
#include "tune/importance.h"
#include "tune/lowrank.h"
#include "tune/peft.h"

#include <math.h>
#include <stdlib.h>

struct options {
    int init_rank, target_rank, penalty /* 0 code, 1 paper */, importance /* 0 sensitivity, 1 singular */;
    double orth_weight, tinit, tfinal, delta_t, beta1_importance, beta2_importance;
};
static const struct option options[] = {
    OPTION_I(options, init_rank, 0, 0, 65536, "rank of every site at the start; 0: 1.5 x rank"),
    OPTION_I(options, target_rank, 0, 0, 65536, "mean rank at the end; 0: rank"),
    OPTION_R(options, orth_weight, 0.1, 0, 1e6, "weight of the orthogonality penalty"),
    OPTION_C(options, penalty, 0, "code|paper", "mean of norms, as the code has it, or sum of squares"),
    OPTION_C(options, importance, 0, "sensitivity|singular", "what scores a triplet: |w g| smoothed, or |E|"),
    OPTION_R(options, tinit, 0.1, 0, 1e9, "steps before the budget falls; below 1: a share of the run"),
    OPTION_R(options, tfinal, 0.5, 0, 1e9, "steps at the end with ranks fixed; below 1: a share of the run"),
    OPTION_R(options, delta_t, 0.01, 0, 1e9, "steps between allocations; below 1: a share; 0: ranks never fall"),
    OPTION_R(options, beta1_importance, 0.85, 0, 0.999999, "smoothing of the importance"),
    OPTION_R(options, beta2_importance, 0.85, 0, 0.999999, "smoothing of its uncertainty"),
    OPTION_END,
};

struct state {
    struct lowrank l;
    struct importance m;
    int target; /* triplets at the end as planned */
};
struct shared {
    struct mat calls; /* (1, 1): how often the allocator was called in this phase */
};

static int start_rank(const struct options *o, int rank, int in, int out)
{
    return o->init_rank ? o->init_rank : (int)fmin(ceil(1.5 * rank), fmin(in, out));
}

static void check(const struct adapter *common, const void *opts, int in, int out)
{
    const struct options *o = opts;
    int last = o->target_rank ? o->target_rank : common->rank, first = start_rank(o, common->rank, in, out);
    if (first > fmin(in, out) || last > first || (common->budget && o->init_rank + o->target_rank))
        die(EXIT_USAGE, "adalora: target_rank %d <= init_rank %d <= %d x %d must hold; budget= excludes both", last,
            first, out, in);
}

static void check_steps(const struct adapter *common, const void *opts, int steps)
{
    const struct options *o = opts;
    int first = tuning_steps(o->tinit, steps), last = steps - tuning_steps(o->tfinal, steps);
    if (o->delta_t > 0 && (first < 1 || first >= last))
        die(EXIT_USAGE, "adalora: tinit, tfinal overlap: of %d steps the budget falls in %d..%d", steps, first, last);
    (void)common;
}

static void share(struct tuning *t)
{
    struct shared *h = t->shared;
    h->calls = tuning_buffer(t, 1, 1);
}

static void attach(struct tuning *t, struct site *s)
{
    const struct options *o = t->opts;
    struct state *a = s->state;
    int r = start_rank(o, s->rank, s->in, s->out), r0 = start_rank(o, t->common->rank, s->in, s->out);
    tuning_train(a->l.A = tuning_param(t, s, "lora_A", r, s->in), 1);
    tuning_train(a->l.E = tuning_vector(t, s, "lora_E", r, 1), 1);
    tuning_train(a->l.B = tuning_param(t, s, "lora_B", s->out, r), 1);
    a->l.s = (t->common->alpha > 0 ? t->common->alpha : 2 * r0) / (r0 + 1e-5);
    importance_attach(t, &a->l, &a->m);
    a->target = o->target_rank ? o->target_rank : s->rank;
}

static void init(struct tuning *t, struct site *s)
{
    const struct state *a = s->state;
    struct rng ra = tuning_rng(t, s, 0), rb = tuning_rng(t, s, 1);
    rng_fill_normal(&ra, a->l.A->w, 0.02);
    rng_fill_normal(&rb, a->l.B->w, 0.02);
    mat_fill(a->m.keep, 1);
}

static double penalty(struct tuning *t)
{
    const struct options *o = t->opts;
    bool squared = o->penalty;
    double sum = 0, c = squared ? o->orth_weight : o->orth_weight / (2 * t->nsites);
    for (int i = 0; i < t->nsites; i++)
        sum += lowrank_orthogonality(t, t->site[i]->state, squared, c);
    return sum;
}

/* Keeps `budget` of all n triplets: those whose S_k, or |E_k|, is above the n - budget smallest. */
static void allocate(struct tuning *t, bool singular, int n, int budget)
{
    double *S = mem_alloc((size_t)n * sizeof *S);
    for (int i = 0, j = 0; i < t->nsites; i++) {
        const struct state *a = t->site[i]->state;
        for (int k = 0; k < a->m.keep.cols; k++)
            S[j++] = singular ? fabs((double)a->l.E->w.v[k]) : importance_of_triplet(&a->m, k);
    }
    double threshold = importance_threshold(S, n, n - budget);
    for (int i = 0, j = 0; i < t->nsites; i++) {
        struct state *a = t->site[i]->state;
        for (int k = 0; k < a->m.keep.cols; k++)
            a->m.keep.v[k] = S[j++] > threshold;
    }
    ((struct shared *)t->shared)->calls.v[0] += 1;
    free(S);
}

static void after_step(struct tuning *t)
{
    const struct options *o = t->opts;
    int first = tuning_steps(o->tinit, t->steps), last = t->steps - tuning_steps(o->tfinal, t->steps), b0 = 0, bT = 0;
    for (int i = 0; i < t->nsites; i++) {
        struct state *a = t->site[i]->state;
        b0 += a->m.keep.cols;
        bT += a->target;
        if (t->step < last)
            importance_update(&a->l, &a->m, o->beta1_importance, o->beta2_importance);
    }
    bool due = o->delta_t > 0 && t->step > first && t->step <= last &&
               (t->step == last || t->step % tuning_steps(o->delta_t, t->steps) == 0);
    if (due)
        allocate(t, o->importance, b0, (int)(bT + (b0 - bT) * pow(1 - (double)(t->step - first) / (last - first), 3)));
    for (int i = 0; i < t->nsites && (due || t->step > last); i++) {
        struct state *a = t->site[i]->state;
        mat_scale_rows(a->l.E->w, a->m.keep, a->l.E->w);
    }
}

static double allocations(const struct tuning *t)
{
    const struct shared *h = t->shared;
    return t->dry || !t->nsites ? 0 : (double)h->calls.v[0];
}

/* Triplets of a site: as planned for the end until the allocator has spoken. */
static int kept(const struct tuning *t, const struct state *a)
{
    const struct options *o = t->opts;
    int n = 0;
    if (!allocations(t))
        return o->delta_t > 0 ? a->target : a->m.keep.cols;
    for (int k = 0; k < a->m.keep.cols; k++)
        n += a->m.keep.v[k] != 0;
    return n;
}

static long active(const struct tuning *t)
{
    long n = 0;
    for (int i = 0; i < t->nsites; i++) /* E is counted: a stored adapter has it too */
        n += (long)kept(t, t->site[i]->state) * (t->site[i]->in + t->site[i]->out + 1);
    return n;
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    return (long)start_rank(opts, a->rank, in, out) * (in + out + 1); /* r0 (in + out + 1) */
}

static void report(const struct tuning *t, void (*put)(void *to, const char *name, double value), void *to)
{
    put(to, "allocations", allocations(t));
}

static const struct peft peft = {
    .type = "ADALORA",
    .one_rank = true,
    .option_off = "delta_t", /* its layers do not allocate: the trainer calls the allocator */
    .value_off = "0",
    .divisor = BY_RANK_AND_A_TRIFLE,
    .tensor = {{"lora_A", "lora_A", RANKS_IN_ROWS},
               {"lora_E", "lora_E", RANKS_IN_ROWS},
               {"lora_B", "lora_B", RANKS_IN_COLUMNS}},
    .key = {{"init_r", PEFT_LARGEST, "init_rank", 0},
            {"target_r", PEFT_RANK, "rank", 0},
            {"lora_alpha", PEFT_ALPHA, "alpha", 0},
            {"lora_dropout", PEFT_DROPOUT, NULL, 0},
            {"bias", PEFT_NONE, NULL, 0},
            {"fan_in_fan_out", PEFT_FALSE, NULL, 0},
            {"tinit", PEFT_NUMBER, NULL, 0},
            {"tfinal", PEFT_NUMBER, NULL, 0},
            {"deltaT", PEFT_NUMBER, NULL, 1},
            {"total_step", PEFT_STEPS, NULL, 0},
            {"rank_pattern", PEFT_NULL, NULL, 0}},
};

const struct method method_adalora = {
    .name = "adalora",
    .title = "AdaLoRA",
    .cite = "Zhang et al., ICLR 2023, arXiv 2303.10512",
    .equation = "W = W0 + (alpha/r0) B diag(E) A, the least important E_k set to 0",
    .claim = "giving important matrices a higher rank beats LoRA at the same number of parameters",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct state),
    .shared_size = sizeof(struct shared),
    .facts = NEEDS_INPUT,
    .check = check,
    .check_steps = check_steps,
    .share = share,
    .attach = attach,
    .init = init,
    .ops = {lowrank_forward, lowrank_backward, lowrank_weight},
    .penalty = penalty,
    .after_step = after_step,
    .active = active,
    .count = count,
    .report = report,
    .style = {"#D0312D", 5},
    .peft = &peft,
};
