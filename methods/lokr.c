/* LoKr: the update is a Kronecker product of a small matrix and a larger one, each full or of low rank.
 *
 *     y = x W0' + b + x~ D',   D = s W1 (x) W2:  D_(i ok + k),(j ik + l) = s W1_ij W2_kl,   s = alpha / r
 *     W1 (ol, im) = 0,  W2 (ok, ik) ~ U(+-1/sqrt(ik)),   out = ol ok, in = im ik;   W2 is full where r >= max(ok, ik) / 2,
 *     else W2a W2b with W2a (ok, r) ~ U(+-1/sqrt r), W2b (r, ik) ~ U(+-1/sqrt(ik)); with both=1 the same holds for W1
 *
 * Yeh et al., ICLR 2024 (arXiv 2309.14859); KronA: Edalati et al., 2022 (arXiv 2212.10650). Sizes, start and the scale,
 * also where both are full, as in HF PEFT. With M = dL/dD in blocks M_ij (ok, ik): dW1_ij = s <M_ij, W2>,
 * dW2 = s sum_ij W1_ij M_ij. */
#include "math/linalg.h"
#include "tune/dense.h"
#include "tune/factor.h"
#include "tune/peft.h"

struct options {
    int factor, both;
};
static const struct option options[] = {
    OPTION_I(options, factor, -1, -1, 65536,
             "side of W1, where it divides the layer's; -1: the divisor next to the root"),
    OPTION_B(options, both, 0, "W1 may be of low rank, too"),
    OPTION_END,
};

struct state {
    struct factor f[2]; /* W1, W2 */
    double s;
    struct mat D; /* (out, in), kept from forward to backward */
};

/* n = small large, small <= large unless factor says otherwise */
static void split(int n, int factor, int *small, int *large)
{
    *small = 1;
    if (factor > 0 && n % factor == 0)
        *small = factor;
    else
        for (int m = 2; m <= n / m && (factor < 0 || m <= factor); m++)
            if (n % m == 0)
                *small = m;
    *large = n / *small;
}

/* Rows and columns of W1 and W2, and which are full. */
struct sizes {
    int rows[2], cols[2];
    bool full[2];
};
static struct sizes sizes_of(const struct options *o, int rank, int in, int out)
{
    struct sizes z;
    split(out, o->factor, &z.rows[0], &z.rows[1]);
    split(in, o->factor, &z.cols[0], &z.cols[1]);
    for (int i = 0; i < 2; i++) {
        int larger = z.rows[i] > z.cols[i] ? z.rows[i] : z.cols[i];
        z.full[i] = 2 * rank >= larger || (i == 0 && !o->both);
    }
    return z;
}

static void attach(struct tuning *t, struct site *s)
{
    const struct sizes z = sizes_of(t->opts, s->rank, s->in, s->out);
    struct state *h = s->state;
    h->s = tuning_scale(t);
    for (int i = 0; i < 2; i++)
        factor_attach(t, s, &h->f[i], i ? "lokr_w2" : "lokr_w1", z.rows[i], z.cols[i], z.full[i]);
}

static void init(struct tuning *t, struct site *s)
{
    const struct state *h = s->state;
    for (int i = 0; i < 2; i++) {
        struct param *const p[2] = {h->f[i].full ? h->f[i].full : h->f[i].a, h->f[i].b};
        for (int k = i == 0; k < 2 && p[k]; k++) /* W1, or W1a, stays zero */
            tuning_kaiming(t, s, 2 * i + k, p[k]->w, p[k]->w.cols);
    }
}

/* Block (i, j) of D or of its gradient, in the shape of W2. */
static struct mat block(struct mat D, struct mat W2, int i, int j)
{
    return mat_cols(mat_rows(D, i * W2.rows, W2.rows), j * W2.cols, W2.cols);
}

static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *h = s->state;
    factor_form(&h->f[0], p);
    factor_form(&h->f[1], p);
    h->D = dense_room(s, p);
    mat_fill(h->D, 0);
    for (int i = 0; i < h->f[0].M.rows; i++)
        for (int j = 0; j < h->f[0].M.cols; j++)
            mat_add(h->s * mat_get(h->f[0].M, i, j), h->f[1].M, block(h->D, h->f[1].M, i, j));
    dense_forward(s, p, h->D, x, y);
}

static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    const struct state *h = s->state;
    const struct mat W1 = h->f[0].M, W2 = h->f[1].M, M = dense_backward(s, p, h->D, x, dy, dx);
    struct mat G1 = arena_mat(p->scratch, W1.rows, W1.cols), G2 = arena_mat(p->scratch, W2.rows, W2.cols);
    for (int i = 0; i < W1.rows; i++)
        for (int j = 0; j < W1.cols; j++) {
            *mat_at(G1, i, j) = (real)(h->s * mat_dot(block(M, W2, i, j), W2));
            mat_add(h->s * mat_get(W1, i, j), block(M, W2, i, j), G2);
        }
    factor_gradient(&h->f[0], G1);
    factor_gradient(&h->f[1], G2);
}

/* W_ij + s W1_(i / ok),(j / ik) W2_(i mod ok),(j mod ik) */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *h = s->state;
    const struct factor *f = &h->f[1];
    const int ok = (f->full ? f->full : f->a)->w.rows, ik = (f->full ? f->full : f->b)->w.cols;
    (void)b;
    for (int i = 0; i < s->out; i++)
        for (int j = 0; j < s->in; j++)
            *mat_at(W, i, j) += (real)(h->s * factor_entry(&h->f[0], i / ok, j / ik) * factor_entry(f, i % ok, j % ik));
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    const struct sizes z = sizes_of(opts, a->rank, in, out);
    long n = 0;
    for (int i = 0; i < 2; i++)
        n += z.full[i] ? (long)z.rows[i] * z.cols[i] : (long)a->rank * (z.rows[i] + z.cols[i]);
    return n;
}

static const struct peft peft = {
    .type = "LOKR",
    .tensor = {{"lokr_w1", "lokr_w1", RANKS_NOWHERE, PEFT_MATRIX},
               {"lokr_w1_a", "lokr_w1_a", RANKS_NOWHERE, PEFT_MATRIX},
               {"lokr_w1_b", "lokr_w1_b", RANKS_NOWHERE, PEFT_MATRIX},
               {"lokr_w2", "lokr_w2", RANKS_NOWHERE, PEFT_MATRIX},
               {"lokr_w2_a", "lokr_w2_a", RANKS_NOWHERE, PEFT_MATRIX},
               {"lokr_w2_b", "lokr_w2_b", RANKS_NOWHERE, PEFT_MATRIX}},
    .key = {{"r", PEFT_RANK, "rank", 0},
            {"alpha", PEFT_ALPHA, "alpha", 0},
            {"decompose_both", PEFT_OPTION, "both", 0},
            {"decompose_factor", PEFT_OPTION, "factor", 0},
            {"rank_pattern", PEFT_SITE_RANKS, NULL, 0},
            {"alpha_pattern", PEFT_SITE_ALPHAS, NULL, 0}},
};

const struct method method_lokr = {
    .name = "lokr",
    .title = "LoKr",
    .cite = "Yeh et al., ICLR 2024, arXiv 2309.14859",
    .equation = "W = W0 + s W1 (x) W2",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct state),
    .facts = NEEDS_INPUT,
    .rank_free = true,
    .attach = attach,
    .init = init,
    .ops = {forward, backward, weight},
    .count = count,
    .style = {"#D55E00", 9},
    .peft = &peft,
};
