/* Laws of the whole model: start, refresh, export, counts, and the order of a batch. */
#include "check/law_model.h"

#include "core/arena.h"
#include "math/linalg.h"
#include "tune/budget.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A later phase may keep what an earlier one found, where nothing trains (LoRA-drop's frozen pair): the plain model
 * gets the effective weights of the sites that no trained tensor reaches. Returns whether there are any that differ. */
static bool carry_over(struct tiny *t, struct tiny *plain)
{
    struct tuning *u = &t->tuning;
    bool any = false;
    for (int i = 0; i < u->nsites; i++) {
        struct site *p = &plain->model.layer[u->site[i]->layer].site[u->site[i]->target];
        site_weight(u->site[i], p->W->w, p->b->w);
    }
    for (int i = 0; i < t->model.nparam; i++)
        for (size_t k = 0; t->model.param[i]->trains && k < mat_size(t->model.param[i]->w); k++)
            t->model.param[i]->w.v[k] += (real)0.1;
    tuning_refresh(u);
    for (int i = 0; i < u->nsites; i++) {
        struct site *s = u->site[i], *p = &plain->model.layer[s->layer].site[s->target];
        size_t mark = arena_mark(&t->mem.scratch);
        struct mat W = arena_mat(&t->mem.scratch, s->out, s->in), b = arena_mat(&t->mem.scratch, 1, s->out);
        site_weight(s, W, b);
        if (law_distance(W, p->W->w) > 0 || law_distance(b, p->b->w) > 0) {
            mat_copy(p->W->w0, p->W->w);
            mat_copy(p->b->w0, p->b->w);
        } else
            any |= law_distance(p->W->w, p->W->w0) > 0;
        arena_release(&t->mem.scratch, mark);
    }
    tiny_begin(t, u->phase);
    return any;
}

/* The site whose effective weight or bias is farthest from the pretrained one. */
static const char *most_changed(struct tiny *t)
{
    const char *name = "no adapted layer";
    double worst = 0;
    for (int i = 0; i < t->tuning.nsites; i++) {
        struct site *s = t->tuning.site[i];
        size_t mark = arena_mark(&t->mem.scratch);
        struct mat W = arena_mat(&t->mem.scratch, s->out, s->in), b = arena_mat(&t->mem.scratch, 1, s->out);
        site_weight(s, W, b);
        double error = fmax(law_distance(W, s->W->w0), law_distance(b, s->b->w0));
        arena_release(&t->mem.scratch, mark);
        if (error > worst) {
            worst = error;
            name = s->name;
        }
    }
    return name;
}

/* The plain model with the effective weights, and the logits of both. */
static void same_by_weight(struct laws *l, enum law law, struct tiny *t, struct tiny *plain, const char *state)
{
    struct model *from = &t->model, *to = &plain->model;
    tiny_begin(plain, 0);
    for (int i = 0; i < from->nbase; i++)
        mat_copy(from->param[i]->w, to->param[i]->w);
    for (int i = 0; i < from->config.layers * TARGETS; i++) {
        struct site *s = &to->layer[i / TARGETS].site[i % TARGETS];
        site_weight(&from->layer[i / TARGETS].site[i % TARGETS], s->W->w, s->b->w);
    }
    mat_copy(from->classifier_W->w, to->classifier_W->w);
    mat_copy(from->classifier_b->w, to->classifier_b->w);
    struct mat want = tiny_logits(t);
    law_note(l, law, law_distance(tiny_logits(plain), want), law_tolerance(1e-11, 1e-4), "phase %d %s", t->tuning.phase,
             state);
}

void law_start(struct laws *l, struct tiny *t, struct tiny *plain)
{
    const unsigned declared = tuning_declared(&t->tuning);
    double allowed = t->tuning.method->start_tol;
    if (declared & STARTS_NEAR)
        allowed = fmax(allowed, law_tolerance(1e-12, 1e-4));
    tiny_begin(plain, 0);
    if (t->tuning.phase > 0 && carry_over(t, plain))
        allowed = fmax(allowed, law_tolerance(1e-11, 1e-4));
    struct mat want = tiny_logits(plain);
    double error = law_distance(tiny_logits(t), want);
    if (declared & STARTS_ELSEWHERE) {
        law_note(l, LAW_START, error <= law_tolerance(1e-12, 1e-6), 0,
                 "phase %d: it declares STARTS_ELSEWHERE and starts at the base", t->tuning.phase);
        same_by_weight(l, LAW_START, t, plain, "at init");
        return;
    }
    law_note(l, LAW_START, error, allowed, "phase %d: logits%s%s", t->tuning.phase,
             error > allowed ? "; most changed is " : "", error > allowed ? most_changed(t) : "");
    if (allowed == 0) /* a method that splits W0 cannot start at the base under dropout */
        law_note(l, LAW_START, law_distance(tiny_run(t, tiny_pass(t, true, true)), want), 0,
                 "phase %d: logits in training", t->tuning.phase);
}

/* Everything a refresh could write that a later step reads: the live base and the lasting arenas. */
struct image {
    char *bytes;
    size_t size;
};

