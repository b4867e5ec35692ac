/* The loop over layers, which an architecture's table steers. Post-norm (BERT): h = LN(x + O(attention(x))), y = LN(h + W2 f(W1
 * h)). Pre-norm (GPT-2): h = x + O(attention(LN x)), y = h + W2 f(W1 LN h), and a norm over the last y. */
#include "model/encoder.h"

#include "core/die.h"
#include "math/linalg.h"
#include "math/stopwatch.h"
#include "model/arch.h"
#include "model/disentangled.h"
#include "model/ends.h"
#include "model/layers.h"
#include "model/places.h"

#include <limits.h>

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

/* y = LN(x + r) or, where there is no such norm, x + r; r.v may be NULL. */
static void normalize(const struct model *m, struct norm norm, struct mat x, struct mat r, struct mat y,
                      struct mat xhat, struct mat rstd)
{
    if (norm.gamma) {
        norm_forward(norm.gamma->w, norm.beta->w, m->config.eps, x, r, y, xhat, rstd);
        return;
    }
    if (y.v != x.v)
        mat_copy(x, y);
    if (r.v)
        mat_add(1, r, y);
}

/* dz becomes the gradient of what normalize took. */
static void normalize_backward(struct norm norm, struct mat xhat, struct mat rstd, struct mat dz)
{
    if (norm.gamma)
        norm_backward(norm.gamma->w, xhat, rstd, dz, dz, norm.gamma->g, norm.beta->g);
}

/* Is layer i's weight that of other layers, too? */
static bool shares(const struct model *m)
{
    return m->config.layers < config_depth(&m->config);
}

static struct layer *layer_of(const struct model *m, int i)
{
    return &m->layer[config_weights(&m->config, i)];
}

/* How many layers before layer i have its weights. */
static int uses_before(const struct model *m, int i)
{
    int n = 0;
    while (n < i && config_weights(&m->config, i - n - 1) == config_weights(&m->config, i))
        n++;
    return n;
}

static bool needs_input(const struct model *m, const struct site *s)
{
    return site_needs_input(s) || (shares(m) && s->ops);
}

/* Whether backward reads the input that q, k and v have in common. */
static bool keeps_input(const struct model *m, struct layer *l)
{
    for (int t = TARGET_Q; t <= TARGET_V; t++)
        if (needs_input(m, &l->site[t]))
            return true;
    return false;
}

static void forward(const struct model *m, const struct pass *p, int i, enum target t, struct mat x, struct mat y)
{
    struct site *s = &layer_of(m, i)->site[t];
    s->use = uses_before(m, i);
    site_forward(s, p, x, y);
}

/* What a method keeps from forward to backward is of the last layer that used the site; for those before, it goes forward
 * once more. */
static void backward(const struct model *m, const struct pass *p, int i, enum target t, struct mat x, struct mat dy,
                     struct mat dx)
{
    struct site *s = &layer_of(m, i)->site[t];
    int use = uses_before(m, i);
    if (s->ops && s->use != use) {
        size_t mark = arena_mark(p->scratch);
        struct pass again = *p;
        again.measure = false;
        s->use = use;
        site_forward(s, &again, x, arena_mat_raw(p->scratch, x.rows, s->out));
        arena_release(p->scratch, mark);
    }
    site_backward(s, p, x, dy, dx);
}

static struct attention heads_of(const struct model *m, const struct activations *a, int i, bool asking)
{
    return (struct attention){.heads = m->config.heads,
                              .B = a->tokens->B,
                              .start = a->tokens->start,
                              .ask = asking ? a->ask : NULL,
                              .span = a->span,
                              .bias = a->bias[places_local(&m->config, i)],
                              .dbias = a->dbias,
                              .row = a->row,
                              .table = a->table.rows};
}

