/* AdaLoRA: an update in SVD form whose singular values compete for a shrinking budget of ranks.
 *
 *     y = x W0' + b + s ((x~ A') o E') B',  s = alpha / (r0 + 1e-5);  A (r0, in), B (out, r0) ~ N(0, 0.02^2),  E (r0,
 * 1) = 0 loss += orth_weight R;  code: R = mean over all A, B of ||A A' - I||, ||B' B - I||;  paper: R = sum of their
 * squares score of triplet k:  S_k = (I U)_E_k + mean_j (I U)_A_kj + mean_j (I U)_B_jk,  I, U: |w g| and its scatter,
 * smoothed every delta_t steps E_k = 0 for the b0 - budget(t) smallest S of the model;  from T - t_f on the same E_k
 * stay 0 budget(t) = b0 up to t_i, then bT + (b0 - bT) (1 - (t - t_i) / (T - t_f - t_i))^3, bT at T - t_f
 *
 * Zhang et al., ICLR 2023 (arXiv 2303.10512), in the order of the authors' code: w after the step, g of that step with
 * the penalty's share. importance=singular scores |E_k|, as the article tells it. Deviations: the code's s, which does
 * not follow the ranks; alpha=0 means 2 r0; a budget that takes nothing away keeps all (the code fails); ties at the
 * threshold go. */
#include "core/linalg.h"
#include "core/rng.h"
#include "tune/lowrank.h"

#include <math.h>
#include <stdlib.h>

enum { CODE, PAPER };
enum { SENSITIVITY, SINGULAR };
enum { A, E, B, TENSORS };

struct options {
    int init_rank, target_rank, penalty, importance;
    double orth_weight, tinit, tfinal, delta_t, beta1_importance, beta2_importance;
};
static const struct option options[] = {
    OPTION_I(options, init_rank, 0, 0, 65536, "rank of every site at the start; 0: 1.5 x rank"),
    OPTION_I(options, target_rank, 0, 0, 65536, "mean rank at the end; 0: rank"),
    OPTION_R(options, orth_weight, 0.1, 0, 1e6, "weight of the orthogonality penalty"),
    OPTION_C(options, penalty, CODE, "code|paper", "mean of norms, as the code has it, or sum of squares"),
    OPTION_C(options, importance, SENSITIVITY, "sensitivity|singular", "what scores a triplet: |w g| smoothed, or |E|"),
    OPTION_R(options, tinit, 0.1, 0, 1e9, "steps before the budget falls; below 1: a share of the run"),
    OPTION_R(options, tfinal, 0.5, 0, 1e9, "steps at the end with ranks fixed; below 1: a share of the run"),
    OPTION_R(options, delta_t, 0.01, 0, 1e9, "steps between allocations; below 1: a share; 0: ranks never fall"),
    OPTION_R(options, beta1_importance, 0.85, 0, 0.999999, "smoothing of the importance"),
    OPTION_R(options, beta2_importance, 0.85, 0, 0.999999, "smoothing of its uncertainty"),
    OPTION_END,
};

struct state {
    struct lowrank l;
    struct param *w[TENSORS];          /* l's A, E, B */
    struct mat I[TENSORS], U[TENSORS]; /* in their shapes */
    struct mat keep;                   /* (1, r0) 0: cut, 1: not */
    int target, kept;                  /* triplets at the end as planned, and as things stand */
};
struct shared {
    int calls; /* of the allocator */
};

static int start_rank(const struct options *o, int rank, int in, int out)
{
    int r = (3 * rank + 1) / 2, smaller = in < out ? in : out;
    return o->init_rank ? o->init_rank : r < smaller ? r : smaller;
}

static void check(const struct adapter *common, const void *opts, int in, int out)
{
    const struct options *o = opts;
    int last = o->target_rank ? o->target_rank : common->rank, first = start_rank(o, common->rank, in, out);
    if (first > (in < out ? in : out) || last > first)
        die(EXIT_USAGE, "adalora: target_rank=%d <= init_rank=%d <= %d must hold here", last, first,
            in < out ? in : out);
    if (o->target_rank && common->budget)
        die(EXIT_USAGE, "adalora: target_rank=%d and budget=%d exclude each other", o->target_rank, common->budget);
    if (o->tinit < 1 && o->tfinal < 1 && o->tinit + o->tfinal >= 1)
        die(EXIT_USAGE, "adalora: tinit=%g and tfinal=%g overlap: their sum must be below 1", o->tinit, o->tfinal);
}

static void check_steps(const struct adapter *common, const void *opts, int steps)
{
    const struct options *o = opts;
    int first = tuning_steps(o->tinit, steps), last = steps - tuning_steps(o->tfinal, steps);
    if (o->delta_t > 0 && (first < 1 || first >= last))
        die(EXIT_USAGE,
            "adalora: tinit=%g is step %d and tfinal=%g starts at step %d of %d: 1 <= tinit < that must hold", o->tinit,
            first, o->tfinal, last, steps);
    (void)common;
}

