/* Attaching a method to the sites of a model, and the calls around a step. */
#include "tune/tuning.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/rng.h"
#include "model/arch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct option adapter_options[] = {
    OPTION_T(adapter, targets, "",
             "linear layers to adapt, any of q,k,v,o,up,down; empty: the method's own default (mostly q,v)"),
    OPTION_T(adapter, layers, "all", "layers that are adapted: all, or numbers such as 0,2,3"),
    OPTION_I(adapter, rank, 4, 1, 65536, "rank r of the update; budget, if given, decides instead"),
    OPTION_R(adapter, alpha, 0, 0, 1e6, "the update is scaled by alpha / rank; 0: alpha is twice the rank"),
    OPTION_R(adapter, dropout, 0, 0, 0.95, "share of the adapter's inputs that training sets to 0"),
    OPTION_I(adapter, budget, 0, 0, 2000000000,
             "trainable adapter parameters to meet within 2 %, else a warning says what was reached; 0: rank decides"),
    OPTION_C(adapter, budget_at, BUDGET_PEAK, "peak|end",
             "what the budget counts: parameters that train at the peak, or that are in use at the end (AdaLoRA)"),
    OPTION_B(adapter, exact, 1, "1: single sites get one more rank until the budget is met; 0: all have the same"),
    OPTION_C(adapter, head, 0, "classifier|pooler|theirs",
             "what trains on top: the classifier alone, the pooler too, or the classifier that the base brings along"),
    OPTION_R(adapter, head_lr, 1, 0, 1e6, "learning rate of the head, as a multiple of lr"),
    OPTION_R(adapter, head_rate, 0, 0, 1000,
             "learning rate of the head at its highest, whatever lr is; 0: head_lr times lr"),
    OPTION_C(adapter, decay, 0, "matrices|all", "what weight_decay shrinks: matrices alone, or vectors too"),
    OPTION_END};

const struct method *method_find(const char *name)
{
    struct nearest nearest = {name, "", 0};
    for (int i = 0; i < method_registry_size; i++) {
        if (strcmp(method_registry[i]->name, name) == 0)
            return method_registry[i];
        option_nearer(&nearest, method_registry[i]->name);
    }
    die(EXIT_USAGE, "no method is called \"%.60s\"; did you mean %s? (`peftlab list methods` names all)", name,
        nearest.name);
}

/* Is `word` one of the comma-separated words of `list`? */
static bool listed(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = list; p && *p; p = strchr(p, ','), p = p ? p + 1 : NULL)
        if (strncmp(p, word, n) == 0 && (p[n] == ',' || p[n] == '\0'))
            return true;
    return false;
}

/* Dies unless every word of targets= names a linear layer. */
static void check_targets(const char *list)
{
    char copy[OPTION_TEXT], *rest = copy;
    snprintf(copy, sizeof copy, "%s", list);
    for (char *word; (word = strsep(&rest, ",")) != NULL;) {
        bool known = false;
        for (int k = 0; k < TARGETS; k++)
            known |= strcmp(word, target_names[k]) == 0;
        if (!known && *list)
            die(EXIT_USAGE, "targets=%s: no linear layer is called \"%s\" (there are q,k,v,o,up,down)", list, word);
    }
}

static void check_layers(const char *list, int layers)
{
    if (strcmp(list, "all") == 0)
        return;
    char copy[OPTION_TEXT], *rest = copy, *end;
    snprintf(copy, sizeof copy, "%s", list);
    for (char *word; (word = strsep(&rest, ",")) != NULL;) {
        long l = strtol(word, &end, 10);
        if (end == word || *end || l < 0 || l >= layers)
            die(EXIT_USAGE, "layers=%s: the base has layers 0..%d", list, layers - 1);
    }
}

/* Is layer l one of `list`, "all" or numbers? check_layers has seen them. */
static bool has_layer(const char *list, int l)
{
    for (const char *p = list; p && *p; p = strchr(p, ','), p = p ? p + 1 : NULL)
        if (strcmp(list, "all") == 0 || strtol(p, NULL, 10) == l)
            return true;
    return false;
}

