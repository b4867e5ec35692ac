/* BERT (Devlin et al., 2019), post-layer-norm: h = LN(x + O(attention)), y = LN(h + W2 gelu(W1 h)). */
#include "model/encoder.h"

#include "math/linalg.h"
#include "math/stopwatch.h"
#include "model/layers.h"

#include <assert.h>
#include <string.h>

#define ROW(m, i) ((m).v + (size_t)(i) * (size_t)(m).ld)

static struct mat room(const struct pass *p, bool keep, int rows, int cols)
{
    return arena_mat_raw(keep ? p->saved : p->scratch, rows, cols);
}

static struct mat none(void)
{
    return (struct mat){0};
}

static struct mat zeros(struct arena *a, int rows, int cols)
{
    return arena_mat(a, rows, cols);
}

/* The [CLS] row of every example. */
static struct mat cls_rows(const struct tokens *t, struct mat x, struct mat out)
{
    for (int b = 0; b < t->B; b++)
        memcpy(ROW(out, b), ROW(x, t->start[b]), (size_t)x.cols * sizeof(real));
    return out;
}

/* x_n = LN(word[id] + position[n - start] + type[segment]) */
static void embed(struct model *m, const struct pass *p, struct activations *a, struct mat y)
{
    const struct tokens *t = a->tokens;
    int C = m->config.d;
    for (int b = 0; b < t->B; b++)
        for (int n = t->start[b]; n < t->start[b + 1]; n++) {
            assert(t->ids[n] >= 0 && t->ids[n] < m->config.vocab && n - t->start[b] < m->config.positions);
            const real *w = ROW(m->word->w, t->ids[n]), *s = ROW(m->type->w, t->types[n]);
            const real *q = ROW(m->position->w, n - t->start[b]);
            real *x = ROW(y, n);
            for (int j = 0; j < C; j++)
                x[j] = w[j] + q[j] + s[j];
        }
    bool keep = p->keep && a->lowest == DEPTH_EMBED;
    a->xhat0 = keep ? arena_mat_raw(p->saved, t->N, C) : none();
    a->rstd0 = room(p, keep, 1, t->N);
    norm_forward(m->embed_norm.gamma->w, m->embed_norm.beta->w, m->config.eps, y, none(), y, a->xhat0, a->rstd0);
}

static bool keeps_input(struct layer *l, int first, int last)
{
    for (int t = first; t <= last; t++)
        if (site_needs_input(&l->site[t]))
            return true;
    return false;
}

static struct attention heads_of(const struct model *m, const struct activations *a, bool cls_only)
{
    return (struct attention){m->config.heads, a->tokens->B, a->tokens->start, cls_only};
}

/* The attention half of layer i: from x (N, C) to h1 = LN(xq + O(attention)) (Q, C). */
static void attend(struct model *m, const struct pass *p, struct activations *a, int i, bool cls_only)
{
    struct layer *l = &m->layer[i];
    struct kept_layer *s = &a->layer[i];
    const struct tokens *t = a->tokens;
    int C = m->config.d, Q = cls_only ? t->B : t->N;
    bool keep = p->keep, qkv = keep && a->lowest <= DEPTH_QKV(i), out = keep && a->lowest <= DEPTH_OUT(i);
    bool down = keep && a->lowest <= DEPTH_DOWN(i);
    s->xq = cls_only ? cls_rows(t, s->x, room(p, qkv && site_needs_input(&l->site[TARGET_Q]), Q, C)) : s->x;
    s->q = room(p, qkv, Q, C);
    s->k = room(p, qkv, t->N, C);
    s->v = room(p, qkv, t->N, C);
    site_forward(&l->site[TARGET_Q], p, s->xq, s->q);
    site_forward(&l->site[TARGET_K], p, s->x, s->k);
    site_forward(&l->site[TARGET_V], p, s->x, s->v);
    struct attention att = heads_of(m, a, cls_only);
    s->probs = room(p, qkv, 1, (int)attention_probs_size(&att)).v;
    s->ctx = room(p, out && site_needs_input(&l->site[TARGET_O]), Q, C);
    TIMED(PART_ATTENTION, attention_forward(&att, s->q, s->k, s->v, s->probs, s->ctx, p->scratch));
    s->h1 = room(p, down && site_needs_input(&l->site[TARGET_UP]), Q, C);
    site_forward(&l->site[TARGET_O], p, s->ctx, s->h1);
    s->xhat1 = out ? arena_mat_raw(p->saved, Q, C) : none();
    s->rstd1 = room(p, out, 1, Q);
    TIMED(PART_NORM,
          norm_forward(l->norm1.gamma->w, l->norm1.beta->w, m->config.eps, s->h1, s->xq, s->h1, s->xhat1, s->rstd1));
}

