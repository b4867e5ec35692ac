/* LoRA's pair: forward, gradients, effective weight (Hu et al. 2021, eq. 3). */
#include "tune/lowrank.h"

#include "core/linalg.h"
#include "core/rng.h"

#include <math.h>

void lowrank_attach(struct tuning *t, struct site *s, struct lowrank *l)
{
    l->A = tuning_param(t, s, "lora_A.weight", s->rank, s->in);
    l->B = tuning_param(t, s, "lora_B.weight", s->out, s->rank);
    l->s = tuning_scale(t);
}

void lowrank_init(const struct tuning *t, const struct site *s, struct lowrank *l)
{
    struct rng r = tuning_rng(t, s, 0);
    rng_fill_uniform(&r, l->A->w, -1 / sqrt(s->in), 1 / sqrt(s->in));
}

void lowrank_forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct lowrank *l = s->state;
    site_plain_forward(s, x, y);
    l->u = arena_mat_raw(p->keep ? p->saved : p->scratch, x.rows, l->A->w.rows);
    gemm_nt(1, pass_dropout(p, s, x), l->A->w, 0, l->u); /* u = x~ A' */
    gemm_nt(l->s, l->u, l->B->w, 1, y);                  /* y += s u B' */
}

void lowrank_backward_delta(struct site *s, const struct pass *p, struct lowrank *l, struct mat x, struct mat dy,
                            struct mat dx)
{
    struct mat e = arena_mat_raw(p->scratch, dy.rows, l->A->w.rows);
    gemm_nn(1, dy, l->B->w, 0, e); /* e = dy B, (N, r) */
    if (l->B->g.v)
        gemm_tn(l->s, dy, l->u, 1, l->B->g); /* dB += s dy' u */
    if (l->A->g.v)
        gemm_tn(l->s, e, pass_dropout(p, s, x), 1, l->A->g); /* dA += s e' x~ */
    pass_dropout_gemm(p, s, l->s, e, l->A->w, dx);           /* dx += mask o s e A */
}

void lowrank_backward(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    site_plain_backward(s, x, dy, dx);
    lowrank_backward_delta(s, p, s->state, x, dy, dx);
}

void lowrank_weight(const struct site *s, struct mat W, struct mat b)
{
    const struct lowrank *l = s->state;
    (void)b;
    gemm_nn(l->s, l->B->w, l->A->w, 1, W); /* W + s B A */
}
