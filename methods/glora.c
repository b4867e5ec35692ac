/* GLoRA: one formula that scales and shifts a layer's weights and biases, with five supports that may be small.
 *
 *     W = W0 + W0 o A + B,   b = b0 + b0 o D + E + W0 C
 *     ab: A and B (out, in) are products X Y of rank r (lora), one number for each row (vector), or one number (constant)
 *     c: C (in, 1) such a product or a vector;   de: D and E (1, out) vectors or one number each
 *     X, vectors and numbers = 0;  Y ~ U(+-1/sqrt(fan in)):  step 0 is the base
 *
 * Chavan, Liu, Gupta, Xing, Shen, 2023 (arXiv 2306.07967), who choose the forms by evolution; here, as in HF PEFT, by
 * options. No alpha. With M = dL/dW, c = dL/db: dA = W0 o M, dB = M, dC = W0' c', dD = b0 o c, dE = c. */
#include "math/linalg.h"
#include "tune/dense.h"
#include "tune/peft.h"

#include <stdio.h>

enum { LORA, VECTOR, CONSTANT };
struct options {
    int ab, c, de;
};
static const struct option options[] = {
    OPTION_C(options, ab, LORA, "lora|vector|constant", "what A and B are"),
    OPTION_C(options, c, LORA, "lora|vector", "what C is"),
    OPTION_C(options, de, 1, "vector|constant", "what D and E are"),
    OPTION_END,
};

/* A support: X Y, or X alone, a number for each row or for all. */
struct support {
    struct param *X, *Y;
};
struct state {
    struct support A, B, C, D, E;
    struct mat U; /* (out, in) = W0 o A + B, kept from forward to backward */
};

static struct support declare(struct tuning *t, struct site *s, char which, int form, int rows, int cols)
{
    char x[32], y[32];
    struct support p = {NULL, NULL};
    snprintf(x, sizeof x, "glora_%c.%s", which, form == LORA ? "Xd" : "X");
    snprintf(y, sizeof y, "glora_%c.Xu", which);
    if (form == LORA) {
        p.X = tuning_trained(t, s, x, rows, s->rank);
        p.Y = tuning_trained(t, s, y, s->rank, cols);
    } else
        p.X = which < 'D' ? tuning_trained_vector(t, s, x, form == VECTOR ? rows : 1, 1)
                          : tuning_trained_vector(t, s, x, 1, form == VECTOR ? rows : 1);
    return p;
}

static void attach(struct tuning *t, struct site *s)
{
    const struct options *o = t->opts;
    struct state *g = s->state;
    g->A = declare(t, s, 'A', o->ab, s->out, s->in);
    g->B = declare(t, s, 'B', o->ab, s->out, s->in);
    g->C = declare(t, s, 'C', o->c, s->in, 1);
    g->D = declare(t, s, 'D', o->de ? CONSTANT : VECTOR, s->out, 1);
    g->E = declare(t, s, 'E', o->de ? CONSTANT : VECTOR, s->out, 1);
}

static void init(struct tuning *t, struct site *s)
{
    const struct state *g = s->state;
    struct param *Y[] = {g->A.Y, g->B.Y, g->C.Y};
    for (int i = 0; i < 3; i++)
        if (Y[i])
            tuning_kaiming(t, s, i, Y[i]->w, Y[i]->w.cols);
}

/* M (rows, cols) := the support */
static void form(struct support p, struct mat M)
{
    if (p.Y)
        gemm_nn(1, p.X->w, p.Y->w, 0, M);
    else
        for (int i = 0; i < M.rows; i++)
            mat_fill(mat_rows(M, i, 1), (double)p.X->w.v[mat_size(p.X->w) > 1 ? i : 0]);
}

/* Adds to the gradients of a support from G = dL/dM. */
static void gradient(struct support p, struct mat G)
{
    if (p.Y) {
        gemm_nt(1, G, p.Y->w, 1, p.X->g);
        gemm_tn(1, p.X->w, G, 1, p.Y->g);
        return;
    }
    for (int i = 0; i < G.rows; i++)
        for (int j = 0; j < G.cols; j++)
            p.X->g.v[mat_size(p.X->w) > 1 ? i : 0] += *mat_at(G, i, j);
}

/* h (out, 1) := b0 o D + E + W0 C */
static void shift(const struct site *s, struct arena *a, struct mat h)
{
    const struct state *g = s->state;
    struct mat C = arena_mat_raw(a, s->in, 1), E = arena_mat_raw(a, s->out, 1);
    form(g->C, C);
    form(g->D, h);
    form(g->E, E);
    mat_multiply(mat_of(s->b->w.v, s->out, 1), h);
    mat_add(1, E, h);
    gemm_nn(1, s->W->w, C, 1, h);
}

