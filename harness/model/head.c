/* Pooler, classifier and the masked-language head: forward and backward. */
#include "model/head.h"

#include "math/linalg.h"
#include "model/arch.h"
#include "model/layers.h"

#include <string.h>

#define ROW(m, i) ((m).v + (size_t)(i) * (size_t)(m).ld)

/* y = x W' + b */
static void dense_forward(const struct param *W, const struct param *b, struct mat x, struct mat y)
{
    if (b)
        mat_set_rows(b->w, y);
    else
        mat_fill(y, 0);
    gemm_nt(1, x, W->w, 1, y);
}

/* dW += dy' x, db += colsum(dy), dx = dy W */
static void dense_backward(struct param *W, struct param *b, struct mat x, struct mat dy, struct mat dx)
{
    if (W->g.v)
        gemm_tn(1, dy, x, 1, W->g);
    if (b && b->g.v)
        mat_add_colsum(dy, b->g);
    if (dx.v)
        gemm_nn(1, dy, W->w, 0, dx);
}

struct mat pooler_forward(struct model *m, const struct pass *p, struct mat h)
{
    if (!m->pooler_W)
        return h;
    struct mat pooled = arena_mat_raw(p->saved, h.rows, h.cols), none = {0};
    dense_forward(m->pooler_W, m->pooler_b, h, pooled);
    if (m->arch->head.act == ACT_TANH)
        tanh_forward(pooled);
    else
        activation_forward(m->arch->head.act, pooled, pooled, none);
    if (m->pooler_norm.gamma)
        norm_forward(m->pooler_norm.gamma->w, m->pooler_norm.beta->w, m->config.eps, pooled, none, pooled, none,
                     arena_mat_raw(p->scratch, 1, h.rows));
    return pooled;
}

/* dpooled becomes the gradient of h W' + b. Of few rows, the activation's slope and the norm are computed again. */
static void activation_backward(struct model *m, const struct pass *p, struct mat h, struct mat dpooled)
{
    size_t mark = arena_mark(p->scratch);
    struct mat slope = arena_mat_raw(p->scratch, h.rows, h.cols), act = arena_mat_raw(p->scratch, h.rows, h.cols);
    struct norm norm = m->pooler_norm;
    dense_forward(m->pooler_W, m->pooler_b, h, slope);
    activation_forward(m->arch->head.act, slope, act, slope);
    if (norm.gamma) {
        struct mat xhat = arena_mat_raw(p->scratch, h.rows, h.cols), rstd = arena_mat_raw(p->scratch, 1, h.rows);
        norm_forward(norm.gamma->w, norm.beta->w, m->config.eps, act, (struct mat){0}, act, xhat, rstd);
        norm_backward(norm.gamma->w, xhat, rstd, dpooled, dpooled, norm.gamma->g, norm.beta->g);
    }
    mat_multiply(slope, dpooled);
    arena_release(p->scratch, mark);
}

struct mat pooler_backward(struct model *m, const struct pass *p, int lowest, struct mat h, struct mat pooled,
                           struct mat dpooled)
{
    struct mat dh = {0};
    if (!m->pooler_W)
        return lowest < DEPTH_POOLER(&m->config) ? dpooled : dh;
    if (m->arch->head.act == ACT_TANH)
        tanh_backward(pooled, dpooled, dpooled);
    else
        activation_backward(m, p, h, dpooled);
    if (lowest < DEPTH_POOLER(&m->config))
        dh = arena_mat_raw(p->scratch, h.rows, h.cols);
    dense_backward(m->pooler_W, m->pooler_b, h, dpooled, dh);
    return dh;
}

struct mat classifier_forward(struct model *m, const struct pass *p, struct mat pooled)
{
    struct mat logits = arena_mat_raw(p->saved, pooled.rows, m->classifier_W->w.rows);
    dense_forward(m->classifier_W, m->classifier_b, pooled, logits);
    return logits;
}

struct mat classifier_backward(struct model *m, const struct pass *p, int lowest, struct mat pooled, struct mat dlogits)
{
    struct mat dpooled = {0};
    if (lowest <= DEPTH_POOLER(&m->config))
        dpooled = arena_mat_raw(p->scratch, pooled.rows, pooled.cols);
    dense_backward(m->classifier_W, m->classifier_b, pooled, dlogits, dpooled);
    return dpooled;
}

void mlm_forward(struct model *m, const struct pass *p, struct mat h, struct mlm *k)
{
    int C = m->config.d;
    k->h = arena_mat_raw(p->saved, k->n, C);
    for (int i = 0; i < k->n; i++)
        memcpy(ROW(k->h, i), ROW(h, k->row[i]), (size_t)C * sizeof(real));
    k->slope = arena_mat_raw(p->saved, k->n, C);
    k->act = arena_mat_raw(p->saved, k->n, C);
    k->norm = arena_mat_raw(p->saved, k->n, C);
    k->xhat = arena_mat_raw(p->saved, k->n, C);
    k->rstd = arena_mat_raw(p->saved, 1, k->n);
    k->logits = arena_mat_raw(p->saved, k->n, m->config.vocab);
    dense_forward(m->mlm_W, m->mlm_b, k->h, k->slope);
    gelu_forward(k->slope, k->act, k->slope);
    norm_forward(m->mlm_norm.gamma->w, m->mlm_norm.beta->w, m->config.eps, k->act, (struct mat){0}, k->norm, k->xhat,
                 k->rstd);
    dense_forward(m->word, m->mlm_out, k->norm, k->logits);
}

void mlm_backward(struct model *m, const struct pass *p, struct mlm *k, struct mat dlogits, struct mat dh)
{
    struct mat d = arena_mat_raw(p->scratch, k->n, m->config.d), dx = arena_mat_raw(p->scratch, k->n, m->config.d);
    dense_backward(m->word, m->mlm_out, k->norm, dlogits, d);
    norm_backward(m->mlm_norm.gamma->w, k->xhat, k->rstd, d, d, m->mlm_norm.gamma->g, m->mlm_norm.beta->g);
    mat_multiply(k->slope, d);
    dense_backward(m->mlm_W, m->mlm_b, k->h, d, dx);
    for (int i = 0; i < k->n; i++)
        mat_add(1, mat_rows(dx, i, 1), mat_rows(dh, k->row[i], 1));
}