static void find_sites(struct tuning *t, const char *targets)
{
    struct model *m = t->model;
    t->site = mem_alloc((size_t)m->config.layers * TARGETS * sizeof(struct site *));
    for (int l = 0; l < m->config.layers; l++)
        for (int k = 0; k < TARGETS; k++)
            if (has_layer(t->common->layers, l) && listed(targets, target_names[k]))
                t->site[t->nsites++] = &m->layer[l].site[k];
}

/* Does the method take this rank at a site of these sizes? */
static bool takes(const struct tuning *t, const struct site *s, int rank)
{
    struct adapter here = *t->common;
    struct trap trap;
    volatile bool taken = true;
    here.rank = rank;
    if (!t->method->check)
        return true;
    if (trap_set(&trap))
        taken = false;
    else
        t->method->check(&here, t->opts, s->in, s->out);
    trap_end(&trap);
    return taken;
}

/* One more rank; of a method that takes some alone (even ones, multiples of a block), the next that it takes. */
static int next_rank(const struct tuning *t, const struct site *s)
{
    const int rank = t->common->rank, last = s->in < s->out ? s->in : s->out;
    for (int next = rank + 1; next <= last; next++)
        if (takes(t, s, next))
            return next;
    return rank + 1;
}

void tuning_set_rank(const struct tuning *t, struct site *s, int rank)
{
    const struct method *m = t->method;
    int smaller = s->in < s->out ? s->in : s->out;
    struct adapter here = *t->common;
    here.rank = s->rank = rank;
    if (!m->no_rank && !m->rank_free && rank > smaller)
        die(EXIT_USAGE, "rank=%d exceeds %s, a %d x %d matrix: rank is 1..%d there", rank, s->name, s->out, s->in,
            smaller);
    if (m->check)
        m->check(&here, t->opts, s->in, s->out);
}

void tuning_open(struct tuning *t, const struct method *m, const void *opts, const struct adapter *common,
                 struct model *model, uint64_t seed, int extra)
{
    *t = (struct tuning){.method = m, .opts = opts, .common = common, .model = model, .seed = seed};
    t->dry = model->mem->weights.dry;
    const char *def = m->targets ? m->targets : "q,v";
    const char *targets = *common->targets && *def ? common->targets : def;
    check_targets(targets);
    check_layers(common->layers, model->config.layers);
    find_sites(t, targets);
    if (!isfinite(common->alpha))
        die(EXIT_USAGE, "alpha is not a number");
    for (int i = 0; i < t->nsites; i++) {
        struct site *s = t->site[i];
        s->nth = i;
        tuning_set_rank(t, s, i >= t->nsites - extra ? next_rank(t, s) : common->rank);
    }
    t->shared = mem_alloc(m->shared_size);
}

static void detach(struct tuning *t)
{
    for (int i = 0; i < t->nsites; i++) {
        free(t->site[i]->state);
        t->site[i]->state = NULL;
        t->site[i]->ops = NULL;
        t->site[i]->facts = 0;
    }
}

enum { KEPT_HEADER = 64 }; /* keeps the payload aligned */
/* Memory that a method keeps through all phases. */
struct kept {
    struct kept *next;
};

void tuning_close(struct tuning *t)
{
    detach(t);
    for (struct kept *k = t->kept, *next; k; k = next) {
        next = k->next;
        free(k);
    }
    free(t->site);
    free(t->shared);
    *t = (struct tuning){0};
}

int tuning_phases(const struct tuning *t)
{
    return t->method->phases ? t->method->phases : 1;
}

/* The pooler's tensors as part of the head, or of the base again; a bias that there is not has no role. */
static void set_pooler_roles(struct model *m, bool head)
{
    struct param *const p[] = {m->pooler_W, m->pooler_b, m->pooler_norm.gamma, m->pooler_norm.beta};
    static const enum role roles[] = {ROLE_WEIGHT, ROLE_BIAS, ROLE_NORM, ROLE_BIAS | ROLE_BETA};
    for (int i = 0; i < 4; i++)
        if (p[i] && p[i]->role)
            p[i]->role = head ? ROLE_HEAD : roles[i];
}

