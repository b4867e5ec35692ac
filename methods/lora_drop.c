/* LoRA-drop: a short LoRA run on a sample tells which sites matter; the others share one pair.
 *
 *     stage 1:  LoRA on all sites, on a sample;  g_i = sum over its tokens of ||s B_i A_i x||^2,  I_i = g_i / sum_j g_j
 *     stage 2:  anew on all data: LoRA on the sites of largest I, until they sum to T, or n; one (A, B) for the others
 *     g_i = s^2 <B'B, u'u>, u = x A' (N, r): no (N, out) product is needed
 *
 * Zhou et al., COLING 2025 (arXiv 2402.07721); no official code. What the abstract leaves open: I is normalised and cut
 * per type of matrix (q apart from v), one shared pair per type. shared=trained as the abstract says; shared=frozen as
 * the article says, at the mean of the dropped sites' stage-1 B A (rank-r SVD), as a fresh pair would equal none.
 * keep=random, last: as many sites, chosen otherwise. With a budget the ranks follow from what is kept. */
#include "core/rng.h"
#include "math/linalg.h"
#include "tune/importance.h"
#include "tune/lowrank.h"

#include <stdio.h>

enum { BY_IMPORTANCE, BY_CHANCE, BY_DEPTH };
enum { TRAINED, FROZEN, NONE, SITES = MODEL_LAYERS_MAX * TARGETS };

struct options {
    int keep /* by what */, select /* 0 cumulative, 1 fixed */, n, shared, per_type;
    double threshold, sample, sample_steps;
};
static const struct option options[] = {
    OPTION_C(options, keep, BY_IMPORTANCE, "importance|random|last", "which sites are kept; random, last: controls"),
    OPTION_C(options, select, 0, "cumulative|fixed", "how many: as many as reach the threshold, or n"),
    OPTION_R(options, threshold, 0.9, 1e-9, 1, "T, the share of the importance to keep; 1 keeps all sites"),
    OPTION_I(options, n, 0, 0, SITES, "sites kept by select=fixed, and assumed in counting; 0: half"),
    OPTION_C(options, shared, TRAINED, "trained|frozen|none", "what the others have: a pair per type, or nothing"),
    OPTION_B(options, per_type, 1, "importance is a share among sites of one type, not among all"),
    OPTION_R(options, sample, 0.1, 1e-6, 1, "share of the training data in stage 1"),
    OPTION_R(options, sample_steps, 0.1, 0, 10, "length of stage 1, as a share of the run"),
    OPTION_END,
};

struct state {
    struct lowrank l;
    double g;
};
struct shared {
    bool decided, kept[SITES];           /* by position in t->site; before the verdict the last n stand for the kept */
    double share[SITES];                 /* I */
    struct lowrank pair[TARGETS];        /* of the sites that are not kept */
    struct mat A0[TARGETS], B0[TARGETS]; /* shared=frozen: their values */
};

static void share(struct tuning *t)
{
    const struct options *o = t->opts;
    struct shared *h = t->shared;
    if (o->n > t->nsites)
        die(EXIT_USAGE, "lora_drop: n=%d sites of %d cannot be kept; 0 keeps half", o->n, t->nsites);
    for (int k = 0; k < TARGETS; k++)
        h->pair[k] = (struct lowrank){0};
    for (int i = 0; i < t->nsites; i++) {
        struct lowrank *l = &h->pair[t->site[i]->target];
        if (!h->decided)
            h->kept[i] = i >= t->nsites - (o->n ? o->n : (t->nsites + 1) / 2);
        if (t->phase == 0 || h->kept[i] || o->shared == NONE || l->A)
            continue;
        lowrank_attach_shared(t, t->site[i], l);
        l->A->trains = l->B->trains = o->shared == TRAINED;
    }
}

static void attach(struct tuning *t, struct site *s)
{
    const struct shared *h = t->shared;
    struct lowrank *l = s->state;
    *l = h->pair[s->target];
    if (t->phase == 0 || h->kept[s->nth]) {
        lowrank_attach(t, s, l);
        tuning_train(l->A, 1), tuning_train(l->B, 1);
    } else if (!l->A || !l->A->trains)
        s->facts = 0;
    s->ops = l->A ? s->ops : NULL; /* shared=none: the plain layer */
}

static void init(struct tuning *t, struct site *s)
{
    const struct shared *h = t->shared;
    struct lowrank *l = s->state;
    if (l->A && l->A->trains)
        lowrank_init(t, s, l); /* a shared pair's A is drawn as its last site's */
    else if (l->A && h->A0[s->target].v) {
        mat_copy(h->A0[s->target], l->A->w);
        mat_copy(h->B0[s->target], l->B->w);
    }
}

static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct state *d = s->state;
    lowrank_forward(s, p, x, y);
    if (p->measure)
        d->g += lowrank_output(p, &d->l);
}

static struct phase stage1(const void *opts, int i)
{
    const struct options *o = opts;
    return (void)i, (struct phase){.data = o->sample, .steps = o->sample_steps, .measure = true};
}

static void end_phase(struct tuning *t)
{
    const struct options *o = t->opts;
    struct shared *h = t->shared;
    int n = o->n ? o->n : (t->nsites + 1) / 2;
    double other[SITES]; /* by which the controls keep sites */
    struct rng r = rng_stream(t->seed, RNG_SELECT, 1, 0);
    for (int i = 0; i < t->nsites; i++) {
        h->share[i] = ((const struct state *)t->site[i]->state)->g;
        other[i] = o->keep == BY_CHANCE ? rng_uniform(&r) : i;
    }
    importance_select(t, h->share, o->per_type, o->keep == BY_IMPORTANCE ? NULL : other, o->select ? n : 0,
                      o->threshold, h->kept);
    h->decided = true;
    tuning_spend(t, h->kept, o->shared == TRAINED);
    for (int k = 0; k < TARGETS && o->shared == FROZEN; k++)
        lowrank_mean(t, (enum target)k, h->kept, &h->A0[k], &h->B0[k]);
}

static void report(const struct tuning *t, void (*put)(void *to, const char *name, double value), void *to)
{
    const struct shared *h = t->shared;
    char name[64];
    for (int i = 0; i < t->nsites; i++)
        for (int k = 0; k < 2; k++) {
            const struct site *s = t->site[i];
            snprintf(name, sizeof name, "%s.%d.%s", k ? "kept" : "importance", s->layer, target_names[s->target]);
            put(to, name, k ? h->kept[i] : h->share[i]);
        }
}

const struct method method_lora_drop = {
    .name = "lora_drop",
    .title = "LoRA-drop",
    .cite = "Zhou et al., COLING 2025, arXiv 2402.07721",
    .equation = "W_i = W0_i + s B_i A_i if ||B_i A_i x|| is large, else W0_i + s B A",
    .claim = "training only the LoRA layers with large output costs almost no accuracy and saves parameters",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct state),
    .shared_size = sizeof(struct shared),
    .facts = NEEDS_INPUT,
    .declares = NO_FORMULA,
    .share = share,
    .attach = attach,
    .init = init,
    .ops = {forward, lowrank_backward, lowrank_weight},
    .phases = 2,
    .phase = stage1,
    .end_phase = end_phase,
    .report = report,
    .style = {"#C96A00", 13},
};