/* Rows that the feed-forward half takes at a time, so that their hidden units stay in the cache from one product to the
 * next. An adapted layer keeps what it saw from forward to backward, and so takes all rows at once. */
static int block_rows(const struct layer *l, int rows)
{
    enum { CACHE = 1 << 19, FEWEST = 128 }; /* bytes of hidden units; below so many rows products are slow */
    const struct site *up = &l->site[TARGET_UP], *down = &l->site[TARGET_DOWN];
    int most = CACHE / (int)sizeof(real) / up->out;
    most = most < FEWEST ? FEWEST : most;
    if (up->ops || down->ops || rows <= most)
        return rows > 0 ? rows : 1;
    int blocks = (rows + most - 1) / most;
    return (rows + blocks - 1) / blocks;
}

/* The feed-forward half: y = LN(h1 + W2 gelu(W1 h1)), (Q, C). */
static void feed_forward(struct model *m, const struct pass *p, struct activations *a, int i, struct mat y)
{
    struct layer *l = &m->layer[i];
    struct kept_layer *s = &a->layer[i];
    bool keep = p->keep, up = keep && a->lowest <= DEPTH_UP(i), down = keep && a->lowest <= DEPTH_DOWN(i);
    bool keep_act = down && site_needs_input(&l->site[TARGET_DOWN]);
    int Q = y.rows, F = m->config.ffn, block = block_rows(l, Q);
    s->slope = up ? arena_mat_raw(p->saved, Q, F) : none();
    s->act = keep_act ? arena_mat_raw(p->saved, Q, F) : none();
    s->xhat2 = down ? arena_mat_raw(p->saved, Q, y.cols) : none();
    s->rstd2 = room(p, down, 1, Q);
    struct mat hidden = keep_act ? none() : arena_mat_raw(p->scratch, block, F);
    for (int r = 0; r < Q; r += block) {
        int n = Q - r < block ? Q - r : block;
        struct mat h1 = mat_rows(s->h1, r, n), out = mat_rows(y, r, n), slope = mat_rows(s->slope, r, n);
        struct mat act = keep_act ? mat_rows(s->act, r, n) : mat_rows(hidden, 0, n), pre = up ? slope : act;
        struct mat rstd = {s->rstd2.v + r, 1, n, n};
        site_forward(&l->site[TARGET_UP], p, h1, pre);
        TIMED(PART_NORM, gelu_forward(pre, act, slope));
        site_forward(&l->site[TARGET_DOWN], p, act, out);
        TIMED(PART_NORM, norm_forward(l->norm2.gamma->w, l->norm2.beta->w, m->config.eps, out, h1, out,
                                      mat_rows(s->xhat2, r, n), rstd));
    }
}

static void layer_forward(struct model *m, const struct pass *p, struct activations *a, int i, bool cls_only,
                          struct mat y)
{
    size_t mark = arena_mark(p->scratch);
    attend(m, p, a, i, cls_only);
    feed_forward(m, p, a, i, y);
    arena_release(p->scratch, mark);
}

