/* The training loop of one run. */
#include "train/run.h"

#include "base/pretrain.h"
#include "core/arena.h"
#include "core/die.h"
#include "core/order.h"
#include "core/progress.h"
#include "core/rng.h"
#include "math/linalg.h"
#include "math/stopwatch.h"
#include "model/optim.h"
#include "train/collapse.h"
#include "train/examine.h"
#include "train/order.h"
#include "train/resume.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RESTART = 1000003 };

static uint64_t init_seed(const struct spec *s)
{
    const struct train_opts *o = &s->train;
    return (uint64_t)(o->init_seed >= 0 ? o->init_seed : o->seed) + (uint64_t)o->twin * RESTART;
}

static uint64_t order_seed(const struct spec *s)
{
    return (uint64_t)(s->train.order_seed >= 0 ? s->train.order_seed : s->train.seed);
}

/* Everything one run needs beside its result. */
struct work {
    struct trainee t;
    struct memory mem;
    struct model model, teacher;
    struct tuning tuning;
    struct order order;
    int *sample; /* of an early phase: the example that each index of the order stands for; NULL: all */
    struct resume resume;
    struct task_env *env;
    double *step_seconds, saved_at; /* processor time of each step; when the last checkpoint was written */
};

static void next_batch(struct work *w, const struct spec *s, int step)
{
    struct batch *b = &w->t.batch;
    if (!s->task->streams) {
        int *order = mem_alloc((size_t)s->train.batch * sizeof *order);
        for (int i = 0; i < s->train.batch; i++)
            order[i] = w->sample ? w->sample[order_next(&w->order)] : order_next(&w->order);
        batch_gather(b, &w->t.splits[SPLIT_TRAIN], order, s->train.batch);
        free(order);
        return;
    }
    struct rng r = rng_stream(w->order.seed, RNG_TEACHER, 31, (uint32_t)step);
    struct example e;
    batch_clear(b);
    while (b->B < s->train.batch) {
        e.note[0] = '\0';
        if (s->task->draw(w->env, &r, &e))
            batch_add(b, &e);
    }
}

/* One optimizer step in the order that method.h states. Returns the loss, the penalty included. */
static double train_step(struct work *w, const struct spec *s, int step, int steps, double *lr, double *norm)
{
    struct tuning *u = &w->tuning;
    struct loss l = {.kind = s->kind, .sd = w->t.sd, .features = w->t.features[SPLIT_TRAIN]};
    struct pass p = {.train = true, .keep = true, .step = step, .seed = init_seed(s), .dropout = s->adapter.dropout};
    int warmup = (int)(s->train.warmup * steps + 0.5);
    p.saved = &w->mem.saved;
    p.scratch = &w->mem.scratch;
    arena_release(p.saved, 0);
    arena_release(p.scratch, 0);
    if (w->t.teacher)
        l.target = trainee_targets(&w->t);
    double loss = loss_run(&w->model, &p, &w->t.batch, &l, NULL);
    loss += tuning_penalty(u);
    *norm = grad_norm(&w->model);
    *lr = s->train.lr * schedule_factor((enum schedule)s->train.schedule, step, steps, warmup);
    if (!isfinite(loss) || !isfinite(*norm))
        return NAN;
    grad_clip(&w->model, *norm, s->train.clip);
    u->step = step;
    tuning_set_steps(u, steps);
    u->lr = *lr;
    struct adamw adam = {s->train.beta1, s->train.beta2, s->train.adam_eps, s->train.weight_decay};
    u->adam = &adam;
    tuning_before_step(u);
    adamw_step(&w->model, &adam, *lr, step + 1);
    tuning_after_step(u);
    u->adam = NULL;
    tuning_refresh(u);
    model_zero_grads(&w->model);
    return loss;
}

static struct score nothing(void)
{
    return (struct score){NAN, NAN, NAN};
}

