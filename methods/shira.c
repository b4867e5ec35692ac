/* SHiRA: a sparse update on a random mask with as many entries as LoRA's pair has.
 *
 *     y = x W0' + b + x~ D',   D (out, in) holds k = r (in + out) trained values at fixed random places, 0 at the start
 *
 * Bhardwaj et al., NeurIPS 2024 (arXiv 2406.13175), with the random mask ("SHiRA-Rand") and scale 1, as HF PEFT. Where
 * r (in + out) exceeds the matrix the mask is full. The places follow from the seed; only values are stored. D is
 * spread out for a product, so memory and time are those of a dense layer's gradient. */
#include "core/rng.h"
#include "math/linalg.h"
#include "tune/dense.h"
#include "tune/lowrank.h"

struct state {
    struct param *v; /* (1, k) */
    int *place;      /* k ascending indices into (out, in) */
    struct mat D;    /* (out, in), kept from forward to backward */
};

static long entries(int rank, int in, int out)
{
    long k = lowrank_count(rank, in, out), all = (long)in * out;
    return k < all ? k : all;
}

static void attach(struct tuning *t, struct site *s)
{
    struct state *h = s->state;
    int k = (int)entries(s->rank, s->in, s->out);
    h->v = tuning_vector(t, s, "shira_weight", 1, k);
    h->place = tuning_places(t, k);
    tuning_train(h->v, 1);
}

static void init(struct tuning *t, struct site *s)
{
    const struct state *h = s->state;
    struct rng r = tuning_rng(t, s, 0);
    rng_subset(&r, s->in * s->out, h->v->w.cols, h->place);
}

/* y = x W0' + b + x~ D' */
static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *h = s->state;
    h->D = dense_room(s, p);
    mat_fill(h->D, 0);
    for (int k = 0; k < h->v->w.cols; k++)
        h->D.v[h->place[k]] = h->v->w.v[k];
    dense_forward(s, p, h->D, x, y);
}

/* dv = dy' x~ at the places;  dx += mask o (dy D) */
static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    const struct state *h = s->state;
    struct mat M = dense_backward(s, p, h->D, x, dy, dx);
    for (int k = 0; k < h->v->w.cols; k++)
        h->v->g.v[k] += M.v[h->place[k]];
}

/* W + D */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *h = s->state;
    (void)b;
    for (int k = 0; k < h->v->w.cols; k++)
        W.v[(size_t)(h->place[k] / s->in) * W.ld + h->place[k] % s->in] += h->v->w.v[k];
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    (void)opts;
    return entries(a->rank, in, out); /* r (in + out) */
}

const struct method method_shira = {
    .name = "shira",
    .title = "SHiRA",
    .cite = "Bhardwaj et al., NeurIPS 2024, arXiv 2406.13175",
    .equation = "W = W0 + D, D sparse on a fixed random mask",
    .site_size = sizeof(struct state),
    .facts = NEEDS_INPUT,
    .attach = attach,
    .init = init,
    .ops = {forward, backward, weight},
    .count = count,
    .style = {"#009E73", 11},
};
