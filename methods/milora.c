/* MiLoRA: LoRA that trains the least part of W0 and freezes the principal one, PiSSA at the other end; and MiCA.
 *
 *     W0 = U S V' (SVD), m its r smallest:  B = U_m sqrt(S_m / s),  A = sqrt(S_m / s) V_m',  W = (W0 - s B A) + s B A
 *     mica=1:  B = U_m, frozen,  A = 0,  W0 stays:  W = W0 + s B A
 *
 * Wang et al., NAACL 2025 (arXiv 2406.09044; its mode min); Ruediger, Raschka, 2026 (arXiv 2604.01694), as HF PEFT has
 * MiCA. Of MiLoRA the live W becomes what is left: step 0 is the base up to rounding, which dropout would break. */
#include "math/lapack.h"
#include "math/linalg.h"
#include "tune/lowrank.h"

#include <math.h>

struct options {
    int mica;
};
static const struct option options[] = {
    OPTION_B(options, mica, 0, "MiCA: B is the least left singular vectors, frozen, A starts at 0, W0 stays"),
    OPTION_END,
};

static void check(const struct adapter *common, const void *opts, int in, int out)
{
    const struct options *o = opts;
    (void)in, (void)out;
    if (common->dropout > 0 && !o->mica)
        die(EXIT_USAGE, "milora: dropout=%g must be 0: with dropout, step 0 would not be the base", common->dropout);
}

static void attach(struct tuning *t, struct site *s)
{
    const struct options *o = t->opts;
    struct lowrank *l = s->state;
    lowrank_attach(t, s, l);
    tuning_train(l->A, 1);
    if (o->mica)
        s->facts &= ~(unsigned)MOVES_BASE;
    else
        tuning_train(l->B, 1);
}

static void init(struct tuning *t, struct site *s)
{
    const struct options *o = t->opts;
    const struct lowrank *l = s->state;
    struct arena *scratch = &t->model->mem->scratch;
    size_t mark = arena_mark(scratch);
    const int p = s->in < s->out ? s->in : s->out, r = s->rank;
    struct mat U = arena_mat_raw(scratch, s->out, p), Vt = arena_mat_raw(scratch, p, s->in);
    struct mat root = arena_mat_raw(scratch, 1, r);
    double *S = arena_take(scratch, (size_t)p * sizeof *S);
    lapack_svd(s->W->w, U, S, Vt);
    for (int k = 0; k < r; k++)
        root.v[k] = (real)sqrt(S[p - r + k] / l->s);
    if (o->mica)
        mat_copy(mat_cols(U, p - r, r), l->B->w);
    else {
        mat_scale_cols(mat_cols(U, p - r, r), root, l->B->w);
        mat_scale_rows(mat_rows(Vt, p - r, r), root, l->A->w);
        gemm_nn(-l->s, l->B->w, l->A->w, 1, s->W->w); /* W = W0 - s B A */
    }
    arena_release(scratch, mark);
}

/* W - W0 = s (B A - B_0 A_0): an export against the pretrained base needs both pairs; MiCA's needs B too */
static long stored(const struct tuning *t)
{
    const struct options *o = t->opts;
    long n = 0;
    for (int i = 0; i < t->nsites; i++)
        n += (o->mica ? 1 : 2) * lowrank_count(t->site[i]->rank, t->site[i]->in, t->site[i]->out);
    return n;
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    const struct options *o = opts;
    return o->mica ? (long)a->rank * in : lowrank_count(a->rank, in, out); /* r in, r (in + out) */
}

const struct method method_milora = {
    .name = "milora",
    .title = "MiLoRA",
    .cite = "Wang et al., NAACL 2025, arXiv 2406.09044; MiCA: Ruediger, Raschka, 2026, arXiv 2604.01694",
    .equation = "W = (W0 - s B A) + s B A, B A the r smallest singular triplets of W0",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct lowrank),
    .facts = NEEDS_INPUT | MOVES_BASE,
    .check = check,
    .attach = attach,
    .init = init,
    .ops = {lowrank_forward, lowrank_backward, lowrank_weight},
    .stored = stored,
    .count = count,
    .start_tol = sizeof(real) == sizeof(double) ? 1e-12 : 1e-4,
    .style = {"#CC79A7", 11},
};