/* Base, head and arenas as before any method touched them. */
static void restore(struct tuning *t)
{
    struct model *m = t->model;
    detach(t);
    model_drop_params(m, m->nbase);
    m->classifier_W = m->classifier_b = NULL;
    if (m->arch->head.fresh)
        m->pooler_W = m->pooler_b = NULL;
    set_pooler_roles(m, false);
    for (int i = 0; i < m->nbase; i++) {
        struct param *p = m->param[i];
        p->trains = false;
        p->lr_scale = 1;
        p->g.v = p->m1.v = p->m2.v = NULL;
    }
    arena_release(&m->mem->weights, 0);
    arena_release(&m->mem->grads, 0);
    arena_release(&m->mem->moments, 0);
    if (!t->dry)
        model_reset(m);
}

static void choose_head(struct tuning *t, int K)
{
    struct model *m = t->model;
    if (K == 0)
        return;
    const bool pooler = t->common->head == HEAD_POOLER || m->arch->head.trains;
    if (t->common->head == HEAD_POOLER && !m->arch->head.dense)
        die(EXIT_USAGE, "head=pooler: %s has no pooler; its classifier reads the encoder", m->arch->title);
    model_add_head(m, K, t->seed, t->common->head == HEAD_THEIRS);
    if (pooler)
        set_pooler_roles(m, true);
    struct param *const part[] = {m->classifier_W, m->classifier_b,      m->pooler_W,
                                  m->pooler_b,     m->pooler_norm.gamma, m->pooler_norm.beta};
    for (int i = 0; i < (pooler ? 6 : 2); i++)
        if (part[i] && part[i]->role)
            tuning_train(part[i], t->common->head_lr);
}

void tuning_begin_phase(struct tuning *t, int i, int K)
{
    const struct method *m = t->method;
    restore(t);
    t->phase = i;
    t->step = 0;
    choose_head(t, K);
    for (int k = 0; k < t->model->nparam; k++)
        if (t->model->param[k]->role & m->trains)
            tuning_train(t->model->param[k], 1);
    for (int k = 0; k < t->nsites; k++) {
        t->site[k]->state = mem_alloc(m->site_size);
        t->site[k]->ops = &m->ops;
        t->site[k]->facts = m->facts;
    }
    if (m->share && t->nsites)
        m->share(t);
    for (int k = 0; m->attach && k < t->nsites; k++)
        m->attach(t, t->site[k]);
    for (int k = 0; k < t->model->nparam; k++) {
        struct param *p = t->model->param[k];
        p->decay = t->common->decay || !p->vector;
    }
    if (t->dry)
        return;
    for (int k = 0; m->init && k < t->nsites; k++)
        m->init(t, t->site[k]);
    tuning_refresh(t);
    model_allocate_training(t->model);
}

struct param *tuning_param(struct tuning *t, struct site *s, const char *suffix, int rows, int cols)
{
    char name[MODEL_NAME];
    snprintf(name, sizeof name, "%s.%s", s->name, suffix);
    return model_add_param(t->model, name, ROLE_ADAPTER, s->W->depth, rows, cols);
}

struct param *tuning_vector(struct tuning *t, struct site *s, const char *suffix, int rows, int cols)
{
    struct param *p = tuning_param(t, s, suffix, rows, cols);
    p->vector = true;
    return p;
}

struct param *tuning_shared_param(struct tuning *t, const char *name, int rows, int cols)
{
    return model_add_param(t->model, name, ROLE_ADAPTER, t->site[0]->W->depth, rows, cols);
}

void tuning_train(struct param *p, double lr_scale)
{
    p->trains = true;
    p->lr_scale = (real)lr_scale;
}

struct param *tuning_trained(struct tuning *t, struct site *s, const char *suffix, int rows, int cols)
{
    struct param *p = tuning_param(t, s, suffix, rows, cols);
    tuning_train(p, 1);
    return p;
}

struct param *tuning_trained_vector(struct tuning *t, struct site *s, const char *suffix, int rows, int cols)
{
    struct param *p = tuning_vector(t, s, suffix, rows, cols);
    tuning_train(p, 1);
    return p;
}

struct rng tuning_rng(const struct tuning *t, const struct site *s, int tensor)
{
    /* eight tensors of a site share an id range; those beyond have the next step's, so that no two streams are one */
    return rng_stream(t->seed, RNG_ADAPTER, (uint32_t)(s->index * 8 + tensor % 8), (uint32_t)(tensor / 8));
}