static void append(struct image *m, const void *bytes, size_t size)
{
    m->bytes = mem_grow(m->bytes, m->size + size);
    memcpy(m->bytes + m->size, bytes, size);
    m->size += size;
}

static struct image photograph(struct tiny *t)
{
    const struct arena *lasting[] = {&t->mem.weights, &t->mem.grads, &t->mem.moments};
    struct image m = {0};
    append(&m, t->model.live, t->model.base_bytes);
    for (int i = 0; i < 3; i++)
        append(&m, lasting[i]->base, lasting[i]->used);
    return m;
}

void law_refresh(struct laws *l, struct tiny *t)
{
    if (!t->tuning.method->refresh)
        return;
    tuning_refresh(&t->tuning); /* what forward caches for itself is not this law's matter */
    struct image before = photograph(t);
    tuning_refresh(&t->tuning);
    struct image after = photograph(t);
    double differ = fabs((double)before.size - (double)after.size);
    for (size_t i = 0; i < before.size && i < after.size; i++)
        differ += before.bytes[i] != after.bytes[i];
    law_note(l, LAW_REFRESH, differ, 0, "phase %d: bytes changed by a second refresh", t->tuning.phase);
    free(before.bytes);
    free(after.bytes);
}

void law_export(struct laws *l, struct tiny *t, struct tiny *plain, const char *state)
{
    same_by_weight(l, LAW_EXPORT, t, plain, state);
}

/* How many parameters train under a site's name. */
static long named_after(const struct model *m, const struct site *s)
{
    long n = 0;
    size_t length = strlen(s->name);
    for (int i = 0; i < m->nparam; i++)
        if (m->param[i]->trains && strncmp(m->param[i]->name, s->name, length) == 0 && m->param[i]->name[length] == '.')
            n += (long)mat_size(m->param[i]->w);
    return n;
}

void law_count(struct laws *l, struct tiny *t, int extra)
{
    struct tuning *u = &t->tuning;
    const struct method *m = u->method;
    long trained = tuning_count_trained(u), formula = 0, active = tuning_count_active(u);
    law_note(l, LAW_COUNT, active > trained, 0, "phase %d: %ld active of %ld trained", u->phase, active, trained);
    struct counts dry = budget_count(m, u->opts, u->common, &tiny_config, extra);
    if (tuning_phases(u) == 1) /* what a later phase trains depends on what was measured */
        law_note(l, LAW_COUNT, labs(dry.trained - trained), 0, "%ld attach, %ld are counted without memory", trained,
                 dry.trained);
    if (!m->count)
        return;
    for (int i = 0; i < u->nsites; i++) {
        struct adapter a = *u->common;
        const struct site *s = u->site[i];
        a.rank = s->rank;
        long here = m->count(&a, u->opts, s->in, s->out), named = named_after(&t->model, s);
        law_note(l, LAW_COUNT, labs(here - named), 0, "%s: %ld attach, the formula says %ld", s->name, named, here);
        formula += here;
    }
    struct adapter most = *u->common; /* what sites share is as large as the largest of them wants it */
    most.rank = extra ? most.rank + 1 : most.rank;
    formula += m->count_shared ? m->count_shared(&most, u->opts, u->nsites) : 0;
    law_note(l, LAW_COUNT, labs(formula - trained), 0, "%ld attach, the formula says %ld", trained, formula);
}

/* The batch's examples in another order, or one of them alone. */
static struct batch rearranged(const struct batch *b, int first, int stride, int n)
{
    struct batch to = {0};
    for (int i = 0; i < n; i++) {
        int k = (first + i * stride) % b->B;
        struct example e = {.n = b->start[k + 1] - b->start[k], .label = b->label[k]};
        memcpy(e.ids, b->ids + b->start[k], (size_t)e.n * sizeof *e.ids);
        memcpy(e.types, b->types + b->start[k], (size_t)e.n);
        batch_add(&to, &e);
    }
    return to;
}

void law_order(struct laws *l, struct tiny *t)
{
    real all[64];
    struct batch batch = t->batch;
    int B = batch.B, K = TINY_CLASSES;
    assert(B > 0 && (size_t)(B * K) <= sizeof all / sizeof *all);
    struct mat want = mat_of(all, B, K);
    mat_copy(tiny_logits(t), want);
    for (int alone = 0; alone <= B; alone++) { /* the last time: all, in another order */
        bool permuted = alone == B;
        int stride = permuted ? 3 : 1, n = permuted ? B : 1;
        t->batch = rearranged(&batch, alone % B, stride, n);
        struct mat got = tiny_logits(t);
        for (int i = 0; i < n; i++)
            law_note(l, LAW_ORDER, law_distance(mat_rows(got, i, 1), mat_rows(want, (alone + i * stride) % B, 1)),
                     law_tolerance(1e-11, 1e-4), "phase %d: example %d %s", t->tuning.phase, (alone + i * stride) % B,
                     permuted ? "in another order" : "alone");
        batch_free(&t->batch);
    }
    t->batch = batch;
}
