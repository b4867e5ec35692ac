/* Floating-point operations and bytes of a run, counted from its shapes. */
#include "experiment/estimate.h"

#include <stdlib.h>

/* Mean tokens of an example, [CLS] and [SEP] included: the made language keeps to 16 or so, GLUE to 40. */
static double mean_tokens(const struct model_config *c, int real_text)
{
    double mean = real_text ? 48 : 20;
    return mean < c->positions ? mean : c->positions;
}

struct estimate estimate_run(const struct spec *s, const struct model_config *c, int real_text)
{
    double d = c->d, f = c->ffn, L = c->layers, T = mean_tokens(c, real_text), B = s->train.batch;
    double matrices = L * (4 * d * d + 2 * d * f), all = matrices + (c->vocab + c->positions) * d;
    /* Products of one token: forward 2P, its attention 4 L T d; backward twice that. */
    double forward = 2 * matrices + 4 * L * T * d, trained = 3 * forward * T * B * s->train.steps;
    double looked_at =
        forward * T * s->train.evals * (s->task_common.nvalid + (s->train.evaluate ? s->task_common.ntest : 0));
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

struct estimate estimate_cell(const struct cell *c)
{
    struct base b;
    struct spec s;
    int n;
    const char *name = cell_get(c, "base");
    char **a = cell_assignments(c, c->rates ? c->rate[0] : NULL, c->grid->seed_first, 0, &n);
    base_open(&b, *name ? name : "synthetic", 1);
    spec_parse(&s, n, (const char *const *)a);
    if (s.train.epochs)
        spec_set_epochs(&s, s.task_common.ntrain);
    spec_resolve(&s, &b.config);
    struct estimate e = estimate_run(&s, &b.config, b.recipe == NULL);
    spec_free(&s);
    base_close(&b);
    free_assignments(a, n);
    return e;
}

int estimate_measured(struct plan *p, int most, double *ratio)
{
    int n = 0, cell = -1;
    double sum = 0, estimated = 0;
    struct estimate e = {0};
    for (int i = 0; i < p->runs && n < most; i++) {
        const struct facts *f =
            p->run[i].state == PLAN_DONE ? index_look(&p->index, session_results(p->session), p->run[i].key) : NULL;
        if (!f || f->listed)
            continue;
        if (p->run[i].cell != cell)
            e = estimate_cell(&p->cell[cell = p->run[i].cell]);
        sum += f->seconds;
        estimated += e.seconds;
        n++;
    }
    *ratio = n ? sum / estimated : 1;
    return n;
}

int estimate_elsewhere(const struct index *x, double *ratio)
{
    int n = 0;
    double sum = 0, estimated = 0;
    for (int i = 0; i < x->n; i++) {
        const struct facts *f = &x->entry[i];
        if (f->damaged || !(f->seconds > 0 && f->flops_per_step > 0))
            continue;
        sum += f->seconds;
        estimated += f->flops_per_step * f->steps / ESTIMATE_FLOPS;
        n++;
    }
    *ratio = n ? sum / estimated : 1;
    return n;
}
