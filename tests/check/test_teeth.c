/* Do the laws bite? LoRAs with one fault each, and the law that must notice it. */
#include "check/variants.h"
#include "core/die.h"
#include "core/rng.h"
#include "math/linalg.h"
#include "tune/lowrank.h"
#include "tune/tuning.h"

#include "tests/near.h"

#include <stdlib.h>

static struct adapter common;

/* ---- LoRA itself, so that a fault stands alone */

static void attach(struct tuning *t, struct site *s)
{
    struct lowrank *l = s->state;
    lowrank_attach(t, s, l);
    tuning_train(l->A, 1);
    tuning_train(l->B, 1);
}

static void init(struct tuning *t, struct site *s)
{
    lowrank_init(t, s, s->state);
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    (void)opts;
    return lowrank_count(a->rank, in, out);
}

/* ---- Faults of forward, backward and weight */

static void forward_unscaled(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct lowrank *l = s->state;
    double scale = l->s;
    l->s = 1;
    lowrank_forward(s, p, x, y);
    l->s = scale;
}

static void forward_undropped(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct pass q = *p;
    q.train = false;
    lowrank_forward(s, &q, x, y);
}

static void forward_centred(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct mat mean = arena_mat(p->scratch, 1, x.cols), z = arena_mat_raw(p->scratch, x.rows, x.cols);
    mat_add_colsum(x, mean);
    mat_scale(-1.0 / x.rows, mean);
    mat_copy(x, z);
    mat_add_row(mean, z);
    lowrank_forward(s, p, z, y);
}

static void forward_packed(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    lowrank_forward(s, p, mat_of(x.v, x.rows, x.cols), y); /* forgets ld */
}

static void forward_adds(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct mat z = arena_mat(p->scratch, y.rows, y.cols);
    lowrank_forward(s, p, x, z);
    mat_add(1, z, y);
}

static void backward_overwrites(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    struct lowrank *l = s->state;
    mat_fill(l->A->g, 0);
    lowrank_backward(s, p, x, dy, dx);
}

static void backward_unscaled(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    struct lowrank *l = s->state;
    struct mat e = arena_mat_raw(p->scratch, dy.rows, l->A->w.rows);
    lowrank_backward(s, p, x, dy, dx);
    gemm_nn(1, dy, l->B->w, 0, e);
    gemm_tn(1 - l->s, e, pass_dropout(p, s, x), 1, l->A->g); /* dA = e' x~ */
}

static void backward_undropped(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    struct pass q = *p;
    q.train = false;
    lowrank_backward(s, &q, x, dy, dx);
}

static void backward_plain_dx(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    site_plain_backward(s, x, dy, dx);
    lowrank_backward_delta(s, p, s->state, x, dy, (struct mat){0});
}

static void backward_no_null(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    if (dx.v)
        lowrank_backward(s, p, x, dy, dx);
}

/* Reads the input without need: 0 x. */
static void backward_peeks(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    struct lowrank *l = s->state;
    lowrank_backward(s, p, x, dy, dx);
    l->B->g.v[0] += 0 * x.v[0];
}

static void weight_unscaled(const struct site *s, struct mat W, struct mat b)
{
    const struct lowrank *l = s->state;
    (void)b;
    gemm_nn(1, l->B->w, l->A->w, 1, W);
}

static void weight_bias(const struct site *s, struct mat W, struct mat b)
{
    lowrank_weight(s, W, b);
    b.v[1] *= (real)1.5;
}

/* ---- Faults of attaching, starting and counting */

static void attach_squared_scale(struct tuning *t, struct site *s)
{
    struct lowrank *l = s->state;
    attach(t, s);
    l->s *= t->common->alpha;
}

static void attach_frozen(struct tuning *t, struct site *s)
{
    struct lowrank *l = s->state;
    attach(t, s);
    l->A->trains = t->dry; /* A trains where it is counted, not where it trains */
}

static void attach_idle(struct tuning *t, struct site *s)
{
    attach(t, s);
    tuning_train(tuning_vector(t, s, "idle", 1, s->out), 1); /* counted, never used */
}

static void attach_slow(struct tuning *t, struct site *s)
{
    struct lowrank *l = s->state;
    attach(t, s);
    tuning_train(l->B, 0);
}

static void init_both(struct tuning *t, struct site *s)
{
    struct lowrank *l = s->state;
    init(t, s);
    mat_fill(l->B->w, 1e-7);
}

