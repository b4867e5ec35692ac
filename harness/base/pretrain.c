/* Pretraining on masked words and coherence (docs/tasks.md), and its held-out score. */
#include "base/pretrain.h"
#include "base/masked.h"
#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "core/h5.h"
#include "core/progress.h"
#include "language/grammar.h"
#include "language/realise.h"
#include "math/linalg.h"
#include "math/stopwatch.h"
#include "model/head.h"
#include "model/layers.h"
#include "model/optim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One gradient of  mean masked cross-entropy + 0.5 mean coherence cross-entropy. Returns the first. */
static double gradient(struct model *m, struct masked_batch *b, const struct pass *p)
{
    struct tokens t = {b->B, b->N, b->start, b->ids, b->types};
    struct activations a;
    arena_release(p->saved, 0);
    arena_release(p->scratch, 0);
    struct mat h = encoder_forward(m, p, &t, &a);
    struct mat dh = arena_mat(p->scratch, b->N, m->config.d);
    struct mlm k = {.n = b->n, .row = b->row, .label = b->label};
    mlm_forward(m, p, h, &k);
    double loss = softmax_loss(k.logits, b->label, 1, k.logits);
    mlm_backward(m, p, &k, k.logits, dh);

    struct mat cls = arena_mat_raw(p->scratch, b->B, m->config.d), logits = arena_mat_raw(p->scratch, b->B, 2);
    for (int i = 0; i < b->B; i++)
        mat_copy(mat_rows(h, b->start[i], 1), mat_rows(cls, i, 1));
    struct mat pooled = pooler_forward(m, p, cls);
    mat_set_rows(m->nsp_b->w, logits);
    gemm_nt(1, pooled, m->nsp_W->w, 1, logits);
    softmax_loss(logits, b->next, 0.5, logits); /* a batch without a pair contributes nothing */
    gemm_tn(1, logits, pooled, 1, m->nsp_W->g);
    mat_add_colsum(logits, m->nsp_b->g);
    struct mat dpooled = arena_mat_raw(p->scratch, b->B, m->config.d);
    gemm_nn(1, logits, m->nsp_W->w, 0, dpooled);
    struct mat dcls = pooler_backward(m, p, a.lowest, cls, pooled, dpooled);
    for (int i = 0; i < b->B; i++)
        mat_add(1, mat_rows(dcls, i, 1), mat_rows(dh, b->start[i], 1));
    encoder_backward(m, p, &a, dh);
    return loss;
}

/* Adds to right and count, per label 0 (random) and 1 (coherent), what the coherence head says of the batch's pairs. */
static void judge_coherence(struct model *m, const struct pass *p, const struct masked_batch *b, struct mat h,
                            long right[2], long count[2])
{
    struct mat cls = arena_mat_raw(p->scratch, b->B, m->config.d), logits = arena_mat_raw(p->scratch, b->B, 2);
    for (int i = 0; i < b->B; i++)
        mat_copy(mat_rows(h, b->start[i], 1), mat_rows(cls, i, 1));
    mat_set_rows(m->nsp_b->w, logits);
    gemm_nt(1, pooler_forward(m, p, cls), m->nsp_W->w, 1, logits);
    for (int i = 0; i < b->B; i++)
        if (b->next[i] >= 0) {
            count[b->next[i]]++;
            right[b->next[i]] += (logits.v[2 * i + 1] > logits.v[2 * i]) == b->next[i];
        }
}

