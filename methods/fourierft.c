/* FourierFT: the update is a sum of n waves over the matrix, at random frequencies, whose heights train.
 *
 *     y = x W0' + b + x~ D',   D_ij = scale / (out in) sum_l c_l cos(2 pi (u_l i / out + v_l j / in))
 *     n = r (in + out), as SHiRA counts, or all;   places (u, v): n random ones, the same for all layers of one shape
 *
 * Gao et al., ICML 2024 (arXiv 2405.03003): the real part of an inverse Fourier transform. Places are HF PEFT's for the
 * same seed. Deviation: c starts at 0, so that step 0 is the base; init=normal is the paper's and PEFT's N(0, 1). As a
 * product, D = C diag(c) V' over cosines and sines, cos(a + b) = cos a cos b - sin a sin b; tables are made anew each
 * time. There is no alpha. At o and down a place with u = 0 has no gradient (the layer norm behind takes the mean over
 * outputs away), and AdamW steps along its rounding. */
#include "core/rng.h"
#include "math/linalg.h"
#include "tune/dense.h"
#include "tune/peft.h"
#include "tune/places.h"

#include <math.h>

enum { ZERO, NORMAL };
struct options {
    double scale;
    int init, n, place_seed;
};
static const struct option options[] = {
    OPTION_R(options, scale, 150, 1e-6, 1e9, "factor of the update, divided by the entries of the matrix"),
    OPTION_C(options, init, ZERO, "zero|normal", "start of the heights; normal ones are not the base"),
    OPTION_I(options, n, 0, 0, 2000000000, "waves of a matrix, at most its entries; 0: r (in + out)"),
    OPTION_I(options, place_seed, 777, 0, 2000000000, "seed of the places, apart from the run's"),
    OPTION_END,
};

struct state {
    struct param *c; /* (1, n) */
    int *place;      /* n: u in + v */
    double k;        /* scale / (out in) */
    struct mat D;    /* (out, in), kept from forward to backward */
};

static unsigned declared(const void *opts)
{
    const struct options *o = opts;
    return o->init == NORMAL ? STARTS_ELSEWHERE : 0;
}

static void attach(struct tuning *t, struct site *s)
{
    const struct options *o = t->opts;
    struct state *f = s->state;
    const int n = places_count(o->n, s->rank, s->in, s->out);
    f->k = o->scale / s->out / s->in;
    f->c = tuning_trained_vector(t, s, "fourierft_spectrum", 1, n);
    f->place = tuning_places(t, n);
}

static void init(struct tuning *t, struct site *s)
{
    const struct options *o = t->opts;
    const struct state *f = s->state;
    struct rng r = tuning_rng(t, s, 0);
    places_draw(&t->model->mem->scratch, (uint32_t)o->place_seed, s->in * s->out, f->c->w.cols, f->place);
    if (o->init == NORMAL)
        rng_fill_normal(&r, f->c->w, 1);
}

/* (size, 2 n), in scratch: columns 2 l and 2 l + 1 are cos and sign sin of 2 pi w i / size, w = u_l by rows, v_l by
 * columns of the matrix. */
static struct mat waves(const struct site *s, struct arena *scratch, bool rows, double sign)
{
    const struct state *f = s->state;
    const int n = f->c->w.cols, size = rows ? s->out : s->in;
    struct mat table = arena_mat_raw(scratch, size, 2), to = arena_mat_raw(scratch, size, 2 * n);
    for (int i = 0; i < size; i++) {
        *mat_at(table, i, 0) = (real)cos(2 * M_PI * i / size);
        *mat_at(table, i, 1) = (real)(sign * sin(2 * M_PI * i / size));
    }
    for (int i = 0; i < size; i++)
        for (int l = 0; l < n; l++) {
            long w = rows ? f->place[l] / s->in : f->place[l] % s->in;
            mat_copy(mat_rows(table, (int)(w * i % size), 1), mat_cols(mat_rows(to, i, 1), 2 * l, 2));
        }
    return to;
}

/* D = k (C diag(c, c)) V' */
static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *f = s->state;
    struct mat C = waves(s, p->scratch, true, 1), V = waves(s, p->scratch, false, -1);
    for (int l = 0; l < C.cols; l++)
        mat_scale((double)f->c->w.v[l / 2], mat_cols(C, l, 1));
    f->D = dense_room(s, p);
    gemm_nt(f->k, C, V, 0, f->D);
    dense_forward(s, p, f->D, x, y);
}

/* dc_l += k sum_i (C o (M V))_i,2l + the same of 2 l + 1 */
static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    const struct state *f = s->state;
    struct mat M = dense_backward(s, p, f->D, x, dy, dx);
    struct mat C = waves(s, p->scratch, true, 1), V = waves(s, p->scratch, false, -1);
    struct mat MV = arena_mat_raw(p->scratch, s->out, C.cols), sum = arena_mat(p->scratch, 1, C.cols);
    gemm_nn(f->k, M, V, 0, MV);
    mat_add_coldot(C, MV, sum);
    for (int l = 0; l < C.cols; l++)
        f->c->g.v[l / 2] += sum.v[l];
}

/* Each entry as the sum of its waves, whose phases are taken modulo one in whole numbers. */
static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *f = s->state;
    (void)b;
    for (int i = 0; i < s->out; i++)
        for (int j = 0; j < s->in; j++) {
            double sum = 0;
            for (int l = 0; l < f->c->w.cols; l++) {
                const long u = f->place[l] / s->in, v = f->place[l] % s->in;
                double phase = (double)(u * i % s->out) / s->out + (double)(v * j % s->in) / s->in;
                sum += (double)f->c->w.v[l] * cos(2 * M_PI * phase);
            }
            *mat_at(W, i, j) += (real)(f->k * sum);
        }
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    return places_count(((const struct options *)opts)->n, a->rank, in, out); /* r (in + out), or n */
}

static const struct peft peft = {
    .type = "FOURIERFT",
    .tensor = {{"fourierft_spectrum", "fourierft_spectrum", RANKS_IN_COLUMNS, PEFT_VECTOR}},
    .key = {{"n_frequency", PEFT_LARGEST, "n", 0},
            {"scaling", PEFT_OPTION, "scale", 0},
            {"random_loc_seed", PEFT_OPTION, "place_seed", 0},
            {"bias", PEFT_NONE, NULL, 0},
            {"fan_in_fan_out", PEFT_FALSE, NULL, 0}},
};

const struct method method_fourierft = {
    .name = "fourierft",
    .title = "FourierFT",
    .cite = "Gao et al., ICML 2024, arXiv 2405.03003",
    .equation = "W = W0 + k sum_l c_l cos(2 pi (u_l i / out + v_l j / in))",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct state),
    .facts = NEEDS_INPUT,
    .declared = declared,
    .attach = attach,
    .init = init,
    .ops = {forward, backward, weight},
    .count = count,
    .style = {"#F0E442", 5},
    .peft = &peft,
};
