/* LoRA-GA: LoRA whose first step goes where full fine-tuning's would: it starts in singular vectors of W's gradient.
 *
 *     G = sum of dL/dW0 over `batches` training batches (out, in) = U S V',   c = out^(1/4) / sqrt(gamma)
 *     A = c V_(1..r)',  B = c U_(r+1..2r),   W = (W0 - s B A) + s B A
 *
 * Wang, Yu, Li, NeurIPS 2024 (arXiv 2407.05000): its directions, and the scale "stable" of the authors' code, which both
 * A and B get; HF PEFT multiplies B alone by c, and by G's singular values too, which gives B the size of the loss's
 * gradient. The SVD is exact, not randomised. The batches are the run's first ones, seen through the base in phase 0
 * with a classifier that is as it starts; they are part of the run and of its time. Step 0 is the base up to rounding,
 * which dropout would break. */
#include "math/lapack.h"
#include "math/linalg.h"
#include "tune/look.h"

#include <math.h>

enum { A_FIRST, B_FIRST, INTERLEAVED };
struct options {
    int batches, direction;
    double gamma;
};
static const struct option options[] = {
    OPTION_I(options, batches, 8, 1, 65536, "training batches whose mean gradient is taken, on top of the run's steps"),
    OPTION_C(options, direction, A_FIRST, "ArB2r|A2rBr|ArBr",
             "which singular vectors of the gradient: A the first r and B the next; the reverse; in turns"),
    OPTION_R(options, gamma, 16, 1e-6, 1e12, "A and B are out^(1/4) / sqrt(gamma) long"),
    OPTION_END,
};

static void check(const struct adapter *common, const void *opts, int in, int out)
{
    (void)opts;
    const int most = (in < out ? in : out) / 2;
    if (common->dropout > 0)
        die(EXIT_USAGE, "lora_ga: dropout=%g must be 0: with dropout, step 0 would not be the base", common->dropout);
    if (common->rank > most)
        die(EXIT_USAGE, "lora_ga: rank=%d takes %d singular vectors of a %d x %d matrix: at most %d", common->rank,
            2 * common->rank, out, in, most);
}

static struct phase first_look(const void *opts, int i)
{
    const struct options *o = opts;
    return (void)i, (struct phase){.measure = true, .batches = o->batches, .backward = true};
}

static void attach(struct tuning *t, struct site *s)
{
    look_attach(t, s, s->out, s->in);
}

/* As LoRA's, and in phase 0 G += dy' x. */
static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    const struct look *k = s->state;
    if (p->measure)
        gemm_tn(1, dy, x, 1, k->sum);
    lowrank_backward(s, p, x, dy, dx);
}

/* Column k of B and row k of A are the singular vectors of these numbers. */
static void start(struct tuning *t, struct site *s, const struct options *o)
{
    const struct look *look = s->state;
    struct arena *scratch = &t->model->mem->scratch;
    size_t mark = arena_mark(scratch);
    const int p = s->in < s->out ? s->in : s->out, r = s->rank;
    const double c = sqrt(sqrt(s->out) / o->gamma);
    struct mat U = arena_mat_raw(scratch, s->out, p), Vt = arena_mat_raw(scratch, p, s->in);
    struct mat A = arena_mat_raw(scratch, r, s->in), B = arena_mat_raw(scratch, s->out, r);
    double *S = arena_take(scratch, (size_t)p * sizeof *S);
    lapack_svd(look->sum, U, S, Vt);
    for (int k = 0; k < r; k++) {
        int of_A = o->direction == A_FIRST ? k : o->direction == B_FIRST ? r + k : 2 * k;
        int of_B = o->direction == A_FIRST ? r + k : o->direction == B_FIRST ? k : 2 * k + 1;
        mat_copy(mat_rows(Vt, of_A, 1), mat_rows(A, k, 1));
        mat_copy(mat_cols(U, of_B, 1), mat_cols(B, k, 1));
    }
    mat_scale(c, A);
    mat_scale(c, B);
    look_decide(t, s, A, B);
    arena_release(scratch, mark);
}

static void end_phase(struct tuning *t)
{
    for (int i = 0; i < t->nsites; i++)
        start(t, t->site[i], t->opts);
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    (void)opts;
    return lowrank_count(a->rank, in, out); /* r (in + out) */
}

const struct method method_lora_ga = {
    .name = "lora_ga",
    .title = "LoRA-GA",
    .cite = "Wang, Yu, Li, NeurIPS 2024, arXiv 2407.05000",
    .equation = "W = (W0 - s B A) + s B A, B and A of singular vectors of dL/dW0",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct look),
    .shared_size = sizeof(struct looked),
    .facts = NEEDS_INPUT | MOVES_BASE,
    .check = check,
    .attach = attach,
    .init = look_init,
    .ops = {lowrank_forward, backward, lowrank_weight},
    .phases = 2,
    .phase = first_look,
    .end_phase = end_phase,
    .stored = look_stored,
    .count = count,
    .start_tol = sizeof(real) == sizeof(double) ? 1e-12 : 1e-4,
    .style = {"#882255", 5},
};