struct mlm_score pretrain_score(struct model *m, const struct masked_source *from, int documents)
{
    struct masked_batch b = {0};
    struct mlm_score s = {.loss = NAN, .accuracy = NAN};
    long seen = 0, right = 0, category_right[8] = {0}, pair_right[2] = {0}, pairs[2] = {0};
    double total = 0;
    for (int step = 0; documents > 0; step++, documents -= b.B) {
        size_t saved = arena_mark(&m->mem->saved), scratch = arena_mark(&m->mem->scratch);
        struct pass p = {.all_rows = true, .saved = &m->mem->saved, .scratch = &m->mem->scratch};
        masked_draw(&b, from, documents < from->batch ? documents : from->batch, HELD_OUT_SEED, MASKED_HELD_OUT,
                    (uint32_t)step);
        struct tokens t = {b.B, b.N, b.start, b.ids, b.types};
        struct activations a;
        struct mlm k = {.n = b.n, .row = b.row, .label = b.label};
        struct mat h = encoder_forward(m, &p, &t, &a);
        mlm_forward(m, &p, h, &k);
        judge_coherence(m, &p, &b, h, pair_right, pairs);
        total += b.n * softmax_loss(k.logits, b.label, 1, (struct mat){0});
        for (int i = 0; i < b.n; i++) {
            const real *z = k.logits.v + (size_t)i * k.logits.ld;
            int best = 0;
            for (int j = 1; j < m->config.vocab; j++)
                best = z[j] > z[best] ? j : best;
            right += best == b.label[i];
            s.category_count[b.category[i]]++;
            category_right[b.category[i]] += best == b.label[i];
        }
        seen += b.n;
        arena_release(&m->mem->saved, saved);
        arena_release(&m->mem->scratch, scratch);
    }
    masked_free(&b);
    s.loss = total / (double)seen;
    s.accuracy = (double)right / (double)seen;
    s.coherence = ((double)pair_right[0] / (double)pairs[0] + (double)pair_right[1] / (double)pairs[1]) / 2;
    for (int c = 0; c < CATEGORIES; c++)
        s.category_accuracy[c] = s.category_count[c] ? (double)category_right[c] / s.category_count[c] : NAN;
    return s;
}

struct mlm_score base_mlm_score(struct model *m, int documents)
{
    const struct masked_source language = {.batch = 64};
    if (!m->config.mlm)
        return (struct mlm_score){.loss = NAN, .accuracy = NAN};
    return pretrain_score(m, &language, documents);
}

/* A checkpoint is  key, step, sizes, the curve so far, live weights, moments, and the SHA-256 of all that. */
struct checkpoint_head {
    char magic[16], key[HASH_HEX];
    int64_t step, base_bytes, moment_bytes;
    struct pretrain_curve curve;
};

static void checkpoint_hash(const struct model *m, const struct checkpoint_head *h, char hex[HASH_HEX])
{
    struct hash s;
    hash_open(&s);
    hash_add(&s, h, sizeof *h);
    hash_add(&s, m->live, m->base_bytes);
    hash_add(&s, m->mem->moments.base, m->mem->moments.used);
    hash_close(&s, hex);
}

static struct checkpoint_head checkpoint_head(const struct model *m, const char *key, long step)
{
    struct checkpoint_head h;
    memset(&h, 0, sizeof h); /* padding too: the head is hashed */
    h.step = step;
    h.base_bytes = (int64_t)m->base_bytes;
    h.moment_bytes = (int64_t)m->mem->moments.used;
    memcpy(h.magic, "peftlab-base-1\n", sizeof h.magic);
    memcpy(h.key, key, sizeof h.key);
    return h;
}

static void checkpoint_save(const struct model *m, const char *path, const char *key, long step,
                            const struct pretrain_curve *curve)
{
    struct checkpoint_head h = checkpoint_head(m, key, step);
    h.curve = *curve;
    char hex[HASH_HEX];
    struct file_out f;
    checkpoint_hash(m, &h, hex);
    file_begin(&f, path);
    file_write(&f, &h, sizeof h);
    file_write(&f, m->live, m->base_bytes);
    file_write(&f, m->mem->moments.base, m->mem->moments.used);
    file_write(&f, hex, sizeof hex);
    file_commit(&f);
}

