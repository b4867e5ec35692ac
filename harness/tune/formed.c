/* A computed pair is LoRA's with gradients that nobody keeps. */
#include "tune/formed.h"

void formed_room(struct formed *f, const struct site *s, const struct pass *p, int r, double scale)
{
    struct arena *a = p->keep ? p->saved : p->scratch;
    f->A.w = arena_mat_raw(a, r, s->in);
    f->B.w = arena_mat_raw(a, s->out, r);
    f->l = (struct lowrank){.A = &f->A, .B = &f->B, .s = scale};
}

void formed_backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    struct formed *f = s->state;
    f->A.g = arena_mat(p->scratch, f->A.w.rows, f->A.w.cols);
    f->B.g = arena_mat(p->scratch, f->B.w.rows, f->B.w.cols);
    lowrank_backward(s, p, x, dy, dx);
}
