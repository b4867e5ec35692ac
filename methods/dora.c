/* DoRA: a weight's length and direction learn apart, per output row.
 *
 *     V = W0 + s B A,   n_i = ||V_i||,   c = m / n,   y = (x V') diag(c) + b;   m_i = n_i at the start
 *     with dropout:  y = x W0' + b + (x~ W0') diag(c - 1) + s (x~ A') B' diag(c)
 *     norm_gradient=detached: n is a constant to the gradient (section 4.3); full: dV_i also loses its part along V_i
 *
 * Liu et al., ICML 2024 (arXiv 2402.09353). As in the authors' code and HF PEFT, the paper's "column" is an output row
 * of W (out, in), and dropout acts on the base's (c - 1) share too. Deviation: m is not decayed unless decay=all. */
#include "math/linalg.h"
#include "tune/lowrank.h"
#include "tune/peft.h"

#include <math.h>

struct options {
    int norm_gradient; /* 0 detached, 1 full */
};
static const struct option options[] = {
    OPTION_C(options, norm_gradient, 0, "detached|full", "is the norm of a row a constant to the gradient?"),
    OPTION_END,
};

struct state {
    struct lowrank l;
    struct param *m; /* (1, out) magnitudes */
    struct mat n, c; /* (1, out) row norms of V, m / n */
    struct mat K, S; /* (out, r) = V A', (r, r) = A A': norms without forming V */
    struct mat P;    /* (N, out) = x~ V', kept from forward to backward */
    bool full;
};

static void attach(struct tuning *t, struct site *s)
{
    struct state *d = s->state;
    lowrank_attach(t, s, &d->l);
    tuning_train(d->l.A, 1), tuning_train(d->l.B, 1);
    tuning_train(d->m = tuning_vector(t, s, "lora_magnitude_vector.weight", 1, s->out), 1);
    d->n = tuning_buffer(t, 1, s->out), d->c = tuning_buffer(t, 1, s->out);
    d->K = tuning_buffer(t, s->out, s->rank), d->S = tuning_buffer(t, s->rank, s->rank);
    d->full = ((const struct options *)t->opts)->norm_gradient;
}

/* n_i^2 = ||W0_i||^2 + s <B_i, (W0 A')_i> + s <B_i, (V A')_i>,  V A' = W0 A' + s B A A'. A row of zeros
 * must not divide by zero. */
static void refresh(struct site *s)
{
    struct state *d = s->state;
    const struct mat W = s->W->w, A = d->l.A->w, B = d->l.B->w;
    mat_fill(d->n, 1e-30);
    mat_add_rowdot(1, W, W, d->n);
    gemm_nt(1, W, A, 0, d->K);
    mat_add_rowdot(d->l.s, B, d->K, d->n);
    gemm_nt(1, A, A, 0, d->S);
    gemm_nn(d->l.s, B, d->S, 1, d->K);
    mat_add_rowdot(d->l.s, B, d->K, d->n);
    for (int i = 0; i < s->out; i++)
        d->n.v[i] = (real)sqrt((double)d->n.v[i]);
}

static void init(struct tuning *t, struct site *s)
{
    struct state *d = s->state;
    lowrank_init(t, s, &d->l);
    refresh(s);
    mat_copy(d->n, d->m->w); /* m = ||W0 + s B A|| = ||W0||: c is 1 exactly */
}