/* The step to go on from; 0 when there is no checkpoint of this key or it is damaged (which is said). */
static long checkpoint_load(struct model *m, const char *path, const char *key, long steps,
                            struct pretrain_curve *curve)
{
    struct checkpoint_head h, want = checkpoint_head(m, key, 0);
    char hex[HASH_HEX], stored[HASH_HEX];
    FILE *f = fopen(path, "rb");
    if (!f)
        return 0;
    bool same = fread(&h, sizeof h, 1, f) == 1 && memcmp(h.magic, want.magic, sizeof h.magic) == 0 &&
                memcmp(h.key, want.key, sizeof h.key) == 0 && h.base_bytes == want.base_bytes &&
                h.moment_bytes == want.moment_bytes && h.step >= 0 && h.step <= steps && h.curve.n >= 0 &&
                h.curve.n <= PRETRAIN_POINTS;
    bool whole = same && fread(m->live, m->base_bytes, 1, f) == 1 &&
                 fread(m->mem->moments.base, m->mem->moments.used, 1, f) == 1 &&
                 fread(stored, sizeof stored, 1, f) == 1;
    fclose(f);
    if (whole) {
        checkpoint_hash(m, &h, hex);
        whole = memcmp(hex, stored, sizeof hex) == 0;
    }
    if (!whole) {
        warn("%s: not a usable checkpoint of this base; starting again", path);
        model_reset(m);
        memset(m->mem->moments.base, 0, m->mem->moments.used);
        return 0;
    }
    *curve = h.curve;
    return (long)h.step;
}

void pretrain_prepare(struct model *m)
{
    for (int i = 0; i < m->nbase; i++) {
        m->param[i]->trains = m->param[i]->decay = true;
        m->param[i]->lr_scale = 1;
    }
    model_allocate_training(m);
}

double pretrain_step(struct model *m, const struct recipe *r, const struct masked_source *from, int seed, long step)
{
    static struct masked_batch b;
    const struct adamw adam = {0.9, 0.98, 1e-8, r->decay};
    struct pass p = {
        .keep = true, .train = true, .all_rows = true, .saved = &m->mem->saved, .scratch = &m->mem->scratch};
    TIMED(PART_DATA, masked_draw(&b, from, r->batch, (uint64_t)seed, MASKED_TRAINING, (uint32_t)step));
    double loss = gradient(m, &b, &p);
    if (!isfinite(loss))
        die(EXIT_RUNS, "pretraining diverged at step %ld (loss %g)", step, loss);
    enum part was = part_enter(PART_OPTIMIZER);
    grad_clip(m, grad_norm(m), 1);
    adamw_step(m, &adam, r->lr * schedule_factor(SCHEDULE_LINEAR, (int)step, r->steps, r->warmup), step + 1);
    model_zero_grads(m);
    part_enter(was);
    return loss;
}

void pretrain(struct model *m, const struct recipe *r, const struct masked_source *from, int seed, const char *key,
              const char *checkpoint, struct pretrain_curve *curve)
{
    pretrain_prepare(m);
    long first = checkpoint_load(m, checkpoint, key, r->steps, curve);
    struct progress bar;
    char note[64] = "";
    double saved_at = clock_seconds(), mean = NAN;
    progress_open(&bar, "pretraining", "steps", r->steps, first);
    for (long s = first; s < r->steps; s++) {
        if (stop_requested() || clock_seconds() - saved_at > 60) {
            checkpoint_save(m, checkpoint, key, s, curve);
            saved_at = clock_seconds();
        }
        if (stop_requested())
            die(EXIT_INTERRUPTED, "pretraining stopped at step %ld of %d; the same command goes on from there", s,
                r->steps);
        double loss = pretrain_step(m, r, from, seed, s);
        mean = isnan(mean) ? loss : 0.99 * mean + 0.01 * loss;
        snprintf(note, sizeof note, "masked-word loss %.3f", mean);
        progress_show(&bar, s + 1, note);
        if ((s + 1) * PRETRAIN_POINTS / r->steps > s * PRETRAIN_POINTS / r->steps && curve->n < PRETRAIN_POINTS) {
            struct mlm_score held = pretrain_score(m, from, 256);
            curve->step[curve->n] = (int32_t)s + 1;
            curve->loss[curve->n] = held.loss;
            curve->accuracy[curve->n++] = held.accuracy;
        }
    }
    progress_close(&bar, NULL);
    arena_release(&m->mem->saved, 0);
    arena_release(&m->mem->scratch, 0);
}