/* For planted tasks the metric is the recovered fraction 1 - FVU/FVU0. */
static struct score scored(struct work *w, struct run *r, enum split split, double *item, double *prediction)
{
    if (w->t.splits[split].n == 0)
        return nothing();
    struct score s = examine_split(&w->t, split, item, prediction);
    if (w->t.teacher)
        s.metric = 1 - s.loss / r->fvu0;
    return s;
}

/* Where validation and test are the same rows (eval=dev), they are looked at once. */
static void evaluate(struct work *w, struct run *r, const struct spec *s, int step, bool final)
{
    double began = clock_seconds();
    int i = r->evals++;
    bool valid = s->train.evaluate != EVALUATE_TEST, test = s->train.evaluate != EVALUATE_VALID;
    bool once = valid && test && dataset_same(&w->t.splits[SPLIT_VALID], &w->t.splits[SPLIT_TEST]);
    arena_release(&w->mem.saved, 0);
    r->eval_step[i] = step;
    r->valid[i] = valid && !once ? scored(w, r, SPLIT_VALID, NULL, NULL) : nothing();
    r->test[i] = nothing();
    if (test) {
        if (final)
            run_open_items(r, s, &w->t.splits[SPLIT_TEST]);
        r->test[i] = scored(w, r, SPLIT_TEST, r->item, r->prediction);
        if (once)
            r->valid[i] = r->test[i];
    }
    /* The last step may leave weights that no later step looks at. */
    const bool seen = w->t.splits[test ? SPLIT_TEST : SPLIT_VALID].n > 0;
    if (seen && isnan(test ? r->test[i].loss : r->valid[i].loss)) {
        r->status = RUN_DIVERGED;
        snprintf(r->message, sizeof r->message, "the loss is not a number after step %d", step);
    }
    r->cost.evaluate += clock_seconds() - began;
}

/* Is `step` (1-based, just done) one of n evenly spaced marks of `steps`? */
static bool mark(int step, int steps, int n)
{
    return (long)step * n / steps > (long)(step - 1) * n / steps;
}

/* A checkpoint now and then, when a signal has come, and of a finished run that is to be kept. */
static void save(struct work *w, const struct run *r, const struct spec *s, const struct run_hooks *watch)
{
    bool last = r->steps == s->train.steps;
    if (!watch || !watch->checkpoint)
        return;
    bool due = watch->minutes > 0 && clock_seconds() - w->saved_at >= 60 * watch->minutes;
    if (last ? !watch->keep : !due && !stop_requested())
        return;
    w->resume.place = (struct place){w->order.epoch, w->order.at};
    resume_save(&w->resume);
    w->saved_at = clock_seconds();
}

/* The loop of the last phase, with evaluations and probes, from r->steps on, until the end, divergence or a signal. */
static void train(struct work *w, struct run *r, const struct spec *s, const struct run_hooks *watch)
{
    int steps = s->train.steps;
    for (int step = r->steps; step < steps && !stop_requested(); step++) {
        double began = clock_seconds();
        next_batch(w, s, step);
        double ready = clock_seconds(), processor = cpu_seconds(), flops = gemm_flops();
        r->cost.data += ready - began;
        double loss = train_step(w, s, step, steps, &r->lr[step], &r->grad_norm[step]);
        r->loss[step] = loss;
        w->step_seconds[step] = cpu_seconds() - processor;
        r->cost.train += clock_seconds() - ready;
        r->cost.flops_per_step += (gemm_flops() - flops) / steps;
        if (isnan(loss)) {
            r->status = RUN_DIVERGED;
            snprintf(r->message, sizeof r->message, "the loss or its gradient is not finite at step %d", step + 1);
            return;
        }
        r->steps = step + 1;
        if (watch && watch->tick)
            watch->tick(step + 1, steps, loss, watch->data);
        if (watch && watch->look)
            watch->look(step + 1, &w->model, watch->data);
        if (watch && watch->until == step + 1)
            return;
        if (mark(step + 1, steps, s->train.evals))
            evaluate(w, r, s, step + 1, step + 1 == steps);
        if (r->status != RUN_OK)
            return;
        if (s->train.probes && mark(step + 1, steps, s->train.probes)) {
            double from = clock_seconds();
            examine_weights(&w->t, r, step + 1, step + 1 == steps);
            r->cost.probe += clock_seconds() - from;
        }
        save(w, r, s, watch);
    }
}