struct mat encoder_forward(struct model *m, const struct pass *p, const struct tokens *t, struct activations *a)
{
    int L = m->config.layers, C = m->config.d;
    a->tokens = t;
    a->lowest = model_lowest(m);
    a->all_rows = p->all_rows || p->measure;
    struct mat result = arena_mat_raw(p->saved, p->all_rows ? t->N : t->B, C);
    size_t start = arena_mark(p->scratch);
    /* a layer's input is kept if q, k or v reads it in backward; otherwise two buffers take turns */
    struct mat turn[2] = {arena_mat_raw(p->scratch, t->N, C), arena_mat_raw(p->scratch, t->N, C)};
    for (int i = 0; i < L; i++) {
        struct mat *x = &a->layer[i].x;
        bool keep = p->keep && a->lowest <= DEPTH_QKV(i) && keeps_input(&m->layer[i], TARGET_Q, TARGET_V);
        *x = keep ? arena_mat_raw(p->saved, t->N, C) : turn[i % 2];
        if (i == 0)
            TIMED(PART_EMBEDDING, embed(m, p, a, *x));
        else
            layer_forward(m, p, a, i - 1, false, *x);
    }
    bool cls = !a->all_rows;
    struct mat last = cls || p->all_rows ? result : turn[L % 2];
    layer_forward(m, p, a, L - 1, cls, last);
    if (last.v != result.v)
        cls_rows(t, last, result);
    arena_release(p->scratch, start);
    return result;
}

static struct mat grad(struct param *p)
{
    return p->g;
}

/* dx (rows of xq) scattered back: dx[start[b]] += d[b] */
static void add_cls_rows(const struct tokens *t, struct mat d, struct mat dx)
{
    for (int b = 0; b < t->B; b++)
        mat_add(1, mat_rows(d, b, 1), mat_rows(dx, t->start[b], 1));
}

/* dy (Q, C) is the gradient of h1's sum before the norm, i.e. of xq and of O's output. Returns dx (N, C), or an empty
 * view when nothing lower trains. */
static struct mat attend_backward(struct model *m, const struct pass *p, struct activations *a, int i, struct mat dy)
{
    struct layer *l = &m->layer[i];
    struct kept_layer *s = &a->layer[i];
    const struct tokens *t = a->tokens;
    int C = m->config.d, N = t->N, Q = dy.rows;
    bool cls = i == m->config.layers - 1 && !a->all_rows, deeper = a->lowest < DEPTH_QKV(i);
    struct mat dctx = a->lowest <= DEPTH_QKV(i) ? zeros(p->scratch, Q, C) : none();
    site_backward(&l->site[TARGET_O], p, s->ctx, dy, dctx);
    if (!dctx.v)
        return none();
    struct mat dq = arena_mat_raw(p->scratch, Q, C), dk = arena_mat_raw(p->scratch, N, C);
    struct mat dv = arena_mat_raw(p->scratch, N, C);
    struct attention att = heads_of(m, a, cls);
    TIMED(PART_ATTENTION, attention_backward(&att, s->q, s->k, s->v, s->probs, dctx, dq, dk, dv, p->scratch));
    /* dy itself is the residual's gradient: q adds its own to it */
    struct mat dxq = deeper ? dy : none(), dx = dxq;
    site_backward(&l->site[TARGET_Q], p, s->xq, dq, dxq);
    if (cls && deeper) {
        dx = zeros(p->scratch, N, C);
        add_cls_rows(t, dxq, dx);
    }
    site_backward(&l->site[TARGET_K], p, s->x, dk, dx);
    site_backward(&l->site[TARGET_V], p, s->x, dv, dx);
    return dx;
}

