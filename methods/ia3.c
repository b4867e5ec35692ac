/* IA3: learned vectors that scale keys, values and the feed-forward layer's hidden units.
 *
 *     k, v (and q, o, up):  y = (x W0' + b) o l,  l (out, 1);     down:  y = (x o l) W0' + b,  l (1, in);     l starts
 * at 1
 *
 * Liu et al., NeurIPS 2022 (arXiv 2205.05638). By default on k, v and down as in the paper. The shapes of l are HF
 * PEFT's. There is no rank, no alpha and no dropout. Merging scales the bias of an output-scaled layer too. */
#include "math/linalg.h"
#include "tune/method.h"
#include "tune/peft.h"

struct state {
    struct param *l;
    struct mat y; /* (N, out) = x W0' + b, kept from forward to backward where outputs are scaled */
};

static bool scales_input(const struct site *s)
{
    return s->target == TARGET_DOWN;
}

/* l as a row */
static struct mat row(struct mat l)
{
    return mat_of(l.v, 1, l.rows * l.cols);
}

static void attach(struct tuning *t, struct site *s)
{
    struct state *a = s->state;
    bool input = scales_input(s);
    a->l = tuning_vector(t, s, "ia3_l", input ? 1 : s->out, input ? s->in : 1);
    tuning_train(a->l, 1);
    if (!input)
        s->facts &= ~(unsigned)NEEDS_INPUT;
}

static void init(struct tuning *t, struct site *s)
{
    const struct state *a = s->state;
    (void)t;
    mat_fill(a->l->w, 1);
}

static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *a = s->state;
    if (scales_input(s)) {
        struct mat xl = arena_mat_raw(p->scratch, x.rows, x.cols);
        mat_scale_cols(x, row(a->l->w), xl);
        site_plain_forward(s, xl, y);
        return;
    }
    a->y = arena_mat_raw(p->keep ? p->saved : p->scratch, y.rows, y.cols);
    site_plain_forward(s, x, a->y);
    mat_scale_cols(a->y, row(a->l->w), y);
}

/* outputs: dl = colsum(dy o (x W0' + b)), dx += (dy o l) W0;   input: e = dy W0, dl = colsum(e o x), dx += e o l */
static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    struct state *a = s->state;
    struct mat l = row(a->l->w);
    if (!scales_input(s)) {
        struct mat dyl = arena_mat_raw(p->scratch, dy.rows, dy.cols);
        mat_add_coldot(dy, a->y, row(a->l->g));
        mat_scale_cols(dy, l, dyl);
        site_plain_backward(s, x, dyl, dx);
        return;
    }
    struct mat e = arena_mat(p->scratch, dy.rows, s->in);
    site_plain_backward(s, x, dy, e);
    mat_add_coldot(e, x, row(a->l->g));
    mat_scale_cols(e, l, e);
    if (dx.v)
        mat_add(1, e, dx);
}

/* W_ij l_i and b_i l_i, or W_ij l_j */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *a = s->state;
    if (scales_input(s)) {
        mat_scale_cols(W, row(a->l->w), W);
        return;
    }
    mat_scale_rows(W, row(a->l->w), W);
    mat_scale_cols(b, row(a->l->w), b);
}

static const struct peft peft = {
    .type = "IA3",
    .tensor = {{"ia3_l", "ia3_l", RANKS_NOWHERE}},
    .key = {{"feedforward_modules", PEFT_FEEDFORWARD, NULL, 0}, {"fan_in_fan_out", PEFT_FALSE, NULL, 0}},
};

const struct method method_ia3 = {
    .name = "ia3",
    .title = "IA3",
    .cite = "Liu et al., NeurIPS 2022, arXiv 2205.05638",
    .equation = "W = diag(l) W0 (k, v: and b o l), W = W0 diag(l) (down)",
    .site_size = sizeof(struct state),
    .targets = "k,v,down",
    .facts = NEEDS_INPUT,
    .declares = NO_FORMULA | NO_DROPOUT,
    .no_rank = true,
    .attach = attach,
    .init = init,
    .ops = {forward, backward, weight},
    .style = {"#999999", 6},
    .peft = &peft,
};