static void init_unseeded(struct tuning *t, struct site *s)
{
    static uint64_t calls;
    struct lowrank *l = s->state;
    struct rng r = rng_stream(calls++, RNG_TEST, 0, 0);
    (void)t;
    rng_fill_normal(&r, l->A->w, 0.1);
}

static long count_wrong(const struct adapter *a, const void *opts, int in, int out)
{
    (void)opts;
    return lowrank_count(a->rank, in, out) + 1;
}

static void refuse(const struct adapter *a, const void *opts, int in, int out)
{
    (void)opts;
    if (in != out || a->dropout == 0)
        die(EXIT_USAGE, "the defaults do not suit me");
}

/* ---- Faults between steps */

static void refresh_shrinks(struct site *s)
{
    struct lowrank *l = s->state;
    mat_scale(0.999, l->A->w);
}

static void after_step_moves(struct tuning *t)
{
    t->site[0]->W->w.v[3] += (real)1e-3;
}

static void after_step_leaves_home(struct tuning *t)
{
    t->model->layer[1].norm1.gamma->w.v[3] += (real)1e-3;
}

static double penalty_silent(struct tuning *t)
{
    struct lowrank *l = t->site[0]->state;
    return mat_dot(l->A->w, l->A->w); /* and adds no gradient */
}

static double penalty_half(struct tuning *t)
{
    struct lowrank *l = t->site[0]->state;
    mat_add(1, l->A->w, l->A->g); /* 2 A is right */
    return mat_dot(l->A->w, l->A->w);
}

/* A magnitude that refresh is to compute and never does: DoRA's stale norm. */
struct stale {
    struct lowrank l;
    double once;
};

static void init_stale(struct tuning *t, struct site *s)
{
    struct stale *l = s->state;
    init(t, s);
    l->once = 1 + mat_dot(l->l.B->w, l->l.B->w);
}

static void forward_stale(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    const struct stale *l = s->state;
    lowrank_forward(s, p, x, y);
    mat_scale(l->once, y);
}

static void weight_fresh(const struct site *s, struct mat W, struct mat b)
{
    const struct stale *l = s->state;
    lowrank_weight(s, W, b);
    mat_scale(1 + mat_dot(l->l.B->w, l->l.B->w), W);
    mat_scale(1 + mat_dot(l->l.B->w, l->l.B->w), b);
}

/* Two sites hold one pair. */
static void attach_shared(struct tuning *t, struct site *s)
{
    struct lowrank *first = t->site[0]->state, *l = s->state;
    attach(t, s);
    if (s != t->site[0])
        *l = *first;
}

static void backward_last_wins(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    struct lowrank *l = s->state;
    mat_fill(l->B->g, 0);
    lowrank_backward(s, p, x, dy, dx);
}

/* Sound in its first phase only. */
static struct phase phase(const void *opts, int i)
{
    (void)opts;
    (void)i;
    return (struct phase){.data = 0.5, .steps = 0.5, .measure = true};
}

static void init_second_phase(struct tuning *t, struct site *s)
{
    struct lowrank *l = s->state;
    init(t, s);
    l->s *= t->phase ? 2 : 1;
    mat_fill(l->B->w, t->phase ? 0.1 : 0);
}

#define LORA                                                                                                   \
    .name = "faulty", .site_size = sizeof(struct stale), .facts = NEEDS_INPUT, .attach = attach, .init = init, \
    .count = count, .ops = {lowrank_forward, lowrank_backward, lowrank_weight}