/* Passes for what the method measures: every example of the sample once, or 512 that a task streams; or batches. */
static void measure(struct work *w, const struct spec *s, const struct phase *ph, int n)
{
    const int size = s->train.batch, all = ph->batches ? ph->batches * size : s->task->streams ? 512 : n;
    for (int at = 0; at < all && !stop_requested(); at += size) {
        struct loss l = {.kind = s->kind, .sd = w->t.sd};
        struct pass p = {.measure = true, .keep = ph->backward, .saved = &w->mem.saved, .scratch = &w->mem.scratch};
        arena_release(p.saved, 0);
        if (ph->batches || s->task->streams)
            next_batch(w, s, ph->batches ? at / size : at);
        else
            batch_gather(&w->t.batch, &w->t.splits[SPLIT_TRAIN], w->sample + at, n - at < size ? n - at : size);
        if (w->t.teacher)
            l.target = trainee_targets(&w->t);
        loss_run(&w->model, &p, &w->t.batch, &l, NULL);
    }
    model_zero_grads(&w->model);
}

/* Starts phase i. A head with a rate of its own has it as a multiple of lr, as the optimizer takes every rate. */
static void begin_phase(struct work *w, const struct spec *s, int i, int K)
{
    tuning_begin_phase(&w->tuning, i, K);
    for (int k = 0; s->adapter.head_rate > 0 && k < w->model.nparam; k++)
        if (w->model.param[k]->role == ROLE_HEAD)
            w->model.param[k]->lr_scale = (real)(s->adapter.head_rate / s->train.lr);
}

/* What trains in this phase may be what trains at the peak. */
static void count_trained(const struct work *w, struct run *r)
{
    const long trained = tuning_count_trained(&w->tuning);
    r->cost.adapter.trained = trained > r->cost.adapter.trained ? trained : r->cost.adapter.trained;
}

/* An early phase: training on a sample, then measuring it; or measuring some batches. */
static void early_phase(struct work *w, struct run *r, const struct spec *s, int i, int K)
{
    struct phase ph = s->method->phase(s->method_opts, i);
    const int steps = (int)ceil(ph.steps * s->train.steps);
    int n;
    double lr, norm, began = clock_seconds();
    n = w->t.splits[SPLIT_TRAIN].n;
    if (!ph.batches)
        w->sample = dataset_sample(&w->t.splits[SPLIT_TRAIN], ph.data, &n);
    begin_phase(w, s, i, K);
    if (steps)
        count_trained(w, r);
    order_open(&w->order, order_seed(s), n ? n : 1);
    for (int step = 0; step < steps && !stop_requested(); step++) {
        next_batch(w, s, step);
        if (isnan(train_step(w, s, step, steps, &lr, &norm))) {
            r->status = RUN_DIVERGED;
            snprintf(r->message, sizeof r->message, "the loss or its gradient is not finite at step %d of phase %d",
                     step + 1, i + 1);
            break;
        }
    }
    if (ph.measure)
        measure(w, s, &ph, n);
    tuning_end_phase(&w->tuning);
    order_close(&w->order);
    free(w->sample);
    w->sample = NULL;
    if (stop_requested()) /* what comes of it is not what a whole phase gives, to which a checkpoint belongs */
        die(EXIT_INTERRUPTED, "interrupted before step 1 of %d", s->train.steps);
    r->cost.train += clock_seconds() - began;
}

/* Search runs are not asked what they forgot. */
static bool measures_forgetting(const struct spec *s)
{
    return s->train.forgetting > 0 && s->train.evaluate != EVALUATE_VALID;
}

