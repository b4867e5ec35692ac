/* The encoder as a whole: heads and losses, packing, the rows and the depth that a loss needs, and no more memory than
 * that. */
#include "core/rng.h"
#include "math/linalg.h"
#include "model/layers.h"
#include "tests/fixture.h"

#include <stdlib.h>
#include <string.h>

#define ALLOWED (sizeof(real) == sizeof(double) ? 1e-13 : 2e-6)

static void open_plain(struct tiny *t)
{
    tiny_open(t, NULL, NULL, NULL, 0, 1);
}

/* Makes exactly the tensors of depth >= `lowest` train. */
static void train_from(struct tiny *t, int lowest)
{
    tiny_begin(t, 0);
    for (int i = 0; i < t->model.nparam; i++)
        t->model.param[i]->trains = t->model.param[i]->depth >= lowest;
    model_allocate_training(&t->model);
}

static struct tokens tokens_of(const struct batch *b)
{
    return (struct tokens){b->B, b->N, b->start, b->ids, b->types};
}

/* The worst relative difference between two matrices of one shape. */
static double distance(struct mat a, struct mat b)
{
    double worst = 0, largest = 0;
    assert_true(a.rows == b.rows && a.cols == b.cols);
    for (int i = 0; i < a.rows; i++)
        for (int j = 0; j < a.cols; j++) {
            double x = (double)a.v[i * a.ld + j], y = (double)b.v[i * b.ld + j];
            worst = isnan(x - y) ? INFINITY : fmax(worst, fabs(x - y));
            largest = fmax(largest, fabs(y));
        }
    return worst / largest;
}

static struct mat copy_of(struct mat m)
{
    struct mat c = mat_of(malloc(mat_size(m) * sizeof(real)), m.rows, m.cols);
    mat_copy(m, c);
    return c;
}

/* ---- Only what the loss reads */

/* The last layer computed for the [CLS] rows alone, for all rows, and by a measuring pass. */
static void cls_rows_alone(void **state)
{
    (void)state;
    struct tiny t;
    open_plain(&t);
    struct activations a;
    struct tokens tokens = tokens_of(&t.batch);
    struct pass p = tiny_pass(&t, false, false), all = p, measure = p;
    all.all_rows = true;
    measure.measure = true;
    struct mat cls = copy_of(encoder_forward(&t.model, &p, &tokens, &a));
    struct mat every = copy_of(encoder_forward(&t.model, &all, &tokens, &a));
    struct mat measured = encoder_forward(&t.model, &measure, &tokens, &a);
    assert_int_equal(cls.rows, tokens.B);
    assert_int_equal(every.rows, tokens.N);
    for (int b = 0; b < tokens.B; b++) {
        assert_true(distance(mat_rows(cls, b, 1), mat_rows(every, tokens.start[b], 1)) <= ALLOWED);
        assert_true(distance(mat_rows(measured, b, 1), mat_rows(every, tokens.start[b], 1)) <= ALLOWED);
    }
    free(cls.v);
    free(every.v);
    tiny_close(&t);
}

/* Every row of a packed batch is what its example gives alone: no example sees another, positions start again. */
static void packing(void **state)
{
    (void)state;
    struct tiny t;
    open_plain(&t);
    struct activations a;
    struct tokens tokens = tokens_of(&t.batch);
    struct pass p = tiny_pass(&t, false, false);
    p.all_rows = true;
    struct mat packed = copy_of(encoder_forward(&t.model, &p, &tokens, &a));
    for (int b = 0; b < tokens.B; b++) {
        int first = tokens.start[b], n = tokens.start[b + 1] - first, start[2] = {0, n};
        struct tokens one = {1, n, start, tokens.ids + first, tokens.types + first};
        arena_release(&t.mem.saved, 0);
        assert_true(distance(encoder_forward(&t.model, &p, &one, &a), mat_rows(packed, first, n)) <= ALLOWED);
    }
    free(packed.v);
    tiny_close(&t);
}

