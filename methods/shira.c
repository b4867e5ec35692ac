/* SHiRA: a sparse update on a fixed mask with as many entries as LoRA's pair has.
 *
 *     y = x W0' + b + x~ D',   D (out, in) holds k = r (in + out) trained values at fixed places, 0 at the start
 *     mask=random: k random places;   mask=magnitude: those of the k largest |W0_ij|
 *
 * Bhardwaj et al., NeurIPS 2024 (arXiv 2406.13175): "SHiRA-Rand", as HF PEFT has it, and "SHiRA-WM", both at scale 1.
 * Where r (in + out) exceeds the matrix the mask is full. The places follow from seed or W0; only values are stored. D
 * is spread out for a product, so memory and time are those of a dense layer's gradient. */
#include "core/order.h"
#include "core/rng.h"
#include "math/linalg.h"
#include "tune/dense.h"
#include "tune/peft.h"
#include "tune/places.h"

#include <math.h>
#include <stdlib.h>

enum { RANDOM, MAGNITUDE };
struct options {
    int mask;
};
static const struct option options[] = {
    OPTION_C(options, mask, RANDOM, "random|magnitude", "which entries train: random ones, or the largest of W0"),
    OPTION_END,
};

struct state {
    struct param *v; /* (1, k) */
    int *place;      /* k ascending indices into (out, in) */
    struct mat D;    /* (out, in), kept from forward to backward */
};

static void attach(struct tuning *t, struct site *s)
{
    struct state *h = s->state;
    const int k = places_count(0, s->rank, s->in, s->out);
    h->v = tuning_vector(t, s, "shira_weight", 1, k);
    h->place = tuning_places(t, k);
    tuning_train(h->v, 1);
}

/* place := the k largest |W_ij|; of equal ones, the first */
static void largest(struct arena *scratch, struct mat W, int k, int *place)
{
    size_t mark = arena_mark(scratch), n = mat_size(W);
    double *size = arena_take(scratch, n * sizeof *size);
    for (size_t i = 0; i < n; i++)
        size[i] = fabs((double)W.v[i]);
    qsort(size, n, sizeof *size, order_double);
    const double least = size[n - (size_t)k];
    int equal = 0; /* how many of the size of the least belong to the k */
    for (size_t i = n - (size_t)k; i < n && size[i] == least; i++)
        equal++;
    for (int i = 0, found = 0; found < k; i++) {
        double here = fabs((double)W.v[i]);
        if (here > least || (here == least && equal-- > 0))
            place[found++] = i;
    }
    arena_release(scratch, mark);
}

static void init(struct tuning *t, struct site *s)
{
    const struct options *o = t->opts;
    const struct state *h = s->state;
    if (o->mask == MAGNITUDE) {
        largest(&t->model->mem->scratch, s->W->w, h->v->w.cols, h->place);
        return;
    }
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
    return places_count(0, a->rank, in, out); /* r (in + out) */
}

static const struct peft peft = {
    .why_not = "PEFT keeps the places as whole numbers in tensors of their own, which this program does not write",
};

const struct method method_shira = {
    .name = "shira",
    .title = "SHiRA",
    .cite = "Bhardwaj et al., NeurIPS 2024, arXiv 2406.13175",
    .equation = "W = W0 + D, D sparse on a fixed mask",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct state),
    .facts = NEEDS_INPUT,
    .attach = attach,
    .init = init,
    .ops = {forward, backward, weight},
    .count = count,
    .style = {"#009E73", 11},
    .peft = &peft,
};
