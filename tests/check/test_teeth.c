/* Do the laws bite? LoRAs with one fault each, and the law that must notice it. */
#include "check/variants.h"
#include "check/watch.h"
#include "core/die.h"
#include "core/rng.h"
#include "math/linalg.h"
#include "tune/lowrank.h"
#include "tune/tuning.h"
#include "tune/valid.h"

#include "tests/near.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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

static void weight_plain(const struct site *s, struct mat W, struct mat b)
{
    (void)s, (void)W, (void)b;
}

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

/* The gradient of the first A grows with the steps, which are counted where no checkpoint looks. */
static void before_step_counts(struct tuning *t)
{
    struct lowrank *l = t->site[0]->state;
    mat_scale(1 + ++*(int *)t->shared, l->A->g);
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

/* ---- The file is not what it states */

static void attach_twice(struct tuning *t, struct site *s)
{
    attach(t, s);
    tuning_vector(t, s, "lora_A.weight", 1, 4);
}

static void attach_nominal_rank(struct tuning *t, struct site *s)
{
    struct lowrank *l = s->state;
    l->A = tuning_param(t, s, "lora_A.weight", t->common->rank, s->in);
    l->B = tuning_param(t, s, "lora_B.weight", s->out, t->common->rank);
    l->s = tuning_scale(t);
    tuning_train(l->A, 1);
    tuning_train(l->B, 1);
}

static void attach_any_rank(struct tuning *t, struct site *s)
{
    int rank = s->rank;
    s->rank = 2;
    attach(t, s);
    s->rank = rank;
}

static long count_any_rank(const struct adapter *a, const void *opts, int in, int out)
{
    (void)a, (void)opts;
    return lowrank_count(2, in, out);
}

static void init_nan(struct tuning *t, struct site *s)
{
    struct lowrank *l = s->state;
    init(t, s);
    l->A->w.v[1] = (real)NAN;
}

static void init_one_stream(struct tuning *t, struct site *s)
{
    struct lowrank *l = s->state;
    struct rng r = tuning_shared_rng(t, 0);
    rng_fill_uniform(&r, l->A->w, -1, 1);
}

/* u lies in scratch, which is another's by the time backward reads it. */
static void forward_in_scratch(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct pass q = *p;
    q.keep = false;
    lowrank_forward(s, &q, x, y);
}

/* Nothing was written there; times zero it is seen only where it is no number. */
static void forward_unwritten(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    lowrank_forward(s, p, x, y);
    struct mat z = arena_mat_raw(p->scratch, 1, y.cols);
    y.v[0] += 0 * z.v[0];
}

static void both_undropped(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    struct pass q = *p;
    q.train = false;
    lowrank_backward(s, &q, x, dy, dx);
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
    {"steps counted outside of arenas",
     LAW_RESTART,
     0,
     {LORA, .shared_size = sizeof(int), .before_step = before_step_counts}},
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
    {"two tensors of one name", LAW_FORM, 0, {LORA, .attach = attach_twice}},
    {"site_size forgotten", LAW_FORM, 0, {LORA, .site_size = 0}},
    {"site_size too small", LAW_FORM, 0, {LORA, .site_size = sizeof(struct lowrank) - 8}},
    {"no count", LAW_FORM, 0, {LORA, .count = NULL}},
    {"a count, declared to be none", LAW_FORM, 0, {LORA, .declares = NO_FORMULA}},
    {"one count for every rank", LAW_FORM, 0, {LORA, .attach = attach_any_rank, .count = count_any_rank}},
    {"rank of the options, not of the site", LAW_COUNT, 0, {LORA, .attach = attach_nominal_rank}},
    {"NaN at the start", LAW_FORM, 0, {LORA, .init = init_nan}},
    {"all sites draw from one stream", LAW_FORM, 0, {LORA, .init = init_one_stream}},
    {"u in scratch", LAW_GRADIENT, 0, {LORA, .ops.forward = forward_in_scratch}},
    {"scratch read before it is written", LAW_WEIGHT, 0, {LORA, .ops.forward = forward_unwritten}},
    {"dropout nowhere", LAW_FORM, 0.3, {LORA, .ops.forward = forward_undropped, .ops.backward = both_undropped}},
    {"dropout, declared to be none", LAW_FORM, 0.3, {LORA, .declares = NO_DROPOUT}},
    {"the base, declared to be another start", LAW_START, 0, {LORA, .declares = STARTS_ELSEWHERE}},
    {"another start, of which weight knows nothing",
     LAW_START,
     0,
     {LORA, .declares = STARTS_ELSEWHERE, .init = init_both, .ops.weight = weight_plain}},
    {"steps declared to see how B A is split", LAW_FORM, 0, {LORA, .declares = SEES_SIZE}},
    {"second phase starts elsewhere", LAW_START, 0, {LORA, .phases = 2, .phase = phase, .init = init_second_phase}},
};

static void bites(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct laws l;
        if (faults[i].law == LAW_GRADIENT && sizeof(real) == sizeof(float))
            continue;
        common.dropout = faults[i].dropout;
        int extra = faults[i].method.attach == attach_nominal_rank;
        if (laws_check(&faults[i].method, NULL, &common, extra, &l) == 0 || !l.law[faults[i].law].broken) {
            laws_print(&l, false, stderr);
            fail_msg("not noticed: %s", faults[i].fault);
        }
    }
}

