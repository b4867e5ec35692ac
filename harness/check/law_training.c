/* Laws of training: what moves, the same bits for the same seed, and the gauge of low-rank pairs. */
#include "check/law_training.h"

#include "check/law_model.h"
#include "core/arena.h"
#include "math/linalg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool same_bits(struct mat a, struct mat b)
{
    return memcmp(a.v, b.v, mat_size(a) * sizeof(real)) == 0;
}

/* ---- Law 4 */

/* Copies of all tensors, to be freed with forget. */
static struct mat *remember(const struct model *m)
{
    struct mat *copy = mem_alloc((size_t)m->nparam * sizeof *copy);
    for (int i = 0; i < m->nparam; i++) {
        copy[i] = mat_of(mem_alloc(mat_size(m->param[i]->w) * sizeof(real)), m->param[i]->w.rows, m->param[i]->w.cols);
        mat_copy(m->param[i]->w, copy[i]);
    }
    return copy;
}

static void forget(struct mat *copy, int n)
{
    for (int i = 0; i < n; i++)
        free(copy[i].v);
    free(copy);
}

static bool all_zero(struct mat m)
{
    for (size_t i = 0; i < mat_size(m); i++)
        if (m.v[i] != 0)
            return false;
    return true;
}

/* Every tensor against what it was when the phase began, and the frozen base against the pretrained one. */
static void check_moves(struct laws *l, struct tiny *t, const struct mat *begun)
{
    const struct tuning *u = &t->tuning;
    for (int i = 0; i < t->model.nparam; i++) {
        const struct param *p = t->model.param[i];
        bool moved = !same_bits(p->w, begun[i]);
        if (!p->trains && !tuning_may_move(u, p)) {
            law_note(l, LAW_MOVES, moved, 0, "phase %d: %s moves though it is frozen", u->phase, p->name);
            if (i < t->model.nbase)
                law_note(l, LAW_MOVES, !same_bits(p->w, p->w0), 0, "phase %d: %s is not the pretrained value", u->phase,
                         p->name);
        } else if (p->trains && p->role == ROLE_ADAPTER) {
            law_note(l, LAW_MOVES, all_zero(p->m2), 0, "phase %d: %s trains but never has a gradient", u->phase,
                     p->name);
            if (!u->method->after_step) /* which may take a step back: AdaLoRA's masks */
                law_note(l, LAW_MOVES, !moved, 0, "phase %d: %s trains but does not move", u->phase, p->name);
        }
    }
}

/* ---- Law 5 */

static void check_bits(struct laws *l, struct tiny *a, struct tiny *b, const char *when)
{
    for (int i = 0; i < a->model.nparam; i++) {
        struct param *p = a->model.param[i], *q = b->model.param[i];
        bool same = same_bits(p->w, q->w) && (!p->m1.v || (same_bits(p->m1, q->m1) && same_bits(p->m2, q->m2)));
        law_note(l, LAW_BITS, !same, 0, "phase %d: %s %s", a->tuning.phase, p->name, when);
    }
}

void law_training(struct laws *l, struct tiny *a, struct tiny *b, struct tiny *plain, int phase)
{
    tiny_begin(a, phase);
    tiny_begin(b, phase);
    check_bits(l, a, b, "at the start");
    struct mat *begun = remember(&a->model);
    for (int i = 0; i < TINY_STEPS; i++) {
        double x = tiny_step(a), y = tiny_step(b);
        law_note(l, LAW_BITS, x != y, 0, "phase %d: objective of step %d", phase, i);
        tiny_logits(a); /* evaluation moves nothing: b does without */
    }
    check_bits(l, a, b, "after training");
    check_moves(l, a, begun);
    law_export(l, a, plain, "after training");
    forget(begun, a->model.nparam);
    if (phase + 1 == tuning_phases(&a->tuning))
        return;
    tiny_measure(a);
    tiny_measure(b);
    tuning_end_phase(&a->tuning);
    tuning_end_phase(&b->tuning);
}

/* ---- Law 13 */

/* What a method reports, and its counts. */
struct told {
    double value[256];
    size_t n;
};

static void tell(void *to, const char *name, double value)
{
    struct told *t = to;
    (void)name;
    if (t->n < sizeof t->value / sizeof *t->value)
        t->value[t->n++] = value;
}

static struct told told_by(const struct tuning *u)
{
    struct told t = {.n = 0};
    tell(&t, "", (double)tuning_count_active(u));
    tell(&t, "", (double)tuning_count_stored(u));
    if (u->method->report)
        u->method->report(u, tell, &t);
    return t;
}

/* Puts what a checkpoint holds of a into b, which has just begun the phase. */
static void hand_over(const struct tiny *a, struct tiny *b)
{
    const struct arena *from[] = {&a->mem.weights, &a->mem.moments};
    struct arena *to[] = {&b->mem.weights, &b->mem.moments};
    for (int i = 0; i < 2; i++)
        memcpy(to[i]->base, from[i]->base, from[i]->used);
    memcpy(b->model.live, a->model.live, a->model.base_bytes);
    b->tuning.step = a->tuning.step;
    tuning_refresh(&b->tuning);
}

