/* Lab DoRA: length and direction of each output row apart. Five holes; docs/teach/check lab dora says which law breaks.
 *
 *     V = W0 + s B A,   n_i = ||V_i||,   c = m / n,   y = (x V') diag(c) + b;   m = n at the start
 *
 * n is a constant to the gradient (section 4.3 of the paper), so it is computed in `refresh`, after each step. To leave
 * step 0 the base bit for bit, write y as LoRA's y plus (c - 1) times what LoRA's y is without its bias. With dropout,
 * P is made of x~; that part is given. Liu et al., ICML 2024 (arXiv 2402.09353). methods/dora.c needs less memory. */
#include "math/linalg.h"
#include "tune/lowrank.h"

#include <math.h>

/* The harness's own DoRA also has norm_gradient=full; golden files name the option. */
struct options {
    int norm_gradient;
};
static const struct option options[] = {
    OPTION_C(options, norm_gradient, 0, "detached", "the norm of a row is a constant to the gradient"),
    OPTION_END,
};

struct state {
    struct lowrank l;
    struct param *m;    /* (1, out) the lengths */
    struct mat n, c, V; /* (1, out) norms of the rows of V, m / n; (out, in) */
    struct mat P;       /* (N, out) = x~ V', kept from forward to backward */
};

static void attach(struct tuning *t, struct site *s)
{
    struct state *d = s->state;
    lowrank_attach(t, s, &d->l);
    d->m = tuning_vector(t, s, "lora_magnitude_vector.weight", 1, s->out);
    tuning_train(d->l.A, 1), tuning_train(d->l.B, 1), tuning_train(d->m, 1);
    d->n = tuning_buffer(t, 1, s->out), d->c = tuning_buffer(t, 1, s->out), d->V = tuning_buffer(t, s->out, s->in);
}

static void refresh(struct site *s)
{
    struct state *d = s->state;
    mat_copy(s->W->w, d->V);
    mat_fill(d->n, 1e-30); /* a row of zeros must not divide by zero */
    /* HOLE 1: V = W0 + s B A. Then n_i = ||V_i||: mat_add_rowdot(1, X, Y, n) is n_i += X_i . Y_i; a root is left. */
    gemm_nn(d->l.s, d->l.B->w, d->l.A->w, 1, d->V);
    mat_add_rowdot(1, d->V, d->V, d->n);
    for (int i = 0; i < s->out; i++)
        d->n.v[i] = (real)sqrt((double)d->n.v[i]);
    /* END */
}

static void init(struct tuning *t, struct site *s)
{
    struct state *d = s->state;
    lowrank_init(t, s, &d->l);
    refresh(s);
    /* HOLE 2: where must m start, so that c is 1? mat_copy(FROM, TO). */
    mat_copy(d->n, d->m->w);
    /* END */
}

static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *d = s->state;
    for (int i = 0; i < s->out; i++)
        d->c.v[i] = d->m->w.v[i] / d->n.v[i];
    lowrank_forward(s, p, x, y);
    d->P = arena_mat_raw(p->keep ? p->saved : p->scratch, y.rows, y.cols);
    if (pass_drops(p)) { /* not V of refresh: A and B are those of now, the norms alone are constants */
        gemm_nt(1, pass_dropout(p, s, x), s->W->w, 0, d->P);
        gemm_nt(d->l.s, d->l.u, d->l.B->w, 1, d->P);
    }
    for (int i = 0; i < y.rows; i++) {
        real *yi = y.v + (size_t)i * y.ld, *Pi = d->P.v + (size_t)i * d->P.ld;
        for (int j = 0; j < y.cols; j++) {
            if (!pass_drops(p))
                Pi[j] = yi[j] - s->b->w.v[j];
            /* HOLE 3: y_ij += (c_j - 1) P_ij. */
            yi[j] += (d->c.v[j] - 1) * Pi[j];
            /* END */
        }
    }
}

static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    struct state *d = s->state;
    struct mat dyc = arena_mat_raw(p->scratch, dy.rows, dy.cols), q = arena_mat(p->scratch, 1, s->out);
    /* HOLE 4: q = colsum(dy o P), by mat_add_coldot(X, Y, q);  dm_i += q_i / n_i;  dyc = dy diag(c), by
     * mat_scale_cols(FROM, c, TO). Without it the length never learns, and LoRA learns from an unscaled gradient. */
    /*= mat_copy(dy, dyc); */
    mat_add_coldot(dy, d->P, q);
    for (int i = 0; i < s->out; i++)
        d->m->g.v[i] += q.v[i] / d->n.v[i];
    mat_scale_cols(dy, d->c, dyc);
    /* END */
    lowrank_backward_delta(s, p, &d->l, x, dyc, dx);
    site_plain_backward(s, x, pass_drops(p) ? dy : dyc, dx);
    if (pass_drops(p)) {
        mat_add(-1, dy, dyc);
        pass_dropout_gemm(p, s, 1, dyc, s->W->w, dx); /* dx += mask o (dy diag(c - 1)) W0 */
    }
}

/* diag(m / ||V||) V, computed anew: it must not trust n. mat_rows(W, i, 1) is row i of W. */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *d = s->state;
    lowrank_weight(s, W, b); /* W = V */
    for (int i = 0; i < s->out; i++) {
        struct mat row = mat_rows(W, i, 1);
        /* HOLE 5: give the row the length m_i: mat_scale(FACTOR, row), mat_dot(row, row). */
        mat_scale((double)d->m->w.v[i] / sqrt(1e-30 + mat_dot(row, row)), row);
        /* END */
    }
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    return lowrank_count(a->rank, in, out) + out;
}

const struct method method_dora = {
    .name = "dora",
    .title = "DoRA",
    .equation = "W = diag(m / ||V||) V, V = W0 + (alpha/r) B A",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct state),
    .facts = NEEDS_INPUT,
    .attach = attach,
    .init = init,
    .ops = {forward, backward, weight},
    .refresh = refresh,
    .count = count,
    .style = {"#CC79A7", 7},
};
