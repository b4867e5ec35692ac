/* OLoRA: LoRA that starts from an orthonormal basis of W0.
 *
 *     W0 = Q R (QR),  B = Q[:, :r],  A = R[:r, :],  W = (W0 - s B A) + s B A
 *
 * Buyukakyuz, 2024 (arXiv 2406.01775). As in HF PEFT, B and A are not divided by s: the start is exact because the live
 * W loses s B A. Dropout would break that and is refused. */
#include "math/lapack.h"
#include "math/linalg.h"
#include "tune/lowrank.h"

static void check(const struct adapter *common, const void *opts, int in, int out)
{
    (void)opts, (void)in, (void)out;
    if (common->dropout > 0)
        die(EXIT_USAGE, "olora: dropout=%g must be 0: with dropout, step 0 would not be the base", common->dropout);
}

static void attach(struct tuning *t, struct site *s)
{
    struct lowrank *l = s->state;
    lowrank_attach(t, s, l);
    tuning_train(l->A, 1);
    tuning_train(l->B, 1);
}

static void init(struct tuning *t, struct site *s)
{
    const struct lowrank *l = s->state;
    struct arena *scratch = &t->model->mem->scratch;
    size_t mark = arena_mark(scratch);
    int p = s->in < s->out ? s->in : s->out;
    struct mat Q = arena_mat_raw(scratch, s->out, p), R = arena_mat_raw(scratch, p, s->in);
    lapack_qr(s->W->w, Q, R);
    mat_copy(mat_block(Q, s->out, s->rank), l->B->w);
    mat_copy(mat_block(R, s->rank, s->in), l->A->w);
    gemm_nn(-l->s, l->B->w, l->A->w, 1, s->W->w); /* W = W0 - s B A */
    arena_release(scratch, mark);
}

/* W - W0 = s (B A - B_0 A_0): an export against the pretrained base needs both pairs */
static long stored(const struct tuning *t)
{
    long n = 0;
    for (int i = 0; i < t->nsites; i++)
        n += 2 * lowrank_count(t->site[i]->rank, t->site[i]->in, t->site[i]->out);
    return n;
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    (void)opts;
    return lowrank_count(a->rank, in, out); /* r (in + out) */
}

const struct method method_olora = {
    .name = "olora",
    .title = "OLoRA",
    .cite = "Buyukakyuz, 2024, arXiv 2406.01775",
    .equation = "W = (W0 - s B A) + s B A, W0 = Q R, B = Q[:, :r], A = R[:r]",
    .site_size = sizeof(struct lowrank),
    .facts = NEEDS_INPUT | MOVES_BASE,
    .check = check,
    .attach = attach,
    .init = init,
    .ops = {lowrank_forward, lowrank_backward, lowrank_weight},
    .stored = stored,
    .count = count,
    .start_tol = sizeof(real) == sizeof(double) ? 1e-12 : 1e-4,
    .style = {"#0072B2", 11},
};
