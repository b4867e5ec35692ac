/* BEFT: only the biases of the value projections train.
 *
 *     y = x W0' + b + d,   d (1, out) = 0
 *
 * 2025 (arXiv 2509.15974), as HF PEFT computes it: decay acts on the difference d, not on the bias. There is no rank and no
 * dropout. */
#include "math/linalg.h"
#include "tune/method.h"
#include "tune/peft.h"

static void attach(struct tuning *t, struct site *s)
{
    struct param **d = s->state;
    *d = tuning_trained_vector(t, s, "beft_bias", 1, s->out);
}

/* y = x W0' + b + d */
static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct param *const *d = s->state;
    (void)p;
    site_plain_forward(s, x, y);
    mat_add_row((*d)->w, y);
}

/* dd += colsum(dy) */
static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    struct param *const *d = s->state;
    (void)p;
    site_plain_backward(s, x, dy, dx);
    mat_add_colsum(dy, (*d)->g);
}

static void weight(const struct site *s, struct mat W, struct mat b)
{
    struct param *const *d = s->state;
    (void)W;
    mat_add(1, (*d)->w, b);
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    (void)a, (void)opts, (void)in;
    return out;
}

static const struct peft peft = {
    .type = "BEFT",
    .tensor = {{"beft_bias", "beft_bias", RANKS_NOWHERE, PEFT_MATRIX}},
};

const struct method method_beft = {
    .name = "beft",
    .title = "BEFT",
    .cite = "2025, arXiv 2509.15974",
    .equation = "y = W0 x + b + d, only d trains",
    .site_size = sizeof(struct param *),
    .targets = "v",
    .declares = NO_DROPOUT,
    .no_rank = true,
    .attach = attach,
    .ops = {forward, backward, weight},
    .count = count,
    .style = {"#999999", 12},
    .peft = &peft,
};