/* The gradients of all rows and of [CLS] rows alone agree when only [CLS] rows are asked for. */
static void cls_gradients(void **state)
{
    (void)state;
    struct tiny t;
    open_plain(&t);
    struct tokens tokens = tokens_of(&t.batch);
    struct mat dh = mat_of(malloc(sizeof(real) * 5 * 16), 5, 16), want = {0};
    for (int all = 0; all <= 1; all++) {
        struct activations a;
        struct pass p = tiny_pass(&t, true, true);
        struct rng r = rng_stream(3, RNG_TEST, 0, 0);
        train_from(&t, DEPTH_EMBED);
        p.all_rows = all;
        rng_fill_normal(&r, dh, 1);
        struct mat out = encoder_forward(&t.model, &p, &tokens, &a), d = dh;
        if (all) {
            d = arena_mat(&t.mem.saved, out.rows, out.cols);
            for (int b = 0; b < tokens.B; b++)
                mat_copy(mat_rows(dh, b, 1), mat_rows(d, tokens.start[b], 1));
        }
        encoder_backward(&t.model, &p, &a, d);
        struct mat grads = mat_of((real *)(void *)t.mem.grads.base, 1, (int)(t.mem.grads.used / sizeof(real)));
        if (all)
            assert_true(distance(grads, want) <= 10 * ALLOWED);
        else
            want = copy_of(grads);
        arena_release(&t.mem.saved, 0);
    }
    free(want.v);
    free(dh.v);
    tiny_close(&t);
}

/* Backward stops at the lowest tensor that trains: what is above has the same gradient, bit for bit, as when all
 * trains. */
static void depth(void **state)
{
    (void)state;
    struct tiny t, full;
    open_plain(&t);
    open_plain(&full);
    train_from(&full, DEPTH_EMBED);
    tiny_objective(&full, true);
    size_t saved = full.mem.saved.used, before = saved + 1;
    for (int lowest = DEPTH_EMBED; lowest <= DEPTH_CLASSIFIER(&tiny_config); lowest++) {
        train_from(&t, lowest);
        assert_int_equal(model_lowest(&t.model), lowest);
        tiny_objective(&t, true);
        assert_int_equal(t.mem.scratch.used, 0);
        assert_true(t.mem.saved.used <= before); /* the higher, the less is kept */
        before = t.mem.saved.used;
        for (int i = 0; i < t.model.nparam; i++) {
            struct param *p = t.model.param[i], *q = full.model.param[i];
            assert_int_equal(p->g.v != NULL, p->depth >= lowest);
            if (p->g.v)
                assert_memory_equal(p->g.v, q->g.v, mat_size(p->g) * sizeof(real));
        }
    }
    assert_true(before < saved / 4);
    tiny_close(&t);
    tiny_close(&full);
}

/* One tensor alone trains: its gradient is the one it has when all train. */
static void one_tensor(void **state)
{
    (void)state;
    struct tiny t, full;
    open_plain(&t);
    open_plain(&full);
    train_from(&full, DEPTH_EMBED);
    tiny_objective(&full, true);
    for (int i = 0; i < full.model.nparam; i++) {
        tiny_begin(&t, 0);
        t.model.param[i]->trains = true;
        model_allocate_training(&t.model);
        tiny_objective(&t, true);
        assert_memory_equal(t.model.param[i]->g.v, full.model.param[i]->g.v,
                            mat_size(t.model.param[i]->g) * sizeof(real));
    }
    tiny_close(&t);
    tiny_close(&full);
}

/* Evaluation, training without dropout and a forward that keeps nothing give the same bits. */
static void forward_is_one(void **state)
{
    (void)state;
    struct tiny t;
    open_plain(&t);
    train_from(&t, DEPTH_EMBED);
    struct mat eval = copy_of(tiny_logits(&t));
    struct mat keep = copy_of(tiny_run(&t, tiny_pass(&t, true, true)));
    struct mat lean = tiny_run(&t, tiny_pass(&t, true, false));
    assert_memory_equal(keep.v, eval.v, mat_size(eval) * sizeof(real));
    assert_memory_equal(lean.v, eval.v, mat_size(eval) * sizeof(real));
    free(eval.v);
    free(keep.v);
    tiny_close(&t);
}