static void attach(struct tuning *t, struct site *s)
{
    const struct options *o = t->opts;
    struct state *a = s->state;
    int r = start_rank(o, s->rank, s->in, s->out), r0 = start_rank(o, t->common->rank, s->in, s->out);
    a->l.A = a->w[A] = tuning_param(t, s, "lora_A", r, s->in);
    a->l.E = a->w[E] = tuning_param(t, s, "lora_E", r, 1);
    a->l.B = a->w[B] = tuning_param(t, s, "lora_B", s->out, r);
    a->l.s = (t->common->alpha > 0 ? t->common->alpha : 2 * r0) / (r0 + 1e-5);
    a->keep = tuning_buffer(t, 1, r);
    a->target = o->target_rank ? o->target_rank : s->rank;
    a->kept = o->delta_t > 0 ? a->target : r;
    for (int k = 0; k < TENSORS; k++) {
        tuning_train(a->w[k], 1);
        a->I[k] = tuning_buffer(t, a->w[k]->w.rows, a->w[k]->w.cols);
        a->U[k] = tuning_buffer(t, a->w[k]->w.rows, a->w[k]->w.cols);
    }
}

static void init(struct tuning *t, struct site *s)
{
    const struct state *a = s->state;
    struct rng ra = tuning_rng(t, s, A), rb = tuning_rng(t, s, B);
    rng_fill_normal(&ra, a->l.A->w, 0.02);
    rng_fill_normal(&rb, a->l.B->w, 0.02);
}

static double penalty(struct tuning *t)
{
    const struct options *o = t->opts;
    bool squared = o->penalty == PAPER;
    double sum = 0, c = squared ? o->orth_weight : o->orth_weight / (2 * t->nsites);
    for (int i = 0; i < t->nsites; i++) {
        const struct state *a = t->site[i]->state;
        sum += lowrank_orthogonality(t, a->l.A, true, squared, c) + lowrank_orthogonality(t, a->l.B, false, squared, c);
    }
    return sum;
}

/* S_k */
static double score(const struct options *o, const struct state *a, int k)
{
    struct mat IB = {a->I[B].v + k, a->I[B].rows, 1, a->I[B].ld}, UB = {a->U[B].v + k, IB.rows, 1, a->U[B].ld};
    if (o->importance == SINGULAR)
        return fabs((double)a->l.E->w.v[k]);
    return (double)a->I[E].v[k] * (double)a->U[E].v[k] +
           mat_dot(mat_rows(a->I[A], k, 1), mat_rows(a->U[A], k, 1)) / a->I[A].cols + mat_dot(IB, UB) / IB.rows;
}

/* Keeps `budget` of all n triplets. */
static void allocate(struct tuning *t, int n, int budget)
{
    double *S = mem_alloc((size_t)n * sizeof *S), threshold;
    for (int i = 0, j = 0; i < t->nsites; i++)
        for (int k = 0; k < ((struct state *)t->site[i]->state)->keep.cols; k++)
            S[j++] = score(t->opts, t->site[i]->state, k);
    threshold = lowrank_threshold(S, n, n - budget);
    for (int i = 0, j = 0; i < t->nsites; i++) {
        struct state *a = t->site[i]->state;
        a->kept = 0;
        for (int k = 0; k < a->keep.cols; k++)
            a->kept += a->keep.v[k] = S[j++] > threshold;
    }
    ((struct shared *)t->shared)->calls++;
    free(S);
}

static void after_step(struct tuning *t)
{
    const struct options *o = t->opts;
    int first = tuning_steps(o->tinit, t->steps), last = t->steps - tuning_steps(o->tfinal, t->steps), b0 = 0, bT = 0;
    for (int i = 0; i < t->nsites; i++) {
        struct state *a = t->site[i]->state;
        b0 += a->keep.cols;
        bT += a->target;
        for (int k = 0; k < TENSORS && t->step < last; k++)
            lowrank_sensitivity(a->w[k], o->beta1_importance, o->beta2_importance, a->I[k], a->U[k]);
    }
    if (o->delta_t <= 0 || t->step <= first)
        return;
    bool now = t->step == last || (t->step < last && t->step % tuning_steps(o->delta_t, t->steps) == 0);
    if (now)
        allocate(t, b0, (int)(bT + (b0 - bT) * pow(1 - (double)(t->step - first) / (last - first), 3)));
    for (int i = 0; i < t->nsites && (now || t->step > last); i++) {
        struct state *a = t->site[i]->state;
        mat_scale_rows(a->l.E->w, a->keep, a->l.E->w);
    }
}

/* Parameters in use: E counts until an export folds it into B. */
static long active(const struct tuning *t)
{
    long n = 0;
    for (int i = 0; i < t->nsites; i++)
        n += (long)((struct state *)t->site[i]->state)->kept * (t->site[i]->in + t->site[i]->out + 1);
    return n;
}

static long stored(const struct tuning *t)
{
    long n = active(t);
    for (int i = 0; i < t->nsites; i++)
        n -= ((struct state *)t->site[i]->state)->kept;
    return n;
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    return (long)start_rank(opts, a->rank, in, out) * (in + out + 1); /* r0 (in + out + 1) */
}

static void report(const struct tuning *t, void (*put)(void *to, const char *name, double value), void *to)
{
    put(to, "allocations", ((const struct shared *)t->shared)->calls);
}

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
    .attach = attach,
    .init = init,
    .ops = {lowrank_forward, lowrank_backward, lowrank_weight},
    .penalty = penalty,
    .after_step = after_step,
    .active = active,
    .stored = stored,
    .count = count,
    .report = report,
    .style = {"#D55E00", 5},
};
