/* KaSA: W0 loses its least singular components, then LoRA's components get trained singular values of their own.
 *
 *     y = x W' + b + s ((x~ A') o sigma') B',   s = alpha / r,   W = W0 - U_m S_m V_m', m the r least of W0 = U S V'
 *     A (r, in) ~ U(+-1/sqrt(in)),   B (out, r) = 0,   sigma (r) ~ N(0, 1)
 *     loss += diag_weight |sigma|^2 + orth_weight (|B'B - I| + |A A' - I|), summed over the layers
 *
 * Wang et al., ICLR 2025 (arXiv 2412.06071), in the form of HF PEFT, penalty included (PEFT's own training leaves it
 * out). The authors' code keeps in - r components instead, takes |A'A - I| and |B B' - I| and the mean over layers.
 * Step 0 is not the base: it is what W says. */
#include "core/rng.h"
#include "math/linalg.h"
#include "tune/lowrank.h"
#include "tune/peft.h"

struct options {
    double diag_weight, orth_weight;
};
static const struct option options[] = {
    OPTION_R(options, diag_weight, 1e-4, 0, 1e6, "weight of the penalty on the singular values"),
    OPTION_R(options, orth_weight, 1e-3, 0, 1e6, "weight of the penalty on what is not orthonormal"),
    OPTION_END,
};

static void check(const struct adapter *common, const void *opts, int in, int out)
{
    (void)opts;
    if (common->rank >= (in < out ? in : out))
        die(EXIT_USAGE, "kasa: rank=%d would leave nothing of a %d x %d matrix", common->rank, out, in);
}

static void attach(struct tuning *t, struct site *s)
{
    struct lowrank *l = s->state;
    lowrank_attach(t, s, l);
    tuning_train(l->A, 1);
    tuning_train(l->B, 1);
    l->E = tuning_trained_vector(t, s, "lora_diag", s->rank, 1);
}

/* W = W0 - U_m S_m V_m' */
static void init(struct tuning *t, struct site *s)
{
    struct lowrank *l = s->state;
    struct arena *scratch = &t->model->mem->scratch;
    size_t mark = arena_mark(scratch);
    struct svd v = lowrank_svd(scratch, s->W->w);
    for (int k = v.p - s->rank; k < v.p; k++)
        gemm_nn(-v.S[k], mat_cols(v.U, k, 1), mat_rows(v.Vt, k, 1), 1, s->W->w);
    arena_release(scratch, mark);
    lowrank_init(t, s, l);
    struct rng r = tuning_rng(t, s, 1);
    rng_fill_normal(&r, l->E->w, 1);
}

static double penalty(struct tuning *t)
{
    const struct options *o = t->opts;
    double sum = 0;
    for (int i = 0; i < t->nsites; i++) {
        const struct lowrank *l = t->site[i]->state;
        sum += o->diag_weight * mat_dot(l->E->w, l->E->w);
        mat_add(2 * o->diag_weight, l->E->w, l->E->g);
        sum += lowrank_orthogonality(t, l, false, o->orth_weight);
    }
    return sum;
}

/* W0 - W has rank r, too: an export against the pretrained base needs another pair */
static long stored(const struct tuning *t)
{
    long n = 0;
    for (int i = 0; i < t->nsites; i++)
        n += 2 * lowrank_count(t->site[i]->rank, t->site[i]->in, t->site[i]->out) + t->site[i]->rank;
    return n;
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    (void)opts;
    return lowrank_count(a->rank, in, out) + a->rank; /* r (in + out + 1) */
}

static const struct peft peft = {
    .type = "LORA",
    .use = "kasa_config",
    .tensor = {PEFT_LORA_PAIR, {"lora_diag", "lora_diag", RANKS_IN_ROWS, PEFT_VECTOR}},
    .key = {PEFT_LORA_KEYS,
            {"kasa_config.beta", PEFT_OPTION, "diag_weight", 0},
            {"kasa_config.gamma", PEFT_OPTION, "orth_weight", 0}},
};

const struct method method_kasa = {
    .name = "kasa",
    .title = "KaSA",
    .cite = "Wang et al., ICLR 2025, arXiv 2412.06071",
    .equation = "W = trunc(W0) + s B diag(sigma) A",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct lowrank),
    .facts = NEEDS_INPUT | MOVES_BASE,
    .declares = STARTS_ELSEWHERE,
    .check = check,
    .attach = attach,
    .init = init,
    .ops = {lowrank_forward, lowrank_backward, lowrank_weight},
    .penalty = penalty,
    .stored = stored,
    .count = count,
    .style = {"#E69F00", 15},
    .peft = &peft,
};