/* ---- Losses and pretraining's head: differences of the loss, in double */

struct objective {
    struct tiny *t;
    struct loss loss;
    struct mlm *mlm;
    struct mat h, dh;
};

static double value(struct objective *o, bool backward)
{
    struct pass p = tiny_pass(o->t, true, backward);
    arena_release(&o->t->mem.saved, 0);
    if (!o->mlm)
        return loss_run(&o->t->model, &p, &o->t->batch, &o->loss, NULL);
    mlm_forward(&o->t->model, &p, o->h, o->mlm);
    double loss = softmax_loss(o->mlm->logits, o->mlm->label, 1, o->mlm->logits);
    if (backward)
        mlm_backward(&o->t->model, &p, o->mlm, o->mlm->logits, o->dh);
    return loss;
}

/* Entries of x against the gradient g, which started from `start`. */
static void differences(struct objective *o, struct mat x, struct mat g, double start)
{
    double worst = 0, largest = 0;
    int step = (int)mat_size(x) / 40 + 1;
    for (int i = 0; i < (int)mat_size(x); i += step) {
        real old = x.v[i];
        double f[5];
        for (int k = -2; k <= 2; k++) {
            x.v[i] = old + (real)(k * 1e-3);
            f[k + 2] = value(o, false);
        }
        x.v[i] = old;
        double want = (8 * (f[3] - f[1]) - (f[4] - f[0])) / 12e-3;
        worst = fmax(worst, fabs((double)g.v[i] - start - want));
        largest = fmax(largest, fabs(want));
    }
    near(worst / fmax(largest, 1e-3), 0, 1e-8);
}

static void all_differences(struct objective *o)
{
    struct model *m = &o->t->model;
    for (int i = 0; i < m->nparam; i++)
        if (m->param[i]->g.v)
            mat_fill(m->param[i]->g, 0.5);
    value(o, true);
    for (int i = 0; i < m->nparam; i++)
        if (m->param[i]->g.v) {
            struct mat g = copy_of(m->param[i]->g);
            differences(o, m->param[i]->w, g, 0.5);
            free(g.v);
        }
}

/* Embeddings, all layers, pooler, and each of the three losses. */
static void losses(void **state)
{
    (void)state;
    struct tiny t;
    if (sizeof(real) == sizeof(float))
        skip(); /* differences need double */
    open_plain(&t);
    struct rng r = rng_stream(5, RNG_TEST, 0, 0);
    struct objective o = {.t = &t};
    real target[5 * 16], sd[16];
    o.loss = (struct loss){.target = mat_of(target, 5, 16), .sd = mat_of(sd, 1, 16)};
    rng_fill_normal(&r, o.loss.target, 1);
    rng_fill_uniform(&r, o.loss.sd, 0.5, 2);
    for (o.loss.kind = TASK_CLASSES; o.loss.kind <= TASK_VECTOR; o.loss.kind++) {
        train_from(&t, DEPTH_EMBED);
        if (o.loss.kind == TASK_SCORE) { /* one output */
            t.model.classifier_W->w = mat_rows(t.model.classifier_W->w, 0, 1);
            t.model.classifier_W->g = mat_rows(t.model.classifier_W->g, 0, 1);
            t.model.classifier_b->w = mat_block(t.model.classifier_b->w, 1, 1);
            t.model.classifier_b->g = mat_block(t.model.classifier_b->g, 1, 1);
        }
        if (o.loss.kind == TASK_VECTOR)
            t.model.classifier_W->g.v = t.model.classifier_b->g.v = NULL;
        all_differences(&o);
    }
    tiny_close(&t);
}

