/* The plain linear layer, dispatch to a method's hooks, and the dropout of adapter inputs. */
#include "model/site.h"

#include "core/rng.h"
#include "math/linalg.h"
#include "math/stopwatch.h"

const char *const target_names[TARGETS] = {"q", "k", "v", "o", "up", "down"};

void site_plain_forward(const struct site *s, struct mat x, struct mat y)
{
    enum part was = part_enter(PART_LINEAR);
    mat_set_rows(s->b->w, y);
    gemm_nt(1, x, s->W->w, 1, y); /* y = b + x W' */
    part_enter(was);
}

void site_plain_backward(const struct site *s, struct mat x, struct mat dy, struct mat dx)
{
    enum part was = part_enter(PART_LINEAR);
    if (s->W->g.v)
        gemm_tn(1, dy, x, 1, s->W->g); /* dW += dy' x */
    if (s->b->g.v)
        mat_add_colsum(dy, s->b->g);
    if (dx.v)
        gemm_nn(1, dy, s->W->w, 1, dx); /* dx += dy W */
    part_enter(was);
}

void site_forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    size_t mark = arena_mark(p->scratch);
    if (s->ops && s->ops->forward)
        TIMED(PART_ADAPTER, s->ops->forward(s, p, x, y));
    else
        site_plain_forward(s, x, y);
    arena_release(p->scratch, mark);
}

void site_backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    size_t mark = arena_mark(p->scratch);
    if (s->ops && s->ops->backward)
        TIMED(PART_ADAPTER, s->ops->backward(s, p, x, dy, dx));
    else
        site_plain_backward(s, x, dy, dx);
    arena_release(p->scratch, mark);
}

void site_weight(const struct site *s, struct mat W, struct mat b)
{
    mat_copy(s->W->w, W);
    mat_copy(s->b->w, b);
    if (s->ops && s->ops->weight)
        s->ops->weight(s, W, b);
}

bool site_needs_input(const struct site *s)
{
    return s->W->trains || (s->ops && (s->facts & NEEDS_INPUT));
}

/* Runs the statement behind it for every entry (i, j) that the mask keeps. */
#define FOR_KEPT(p, s, rows, cols, i, j)                                                                    \
    struct rng stream =                                                                                     \
        rng_stream((p)->seed, RNG_DROPOUT, (uint32_t)((s)->index + ((s)->use << 16)), (uint32_t)(p)->step); \
    const uint32_t cut = (uint32_t)((p)->dropout * 4294967296.0);                                           \
    for (int i = 0; i < (rows); i++)                                                                        \
        for (int j = 0; j < (cols); j++)                                                                    \
            if (rng_u32(&stream) >= cut)

struct mat pass_dropout(const struct pass *p, const struct site *s, struct mat x)
{
    if (!pass_drops(p))
        return x;
    struct mat y = arena_mat(p->scratch, x.rows, x.cols);
    const real factor = (real)(1 / (1 - p->dropout));
    FOR_KEPT(p, s, x.rows, x.cols, i, j)
    y.v[(size_t)i * y.ld + j] = factor * x.v[(size_t)i * x.ld + j];
    return y;
}

void pass_dropout_add(const struct pass *p, const struct site *s, struct mat D, struct mat dx)
{
    if (!dx.v)
        return;
    if (!pass_drops(p)) {
        mat_add(1, D, dx);
        return;
    }
    const real factor = (real)(1 / (1 - p->dropout));
    FOR_KEPT(p, s, D.rows, D.cols, i, j)
    dx.v[(size_t)i * dx.ld + j] += factor * D.v[(size_t)i * D.ld + j];
}

void pass_dropout_gemm(const struct pass *p, const struct site *s, double a, struct mat E, struct mat A, struct mat dx)
{
    if (!dx.v)
        return;
    if (!pass_drops(p)) {
        gemm_nn(a, E, A, 1, dx);
        return;
    }
    struct mat d = arena_mat_raw(p->scratch, dx.rows, dx.cols);
    gemm_nn(a, E, A, 0, d);
    pass_dropout_add(p, s, d, dx);
}
