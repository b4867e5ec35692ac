/* RoAd: the layer's outputs, in pairs, are turned and scaled.
 *
 *     y = R (x W0' + b): with z = x W0' + b, pairs (i, i + g/2) within groups of g outputs:
 *     y_i = c_i z_i - s_i z_(i + g/2),   y_(i + g/2) = c_(i + g/2) z_(i + g/2) + s_(i + g/2) z_i
 *     c = alpha cos theta,  s = alpha sin theta,  alpha = 1,  theta = 0.   variant=1: one (alpha, theta) for a pair;
 *     2: one for each output;   4: one for the c and one for the s of each output
 *
 * Liao, Monz, NeurIPS 2024 (arXiv 2409.00119): the paper turns neighbours, group=2; HF PEFT's default is group=64. The
 * bias turns too. There is no rank, alpha= or dropout; decay=all pulls alpha to 0. */
#include "math/linalg.h"
#include "tune/method.h"
#include "tune/peft.h"

#include <math.h>

struct options {
    int variant, group;
};
static const struct option options[] = {
    OPTION_C(options, variant, 0, "1|2|4", "pairs of numbers for each two outputs"),
    OPTION_I(options, group, 2, 2, 65536, "outputs whose halves pair up: even, a divisor of the outputs"),
    OPTION_END,
};

struct state {
    struct param *alpha, *theta; /* (1, out / 2), (1, out) or (1, 2 out) */
    int variant, g;
    struct mat z; /* (N, out) = x W0' + b, kept from forward to backward */
};

static void check(const struct adapter *common, const void *opts, int in, int out)
{
    const int g = ((const struct options *)opts)->group;
    (void)common, (void)in;
    if (g % 2 || out % g)
        die(EXIT_USAGE, "road: group=%d must be even and divide the %d outputs", g, out);
}

static void attach(struct tuning *t, struct site *s)
{
    const struct options *o = t->opts;
    struct state *r = s->state;
    r->variant = o->variant;
    r->g = o->group;
    r->theta = tuning_trained_vector(t, s, "road_theta", 1, s->out / 2 << o->variant);
    r->alpha = tuning_trained_vector(t, s, "road_alpha", 1, s->out / 2 << o->variant);
}

static void init(struct tuning *t, struct site *s)
{
    (void)t;
    mat_fill(((const struct state *)s->state)->alpha->w, 1);
}

/* Where the number of c (of s, if sine) of output i lies, and with which output i is paired. */
static int place(const struct state *r, int i, bool sine)
{
    const int group = i / r->g, k = i % r->g;
    if (r->variant == 0)
        return group * r->g / 2 + k % (r->g / 2);
    return r->variant == 1 ? i : 2 * group * r->g + (sine ? r->g : 0) + k;
}
static int partner(const struct state *r, int i)
{
    return i % r->g < r->g / 2 ? i + r->g / 2 : i - r->g / 2;
}

/* What y_i takes of z_i, c_i; or of its partner, +-s_i. */
static double factor(const struct state *r, int i, bool sine)
{
    const int k = place(r, i, sine);
    const double alpha = (double)r->alpha->w.v[k], theta = (double)r->theta->w.v[k];
    return sine ? (partner(r, i) > i ? -alpha : alpha) * sin(theta) : alpha * cos(theta);
}

/* y_i = c_i z_i + (+-s_i) z_partner */
static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *r = s->state;
    r->z = arena_mat_raw(p->keep ? p->saved : p->scratch, y.rows, y.cols);
    site_plain_forward(s, x, r->z);
    mat_fill(y, 0);
    for (int i = 0; i < s->out; i++) {
        mat_add(factor(r, i, false), mat_cols(r->z, i, 1), mat_cols(y, i, 1));
        mat_add(factor(r, i, true), mat_cols(r->z, partner(r, i), 1), mat_cols(y, i, 1));
    }
}

/* dz = R' dy;  dc_i = <dy_i, z_i>, ds_i = +-<dy_i, z_partner>, and on to alpha and theta */
static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    const struct state *r = s->state;
    struct mat dz = arena_mat(p->scratch, dy.rows, dy.cols);
    for (int i = 0; i < s->out; i++)
        for (int sine = 0; sine < 2; sine++) {
            const int k = place(r, i, sine), from = sine ? partner(r, i) : i;
            const double alpha = (double)r->alpha->w.v[k], theta = (double)r->theta->w.v[k];
            double d = mat_dot(mat_cols(dy, i, 1), mat_cols(r->z, from, 1)) * (from > i ? -1 : 1);
            r->alpha->g.v[k] += (real)(d * (sine ? sin(theta) : cos(theta)));
            r->theta->g.v[k] += (real)(d * alpha * (sine ? cos(theta) : -sin(theta)));
            mat_add(factor(r, i, sine), mat_cols(dy, i, 1), mat_cols(dz, from, 1));
        }
    site_plain_backward(s, x, dz, dx);
}

/* Rows of W, and entries of b, pair by pair. */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *r = s->state;
    for (int i = 0; i < s->out; i++) {
        const int k = partner(r, i);
        for (int j = 0; i < k && j <= s->in; j++) {
            real *up = j < s->in ? mat_at(W, i, j) : b.v + i, *down = j < s->in ? mat_at(W, k, j) : b.v + k;
            const double first = (double)*up, second = (double)*down;
            *up = (real)(factor(r, i, false) * first + factor(r, i, true) * second);
            *down = (real)(factor(r, k, true) * first + factor(r, k, false) * second);
        }
    }
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    (void)a, (void)in;
    return (long)out << ((const struct options *)opts)->variant; /* out, 2 out or 4 out */
}

static const struct peft peft = {
    .type = "ROAD",
    .tensor = {{"road_theta", "road_theta", RANKS_NOWHERE, PEFT_VECTOR},
               {"road_alpha", "road_alpha", RANKS_NOWHERE, PEFT_VECTOR}},
    .key = {{"variant=road_1|road_2|road_4", PEFT_WORDS, "variant", 0}, {"group_size", PEFT_OPTION, "group", 0}},
};

const struct method method_road = {
    .name = "road",
    .title = "RoAd",
    .cite = "Liao, Monz, NeurIPS 2024, arXiv 2409.00119",
    .equation = "W = R W0, b R', R turns and scales pairs of outputs",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct state),
    .declares = NO_DROPOUT,
    .no_rank = true,
    .check = check,
    .attach = attach,
    .init = init,
    .ops = {forward, backward, weight},
    .count = count,
    .style = {"#999999", 8},
    .peft = &peft,
};