static void put_fact(void *to, const char *name, double value)
{
    struct run *r = to;
    r->reported = mem_grow(r->reported, (size_t)(r->nreported + 1) * sizeof *r->reported);
    snprintf(r->reported[r->nreported].name, sizeof r->reported[0].name, "%s", name);
    r->reported[r->nreported++].value = value;
}

static void finish(struct work *w, struct run *r, const struct spec *s)
{
    if (r->steps) {
        qsort(w->step_seconds, (size_t)r->steps, sizeof(double), order_double);
        r->cost.step_ms = 1e3 * w->step_seconds[r->steps / 2];
    }
    hash_bytes(r->loss, (size_t)r->steps * sizeof *r->loss, r->check.curve_hash);
    r->cost.adapter.active = tuning_count_active(&w->tuning);
    r->cost.adapter.stored = tuning_count_stored(&w->tuning);
    r->cost.head = model_count_trained(&w->model, ROLE_HEAD);
    for (int i = 0; i < MEMORY_KINDS; i++)
        r->cost.arena_peak[i] = fmax(r->cost.arena_peak[i], (double)memory_kind(&w->mem, i)->peak);
    r->cost.base_bytes = (double)w->model.base_bytes;
    if (s->method->report)
        s->method->report(&w->tuning, put_fact, r);
    struct arena *passing[] = {&w->mem.saved, &w->mem.scratch}; /* what training filled, the checks need not add to */
    for (int i = 0; i < 2; i++) {
        arena_release(passing[i], 0);
        arena_give_back(passing[i]);
    }
    if (r->status == RUN_OK) {
        examine_checks(&w->t, r);
        if (measures_forgetting(s))
            r->forgetting_after = base_mlm_score(&w->model, s->train.forgetting).loss;
    }
}

static void close_work(struct work *w)
{
    for (int s = 0; s < SPLITS; s++)
        free(w->t.features[s].v);
    free(w->t.sd.v);
    order_close(&w->order);
    free(w->step_seconds);
    free(w->sample);
    batch_free(&w->t.batch);
    if (w->tuning.method)
        tuning_close(&w->tuning);
    if (w->t.teacher)
        model_close(&w->teacher);
    model_close(&w->model);
    memory_close(&w->mem);
}

/* Says what the run will need, and goes to where it was stopped. */
static void go_on(struct work *w, struct run *r, const struct spec *s, const struct run_hooks *watch)
{
    if (watch && watch->memory && !stop_requested()) {
        int *items = mem_alloc((size_t)s->train.batch * sizeof *items);
        if (s->task->streams)
            next_batch(w, s, 0);
        else {
            order_largest(&w->order, &w->t.splits[SPLIT_TRAIN], s->train.steps, s->train.batch, items);
            batch_gather(&w->t.batch, &w->t.splits[SPLIT_TRAIN], items, s->train.batch);
        }
        free(items);
        watch->memory(trainee_foresee(&w->t), watch->data);
    }
    if (!watch || !watch->checkpoint)
        return;
    w->resume = (struct resume){
        .path = watch->checkpoint, .key = watch->key, .trainee = &w->t, .run = r, .step_seconds = w->step_seconds};
    if (resume_load(&w->resume)) {
        order_seek(&w->order, w->resume.place.epoch, w->resume.place.at);
        if (watch->resumed)
            watch->resumed(r->steps, watch->data);
    }
    w->saved_at = clock_seconds();
}

/* Nobody knows whether the base's outputs stand in the order of the file's classes. */
static void warn_of_order(const struct spec *s, const struct task_env *env)
{
    if (s->adapter.head == HEAD_THEIRS && env->names.n)
        warn("head=theirs: output 0 of the base is taken for class \"%.40s\", the last for \"%.40s\"; its config.json "
             "may name "
             "them in another order (id2label), which is not read",
             env->names.name[0], env->names.name[env->names.n - 1]);
}