/* What a broken law says names the tensor, and = for +=. */
static void words(void **state)
{
    (void)state;
    static const struct {
        struct method method;
        const char *wanted;
        enum law law;
        bool in_double;
    } cases[] = {
        {{LORA, .ops.backward = backward_overwrites}, "lora_A.weight[", LAW_GRADIENT, true},
        {{LORA, .ops.backward = backward_overwrites}, "is overwritten (= for +=)", LAW_GRADIENT, true},
        {{LORA, .init = init_nan}, "query.lora_A.weight is not finite", LAW_FORM, false},
        {{LORA, .init = init_both}, "most changed is bert.encoder.layer.", LAW_START, false},
        {{LORA, .site_size = 0}, "attach writes behind its state: .site_size is 0 bytes", LAW_FORM, false},
    };
    common.dropout = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laws l;
        if (cases[i].in_double && sizeof(real) == sizeof(float))
            continue;
        assert_true(laws_check(&cases[i].method, NULL, &common, 0, &l) > 0);
        if (!strstr(l.law[cases[i].law].where, cases[i].wanted))
            fail_msg("\"%s\" is not in: %s", cases[i].wanted, l.law[cases[i].law].where);
    }
}

/* A correct method whose update is very large breaks no law: the objective bends more than one step of differences can
 * follow. */
static void large_gain(void **state)
{
    (void)state;
    static const struct method lora = {LORA};
    struct adapter loud = common;
    struct laws l;
    for (int i = 0; i < 3; i++) {
        loud.alpha = (const double[]){300, 1000, 3000}[i];
        loud.dropout = 0.3;
        if (laws_check(&lora, NULL, &loud, 0, &l)) {
            laws_print(&l, true, stderr);
            fail_msg("alpha=%g breaks a law", loud.alpha);
        }
    }
}

/* ---- Crashes, each in a process of its own */

static void attach_reads(struct tuning *t, struct site *s)
{
    struct lowrank *l = s->state;
    attach(t, s);
    l->s *= 1 + (double)l->A->w.v[0];
}

static void attach_writes(struct tuning *t, struct site *s)
{
    struct lowrank *l = s->state;
    attach(t, s);
    l->A->w.v[0] = 0;
}

static void backward_crashes(struct site *s, const struct pass *p, struct mat x, struct mat dy, struct mat dx)
{
    (void)s, (void)p, (void)x, (void)dy, (void)dx;
    volatile uintptr_t nowhere = 16; /* no page is mapped there, and neither compiler nor sanitizer knows it before */
    *(volatile char *)nowhere = 0;   // NOLINT(performance-no-int-to-ptr): an address of nothing is what it is for
}