/* Losses by hand: of one logit, and of a pooled vector against itself. */
static void loss_values(void **state)
{
    (void)state;
    struct tiny t;
    open_plain(&t);
    train_from(&t, DEPTH_CLASSIFIER(&tiny_config));
    struct mat out;
    struct pass p = tiny_pass(&t, false, true);
    struct loss score = {.kind = TASK_SCORE}, vector = {.kind = TASK_VECTOR};
    t.model.classifier_W->w = mat_rows(t.model.classifier_W->w, 0, 1);
    t.model.classifier_W->g = mat_rows(t.model.classifier_W->g, 0, 1);
    t.model.classifier_b->w = mat_block(t.model.classifier_b->w, 1, 1);
    t.model.classifier_b->g = mat_block(t.model.classifier_b->g, 1, 1);
    double got = loss_run(&t.model, &p, &t.batch, &score, &out), want = 0, slope = 0;
    for (int b = 0; b < 5; b++) {
        double e = (double)out.v[b] - t.batch.label[b];
        want += e * e / 5;
        slope += 2 * e / 5;
    }
    near(got, want, 1e-14);
    near((double)t.model.classifier_b->g.v[0], slope, ALLOWED);
    p.keep = false;
    real two[16];
    mat_fill(mat_of(two, 1, 16), 2);
    vector.sd = mat_of(two, 1, 16);
    vector.target = mat_of(malloc(5 * 16 * sizeof(real)), 5, 16);
    mat_fill(vector.target, 0);
    double size = loss_run(&t.model, &p, &t.batch, &vector, &out);
    near(size, mat_dot(out, out) / (5 * 16 * 4), 1e-12);
    mat_copy(out, vector.target);
    assert_true(loss_run(&t.model, &p, &t.batch, &vector, NULL) == 0);
    free(vector.target.v);
    tiny_close(&t);
}

/* Two masked rows that share a word, one row asked for twice: tied embeddings and rows sum their gradients. */
static void masked_language(void **state)
{
    (void)state;
    if (sizeof(real) == sizeof(float))
        skip(); /* differences need double */
    struct tiny t;
    struct model_config c = tiny_config;
    struct rng r = rng_stream(5, RNG_TEST, 1, 0);
    static const int rows[] = {0, 3, 3, 7}, words[] = {5, 5, 1, -1};
    real h[8 * 16], dh[8 * 16];
    open_plain(&t);
    model_close(&t.model);
    c.mlm = true;
    arena_release(&t.mem.weights, 0);
    model_open(&t.model, &c, &t.mem);
    model_map_anonymous(&t.model);
    for (int i = 0; i < t.model.nbase; i++) {
        struct param *p = t.model.param[i];
        rng_fill_normal(&r, p->w, 0.4);
        p->trains = p->role == ROLE_PRETRAIN || p == t.model.word;
    }
    t.model.nsp_W->trains = t.model.nsp_b->trains = false;
    model_allocate_training(&t.model);
    struct mlm k = {.n = 4, .row = rows, .label = words};
    struct objective o = {.t = &t, .mlm = &k, .h = mat_of(h, 8, 16), .dh = mat_of(dh, 8, 16)};
    rng_fill_normal(&r, o.h, 1);
    mat_fill(o.dh, 0.25);
    all_differences(&o);
    struct mat d = copy_of(o.dh);
    differences(&o, o.h, d, 0.25);
    free(d.v);
    model_close(&t.model);
    memory_close(&t.mem);
    batch_free(&t.batch);
    free(t.tuning.site);
    free(t.tuning.shared);
}

int main(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cls_rows_alone), cmocka_unit_test(packing),     cmocka_unit_test(cls_gradients),
        cmocka_unit_test(depth),          cmocka_unit_test(one_tensor),  cmocka_unit_test(forward_is_one),
        cmocka_unit_test(losses),         cmocka_unit_test(loss_values), cmocka_unit_test(masked_language),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
