/* The three steps that all dense updates share. */
#include "tune/dense.h"

#include "math/linalg.h"

struct mat dense_room(const struct site *s, const struct pass *p)
{
    return arena_mat_raw(p->keep ? p->saved : p->scratch, s->out, s->in);
}

void dense_forward(const struct site *s, const struct pass *p, struct mat D, struct mat x, struct mat y)
{
    site_plain_forward(s, x, y);
    gemm_nt(1, pass_dropout(p, s, x), D, 1, y);
}

struct mat dense_backward(const struct site *s, const struct pass *p, struct mat D, struct mat x, struct mat dy,
                          struct mat dx)
{
    struct mat M = arena_mat_raw(p->scratch, s->out, s->in);
    site_plain_backward(s, x, dy, dx);
    gemm_tn(1, dy, pass_dropout(p, s, x), 0, M);
    pass_dropout_gemm(p, s, 1, dy, D, dx);
    return M;
}
