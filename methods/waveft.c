/* WaveFT: the update is the inverse Haar transform, of one level, of a matrix that is trained at random places alone.
 *
 *     y = x W0' + b + x~ D';   of S (out, in), zero but for n = r (in + out) places, the quarters a e / f g give
 *     D_(2i)(2j) = k (a + e + f + g),       D_(2i)(2j+1) = k (a + e - f - g),
 *     D_(2i+1)(2j) = k (a - e + f - g),     D_(2i+1)(2j+1) = k (a - e - f + g),   all at (i, j),   k = scale / 2
 *
 * Bilican et al., 2025 (arXiv 2505.12532), as HF PEFT computes it: its quarters e and f are exchanged against the usual
 * layout. The numbers start at 0; places are PEFT's for the same seed, the same for all layers of one shape. Left out:
 * longer wavelets and odd sizes, which PEFT pads. There is no alpha. */
#include "math/linalg.h"
#include "tune/dense.h"
#include "tune/peft.h"
#include "tune/places.h"

struct options {
    double scale;
    int n, place_seed;
};
static const struct option options[] = {
    OPTION_R(options, scale, 25, 1e-6, 1e9, "factor of the update"),
    OPTION_I(options, n, 0, 0, 2000000000, "numbers of a matrix, at most its entries; 0: r (in + out)"),
    OPTION_I(options, place_seed, 777, 0, 2000000000, "seed of the places, apart from the run's"),
    OPTION_END,
};

struct state {
    struct param *c; /* (1, n) */
    int *place;      /* n: u in + v */
    double k;        /* scale / 2 */
    struct mat D;    /* (out, in), kept from forward to backward */
};

static void check(const struct adapter *common, const void *opts, int in, int out)
{
    (void)common, (void)opts;
    if (in % 2 || out % 2)
        die(EXIT_USAGE, "waveft: both sides of a %d x %d matrix must be even", out, in);
}

static void attach(struct tuning *t, struct site *s)
{
    const struct options *o = t->opts;
    struct state *w = s->state;
    const int n = places_count(o->n, s->rank, s->in, s->out);
    w->k = o->scale / 2;
    w->c = tuning_trained_vector(t, s, "waveft_spectrum", 1, n);
    w->place = tuning_places(t, n);
}

static void init(struct tuning *t, struct site *s)
{
    const struct options *o = t->opts;
    const struct state *w = s->state;
    places_draw(&t->model->mem->scratch, (uint32_t)o->place_seed, s->in * s->out, w->c->w.cols, w->place);
}

/* A number of quarter (u, v) reaches four entries of D, those of the lower row and of the right column with the sign of
 * the quarter. Both directions walk them: with to_D, D gets += what c gives; else c is dL/dc and gets += of D = dL/dD. */
static void walk(const struct site *s, struct mat c, struct mat D, bool to_D)
{
    const struct state *w = s->state;
    const int rows = s->out / 2, cols = s->in / 2;
    for (int l = 0; l < c.cols; l++) {
        const int u = w->place[l] / s->in, v = w->place[l] % s->in;
        const bool below = u >= rows, right = v >= cols; /* f or g; e or g */
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < 2; j++) {
                real *entry = mat_at(D, 2 * (u % rows) + i, 2 * (v % cols) + j);
                double k = ((i && right) != (j && below)) ? -w->k : w->k;
                if (to_D)
                    *entry += (real)(k * (double)c.v[l]);
                else
                    c.v[l] += (real)(k * (double)*entry);
            }
    }
}

/* y = x W0' + b + x~ D' */
static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *w = s->state;
    w->D = dense_room(s, p);
    mat_fill(w->D, 0);
    walk(s, w->c->w, w->D, true);
    dense_forward(s, p, w->D, x, y);
}

/* dc by the transposed walk, which is the transform itself: it is orthonormal */
static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    const struct state *w = s->state;
    walk(s, w->c->g, dense_backward(s, p, w->D, x, dy, dx), false);
}

/* Entry (i, j) of D from the four of S that meet there. */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *w = s->state;
    const int rows = s->out / 2, cols = s->in / 2;
    (void)b;
    for (int l = 0; l < w->c->w.cols; l++)
        for (int i = 0; i < s->out; i++)
            for (int j = 0; j < s->in; j++) {
                const int u = w->place[l] / s->in, v = w->place[l] % s->in, quarter = 2 * (u >= rows) + (v >= cols);
                if (u % rows != i / 2 || v % cols != j / 2)
                    continue;
                static const int sign[4][4] = {{1, 1, 1, 1}, {1, 1, -1, -1}, {1, -1, 1, -1}, {1, -1, -1, 1}};
                *mat_at(W, i, j) += (real)(w->k * sign[quarter][2 * (i % 2) + j % 2] * (double)w->c->w.v[l]);
            }
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    return places_count(((const struct options *)opts)->n, a->rank, in, out); /* r (in + out), or n */
}

static const struct peft peft = {
    .type = "WAVEFT",
    .tensor = {{"waveft_spectrum", "waveft_spectrum", RANKS_IN_COLUMNS, PEFT_VECTOR}},
    .key = {{"n_frequency", PEFT_LARGEST, "n", 0},
            {"scaling", PEFT_OPTION, "scale", 0},
            {"random_loc_seed", PEFT_OPTION, "place_seed", 0},
            {"use_idwt", PEFT_TRUE, NULL, 0},
            {"bias", PEFT_NONE, NULL, 0},
            {"fan_in_fan_out", PEFT_FALSE, NULL, 0}},
};

const struct method method_waveft = {
    .name = "waveft",
    .title = "WaveFT",
    .cite = "Bilican et al., 2025, arXiv 2505.12532",
    .equation = "W = W0 + scale Haar^-1(S), S sparse on a fixed random mask",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct state),
    .facts = NEEDS_INPUT,
    .check = check,
    .attach = attach,
    .init = init,
    .ops = {forward, backward, weight},
    .count = count,
    .style = {"#F0E442", 7},
    .peft = &peft,
};
