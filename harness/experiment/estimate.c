/* Floating-point operations and bytes of a run, counted from its shapes, and its seconds, from runs and from timing. */
#include "experiment/estimate.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/progress.h"
#include "train/run.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Mean tokens of an example, [CLS] and [SEP] included: the made language keeps to 16 or so, GLUE to 40. */
static double mean_tokens(const struct model_config *c, int real_text)
{
    double mean = real_text ? 48 : 20;
    return mean < c->positions ? mean : c->positions;
}

static bool scored(const struct spec *s, enum split split)
{
    return (split == SPLIT_VALID && s->train.evaluate != EVALUATE_TEST) ||
           (split == SPLIT_TEST && s->train.evaluate != EVALUATE_VALID);
}

#define ESTIMATE_FLOPS 4e9 /* products of a second */

/* Of a resolved spec, every parameter trained. */
static struct estimate estimate_run(const struct spec *s, const struct model_config *c, int real_text)
{
    double d = c->d, f = c->ffn, L = c->layers, T = mean_tokens(c, real_text), B = s->train.batch;
    double matrices = L * (4 * d * d + 2 * d * f), all = matrices + (c->vocab + c->positions) * d;
    /* Products of one token: forward 2P, its attention 4 L T d; backward twice that. */
    double forward = 2 * matrices + 4 * L * T * d, trained = 3 * forward * T * B * s->train.steps;
    double looked_at = forward * T * s->train.evals *
                       (scored(s, SPLIT_VALID) * s->task_common.nvalid + scored(s, SPLIT_TEST) * s->task_common.ntest);
    looked_at += forward * c->positions * s->train.forgetting;
    struct estimate e = {.seconds = 2 + (trained + looked_at) / ESTIMATE_FLOPS};
    /* Weights twice (live, pretrained), gradients, two moments; the longest batch's activations and as much scratch. */
    double longest = real_text ? 4 * T : 2 * T;
    longest = longest < c->positions ? longest : c->positions;
    double saved = B * longest * L * (14 * d + 2 * f + c->heads * longest);
    double data = (s->task_common.ntrain + s->task_common.nvalid + s->task_common.ntest) * (5 * T + 120);
    e.bytes = sizeof(real) * (5 * all + 2 * saved) + data;
    return e;
}

/* Steps of so many epochs, where the rows of a file can be counted: until they are, s has a guess. */
static void count_epochs(struct session *session, struct spec *s, const struct base *base)
{
    struct trap t;
    if (!s->train.epochs || !s->task->load)
        return;
    if (!trap_set(&t))
        spec_set_epochs(s, session_data(session, s, base).splits[SPLIT_TRAIN].n);
    trap_end(&t);
}

struct estimate estimate_cell(const struct plan *p, const struct cell *c)
{
    struct spec s;
    const struct base *b = plan_spec(p, c, &s);
    count_epochs(p->session, &s, b);
    struct estimate e = estimate_run(&s, &b->config, b->recipe == NULL);
    spec_free(&s);
    return e;
}

/* What some runs took, and what the estimate says of them. */
struct speed {
    int runs;
    double seconds, estimated;
};

static bool same(const struct cell *a, const struct cell *b, const char *key)
{
    return strcmp(cell_get(a, key), cell_get(b, key)) == 0;
}

/* Adds up to `most` runs of the plan that exist; with `like` only those of its method, task and base. */
static void add_made(struct plan *p, const struct cell *like, int most, struct speed *v)
{
    int cell = -1;
    double estimated = 0;
    for (int i = 0; i < p->runs && v->runs < most; i++) {
        const struct cell *c = &p->cell[p->run[i].cell];
        if (like && !(same(c, like, "method") && same(c, like, "task") && same(c, like, "base")))
            continue;
        const struct facts *f =
            p->run[i].state == PLAN_DONE ? index_look(&p->index, session_results(p->session), p->run[i].key) : NULL;
        if (!f || f->listed)
            continue;
        if (p->run[i].cell != cell)
            estimated = estimate_cell(p, c).seconds;
        cell = p->run[i].cell;
        v->seconds += f->seconds;
        v->estimated += estimated;
        v->runs++;
    }
}

int estimate_measured(struct plan *p, int most, double *ratio)
{
    struct speed v = {0};
    add_made(p, NULL, most, &v);
    *ratio = v.runs ? v.seconds / v.estimated : 1;
    return v.runs;
}

static void close_file(void *f)
{
    if (f)
        fclose(f);
}