/* The later of two initialisers of one field is meant to win here. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
#ifdef __clang__
#pragma GCC diagnostic ignored "-Winitializer-overrides"
#endif
static const struct {
    const char *fault;
    enum law law;
    double dropout;
    struct method method;
} faults[] = {
    {"forward forgets the scale", LAW_WEIGHT, 0, {LORA, .ops.forward = forward_unscaled}},
    {"weight forgets the scale", LAW_WEIGHT, 0, {LORA, .ops.weight = weight_unscaled}},
    {"weight forgets the scale (export)", LAW_EXPORT, 0, {LORA, .ops.weight = weight_unscaled}},
    {"weight changes the bias", LAW_WEIGHT, 0, {LORA, .ops.weight = weight_bias}},
    {"forward forgets ld", LAW_WEIGHT, 0, {LORA, .ops.forward = forward_packed}},
    {"forward adds to y", LAW_WEIGHT, 0, {LORA, .ops.forward = forward_adds}},
    {"forward looks at the other rows", LAW_ORDER, 0, {LORA, .ops.forward = forward_centred}},
    {"forward without dropout", LAW_GRADIENT, 0.3, {LORA, .ops.forward = forward_undropped}},
    {"backward without dropout", LAW_GRADIENT, 0.3, {LORA, .ops.backward = backward_undropped}},
    {"dA overwritten", LAW_GRADIENT, 0, {LORA, .ops.backward = backward_overwrites}},
    {"dA without the scale", LAW_GRADIENT, 0, {LORA, .ops.backward = backward_unscaled}},
    {"dx of the base alone", LAW_GRADIENT, 0, {LORA, .ops.backward = backward_plain_dx}},
    {"no gradient when dx is not wanted", LAW_BITS, 0, {LORA, .ops.backward = backward_no_null}},
    {"a shared pair: the last site wins",
     LAW_GRADIENT,
     0,
     {LORA, .attach = attach_shared, .ops.backward = backward_last_wins}},
    {"penalty without gradient", LAW_GRADIENT, 0, {LORA, .penalty = penalty_silent}},
    {"penalty with half its gradient", LAW_GRADIENT, 0, {LORA, .penalty = penalty_half}},
    {"input not declared", LAW_INPUT, 0, {LORA, .facts = 0}},
    {"input not declared, times zero", LAW_INPUT, 0, {LORA, .facts = 0, .ops.backward = backward_peeks}},
    {"input declared in vain", LAW_INPUT, 0, {LORA, .attach = attach_frozen}},
    {"counted, not trained", LAW_COUNT, 0, {LORA, .attach = attach_frozen}},
    {"formula off by one", LAW_COUNT, 0, {LORA, .count = count_wrong}},
    {"trains what has no gradient", LAW_MOVES, 0, {LORA, .attach = attach_idle}},
    {"learning rate zero", LAW_MOVES, 0, {LORA, .attach = attach_slow}},
    {"B not zero", LAW_START, 0, {LORA, .init = init_both}},
    {"seed ignored", LAW_BITS, 0, {LORA, .init = init_unseeded}},
    {"refresh changes what it finds", LAW_REFRESH, 0, {LORA, .refresh = refresh_shrinks}},
    {"W moves undeclared", LAW_MOVES, 0, {LORA, .after_step = after_step_moves}},
    {"a norm moves though W may",
     LAW_MOVES,
     0,
     {LORA, .facts = NEEDS_INPUT | MOVES_BASE, .after_step = after_step_leaves_home}},
    {"stale norm", LAW_WEIGHT, 0, {LORA, .init = init_stale, .ops.forward = forward_stale, .ops.weight = weight_fresh}},
    {"stale norm (export)",
     LAW_EXPORT,
     0,
     {LORA, .init = init_stale, .ops.forward = forward_stale, .ops.weight = weight_fresh}},
    {"scale quadratic in alpha", LAW_GAUGE, 0, {LORA, .attach = attach_squared_scale}},
    {"second phase starts elsewhere", LAW_START, 0, {LORA, .phases = 2, .phase = phase, .init = init_second_phase}},
};
#pragma GCC diagnostic pop

static void bites(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct laws l;
        if (faults[i].law == LAW_GRADIENT && sizeof(real) == sizeof(float))
            continue;
        common.dropout = faults[i].dropout;
        if (laws_check(&faults[i].method, NULL, &common, 0, &l) == 0 || !l.law[faults[i].law].broken) {
            laws_print(&l, false, stderr);
            fail_msg("not noticed: %s", faults[i].fault);
        }
    }
}

/* Without a fault every law holds and has something to say (but refresh, which LoRA has not). */
static void sound(void **state)
{
    (void)state;
    static const struct method lora = {LORA};
    struct laws l;
    common.dropout = 0.3;
    assert_int_equal(laws_check(&lora, NULL, &common, 0, &l), 0);
    for (int i = 0; i < LAWS; i++)
        assert_int_equal(l.law[i].checks > 0,
                         i != LAW_REFRESH && (i != LAW_GRADIENT || sizeof(real) == sizeof(double)));
}

/* A method that refuses its defaults is broken; one that refuses a variant is not. */
static void refusals(void **state)
{
    (void)state;
    static const struct method picky = {LORA, .check = refuse};
    int tried, refused, broken = laws_check_variants(&picky, NULL, &tried, &refused, NULL);
    assert_int_equal(broken, 1);
    assert_true(refused > 5 && tried > 0);
}

int main(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    option_defaults(adapter_options, &common);
    common.rank = 3;
    common.alpha = 5;
    const struct CMUnitTest tests[] = {cmocka_unit_test(sound), cmocka_unit_test(bites), cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