/* dy (Q, C), the gradient of the layer's output, becomes that of h1. False when nothing lower trains. */
static bool feed_forward_backward(struct model *m, const struct pass *p, struct activations *a, int i, struct mat dy)
{
    struct layer *l = &m->layer[i];
    struct kept_layer *s = &a->layer[i];
    const bool up = a->lowest <= DEPTH_UP(i), lower = a->lowest <= DEPTH_OUT(i);
    const int block = block_rows(l, dy.rows);
    struct mat hidden = up ? arena_mat_raw(p->scratch, block, m->config.ffn) : none();
    for (int r = 0; r < dy.rows; r += block) {
        int n = dy.rows - r < block ? dy.rows - r : block;
        struct mat d = mat_rows(dy, r, n), dact = mat_rows(hidden, 0, n), rstd = {s->rstd2.v + r, 1, n, n};
        TIMED(PART_NORM, norm_backward(l->norm2.gamma->w, mat_rows(s->xhat2, r, n), rstd, d, d, grad(l->norm2.gamma),
                                       grad(l->norm2.beta)));
        if (up)
            mat_fill(dact, 0);
        site_backward(&l->site[TARGET_DOWN], p, mat_rows(s->act, r, n), d, dact);
        if (!up)
            continue;
        TIMED(PART_NORM, mat_multiply(mat_rows(s->slope, r, n), dact));
        /* d is the residual's share of dh1 already */
        site_backward(&l->site[TARGET_UP], p, mat_rows(s->h1, r, n), dact, lower ? d : none());
    }
    return lower;
}

/* dy (Q, C) is the gradient of the layer's output, overwritten. */
static struct mat layer_backward(struct model *m, const struct pass *p, struct activations *a, int i, struct mat dy)
{
    struct layer *l = &m->layer[i];
    struct kept_layer *s = &a->layer[i];
    size_t mark = arena_mark(p->scratch);
    bool lower = feed_forward_backward(m, p, a, i, dy);
    arena_release(p->scratch, mark);
    if (!lower)
        return none();
    TIMED(PART_NORM,
          norm_backward(l->norm1.gamma->w, s->xhat1, s->rstd1, dy, dy, grad(l->norm1.gamma), grad(l->norm1.beta)));
    return attend_backward(m, p, a, i, dy);
}

static void embed_backward(struct model *m, struct activations *a, struct mat dx)
{
    const struct tokens *t = a->tokens;
    norm_backward(m->embed_norm.gamma->w, a->xhat0, a->rstd0, dx, dx, grad(m->embed_norm.gamma),
                  grad(m->embed_norm.beta));
    for (int b = 0; b < t->B; b++)
        for (int n = t->start[b]; n < t->start[b + 1]; n++) {
            struct mat d = mat_rows(dx, n, 1);
            if (m->word->g.v)
                mat_add(1, d, mat_rows(m->word->g, t->ids[n], 1));
            if (m->position->g.v)
                mat_add(1, d, mat_rows(m->position->g, n - t->start[b], 1));
            if (m->type->g.v)
                mat_add(1, d, mat_rows(m->type->g, t->types[n], 1));
        }
}

void encoder_backward(struct model *m, const struct pass *p, struct activations *a, struct mat dh)
{
    int L = m->config.layers;
    size_t mark = arena_mark(p->scratch);
    struct mat turn[2] = {arena_mat_raw(p->scratch, a->tokens->N, m->config.d),
                          arena_mat_raw(p->scratch, a->tokens->N, m->config.d)};
    if (a->all_rows && !p->all_rows) { /* of all rows that were computed, [CLS] rows were asked for */
        struct mat all = zeros(p->scratch, a->tokens->N, m->config.d);
        add_cls_rows(a->tokens, dh, all);
        dh = all;
    }
    for (int i = L - 1; i >= 0 && a->lowest <= DEPTH_DOWN(i) && dh.v; i--) {
        size_t inner = arena_mark(p->scratch);
        struct mat dx = layer_backward(m, p, a, i, dh);
        if (dx.v && dx.v != dh.v) { /* out of the layer's scratch before that is released */
            mat_copy(dx, turn[i % 2]);
            dx = turn[i % 2];
        }
        arena_release(p->scratch, inner);
        dh = dx;
    }
    if (a->lowest == DEPTH_EMBED && dh.v)
        TIMED(PART_EMBEDDING, embed_backward(m, a, dh));
    arena_release(p->scratch, mark);
}