/* Writes random weights that a base of these sizes could have. */
static void write_random(FILE *f, const struct model_config *c)
{
    struct memory mem;
    struct model m;
    memory_open(&mem);
    DEFER(memory_close, &mem);
    model_open(&m, c, &mem);
    DEFER(model_close, &m);
    model_map_anonymous(&m);
    model_init(&m, 1);
    if (!f || fwrite(m.live, 1, m.base_bytes, f) != m.base_bytes || fflush(f))
        die(EXIT_RESOURCE, "no room for a temporary file of %zu MiB", m.base_bytes >> 20);
}

/* Seconds of a whole run of s, from one of a few steps that looks at a few examples. A large base gets fewer examples in
 * a batch, and what a batch costs is taken to grow with its examples. That holds for batches of many examples alone: a
 * single one reads every weight as well, and 32 of them are six times as dear as a batch of 32. */
static double time_run(struct session *session, struct spec *s, const struct base *base)
{
    enum { STEPS = 5, EXAMPLES = 64 };
    const double MOST = 3e11; /* products of the few steps: seconds */
    const struct session_data d = session_data(session, s, base);
    const struct train_opts whole = s->train;
    struct train_opts *o = &s->train;
    o->evals = 1;
    o->probes = o->probes > 0;
    o->forgetting = 0;
    o->steps = whole.steps < STEPS ? whole.steps : STEPS;
    double matrices = base->config.layers * (4.0 * base->config.d + 2.0 * base->config.ffn) * base->config.d;
    double share = fmin(1, MOST / (6 * matrices * mean_tokens(&base->config, !base->recipe) * o->batch * o->steps));
    o->batch = (int)ceil(share * o->batch);
    struct dataset few[SPLITS];
    int all = 0, looked = 0;
    for (int i = 0; i < SPLITS; i++) {
        int most = i == SPLIT_TRAIN ? o->batch * o->steps : (int)ceil(share * EXAMPLES);
        few[i] = d.splits[i];
        few[i].n = few[i].n < most ? few[i].n : most;
        if (scored(s, (enum split)i)) {
            all += d.splits[i].n;
            looked += few[i].n;
        }
    }
    FILE *image = tmpfile();
    DEFER(close_file, image);
    write_random(image, &base->config);
    struct base random = *base;
    struct run r = {0};
    DEFER(run_free, &r);
    random.image = fileno(image);
    double began = clock_seconds();
    run_execute(&r, s, &random, few, d.env, NULL);
    double once = clock_seconds() - began, step = (r.cost.step_ms / 1e3 + r.cost.data / o->steps);
    once -= o->steps * step + r.cost.evaluate + r.cost.probe;
    double example = looked ? r.cost.evaluate / looked : 0, steps = whole.steps;
    for (int i = 0; i + 1 < s->method->phases; i++) {
        struct phase ph = s->method->phase(s->method_opts, i);
        steps += ph.steps * whole.steps + ph.batches;
    }
    double forgetting =
        whole.evaluate != EVALUATE_VALID ? 2.0 * whole.forgetting : 0; /* before and after, of full length */
    forgetting *= base->config.positions / mean_tokens(&base->config, !base->recipe);
    double seconds = fmax(0, once) + steps * step * whole.batch / o->batch + whole.probes * r.cost.probe +
                     (whole.evals * all + forgetting) * example;
    s->train = whole;
    return seconds;
}

double estimate_here(struct plan *p, const struct cell *c, struct speeds *from)
{
    char *about = mem_text("speed %s %s %s", cell_get(c, "method"), cell_get(c, "task"), cell_get(c, "base"));
    struct speed *v = session_memory(p->session, about, sizeof *v);
    struct spec s;
    free(about);
    const struct base *b = plan_spec(p, c, &s);
    count_epochs(p->session, &s, b);
    double estimated = estimate_run(&s, &b->config, b->recipe == NULL).seconds;
    if (!v->runs) {
        add_made(p, c, INT_MAX, v);
        from->runs += v->runs;
    }
    if (!v->runs) {
        struct trap t;
        *v = (struct speed){1, estimated, estimated};
        if (!trap_set(&t)) {
            v->seconds = time_run(p->session, &s, b);
            from->timed++;
        } else if (t.code == EXIT_INTERRUPTED)
            die(t.code, "%s", t.text);
        else
            warn("%s on %s cannot be timed, its time is a guess: %s", s.method->name, s.task->name, t.text);
        trap_end(&t);
    }
    spec_free(&s);
    return estimated * v->seconds / v->estimated;
}
