/* Embeddings before the first layer, and the rows behind the last one that the head reads. */
#include "model/ends.h"

#include "math/linalg.h"
#include "model/arch.h"
#include "model/layers.h"

#include <assert.h>
#include <string.h>

#define ROW(m, i) ((m).v + (size_t)(i) * (size_t)(m).ld)

static int segment(const struct model *m, const struct tokens *t, int n)
{
    return m->config.types > 1 ? t->types[n] : 0;
}

void ends_embed(struct model *m, const struct pass *p, struct activations *a, struct mat y)
{
    const struct tokens *t = a->tokens;
    const struct model_config *c = &m->config;
    int width = m->word->w.cols;
    bool keep = p->keep && a->lowest == DEPTH_EMBED;
    struct mat x = y, nothing = arena_mat(p->scratch, 1, width);
    if (m->project_W)
        x = a->narrow = arena_mat_raw(keep ? p->saved : p->scratch, t->N, width);
    for (int b = 0; b < t->B; b++)
        for (int n = t->start[b]; n < t->start[b + 1]; n++) {
            int place = n - t->start[b];
            assert(t->ids[n] >= 0 && t->ids[n] < c->vocab && place < c->positions);
            const real *w = ROW(m->word->w, t->ids[n]);
            const real *s = m->type ? ROW(m->type->w, segment(m, t, n)) : nothing.v;
            const real *q = m->position ? ROW(m->position->w, c->first_position + place) : nothing.v;
            real *v = ROW(x, n);
            for (int j = 0; j < width; j++)
                v[j] = w[j] + q[j] + s[j];
        }
    a->xhat0 = keep ? arena_mat_raw(p->saved, t->N, width) : (struct mat){0};
    a->rstd0 = arena_mat_raw(keep ? p->saved : p->scratch, 1, t->N);
    if (m->embed_norm.gamma)
        norm_forward(m->embed_norm.gamma->w, m->embed_norm.beta->w, c->eps, x, (struct mat){0}, x, a->xhat0, a->rstd0);
    if (m->project_W) {
        mat_set_rows(m->project_b->w, y);
        gemm_nt(1, x, m->project_W->w, 1, y);
    }
}

void ends_embed_backward(struct model *m, const struct pass *p, struct activations *a, struct mat dx)
{
    const struct tokens *t = a->tokens;
    struct mat narrow = dx;
    if (m->project_W) {
        if (m->project_W->g.v)
            gemm_tn(1, dx, a->narrow, 1, m->project_W->g);
        if (m->project_b->g.v)
            mat_add_colsum(dx, m->project_b->g);
        narrow = arena_mat_raw(p->scratch, t->N, m->word->w.cols);
        gemm_nn(1, dx, m->project_W->w, 0, narrow);
    }
    if (m->embed_norm.gamma)
        norm_backward(m->embed_norm.gamma->w, a->xhat0, a->rstd0, narrow, narrow, m->embed_norm.gamma->g,
                      m->embed_norm.beta->g);
    for (int b = 0; b < t->B; b++)
        for (int n = t->start[b]; n < t->start[b + 1]; n++) {
            struct mat d = mat_rows(narrow, n, 1);
            if (m->word->g.v)
                mat_add(1, d, mat_rows(m->word->g, t->ids[n], 1));
            if (m->position && m->position->g.v)
                mat_add(1, d, mat_rows(m->position->g, m->config.first_position + n - t->start[b], 1));
            if (m->type && m->type->g.v)
                mat_add(1, d, mat_rows(m->type->g, segment(m, t, n), 1));
        }
}

int ends_asking_row(const struct model_config *c, const struct tokens *t, int b)
{
    int first = t->start[b], n = t->start[b + 1] - 1;
    if (c->pooling != POOL_LAST)
        return first;
    while (n > first && t->ids[n] == c->pad)
        n--;
    return n;
}

struct mat ends_asking_rows(const struct activations *a, struct mat x, struct mat out)
{
    for (int b = 0; b < a->tokens->B; b++)
        memcpy(ROW(out, b), ROW(x, a->ask[b]), (size_t)x.cols * sizeof(real));
    return out;
}

void ends_add_asking_rows(const struct activations *a, struct mat d, struct mat dx)
{
    for (int b = 0; b < a->tokens->B; b++)
        mat_add(1, mat_rows(d, b, 1), mat_rows(dx, a->ask[b], 1));
}

void ends_pool(const struct model *m, const struct activations *a, struct mat x, struct mat out)
{
    const struct tokens *t = a->tokens;
    if (m->config.pooling != POOL_MEAN) {
        ends_asking_rows(a, x, out);
        return;
    }
    mat_fill(out, 0);
    for (int b = 0; b < t->B; b++)
        for (int n = t->start[b]; n < t->start[b + 1]; n++)
            mat_add(1.0 / (t->start[b + 1] - t->start[b]), mat_rows(x, n, 1), mat_rows(out, b, 1));
}

void ends_pool_backward(const struct model *m, const struct activations *a, struct mat d, struct mat dx)
{
    const struct tokens *t = a->tokens;
    bool mean = m->config.pooling == POOL_MEAN;
    for (int b = 0; !mean && b < t->B; b++)
        mat_add(1, mat_rows(d, b, 1), mat_rows(dx, a->ask[b], 1));
    for (int b = 0; mean && b < t->B; b++)
        for (int n = t->start[b]; n < t->start[b + 1]; n++)
            mat_add(1.0 / (t->start[b + 1] - t->start[b]), mat_rows(d, b, 1), mat_rows(dx, n, 1));
}
