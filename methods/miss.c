/* MiSS: one small matrix D serves every block of r inputs.
 *
 *     y = x W0' + b + S tile(D),   S_nk = sum_j x~_n,(j r + k) (N, r),   D (r, m) = 0, repeated out / m times
 *     variant=plain: m = out;   variant=mini: m = mini=;   so W_ij = W0_ij + D_(j mod r),(i mod m)
 *     variant=bat: W in blocks of r x r, W_ij = W0_ij + (W0_ij + I) D_i, one D_i (r, r) for each block of outputs
 *
 * Kang and Yin, 2024 (arXiv 2409.15371), as HF PEFT computes it; the last block of plain and mini is short where r does
 * not divide in. There is no alpha. Deviation: bat has dropout as all others, which PEFT leaves out there. Backward of
 * plain and mini reads S, not x. */
#include "math/linalg.h"
#include "tune/dense.h"
#include "tune/peft.h"

enum { PLAIN, BAT, MINI };
struct options {
    int variant, mini;
};
static const struct option options[] = {
    OPTION_C(options, variant, PLAIN, "plain|bat|mini", "one column for each output; W0 times it; columns repeated"),
    OPTION_I(options, mini, 4, 1, 65536, "columns of variant=mini, a divisor of the layer's outputs"),
    OPTION_END,
};

struct state {
    struct param *D; /* (r, m); bat: (out, r), the D_i below one another */
    bool bat;
    struct mat S; /* (N, r) block sums, kept from forward to backward; bat: (out, in), what is added to W0 */
};

/* Columns of D, but for bat. */
static int columns(const struct options *o, int out)
{
    return o->variant == MINI ? o->mini : out;
}

static void check(const struct adapter *common, const void *opts, int in, int out)
{
    const struct options *o = opts;
    const bool bat = o->variant == BAT;
    if (bat ? in % common->rank || out % common->rank : out % columns(o, out))
        die(EXIT_USAGE, "miss: %s=%d must divide %s of a %d x %d matrix", bat ? "rank" : "mini",
            bat ? common->rank : o->mini, bat ? "both sides" : "the outputs", out, in);
}

static void attach(struct tuning *t, struct site *s)
{
    const struct options *o = t->opts;
    struct state *m = s->state;
    m->bat = o->variant == BAT;
    m->D = tuning_trained(t, s, "miss_block", m->bat ? s->out : s->rank, m->bat ? s->rank : columns(o, s->out));
    if (!m->bat)
        s->facts &= ~(unsigned)NEEDS_INPUT;
}

/* bat, block by block of E (out, in): what is added, E_ij := W0_ij D_i + D_i, or, with E = dL/d(what is added) and D =
 * dL/dD, D_i += (W0_ij + I)' E_ij. */
static void walk(const struct site *s, struct mat D, struct mat E, bool to_E)
{
    const int r = s->rank;
    for (int i = 0; i < s->out; i += r)
        for (int j = 0; j < s->in; j += r) {
            struct mat Di = mat_rows(D, i, r), Eij = mat_cols(mat_rows(E, i, r), j, r);
            struct mat Wij = mat_cols(mat_rows(s->W->w, i, r), j, r);
            if (to_E) {
                mat_copy(Di, Eij);
                gemm_nn(1, Wij, Di, 1, Eij);
            } else {
                mat_add(1, Eij, Di);
                gemm_tn(1, Wij, Eij, 1, Di);
            }
        }
}

/* S_nk = sum_j x_n,(j r + k);  y += S D for each m columns of y */
static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *m = s->state;
    if (m->bat) {
        m->S = dense_room(s, p);
        walk(s, m->D->w, m->S, true);
        dense_forward(s, p, m->S, x, y);
        return;
    }
    struct mat dropped = pass_dropout(p, s, x);
    site_plain_forward(s, x, y);
    m->S = arena_mat(p->keep ? p->saved : p->scratch, x.rows, s->rank);
    for (int n = 0; n < x.rows; n++)
        for (int j = 0; j < x.cols; j++)
            *mat_at(m->S, n, j % s->rank) += *mat_at(dropped, n, j);
    for (int i = 0; i < s->out; i += m->D->w.cols)
        gemm_nn(1, m->S, m->D->w, 1, mat_cols(y, i, m->D->w.cols));
}

/* dD += S' dy, e = dy D', summed over each m columns of dy;  dx_n,(j r + k) += mask o e_nk */
static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    const struct state *m = s->state;
    if (m->bat) {
        walk(s, m->D->g, dense_backward(s, p, m->S, x, dy, dx), false);
        return;
    }
    struct mat e = arena_mat_raw(p->scratch, dy.rows, s->rank), tiled = arena_mat_raw(p->scratch, dy.rows, s->in);
    site_plain_backward(s, x, dy, dx);
    for (int i = 0; i < s->out; i += m->D->w.cols) {
        struct mat part = mat_cols(dy, i, m->D->w.cols);
        gemm_tn(1, m->S, part, 1, m->D->g);
        gemm_nt(1, part, m->D->w, i > 0, e);
    }
    for (int n = 0; n < e.rows; n++)
        for (int j = 0; j < s->in; j++)
            *mat_at(tiled, n, j) = *mat_at(e, n, j % s->rank);
    pass_dropout_add(p, s, tiled, dx);
}

/* W_ij + D_(j mod r),(i mod m);  bat: + sum_k W0_i,(j - j mod r + k) D_(i - i mod r + k),(j mod r), and D itself */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *m = s->state;
    const struct mat D = m->D->w;
    const int r = s->rank;
    (void)b;
    for (int i = 0; i < s->out; i++)
        for (int j = 0; j < s->in; j++) {
            double sum = m->bat ? mat_get(D, i, j % r) : mat_get(D, j % r, i % D.cols);
            for (int k = 0; m->bat && k < r; k++)
                sum += mat_get(s->W->w, i, j - j % r + k) * mat_get(D, i - i % r + k, j % r);
            *mat_at(W, i, j) += (real)sum;
        }
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    (void)in;
    return (long)a->rank * columns(opts, out); /* r out, r m */
}

static const struct peft peft = {
    .type = "MISS",
    .tensor = {{"miss_block", "miss_block", RANKS_IN_ROWS, PEFT_MATRIX}},
    .key = {{"r", PEFT_LARGEST, "rank", 0},
            {"mini_r", PEFT_OPTION, "mini", 0},
            {"init_weights=true||mini", PEFT_WORDS, "variant", 0},
            {"miss_dropout", PEFT_DROPOUT, NULL, 0},
            {"bias", PEFT_NONE, NULL, 0}},
};

const struct method method_miss = {
    .name = "miss",
    .title = "MiSS",
    .cite = "Kang and Yin, 2024, arXiv 2409.15371",
    .equation = "W = W0 + tile(D'); bat: W = W0 + blocks (W0_ij + I) D_i",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct state),
    .facts = NEEDS_INPUT,
    .check = check,
    .attach = attach,
    .ops = {forward, backward, weight},
    .count = count,
    .style = {"#009E73", 5},
    .peft = &peft,
};