struct rng tuning_shared_rng(const struct tuning *t, int tensor)
{
    return rng_stream(t->seed, RNG_SHARED, (uint32_t)tensor, 0);
}

void tuning_kaiming(const struct tuning *t, const struct site *s, int tensor, struct mat w, int fan)
{
    struct rng r = tuning_rng(t, s, tensor);
    rng_fill_uniform(&r, w, -1 / sqrt(fan), 1 / sqrt(fan));
}

struct mat tuning_buffer(struct tuning *t, int rows, int cols)
{
    return arena_mat(&t->model->mem->moments, rows, cols);
}

int *tuning_places(struct tuning *t, int k)
{
    return arena_take(&t->model->mem->weights, (size_t)k * sizeof(int));
}

void *tuning_keep(struct tuning *t, size_t bytes)
{
    struct kept *k = mem_alloc(KEPT_HEADER + bytes);
    k->next = t->kept;
    t->kept = k;
    return (char *)k + KEPT_HEADER;
}

void tuning_set_steps(struct tuning *t, int steps)
{
    t->steps = steps;
    if (t->method->check_steps)
        t->method->check_steps(t->common, t->opts, steps);
}

void tuning_spend(struct tuning *t, const bool *kept, bool shared)
{
    long unit = 0, left = t->common->budget;
    bool seen[TARGETS] = {false};
    if (left == 0)
        return;
    for (int i = 0; i < t->nsites; i++) {
        const struct site *s = t->site[i];
        if (kept[i] || (shared && !seen[s->target]))
            unit += s->in + s->out;
        seen[s->target] |= !kept[i];
    }
    long rank = unit && left >= unit ? left / unit : 1;
    left -= rank * unit;
    for (int i = t->nsites - 1; i >= 0; i--) {
        struct site *s = t->site[i];
        int size = s->in + s->out, smaller = s->in < s->out ? s->in : s->out;
        bool more = t->common->exact && kept[i] && 2 * left >= size;
        left -= more ? size : 0;
        s->rank = (int)(rank + more < smaller ? rank + more : smaller);
    }
}

int tuning_steps(double v, int steps)
{
    return (int)(v <= 0 || v >= 1 ? v : fmax(1, ceil(v * steps - 1e-9)));
}

double adapter_scale(const struct adapter *a)
{
    return a->alpha > 0 ? a->alpha / a->rank : 2;
}

double tuning_scale(const struct tuning *t)
{
    return adapter_scale(t->common);
}

unsigned method_declared(const struct method *m, const void *opts)
{
    return m->declares | (m->declared ? m->declared(opts) : 0);
}

unsigned tuning_declared(const struct tuning *t)
{
    return method_declared(t->method, t->opts);
}

double tuning_penalty(struct tuning *t)
{
    return t->method->penalty ? t->method->penalty(t) : 0;
}

void tuning_before_step(struct tuning *t)
{
    if (t->method->before_step)
        t->method->before_step(t);
}

void tuning_after_step(struct tuning *t)
{
    if (t->method->after_step)
        t->method->after_step(t);
}

void tuning_refresh(struct tuning *t)
{
    for (int i = 0; t->method->refresh && i < t->nsites; i++)
        t->method->refresh(t->site[i]);
}

void tuning_end_phase(struct tuning *t)
{
    if (t->method->end_phase)
        t->method->end_phase(t);
}

bool tuning_may_move(const struct tuning *t, const struct param *p)
{
    for (int i = 0; i < t->nsites; i++)
        if (t->site[i]->W == p)
            return t->site[i]->facts & MOVES_BASE;
    return false;
}

long tuning_count_trained(const struct tuning *t)
{
    return model_count_trained(t->model, ~(unsigned)(ROLE_HEAD | ROLE_PRETRAIN));
}

long tuning_count_active(const struct tuning *t)
{
    return t->method->active ? t->method->active(t) : tuning_count_trained(t);
}

long tuning_count_stored(const struct tuning *t)
{
    return t->method->stored ? t->method->stored(t) : tuning_count_active(t);
}