/* Queries and keys turned by their places, or their gradients turned back. */
static void rotate(const struct model *m, const struct activations *a, int i, bool asking, bool back, struct mat q,
                   struct mat k)
{
    const struct model_config *c = &m->config;
    struct mat turns = a->turns[places_local(c, i)];
    if (!turns.v)
        return;
    places_rotate(c, turns, a->tokens->B, a->tokens->start, asking ? a->ask : NULL, back, q);
    places_rotate(c, turns, a->tokens->B, a->tokens->start, NULL, back, k);
}

/* to := the rows of x, and those of the table below them. */
static struct mat with_table(const struct activations *a, struct mat x, struct mat to)
{
    mat_copy(x, mat_rows(to, 0, x.rows));
    mat_copy(a->table, mat_rows(to, x.rows, a->table.rows));
    return to;
}

/* What q, k and v read, from their input x (N, C): s->x, and the rows that ask, s->xq. */
static void read_input(struct model *m, const struct pass *p, struct activations *a, int i, bool asking, struct mat x)
{
    struct layer *l = layer_of(m, i);
    struct kept_layer *s = &a->layer[i];
    int R = a->table.rows, C = x.cols, B = a->tokens->B;
    bool qkv = p->keep && a->lowest <= DEPTH_QKV(i), keep_q = qkv && needs_input(m, &l->site[TARGET_Q]);
    s->x = x;
    if (R)
        s->x = with_table(a, x, room(p, qkv && keeps_input(m, l), x.rows + R, C));
    s->xq = s->x;
    if (asking) {
        s->xq = room(p, keep_q, B + R, C);
        ends_asking_rows(a, x, s->xq);
        if (R)
            mat_copy(a->table, mat_rows(s->xq, B, R));
    }
}