void law_restart(struct laws *l, struct tiny *a, struct tiny *b, int phase)
{
    tiny_begin(a, phase);
    tiny_begin(b, phase);
    for (int i = 0; i < TINY_STEPS - 2; i++) /* AdaLoRA has allocated for the last time by then */
        tiny_step(a);
    hand_over(a, b);
    for (int i = TINY_STEPS - 2; i < TINY_STEPS; i++)
        law_note(l, LAW_RESTART, tiny_step(a) != tiny_step(b), 0, "phase %d: objective of step %d", phase, i);
    for (int i = 0; i < a->model.nparam; i++)
        law_note(l, LAW_RESTART, !same_bits(a->model.param[i]->w, b->model.param[i]->w), 0, "phase %d: %s", phase,
                 a->model.param[i]->name);
    struct told x = told_by(&a->tuning), y = told_by(&b->tuning);
    bool same = x.n == y.n && memcmp(x.value, y.value, x.n * sizeof *x.value) == 0;
    law_note(l, LAW_RESTART, !same, 0, "phase %d: what the method counts and reports", phase);
}

/* ---- The gauge law: B~ = q B, A~ = p A under the scale s / (pq) are the same W, and AdamW with next to no eps does not
 * see the size of a gradient, so rates p lr and q lr keep them so. p and q are powers of two: nothing rounds. */

enum { PLAIN, IS_A, IS_B };

static int which(const struct param *p)
{
    for (const char *c = strchr(p->name, '_'); c && p->role == ROLE_ADAPTER; c = strchr(c + 1, '_'))
        if ((c[1] == 'A' || c[1] == 'B') && (c[2] == '.' || c[2] == '_' || c[2] == '\0'))
            return c[1] == 'A' ? IS_A : IS_B;
    return PLAIN;
}

static bool has_gauge(const struct tiny *t)
{
    int trained[3] = {0};
    for (int i = 0; i < t->model.nparam; i++)
        trained[which(t->model.param[i])] += t->model.param[i]->trains;
    return trained[IS_A] && trained[IS_B] && !t->tuning.method->penalty;
}

/* Puts `to` where `from` is, pairs scaled by p and q. */
static void transform(const struct tiny *from, struct tiny *to, double p, double q)
{
    for (int i = 0; i < from->model.nparam; i++) {
        const struct param *a = from->model.param[i];
        struct param *b = to->model.param[i];
        double f = which(a) == IS_A ? p : which(a) == IS_B ? q : 1;
        mat_copy(a->w, b->w);
        mat_scale(f, b->w);
        b->lr_scale = (real)(f * (double)a->lr_scale);
    }
    tuning_refresh(&to->tuning);
}

/* Does alpha enter W at all? (HiRA's update has no scale.) */
static bool uses_alpha(struct tiny *a, struct tiny *b)
{
    double largest;
    tiny_begin(b, 0);
    tiny_perturb(a, 2, 0.3);
    transform(a, b, 1, 1);
    bool uses = tiny_weight_distance(a, b, &largest) > 1e-4 * largest;
    tiny_begin(a, 0);
    return uses;
}

static void compare_gauges(struct laws *l, struct tiny *a, struct tiny *b)
{
    const double p = 4, q = uses_alpha(a, b) ? 0.5 : 0.25, allowed = law_tolerance(1e-10, 1e-4);
    const bool declared = tuning_declared(&a->tuning) & SEES_SIZE;
    double worst = 0;
    for (int phase = 0; phase < tuning_phases(&a->tuning); phase++) {
        tiny_begin(a, phase);
        tiny_begin(b, phase);
        transform(a, b, p, q);
        for (int i = 0; i < TINY_STEPS; i++) {
            double largest, distance;
            tiny_step(a);
            tiny_step(b);
            distance = tiny_weight_distance(a, b, &largest);
            worst = fmax(worst, distance / largest);
            if (!declared)
                law_note(l, LAW_GAUGE, distance / largest, allowed, "phase %d after step %d", phase, i);
        }
        if (phase + 1 == tuning_phases(&a->tuning))
            break;
        tiny_measure(a);
        tiny_measure(b);
        tuning_end_phase(&a->tuning);
        tuning_end_phase(&b->tuning);
    }
    if (declared)
        law_note(l, LAW_FORM, worst <= allowed, 0, "it declares SEES_SIZE, and no step depends on how B A is split");
}

void law_gauge(struct laws *l, const struct method *m, const void *opts, const struct adapter *common, int extra)
{
    struct tiny a, b;
    struct adapter first = *common, second;
    first.alpha = common->alpha > 0 ? common->alpha : 2.0 * common->rank;
    second = first;
    second.alpha = first.alpha / 2; /* pq = 2 */
    tiny_open(&a, m, opts, &first, extra, 1);
    tiny_open(&b, m, opts, &second, extra, 1);
    a.adam.weight_decay = b.adam.weight_decay = 0;
    a.adam.eps = b.adam.eps = 1e-30;
    tiny_begin(&a, 0);
    if (has_gauge(&a))
        compare_gauges(l, &a, &b);
    tiny_close(&a);
    tiny_close(&b);
}