/* P = x~ V';  y = x W0' + b + s u B' + (c - 1) o P: without dropout this is c o P + b, and at c = 1 plain LoRA */
static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *d = s->state;
    if (d->full)
        refresh(s);
    for (int i = 0; i < s->out; i++)
        d->c.v[i] = d->m->w.v[i] / d->n.v[i];
    lowrank_forward(s, p, x, y);
    d->P = arena_mat_raw(p->keep ? p->saved : p->scratch, y.rows, y.cols);
    if (pass_drops(p)) {
        gemm_nt(1, pass_dropout(p, s, x), s->W->w, 0, d->P);
        gemm_nt(d->l.s, d->l.u, d->l.B->w, 1, d->P);
    }
    for (int i = 0; i < y.rows; i++) {
        real *yi = y.v + (size_t)i * y.ld, *Pi = d->P.v + (size_t)i * d->P.ld;
        for (int j = 0; j < y.cols; j++) {
            Pi[j] = pass_drops(p) ? Pi[j] : yi[j] - s->b->w.v[j];
            yi[j] += (d->c.v[j] - 1) * Pi[j];
        }
    }
}

/* q = colsum(dy o P);  dm = q / n;  the rest as LoRA with dy diag(c), and the base's share of dx times c.
 * full: dV loses diag(e) V, e = c q / n^2:  dB -= s e o (V A'),  dA -= s (e o B)' V = s (e o B)' (W0 + s B A) */
static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    struct state *d = s->state;
    struct mat dyc = arena_mat_raw(p->scratch, dy.rows, dy.cols), q = arena_mat(p->scratch, 1, s->out);
    mat_add_coldot(dy, d->P, q);
    for (int i = 0; i < s->out; i++)
        d->m->g.v[i] += q.v[i] / d->n.v[i];
    mat_scale_cols(dy, d->c, dyc);
    lowrank_backward_delta(s, p, &d->l, x, dyc, dx);
    site_plain_backward(s, x, pass_drops(p) ? dy : dyc, dx);
    if (pass_drops(p)) {
        mat_add(-1, dy, dyc);
        pass_dropout_gemm(p, s, 1, dyc, s->W->w, dx); /* dx += mask o (dy diag(c - 1)) W0 */
    }
    if (!d->full)
        return;
    struct mat eB = arena_mat_raw(p->scratch, s->out, s->rank), T = arena_mat_raw(p->scratch, s->rank, s->rank);
    for (int i = 0; i < s->out; i++)
        q.v[i] *= d->c.v[i] / d->n.v[i] / d->n.v[i];
    mat_scale_rows(d->K, q, eB);
    mat_add(-d->l.s, eB, d->l.B->g);
    mat_scale_rows(d->l.B->w, q, eB);
    gemm_tn(-d->l.s, eB, s->W->w, 1, d->l.A->g);
    gemm_tn(d->l.s, eB, d->l.B->w, 0, T);
    gemm_nn(-d->l.s, T, d->l.A->w, 1, d->l.A->g);
}

/* diag(m / ||V||) V */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *d = s->state;
    lowrank_weight(s, W, b);
    for (int i = 0; i < s->out; i++)
        mat_scale((double)d->m->w.v[i] / sqrt(1e-30 + mat_dot(mat_rows(W, i, 1), mat_rows(W, i, 1))),
                  mat_rows(W, i, 1));
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    return (void)opts, lowrank_count(a->rank, in, out) + out; /* r (in + out) + out */
}

static const struct peft peft = {
    .type = "LORA",
    .use = "use_dora",
    .tensor = {PEFT_LORA_PAIR, {"lora_magnitude_vector.weight", "lora_magnitude_vector", RANKS_NOWHERE, PEFT_VECTOR}},
    .key = {PEFT_LORA_KEYS},
};

const struct method method_dora = {
    .name = "dora",
    .title = "DoRA",
    .cite = "Liu et al., ICML 2024, arXiv 2402.09353",
    .equation = "W = diag(m / ||V||) V, V = W0 + (alpha/r) B A",
    .claim = "training magnitude and direction apart moves weights as full fine-tuning does and beats LoRA",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct state),
    .facts = NEEDS_INPUT,
    .attach = attach,
    .init = init,
    .ops = {forward, backward, weight},
    .refresh = refresh,
    .count = count,
    .dora_r = -0.31,
    .style = {"#C2529A", 7},
    .peft = &peft,
};