static void crashes(void **state)
{
    (void)state;
    static const struct {
        struct method method;
        const char *wanted;
    } cases[] = {
        {{LORA, .attach = attach_reads},
         "BAD  methods/faulty.c: invalid memory access in attach of bert.encoder.layer.0."},
        {{LORA, .attach = attach_writes}, "may not read or write their values"},
        {{LORA, .ops.backward = backward_crashes}, "invalid memory access in backward of bert."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        int ends[2], status;
        size_t n = 0;
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) {
            struct laws l;
            dup2(ends[1], STDERR_FILENO);
            watch_crashes();
            laws_check(&cases[i].method, NULL, &common, 0, &l);
            _exit(0);
        }
        close(ends[1]);
        for (ssize_t got; (got = read(ends[0], text + n, sizeof text - 1 - n)) > 0;)
            n += (size_t)got;
        text[n] = '\0';
        close(ends[0]);
        assert_int_equal(waitpid(child, &status, 0), child);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_MISMATCH || !strstr(text, cases[i].wanted))
            fail_msg("status %d, \"%s\" is wanted in: %s", status, cases[i].wanted, text);
    }
}

/* ---- The struct alone */

struct few {
    int one, two;
};
static const struct option swapped[] = {OPTION_I(few, one, 1, 9, 0, ""), OPTION_END};
static const struct option outside[] = {OPTION_I(few, one, 10, 0, 9, ""), OPTION_END};
static const struct option no_choice[] = {OPTION_C(few, one, 2, "a|b", ""), OPTION_END};
static const struct option taken[] = {
    OPTION_I(few, one, 1, 0, 9, ""), {"alpha", "", OPT_INT, 4, 1, 0, 9, NULL}, OPTION_END};
static const struct option sound_options[] = {OPTION_I(few, one, 1, 0, 9, ""), OPTION_B(few, two, 1, ""), OPTION_END};
/* What follows a table without OPTION_END is other memory, here of a known kind. */
static const struct option endless[] = {OPTION_I(few, one, 1, 0, 9, ""),
                                        {"?", "", (enum option_type)77, 0, 0, 0, 0, NULL}};

static void structs(void **state)
{
    (void)state;
    static const struct {
        struct method method;
        const char *wanted; /* NULL: no fault */
    } cases[] = {
        {{LORA, .options = sound_options, .options_size = sizeof(struct few)}, NULL},
        {{LORA, .options = sound_options}, "outside .options_size = 0 bytes"},
        {{LORA, .options = sound_options, .options_size = sizeof(int)}, "row 2 of its options lies outside"},
        {{LORA, .options = swapped, .options_size = sizeof(struct few)}, "option one: the bounds 9..0 are swapped"},
        {{LORA, .options = outside, .options_size = sizeof(struct few)}, "the default 10 lies outside 0..9"},
        {{LORA, .options = no_choice, .options_size = sizeof(struct few)}, "its default 2 is none of its choices"},
        {{LORA, .options = taken, .options_size = sizeof(struct few)}, "option alpha: all methods have one"},
        {{LORA, .options = endless, .options_size = sizeof(struct few)}, "ends with OPTION_END"},
        {{LORA, .ops.weight = NULL}, "some of them, not all"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512] = "no fault";
        bool fault = method_fault(&cases[i].method, text, sizeof text);
        assert_int_equal(fault, cases[i].wanted != NULL);
        if (fault && cases[i].wanted && !strstr(text, cases[i].wanted))
            fail_msg("\"%s\" is not in: %s", cases[i].wanted, text);
    }
    for (int i = 0; i < method_registry_size; i++) {
        char text[512];
        if (method_fault(method_registry[i], text, sizeof text))
            fail_msg("%s: %s", method_registry[i]->name, text);
    }
}

/* A site may draw any number of tensors: none shares a stream with another, nor with the next site's. */
static void streams(void **state)
{
    (void)state;
    enum { SITES = 3, TENSORS = 40 };
    uint32_t first[SITES * TENSORS];
    struct tuning t = {.seed = 5};
    for (int i = 0; i < SITES * TENSORS; i++) {
        struct site s = {.index = i / TENSORS};
        struct rng r = tuning_rng(&t, &s, i % TENSORS);
        first[i] = rng_u32(&r);
        for (int j = 0; j < i; j++)
            assert_int_not_equal(first[i], first[j]);
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

#pragma GCC diagnostic pop

int main(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    option_defaults(adapter_options, &common);
    common.rank = 3;
    common.alpha = 5;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound),      cmocka_unit_test(bites),   cmocka_unit_test(refusals), cmocka_unit_test(words),
        cmocka_unit_test(large_gain), cmocka_unit_test(crashes), cmocka_unit_test(structs),  cmocka_unit_test(streams)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
