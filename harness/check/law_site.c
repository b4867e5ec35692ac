/* Laws of one adapted layer alone: its weight, its input's gradient, and whether it reads its input. */
#include "check/law_site.h"

#include "core/arena.h"
#include "core/rng.h"
#include "math/linalg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 9 };

/* A site between random input x and random output gradient dy. All are views with room to the right of each row. */
struct bench {
    struct laws *laws;
    struct tiny *t;
    struct site *s;
    struct mat x, y, dy, dx;
};

/* (ROWS, cols) in a wider array that is filled with NaN. */
static struct mat view(struct arena *a, int cols)
{
    struct mat m = arena_mat(a, ROWS, cols + 5);
    mat_fill(m, NAN);
    return mat_block(m, ROWS, cols);
}

static void forward(struct bench *b, bool train, bool keep)
{
    struct pass p = tiny_pass(b->t, train, keep);
    size_t mark = arena_mark(p.saved);
    mat_fill(b->y, NAN);
    site_forward(b->s, &p, b->x, b->y);
    if (!keep)
        arena_release(p.saved, mark);
}

/* sum of dy o y */
static double value(struct bench *b)
{
    forward(b, true, false);
    return mat_dot(b->dy, b->y);
}

/* y = x W' + b by the definition, in double. */
static void weight_law(struct bench *b)
{
    struct site *s = b->s;
    struct arena *a = &b->t->mem.saved;
    struct mat W = arena_mat(a, s->out, s->in), c = arena_mat(a, 1, s->out), want = view(a, s->out);
    site_weight(s, W, c);
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < s->out; j++) {
            double sum = (double)c.v[j];
            for (int k = 0; k < s->in; k++)
                sum += (double)b->x.v[i * b->x.ld + k] * (double)W.v[j * W.ld + k];
            want.v[i * want.ld + j] = (real)sum;
        }
    forward(b, false, false);
    law_note(b->laws, LAW_WEIGHT, law_distance(b->y, want), law_tolerance(1e-12, 1e-5), "phase %d: %s",
             b->t->tuning.phase, s->name);
}

/* Runs forward and backward from cleared gradients; the input is `read` in backward. Returns a copy of all gradients.
 */
static char *backward(struct bench *b, struct mat read, struct mat dx)
{
    struct arena *grads = &b->t->mem.grads;
    struct pass p = tiny_pass(b->t, true, true);
    size_t mark = arena_mark(p.saved);
    model_zero_grads(&b->t->model);
    forward(b, true, true);
    if (dx.v)
        mat_fill(dx, 0.5);
    site_backward(b->s, &p, read, b->dy, dx);
    arena_release(p.saved, mark);
    char *copy = mem_alloc(grads->used);
    memcpy(copy, grads->base, grads->used);
    model_zero_grads(&b->t->model);
    return copy;
}

static void input_gradient_law(struct bench *b)
{
    if (sizeof(real) == sizeof(float))
        return;
    double h = 2e-4, worst = 0, largest = 0;
    for (int i = 0; i < ROWS; i += 4)
        for (int j = 0; j < b->s->in; j++) {
            real *x = &b->x.v[i * b->x.ld + j], old = *x;
            double f[5];
            for (int k = -2; k <= 2; k++) {
                *x = old + (real)(k * h);
                f[k + 2] = value(b);
            }
            *x = old;
            double got = (double)b->dx.v[i * b->dx.ld + j] - 0.5, want = (8 * (f[3] - f[1]) - (f[4] - f[0])) / (12 * h);
            worst = isnan(got - want) ? INFINITY : fmax(worst, fabs(got - want));
            largest = fmax(largest, fabs(want));
        }
    law_note(b->laws, LAW_GRADIENT, worst / largest, 1e-8, "phase %d: input of %s", b->t->tuning.phase, b->s->name);
}

static void input_laws(struct bench *b)
{
    size_t n = b->t->mem.grads.used;
    struct mat blank = view(&b->t->mem.saved, b->s->in), dx = view(&b->t->mem.saved, b->s->in);
    mat_fill(blank, NAN);
    char *want = backward(b, b->x, b->dx), *got = backward(b, blank, dx), *without = backward(b, b->x, (struct mat){0});
    bool same = memcmp(want, got, n) == 0 && law_distance(dx, b->dx) == 0;
    if (!site_needs_input(b->s))
        law_note(b->laws, LAW_INPUT, !same, 0, "phase %d: %s reads an input it does not declare", b->t->tuning.phase,
                 b->s->name);
    else if (!b->s->W->trains) /* else the plain layer reads it */
        law_note(b->laws, LAW_INPUT, same, 0, "phase %d: %s declares an input it does not read", b->t->tuning.phase,
                 b->s->name);
    law_note(b->laws, LAW_BITS, memcmp(want, without, n) != 0, 0,
             "phase %d: gradients of %s when nothing below it trains", b->t->tuning.phase, b->s->name);
    free(want);
    free(got);
    free(without);
    input_gradient_law(b);
}

/* Does dropout change what the layer puts out? */
static bool drops(struct bench *b)
{
    struct mat plain = arena_mat(&b->t->mem.saved, ROWS, b->s->out);
    forward(b, false, false);
    mat_copy(b->y, plain);
    forward(b, true, false);
    return law_distance(b->y, plain) > 0;
}

void law_sites(struct laws *l, struct tiny *t)
{
    struct arena *a = &t->mem.saved;
    const bool declared = tuning_declared(&t->tuning) & NO_DROPOUT;
    bool dropped = false;
    for (int i = 0; i < t->tuning.nsites; i++) {
        struct site *s = t->tuning.site[i];
        arena_release(a, 0);
        struct bench b = {l, t, s, view(a, s->in), view(a, s->out), view(a, s->out), view(a, s->in)};
        struct rng r = rng_stream(13, RNG_TEST, (uint32_t)i, 0);
        rng_fill_normal(&r, b.x, 1);
        rng_fill_normal(&r, b.dy, 1);
        weight_law(&b);
        input_laws(&b);
        if (t->common.dropout > 0)
            dropped |= drops(&b);
        arena_release(a, 0);
    }
    if (t->common.dropout > 0 && t->tuning.nsites)
        law_note(l, LAW_FORM, dropped == declared, 0,
                 declared ? "it declares NO_DROPOUT, and dropout changes its output"
                          : "dropout changes nothing: use pass_dropout(p, s, x), or .declares = NO_DROPOUT");
}