/* The base in memory with the method attached. */
static void open_work(struct work *w, struct run *r, const struct spec *s, const struct base *base,
                      const struct dataset splits[SPLITS], struct task_env *env, const char *key)
{
    warn_of_order(s, env);
    run_open(r, s, base);
    memory_open(&w->mem);
    model_open(&w->model, &base->config, &w->mem);
    model_map(&w->model, base->image);
    base_regauge(&w->model, (enum gauge)s->train.gauge);
    w->env = env;
    w->step_seconds = mem_alloc((size_t)s->train.steps * sizeof(double));
    w->t = (struct trainee){.spec = s,
                            .model = &w->model,
                            .mem = &w->mem,
                            .tuning = &w->tuning,
                            .splits = splits,
                            .classes = &env->names,
                            .scale = env->scale,
                            .key = key};
    run_name_classes(r, &env->names);
    if (s->kind == TASK_VECTOR)
        trainee_open_teacher(&w->t, &w->teacher, w->env, base, r);
    tuning_open(&w->tuning, s->method, s->method_opts, &s->adapter, &w->model, init_seed(s), s->extra);
}

/* Through the early phases to the start of the last one, with what is measured of the base on the way. */
static void start(struct work *w, struct run *r, const struct spec *s)
{
    const int K = s->kind == TASK_VECTOR ? 0 : s->kind == TASK_SCORE ? 1 : w->env->classes;
    int n;
    double *before = examine_outputs(&w->t, &n);
    if (w->t.teacher)
        r->fvu0 = examine_split(&w->t, SPLIT_TEST, NULL, NULL).loss;
    if (measures_forgetting(s))
        r->forgetting_before = base_mlm_score(&w->model, s->train.forgetting).loss;
    for (int i = 0; i < tuning_phases(&w->tuning) - 1 && r->status == RUN_OK; i++)
        early_phase(w, r, s, i, K);
    begin_phase(w, s, tuning_phases(&w->tuning) - 1, K);
    count_trained(w, r);
    double *after = examine_outputs(&w->t, &n);
    r->check.start_difference = relative_difference(after, before, n);
    free(before);
    free(after);
    for (int i = 0; i < MEMORY_KINDS; i++) /* peaks of training, not of looking at the base */
        memory_kind(&w->mem, i)->peak = memory_kind(&w->mem, i)->used;
}

static void execute(struct work *w, struct run *r, const struct spec *s, const struct base *base,
                    const struct dataset splits[SPLITS], struct task_env *env, const struct run_hooks *watch)
{
    double began = clock_seconds();
    open_work(w, r, s, base, splits, env, watch ? watch->key : NULL);
    start(w, r, s);
    trainee_cache_features(&w->t);
    order_open(&w->order, order_seed(s), splits[SPLIT_TRAIN].n ? splits[SPLIT_TRAIN].n : 1);
    r->cost.setup = clock_seconds() - began - r->cost.train;
    if (watch && watch->begun) {
        watch->begun(&w->t, watch->data);
        return;
    }
    if (watch && watch->look)
        watch->look(0, &w->model, watch->data);
    if (r->status == RUN_OK) { /* an early phase may have diverged */
        go_on(w, r, s, watch);
        train(w, r, s, watch);
    }
    if (stop_requested() && r->status == RUN_OK && r->steps < s->train.steps)
        die(EXIT_INTERRUPTED, "interrupted at step %d of %d", r->steps, s->train.steps);
    finish(w, r, s);
    r->collapsed = examine_collapse(&w->t, r, r->status == RUN_OK ? tuning_penalty(&w->tuning) : 0);
    if (watch && watch->trained && r->status == RUN_OK)
        watch->trained(&w->t, watch->data);
}

void run_execute(struct run *r, const struct spec *s, const struct base *base, const struct dataset splits[SPLITS],
                 struct task_env *env, const struct run_hooks *watch)
{
    struct work *w = mem_alloc(sizeof *w);
    DEFER(free, w);
    DEFER(close_work, w);
    execute(w, r, s, base, splits, env, watch);
}