/* The attention half of layer i: from the stream x (N, C) to that after it (Q, C), in h. */
static void attend(struct model *m, const struct pass *p, struct activations *a, int i, bool asking, struct mat x,
                   struct mat h)
{
    struct layer *l = layer_of(m, i);
    struct kept_layer *s = &a->layer[i];
    const struct tokens *t = a->tokens;
    int C = m->config.d, Q = h.rows;
    bool pre = m->arch->pre_norm;
    bool keep = p->keep, qkv = keep && a->lowest <= DEPTH_QKV(i), out = keep && a->lowest <= DEPTH_OUT(i);
    bool norm = pre ? keep && a->lowest < DEPTH_QKV(i) : out;
    struct mat in = x;
    s->xhat1 = norm && l->norm1.gamma ? arena_mat_raw(p->saved, pre ? t->N : Q, C) : none();
    s->rstd1 = room(p, norm, 1, pre ? t->N : Q);
    if (pre) {
        in = room(p, qkv && keeps_input(m, l), t->N, C);
        TIMED(PART_NORM, normalize(m, l->norm1, x, none(), in, s->xhat1, s->rstd1));
    }
    read_input(m, p, a, i, asking, in);
    s->q = room(p, qkv, s->xq.rows, C);
    s->k = room(p, qkv, s->x.rows, C);
    s->v = room(p, qkv, t->N, C);
    forward(m, p, i, TARGET_Q, s->xq, s->q);
    forward(m, p, i, TARGET_K, s->x, s->k);
    forward(m, p, i, TARGET_V, mat_rows(s->x, 0, t->N), s->v);
    rotate(m, a, i, asking, false, s->q, s->k);
    struct attention att = heads_of(m, a, i, asking);
    const size_t weights = attention_probs_size(&att);
    if (weights > INT_MAX)
        die(EXIT_RESOURCE, "%zu attention weights of a batch are more than %d: take a smaller batch", weights, INT_MAX);
    s->probs = room(p, qkv, 1, (int)weights).v;
    s->ctx = room(p, out && needs_input(m, &l->site[TARGET_O]), Q, C);
    TIMED(PART_ATTENTION, attention_forward(&att, s->q, s->k, s->v, s->probs, s->ctx, p->scratch));
    forward(m, p, i, TARGET_O, s->ctx, h);
    struct mat residual = !pre ? mat_rows(s->xq, 0, Q) : x;
    if (pre && asking)
        residual = ends_asking_rows(a, x, arena_mat_raw(p->scratch, Q, C));
    if (pre)
        mat_add(1, residual, h);
    else
        TIMED(PART_NORM, normalize(m, l->norm1, h, residual, h, s->xhat1, s->rstd1));
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

/* act = f(pre), or of its halves f(a) o g; pre may be slope, and act where it is no wider. */
static void activate(const struct model *m, struct mat pre, struct mat act, struct mat slope)
{
    if (m->arch->gated)
        activation_gate_forward(m->config.act, pre, act, slope);
    else
        activation_forward(m->config.act, pre, act, slope);
}

/* The feed-forward half: from the stream h (Q, C) to the layer's output y (Q, C). */
static void feed_forward(struct model *m, const struct pass *p, struct activations *a, int i, struct mat h,
                         struct mat y)
{
    struct layer *l = layer_of(m, i);
    struct kept_layer *s = &a->layer[i];
    bool keep = p->keep, up = keep && a->lowest <= DEPTH_UP(i), down = keep && a->lowest <= DEPTH_DOWN(i);
    bool pre_norm = m->arch->pre_norm, norm = pre_norm ? keep && a->lowest <= DEPTH_OUT(i) : down;
    bool keep_act = down && needs_input(m, &l->site[TARGET_DOWN]);
    int Q = y.rows, F = m->config.ffn, wide = l->site[TARGET_UP].out, block = block_rows(l, Q);
    if (pre_norm)
        s->h1 = room(p, up && needs_input(m, &l->site[TARGET_UP]), Q, y.cols);
    else
        s->h1 = h;
    s->slope = up ? arena_mat_raw(p->saved, Q, wide) : none();
    s->act = keep_act ? arena_mat_raw(p->saved, Q, F) : none();
    s->xhat2 = norm ? arena_mat_raw(p->saved, Q, y.cols) : none();
    s->rstd2 = room(p, norm, 1, Q);
    struct mat hidden = keep_act ? none() : arena_mat_raw(p->scratch, block, F);
    struct mat gate = m->arch->gated && !up ? arena_mat_raw(p->scratch, block, wide) : none();
    for (int r = 0; r < Q; r += block) {
        int n = Q - r < block ? Q - r : block;
        struct mat in = mat_rows(s->h1, r, n), out = mat_rows(y, r, n), slope = mat_rows(s->slope, r, n);
        struct mat act = keep_act ? mat_rows(s->act, r, n) : mat_rows(hidden, 0, n);
        struct mat pre = up ? slope : gate.v ? mat_rows(gate, 0, n) : act, xhat = mat_rows(s->xhat2, r, n);
        struct mat rstd = {s->rstd2.v + r, 1, n, n}, stream = mat_rows(h, r, n);
        if (pre_norm)
            TIMED(PART_NORM, normalize(m, l->norm2, stream, none(), in, xhat, rstd));
        forward(m, p, i, TARGET_UP, in, pre);
        TIMED(PART_NORM, activate(m, pre, act, slope));
        forward(m, p, i, TARGET_DOWN, act, out);
        if (pre_norm)
            mat_add(1, stream, out);
        else
            TIMED(PART_NORM, normalize(m, l->norm2, out, stream, out, xhat, rstd));
    }
}

static void layer_forward(struct model *m, const struct pass *p, struct activations *a, int i, bool asking,
                          struct mat x, struct mat y)
{
    size_t mark = arena_mark(p->scratch);
    struct layer *l = layer_of(m, i);
    bool keep = p->keep && a->lowest <= DEPTH_DOWN(i) && !m->arch->pre_norm && needs_input(m, &l->site[TARGET_UP]);
    struct mat h = room(p, keep, y.rows, m->config.d);
    attend(m, p, a, i, asking, x, h);
    feed_forward(m, p, a, i, h, y);
    arena_release(p->scratch, mark);
}

/* What distances add to scores, once for all layers. */
static void open_places(struct model *m, const struct pass *p, struct activations *a)
{
    const struct tokens *t = a->tokens;
    a->span = 0;
    a->dbias = none();
    for (int b = 0; b < t->B; b++) {
        int most = t->start[b + 1] - t->start[b] - 1;
        a->span = most > a->span ? most : a->span;
    }
    for (int local = 0; local < 2; local++) {
        bool any = places_have_bias(m, local) && (!local || m->config.window);
        a->bias[local] = any ? room(p, p->keep, m->config.heads, 2 * a->span + 1) : none();
        if (any)
            places_bias(m, local, a->span, a->bias[local]);
        double theta = m->config.theta[local];
        a->turns[local] = theta > 0 ? room(p, p->keep, a->span + 1, m->config.d / m->config.heads) : none();
        if (theta > 0)
            places_turns(&m->config, theta, a->span, a->turns[local]);
    }
    a->table = a->dtable = none();
    a->row = NULL;
    if (!m->relative_norm.gamma)
        return;
    bool keep = p->keep && a->lowest == DEPTH_EMBED;
    struct mat of = m->relative->w;
    a->row = arena_take(p->keep ? p->saved : p->scratch, (size_t)(2 * a->span + 1) * sizeof *a->row);
    disentangled_rows(m->config.buckets, m->config.far, a->span, a->row);
    a->table = arena_mat_raw(p->scratch, of.rows, of.cols);
    a->xhat_table = keep ? arena_mat_raw(p->saved, of.rows, of.cols) : none();
    a->rstd_table = room(p, keep, 1, of.rows);
    normalize(m, m->relative_norm, of, none(), a->table, a->xhat_table, a->rstd_table);
}

struct mat encoder_forward(struct model *m, const struct pass *p, const struct tokens *t, struct activations *a)
{
    int L = config_depth(&m->config), C = m->config.d;
    a->tokens = t;
    a->lowest = model_lowest(m);
    a->all_rows = p->all_rows || p->measure || m->config.pooling == POOL_MEAN;
    a->ask = arena_take(p->saved, (size_t)t->B * sizeof *a->ask);
    for (int b = 0; b < t->B; b++)
        a->ask[b] = ends_asking_row(&m->config, t, b);
    struct mat result = arena_mat_raw(p->saved, p->all_rows ? t->N : t->B, C);
    size_t start = arena_mark(p->scratch);
    open_places(m, p, a);
    /* a layer's input is kept if q, k or v reads it in backward; otherwise two buffers take turns */
    struct mat turn[2] = {arena_mat_raw(p->scratch, t->N, C), arena_mat_raw(p->scratch, t->N, C)}, x = none();
    for (int i = 0; i < L; i++) {
        struct mat before = x;
        bool keep = p->keep && a->lowest <= DEPTH_QKV(i) && !m->arch->pre_norm && keeps_input(m, layer_of(m, i));
        x = keep ? arena_mat_raw(p->saved, t->N, C) : turn[i % 2];
        if (i == 0)
            TIMED(PART_EMBEDDING, ends_embed(m, p, a, x));
        else
            layer_forward(m, p, a, i - 1, false, before, x);
    }
    struct mat last = !a->all_rows || p->all_rows ? result : turn[L % 2];
    layer_forward(m, p, a, L - 1, !a->all_rows, x, last);
    if (m->final_norm.gamma) {
        bool keep = p->keep && a->lowest < DEPTH_POOLER(&m->config);
        a->xhat = keep ? arena_mat_raw(p->saved, last.rows, C) : none();
        a->rstd = room(p, keep, 1, last.rows);
        TIMED(PART_NORM, normalize(m, m->final_norm, last, none(), last, a->xhat, a->rstd));
    }
    if (last.v != result.v)
        ends_pool(m, a, last, result);
    arena_release(p->scratch, start);
    return result;
}

/* backward of q or k, in whose rows the table's come last: dx += the gradient of the others, dtable += that of the table's. */
static void backward_with_table(const struct model *m, const struct pass *p, struct activations *a, int i,
                                enum target t, struct mat x, struct mat dy, struct mat dx)
{
    int R = a->table.rows, n = x.rows - R;
    if (!R || !dx.v) {
        backward(m, p, i, t, x, dy, dx);
        return;
    }
    struct mat all = zeros(p->scratch, x.rows, x.cols);
    backward(m, p, i, t, x, dy, all);
    mat_add(1, mat_rows(all, 0, n), dx);
    if (a->dtable.v)
        mat_add(1, mat_rows(all, n, R), a->dtable);
}

/* dy (Q, C) is the gradient of the sum of the stream and O's output. Returns dx (N, C), or an empty view when nothing
 * lower trains. */
static struct mat attend_backward(struct model *m, const struct pass *p, struct activations *a, int i, struct mat dy)
{
    struct layer *l = layer_of(m, i);
    struct kept_layer *s = &a->layer[i];
    const struct tokens *t = a->tokens;
    int C = m->config.d, N = t->N, Q = dy.rows;
    bool asking = i == config_depth(&m->config) - 1 && !a->all_rows, deeper = a->lowest < DEPTH_QKV(i);
    bool pre = m->arch->pre_norm;
    struct mat dctx = a->lowest <= DEPTH_QKV(i) ? zeros(p->scratch, Q, C) : none();
    backward(m, p, i, TARGET_O, s->ctx, dy, dctx);
    if (!dctx.v)
        return none();
    const int R = a->table.rows;
    struct mat dq = arena_mat_raw(p->scratch, Q + R, C), dk = arena_mat_raw(p->scratch, N + R, C);
    struct mat dv = arena_mat_raw(p->scratch, N, C);
    struct attention att = heads_of(m, a, i, asking);
    TIMED(PART_ATTENTION, attention_backward(&att, s->q, s->k, s->v, s->probs, dctx, dq, dk, dv, p->scratch));
    rotate(m, a, i, asking, true, dq, dk);
    /* post-norm: dy itself is the residual's gradient, and q adds its own to it */
    struct mat dxq = !deeper ? none() : pre ? zeros(p->scratch, Q, C) : dy, dx = dxq;
    backward_with_table(m, p, a, i, TARGET_Q, s->xq, dq, dxq);
    if (asking && deeper) {
        dx = zeros(p->scratch, N, C);
        ends_add_asking_rows(a, dxq, dx);
    }
    backward_with_table(m, p, a, i, TARGET_K, s->x, dk, dx);
    backward(m, p, i, TARGET_V, mat_rows(s->x, 0, N), dv, dx);
    if (!pre || !deeper)
        return dx;
    TIMED(PART_NORM, normalize_backward(l->norm1, s->xhat1, s->rstd1, dx));
    if (asking)
        ends_add_asking_rows(a, dy, dx);
    else
        mat_add(1, dy, dx);
    return dx;
}

/* dy (Q, C), the gradient of the layer's output, becomes that of the stream between its halves. False when nothing lower
 * trains. */
static bool feed_forward_backward(struct model *m, const struct pass *p, struct activations *a, int i, struct mat dy)
{
    struct layer *l = layer_of(m, i);
    struct kept_layer *s = &a->layer[i];
    const bool up = a->lowest <= DEPTH_UP(i), lower = a->lowest <= DEPTH_OUT(i), pre = m->arch->pre_norm;
    const int block = block_rows(l, dy.rows), wide = l->site[TARGET_UP].out;
    struct mat hidden = up ? arena_mat_raw(p->scratch, block, m->config.ffn) : none();
    struct mat gate = up && m->arch->gated ? arena_mat_raw(p->scratch, block, wide) : none();
    struct mat inner = pre && lower ? arena_mat_raw(p->scratch, block, dy.cols) : none();
    for (int r = 0; r < dy.rows; r += block) {
        int n = dy.rows - r < block ? dy.rows - r : block;
        struct mat d = mat_rows(dy, r, n), dact = mat_rows(hidden, 0, n), rstd = {s->rstd2.v + r, 1, n, n};
        struct mat xhat = mat_rows(s->xhat2, r, n), dpre = gate.v ? mat_rows(gate, 0, n) : dact;
        if (!pre)
            TIMED(PART_NORM, normalize_backward(l->norm2, xhat, rstd, d));
        if (up)
            mat_fill(dact, 0);
        backward(m, p, i, TARGET_DOWN, mat_rows(s->act, r, n), d, dact);
        if (!up)
            continue;
        if (gate.v)
            TIMED(PART_NORM, activation_gate_backward(mat_rows(s->slope, r, n), dact, dpre));
        else
            TIMED(PART_NORM, mat_multiply(mat_rows(s->slope, r, n), dact));
        /* post-norm: d is the residual's share of dh already */
        struct mat din = !lower ? none() : pre ? mat_rows(inner, 0, n) : d;
        if (din.v && pre)
            mat_fill(din, 0);
        backward(m, p, i, TARGET_UP, mat_rows(s->h1, r, n), dpre, din);
        if (!din.v || !pre)
            continue;
        TIMED(PART_NORM, normalize_backward(l->norm2, xhat, rstd, din));
        mat_add(1, din, d);
    }
    return lower;
}

/* dy (Q, C) is the gradient of the layer's output, overwritten. */
static struct mat layer_backward(struct model *m, const struct pass *p, struct activations *a, int i, struct mat dy)
{
    struct layer *l = layer_of(m, i);
    struct kept_layer *s = &a->layer[i];
    size_t mark = arena_mark(p->scratch);
    bool lower = feed_forward_backward(m, p, a, i, dy);
    arena_release(p->scratch, mark);
    if (!lower)
        return none();
    if (!m->arch->pre_norm)
        TIMED(PART_NORM, normalize_backward(l->norm1, s->xhat1, s->rstd1, dy));
    return attend_backward(m, p, a, i, dy);
}

void encoder_backward(struct model *m, const struct pass *p, struct activations *a, struct mat dh)
{
    int L = config_depth(&m->config), N = a->tokens->N, C = m->config.d;
    size_t mark = arena_mark(p->scratch);
    struct mat turn[2] = {arena_mat_raw(p->scratch, N, C), arena_mat_raw(p->scratch, N, C)};
    struct param *relative = m->relative;
    bool table = relative && !m->relative_norm.gamma && relative->g.v;
    bool normed = relative && m->relative_norm.gamma && a->lowest == DEPTH_EMBED;
    if (normed)
        a->dtable = zeros(p->scratch, relative->w.rows, C);
    a->dbias = table ? zeros(p->scratch, m->config.heads, 2 * a->span + 1) : none();
    if (a->all_rows && !p->all_rows) { /* all rows were computed, what the head reads of them was asked for */
        struct mat all = zeros(p->scratch, N, C);
        ends_pool_backward(m, a, dh, all);
        dh = all;
    }
    if (m->final_norm.gamma)
        TIMED(PART_NORM, normalize_backward(m->final_norm, a->xhat, a->rstd, dh));
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
        TIMED(PART_EMBEDDING, ends_embed_backward(m, p, a, dh));
    if (table)
        places_bias_backward(m, a->span, a->dbias);
    if (normed) {
        normalize_backward(m->relative_norm, a->xhat_table, a->rstd_table, a->dtable);
        if (relative->g.v)
            mat_add(1, a->dtable, relative->g);
    }
    arena_release(p->scratch, mark);
}
