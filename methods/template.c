/* SSF: each output of an adapted layer gets a trained scale and shift. Copy this file to methods/<name>.c and edit it.
 *
 *     y = (x W0' + b) o g + h,   g, h (1, out),   g = 1, h = 0 at the start
 *
 * Lian, Zhou, Feng, Wang, NeurIPS 2022 (arXiv 2210.08817). Deviation: the paper also scales after norms and patches. */
#include "math/linalg.h"
#include "tune/method.h"

/* Options: one row each gives the command line, the bounds, the help, the experiment file and the record. */
struct options {
    int shift;
};
static const struct option options[] = {
    OPTION_B(options, shift, 1, "train the shift h too"),
    OPTION_END,
};

/* What one site keeps. */
struct state {
    struct param *g, *h; /* (1, out) */
    struct mat y;        /* (N, out) = x W0' + b, kept from forward to backward */
};

/* Declares the site's tensors; nothing may be read or written yet, since counting calls this without memory. */
static void attach(struct tuning *t, struct site *s)
{
    const struct options *o = t->opts;
    struct state *a = s->state;
    a->g = tuning_vector(t, s, "ssf_scale", 1, s->out);
    a->h = tuning_vector(t, s, "ssf_shift", 1, s->out);
    tuning_train(a->g, 1);
    if (o->shift)
        tuning_train(a->h, 1);
}

/* Starting values: step 0 must be the base, bit for bit (or within .start_tol). Tensors come zeroed. */
static void init(struct tuning *t, struct site *s)
{
    const struct state *a = s->state;
    (void)t;
    mat_fill(a->g->w, 1);
}

/* y = (x W0' + b) o g + h: overwrites y. What backward needs goes to the saved arena, the rest to scratch. */
static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *a = s->state;
    a->y = arena_mat_raw(p->keep ? p->saved : p->scratch, y.rows, y.cols);
    site_plain_forward(s, x, a->y);
    mat_scale_cols(a->y, a->g->w, y);
    mat_add_row(a->h->w, y);
}

/* dg += colsum(dy o (x W0' + b)),  dh += colsum(dy),  dx += (dy o g) W0: adds to every gradient. */
static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    const struct state *a = s->state;
    struct mat dyg = arena_mat_raw(p->scratch, dy.rows, dy.cols);
    mat_add_coldot(dy, a->y, a->g->g);
    if (a->h->g.v) /* frozen tensors have no gradient */
        mat_add_colsum(dy, a->h->g);
    mat_scale_cols(dy, a->g->w, dyg);
    site_plain_backward(s, x, dyg, dx);
}

/* W_ij g_i and b_i g_i + h_i: the same layer said a second time, for merging and export. */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *a = s->state;
    mat_scale_rows(W, a->g->w, W);
    mat_scale_cols(b, a->g->w, b);
    mat_add_row(a->h->w, b);
}

/* The paper's count for one site; a law holds it against what attaches. */
static long count(const struct adapter *common, const void *opts, int in, int out)
{
    const struct options *o = opts;
    (void)common, (void)in;
    return o->shift ? 2L * out : out;
}

const struct method method_template = {
    .name = "template",
    .title = "SSF",
    .cite = "Lian, Zhou, Feng, Wang, NeurIPS 2022, arXiv 2210.08817",
    .equation = "W = diag(g) W0, b = b0 o g + h",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct state),
    .no_rank = true, /* no knob that a budget could turn */
    .declares = NO_DROPOUT,
    .attach = attach,
    .init = init,
    .ops = {forward, backward, weight},
    .count = count,
};