static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *g = s->state;
    struct mat B = arena_mat_raw(p->scratch, s->out, s->in), h = arena_mat_raw(p->scratch, s->out, 1);
    g->U = dense_room(s, p);
    form(g->A, g->U);
    form(g->B, B);
    mat_multiply(s->W->w, g->U);
    mat_add(1, B, g->U);
    dense_forward(s, p, g->U, x, y);
    shift(s, p->scratch, h);
    mat_add_row(mat_of(h.v, 1, s->out), y);
}

static void backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    const struct state *g = s->state;
    struct mat M = dense_backward(s, p, g->U, x, dy, dx), c = arena_mat(p->scratch, s->out, 1);
    struct mat dC = arena_mat_raw(p->scratch, s->in, 1);
    mat_add_colsum(dy, mat_of(c.v, 1, s->out));
    gradient(g->B, M);
    mat_multiply(s->W->w, M);
    gradient(g->A, M);
    gemm_tn(1, s->W->w, c, 0, dC);
    gradient(g->C, dC);
    gradient(g->E, c);
    mat_multiply(mat_of(s->b->w.v, s->out, 1), c);
    gradient(g->D, c);
}

/* Entry (i, j) of a support */
static double at(struct support p, int i, int j)
{
    double sum = p.Y ? 0 : (double)p.X->w.v[mat_size(p.X->w) > 1 ? i : 0];
    for (int k = 0; p.Y && k < p.X->w.cols; k++)
        sum += mat_get(p.X->w, i, k) * mat_get(p.Y->w, k, j);
    return sum;
}

static void weight(const struct site *s, struct mat W, struct mat b)
{
    const struct state *g = s->state;
    for (int i = 0; i < s->out; i++) {
        real *row = mat_at(W, i, 0);
        double sum = (double)b.v[i] * (1 + at(g->D, i, 0)) + at(g->E, i, 0);
        for (int j = 0; j < s->in; j++) {
            sum += (double)row[j] * at(g->C, j, 0);
            row[j] = (real)((double)row[j] * (1 + at(g->A, i, j)) + at(g->B, i, j));
        }
        b.v[i] = (real)sum;
    }
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    const struct options *o = opts;
    const long r = a->rank;
    return 2 * (o->ab == LORA     ? r * (in + out)
                : o->ab == VECTOR ? out
                                  : 1) +
           (o->c == LORA ? r * (in + 1) : in) + 2 * (o->de ? 1 : out);
}

static const struct peft peft = {
    .type = "GLORA",
    .tensor = {{"glora_A.Xd", "glora_A.Xd", RANKS_IN_COLUMNS, PEFT_MATRIX},
               {"glora_A.Xu", "glora_A.Xu", RANKS_IN_ROWS, PEFT_MATRIX},
               {"glora_A.X", "glora_A.X", RANKS_NOWHERE, PEFT_MATRIX},
               {"glora_B.Xd", "glora_B.Xd", RANKS_IN_COLUMNS, PEFT_MATRIX},
               {"glora_B.Xu", "glora_B.Xu", RANKS_IN_ROWS, PEFT_MATRIX},
               {"glora_B.X", "glora_B.X", RANKS_NOWHERE, PEFT_MATRIX},
               {"glora_C.Xd", "glora_C.Xd", RANKS_IN_COLUMNS, PEFT_MATRIX},
               {"glora_C.Xu", "glora_C.Xu", RANKS_IN_ROWS, PEFT_MATRIX},
               {"glora_C.X", "glora_C.X", RANKS_NOWHERE, PEFT_MATRIX},
               {"glora_D.X", "glora_D.X", RANKS_NOWHERE, PEFT_VECTOR},
               {"glora_E.X", "glora_E.X", RANKS_NOWHERE, PEFT_VECTOR}},
    .key = {{"r", PEFT_RANK, "rank", 0},
            {"config_A_B=lora|vector|", PEFT_WORDS, "ab", 0},
            {"config_C=lora|vector", PEFT_WORDS, "c", 0},
            {"config_D_E=vector|constant", PEFT_WORDS, "de", 0},
            {"bias", PEFT_NONE, NULL, 0},
            {"init_weights", PEFT_TRUE, NULL, 0}},
};

const struct method method_glora = {
    .name = "glora",
    .title = "GLoRA",
    .cite = "Chavan, Liu, Gupta, Xing, Shen, 2023, arXiv 2306.07967",
    .equation = "W = W0 + W0 o A + B, b = b0 + b0 o D + E + W0 C",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct state),
    .facts = NEEDS_INPUT,
    .declares = SEES_SIZE, /* glora_A and glora_B are no pair */
    .attach = attach,
    .init = init,
    .ops = {forward, backward, weight},
    .count = count,
    .style = {"#332288", 9},
    .peft = &peft,
};
