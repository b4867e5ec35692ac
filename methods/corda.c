/* CorDA: LoRA that trains the part of W0 which matters most, or least, to the inputs that the layer sees.
 *
 *     C = sum over `batches` training batches of x' x, each x divided by its largest entry;  C~ = C + damp mean(diag C) I
 *     W0 C~ = U S V',  Z = C~^-1 V,   W0 = sum_k S_k u_k z_k'
 *     A = sqrt(S / s) Z',  B = U sqrt(S / s) of r of these,  W = (W0 - s B A) + s B A
 *     mode=ipm: the r largest (adapt); kpm: the r smallest (keep what C's data knew)
 *
 * Yang et al., NeurIPS 2024 (arXiv 2406.05223), as HF PEFT does it, damp 0.01 doubled until C~ C~^-1 is I to 0.05.
 * Deviations: "largest" is of |x| (the authors have |largest x|) and of a batch, not of an example; kpm takes its
 * inputs from the task's training batches too, where the paper takes other texts. They are the run's first batches, seen
 * through the base in phase 0 and part of the run's time. Step 0 is the base up to rounding, which dropout would break. */
#include "math/lapack.h"
#include "math/linalg.h"
#include "tune/look.h"

#include <math.h>

enum { LARGEST, SMALLEST };
struct options {
    int batches, mode;
    double damp;
};
static const struct option options[] = {
    OPTION_I(options, batches, 8, 1, 65536, "training batches whose inputs are looked at, on top of the run's steps"),
    OPTION_C(options, mode, LARGEST, "ipm|kpm", "train what matters most to these inputs, or least"),
    OPTION_R(options, damp, 0.01, 1e-9, 1e3, "share of the mean variance that is added to each input's"),
    OPTION_END,
};

static void check(const struct adapter *common, const void *opts, int in, int out)
{
    (void)opts, (void)in, (void)out;
    if (common->dropout > 0)
        die(EXIT_USAGE, "corda: dropout=%g must be 0: with dropout, step 0 would not be the base", common->dropout);
}

static struct phase first_look(const void *opts, int i)
{
    const struct options *o = opts;
    return (void)i, (struct phase){.measure = true, .batches = o->batches};
}

static void attach(struct tuning *t, struct site *s)
{
    look_attach(t, s, s->in, s->in);
}

static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    const struct look *k = s->state;
    double largest = 0;
    for (int i = 0; p->measure && x.v && i < x.rows; i++)
        for (int j = 0; j < x.cols; j++)
            largest = fmax(largest, fabs((double)mat_rows(x, i, 1).v[j]));
    if (largest > 0)
        gemm_tn(1 / (largest * largest), x, x, 1, k->sum);
    lowrank_forward(s, p, x, y);
}

/* C += (damp mean(diag C)) I, and R = C^-1: damp is doubled until C R is I to 0.05 in the Frobenius norm. */
static void damped_inverse(struct arena *scratch, struct mat C, double damp, struct mat R)
{
    enum { TRIES = 60 };
    struct mat P = arena_mat_raw(scratch, C.rows, C.rows);
    double mean = 0, added = 0, error = INFINITY;
    for (int i = 0; i < C.rows; i++)
        mean += (double)C.v[i * C.ld + i] / C.rows;
    mean = mean > 0 ? mean : 1;
    for (int k = 0; k < TRIES && !(error < 0.05); k++, damp *= 2) {
        mat_fill(R, 0);
        for (int i = 0; i < C.rows; i++) {
            C.v[i * C.ld + i] += (real)((damp - added) * mean);
            R.v[i * R.ld + i] = 1;
        }
        added = damp;
        if (lapack_solve(C, R))
            continue;
        gemm_nn(1, C, R, 0, P);
        for (int i = 0; i < P.rows; i++)
            P.v[i * P.ld + i] -= 1;
        error = sqrt(mat_dot(P, P));
    }
    if (!(error < 0.05))
        die(EXIT_DATA, "corda: no damping makes the inputs' covariance invertible: raise damp=");
}

static void start(struct tuning *t, struct site *s, const struct options *o)
{
    const struct look *look = s->state;
    struct arena *scratch = &t->model->mem->scratch;
    size_t mark = arena_mark(scratch);
    const int p = s->in < s->out ? s->in : s->out, r = s->rank, first = o->mode == LARGEST ? 0 : p - r;
    struct mat R = arena_mat_raw(scratch, s->in, s->in), WC = arena_mat_raw(scratch, s->out, s->in);
    struct mat U = arena_mat_raw(scratch, s->out, p), Vt = arena_mat_raw(scratch, p, s->in);
    struct mat A = arena_mat_raw(scratch, r, s->in), root = arena_mat_raw(scratch, 1, r);
    struct mat B = arena_mat_raw(scratch, s->out, r);
    double *S = arena_take(scratch, (size_t)p * sizeof *S);
    damped_inverse(scratch, look->sum, o->damp, R);
    gemm_nn(1, s->W->w0, look->sum, 0, WC);
    lapack_svd(WC, U, S, Vt);
    for (int k = 0; k < r; k++)
        root.v[k] = (real)sqrt(S[first + k] / look->l.s);
    gemm_nt(1, mat_rows(Vt, first, r), R, 0, A); /* Z' = V' C~^-1, which is symmetric */
    mat_scale_rows(A, root, A);
    mat_scale_cols(mat_cols(U, first, r), root, B);
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

const struct method method_corda = {
    .name = "corda",
    .title = "CorDA",
    .cite = "Yang et al., NeurIPS 2024, arXiv 2406.05223",
    .equation = "W = (W0 - s B A) + s B A, s B A a part of W0 by what the inputs weigh",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct look),
    .shared_size = sizeof(struct looked),
    .facts = NEEDS_INPUT | MOVES_BASE,
    .check = check,
    .attach = attach,
    .init = look_init,
    .ops = {forward, lowrank_backward, lowrank_weight},
    .phases = 2,
    .phase = first_look,
    .end_phase = end_phase,
    .stored = look_stored,
    .count = count,
    .start_tol = sizeof(real) == sizeof(double) ? 1e-11 : 1e-4,
    .style = {"#882255", 9},
};
