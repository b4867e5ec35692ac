/* The tiny model, its batch and its training step. */
#include "check/tiny.h"

#include "core/rng.h"
#include "math/linalg.h"

#include <math.h>
#include <stdlib.h>

const struct model_config tiny_config = {
    .vocab = 23, .d = 16, .layers = 3, .heads = 2, .ffn = 24, .positions = 20, .types = 2, .eps = 1e-6};

/* As pretrained weights are, and unlike fresh ones: no bias is zero, no gamma one. */
static void make_base(struct model *m)
{
    model_map_anonymous(m);
    for (int i = 0; i < m->nbase; i++) {
        struct param *p = m->param[i];
        struct rng r = rng_stream(7, RNG_TEST, (uint32_t)i, 0);
        bool matrix = p->role == ROLE_WEIGHT;
        rng_fill_normal(&r, p->w, matrix ? 1 / sqrt(p->w.cols) : p->role == ROLE_EMBED ? 0.5 : 0.2);
        for (int j = 0; p->role == ROLE_NORM && j < p->w.cols; j++)
            p->w.v[j] += 1;
    }
    model_freeze(m);
}

static void make_batch(struct batch *b)
{
    static const int lengths[] = {4, 1, 17, 3, 5};
    struct rng r = rng_stream(7, RNG_TEST, 1000, 0);
    for (int i = 0; i < (int)(sizeof lengths / sizeof *lengths); i++) {
        struct example e = {.n = lengths[i], .label = i % TINY_CLASSES};
        for (int k = 0; k < e.n; k++) {
            e.ids[k] = k ? 1 + (int)rng_below(&r, (uint32_t)tiny_config.vocab - 1) : 0;
            e.types[k] = k > e.n / 2;
        }
        batch_add(b, &e);
    }
}

void tiny_open(struct tiny *t, const struct method *m, const void *opts, const struct adapter *common, int extra,
               uint64_t seed)
{
    static const struct method plain = {.name = "plain", .targets = ""};
    *t = (struct tiny){.adam = {0.9, 0.999, 1e-8, 0.01}, .lr = 0.01};
    if (common)
        t->common = *common;
    else
        option_defaults(adapter_options, &t->common);
    memory_open(&t->mem);
    model_open(&t->model, &tiny_config, &t->mem);
    make_base(&t->model);
    make_batch(&t->batch);
    tuning_open(&t->tuning, m ? m : &plain, opts, &t->common, &t->model, seed, extra);
    if (!m)
        tiny_begin(t, 0);
}

void tiny_close(struct tiny *t)
{
    tuning_close(&t->tuning);
    model_close(&t->model);
    memory_close(&t->mem);
    batch_free(&t->batch);
}

void tiny_begin(struct tiny *t, int phase)
{
    t->tuning.lr = t->lr;
    tuning_begin_phase(&t->tuning, phase, TINY_CLASSES);
    tuning_set_steps(&t->tuning, TINY_STEPS);
}

struct pass tiny_pass(struct tiny *t, bool train, bool keep)
{
    return (struct pass){.train = train,
                         .keep = keep,
                         .step = t->tuning.step,
                         .seed = t->tuning.seed,
                         .dropout = t->common.dropout,
                         .saved = &t->mem.saved,
                         .scratch = &t->mem.scratch};
}

static double run(struct tiny *t, struct pass p, struct mat *logits)
{
    struct loss l = {.kind = TASK_CLASSES};
    arena_release(&t->mem.saved, 0);
    return loss_run(&t->model, &p, &t->batch, &l, logits);
}

struct mat tiny_run(struct tiny *t, struct pass p)
{
    struct mat logits;
    run(t, p, &logits);
    return logits;
}

struct mat tiny_logits(struct tiny *t)
{
    return tiny_run(t, tiny_pass(t, false, false));
}

double tiny_objective(struct tiny *t, bool backward)
{
    double loss = run(t, tiny_pass(t, true, backward), NULL);
    return loss + tuning_penalty(&t->tuning);
}

double tiny_step(struct tiny *t)
{
    struct tuning *u = &t->tuning;
    u->lr = t->lr;
    u->adam = &t->adam;
    model_zero_grads(&t->model);
    double objective = tiny_objective(t, true);
    tuning_before_step(u);
    adamw_step(&t->model, &t->adam, t->lr, u->step + 1);
    tuning_after_step(u);
    tuning_refresh(u);
    model_zero_grads(&t->model);
    u->step++;
    return objective;
}

void tiny_measure(struct tiny *t)
{
    const struct tuning *u = &t->tuning;
    struct pass p = tiny_pass(t, false, u->method->phase(u->opts, u->phase).backward);
    p.measure = true;
    tiny_run(t, p);
    model_zero_grads(&t->model);
}

void tiny_perturb(struct tiny *t, uint32_t id, double sd)
{
    for (int i = 0; i < t->model.nparam; i++) {
        struct param *p = t->model.param[i];
        if (p->role != ROLE_ADAPTER && !p->trains)
            continue;
        struct rng r = rng_stream(11, RNG_TEST, id, (uint32_t)i);
        for (int k = 0; k < p->w.rows; k++)
            for (int j = 0; j < p->w.cols; j++)
                p->w.v[(size_t)k * p->w.ld + j] += (real)(sd * rng_normal(&r));
    }
    tuning_refresh(&t->tuning);
}

static double distance(struct mat a, struct mat b, double *largest)
{
    double worst = 0;
    for (size_t i = 0; i < mat_size(a); i++) {
        double d = fabs((double)a.v[i] - (double)b.v[i]);
        worst = isnan(d) ? INFINITY : fmax(worst, d);
        *largest = fmax(*largest, fabs((double)a.v[i]));
    }
    return worst;
}

double tiny_weight_distance(struct tiny *a, struct tiny *b, double *largest)
{
    size_t mark_a = arena_mark(&a->mem.scratch), mark_b = arena_mark(&b->mem.scratch);
    double worst = 0;
    *largest = 0;
    for (int l = 0; l < tiny_config.layers; l++)
        for (int k = 0; k < TARGETS; k++) {
            struct site *s = &a->model.layer[l].site[k], *u = &b->model.layer[l].site[k];
            struct mat W = arena_mat(&a->mem.scratch, s->out, s->in), c = arena_mat(&a->mem.scratch, 1, s->out);
            struct mat V = arena_mat(&b->mem.scratch, s->out, s->in), d = arena_mat(&b->mem.scratch, 1, s->out);
            site_weight(s, W, c);
            site_weight(u, V, d);
            worst = fmax(worst, fmax(distance(W, V, largest), distance(c, d, largest)));
        }
    arena_release(&a->mem.scratch, mark_a);
    arena_release(&b->mem.scratch, mark_b);
    return worst;
}
