/* EVA: LoRA whose A starts at the principal directions of each layer's inputs, and whose ranks go where they explain.
 *
 *     C = covariance of the rows of x over `batches` training batches (in, in) = V diag(l) V',   A = V_(1..r)',  B = 0
 *     r: all sites' shares l_k / sum l in one list, of which the (rank x sites) largest win; a site gets 1 to rho rank
 *
 * Paischer et al., 2024 (arXiv 2410.07170), ranks by the rule of HF PEFT. Deviations: the covariance is exact over a
 * stated number of batches, where PEFT's incremental SVD of growing matrices stops when directions settle; every site
 * keeps one rank, where PEFT drops the adapter of a site with none. The batches are the run's first ones, seen through
 * the base in phase 0 and part of the run's time. W stays, and step 0 is the base. */
#include "math/lapack.h"
#include "math/linalg.h"
#include "tune/look.h"
#include "tune/peft.h"

#include <stdio.h>

struct options {
    int batches;
    double rho;
};
static const struct option options[] = {
    OPTION_I(options, batches, 8, 1, 65536, "training batches whose inputs are looked at, on top of the run's steps"),
    OPTION_R(options, rho, 2, 1, 1e6, "no site gets more than rho times the rank; 1: all have the same"),
    OPTION_END,
};

static struct phase first_look(const void *opts, int i)
{
    const struct options *o = opts;
    return (void)i, (struct phase){.measure = true, .batches = o->batches};
}

static void attach(struct tuning *t, struct site *s)
{
    look_attach(t, s, s->in + 1, s->in); /* x' x, and below it the sum of rows */
}

static void forward(struct site *s, const struct pass *p, struct mat x, struct mat y)
{
    struct look *k = s->state;
    if (p->measure) {
        gemm_tn(1, x, x, 1, mat_rows(k->sum, 0, s->in));
        mat_add_colsum(x, mat_rows(k->sum, s->in, 1));
        k->n += x.rows;
    }
    lowrank_forward(s, p, x, y);
}

/* V' (in, in) and the shares l_k / sum l of a site's covariance, descending. */
static void decompose(struct arena *scratch, const struct site *s, struct mat Vt, double *share)
{
    const struct look *k = s->state;
    struct mat C = arena_mat_raw(scratch, s->in, s->in), sum = mat_rows(k->sum, s->in, 1);
    struct mat U = arena_mat_raw(scratch, s->in, s->in);
    double all = 0;
    mat_copy(mat_rows(k->sum, 0, s->in), C);
    gemm_tn(-1 / k->n, sum, sum, 1, C); /* x' x - n mean' mean */
    mat_scale(1 / k->n, C);
    lapack_svd(C, U, share, Vt);
    for (int i = 0; i < s->in; i++)
        all += share[i];
    for (int i = 0; i < s->in; i++)
        share[i] /= all > 0 ? all : 1;
}

/* Gives away the ranks one by one, each to the site whose next direction explains most; the first go one to each. */
static void give_ranks(const struct tuning *t, double *const *share, double rho, int *rank)
{
    int left = 0;
    for (int i = 0; i < t->nsites; i++) {
        left += t->site[i]->rank - 1;
        rank[i] = 1;
    }
    for (; left > 0; left--) {
        int best = -1;
        for (int i = 0; i < t->nsites; i++) {
            const struct site *s = t->site[i];
            int most = (int)(rho * s->rank + 0.5), smaller = s->in < s->out ? s->in : s->out;
            if (rank[i] < most && rank[i] < smaller && (best < 0 || share[i][rank[i]] > share[best][rank[best]]))
                best = i;
        }
        if (best >= 0)
            rank[best]++;
    }
}

static void end_phase(struct tuning *t)
{
    const struct options *o = t->opts;
    struct arena *scratch = &t->model->mem->scratch;
    size_t mark = arena_mark(scratch);
    struct mat Vt[MODEL_LAYERS_MAX * TARGETS];
    double *share[MODEL_LAYERS_MAX * TARGETS];
    int rank[MODEL_LAYERS_MAX * TARGETS] = {0};
    for (int i = 0; i < t->nsites; i++) {
        const struct site *s = t->site[i];
        Vt[i] = arena_mat_raw(scratch, s->in, s->in);
        share[i] = arena_take(scratch, (size_t)s->in * sizeof(double));
        size_t inner = arena_mark(scratch);
        decompose(scratch, s, Vt[i], share[i]);
        arena_release(scratch, inner);
    }
    give_ranks(t, share, o->rho, rank);
    for (int i = 0; i < t->nsites; i++)
        look_decide(t, t->site[i], mat_rows(Vt[i], 0, rank[i]), (struct mat){0});
    arena_release(scratch, mark);
}

static void report(const struct tuning *t, void (*put)(void *to, const char *name, double value), void *to)
{
    char name[64];
    for (int i = 0; i < t->nsites; i++) {
        const struct site *s = t->site[i];
        snprintf(name, sizeof name, "rank.%d.%s", s->layer, target_names[s->target]);
        put(to, name, s->rank);
    }
}

static long count(const struct adapter *a, const void *opts, int in, int out)
{
    (void)opts;
    return lowrank_count(a->rank, in, out); /* r (in + out) */
}

static const struct peft peft = {.type = "LORA", .tensor = {PEFT_LORA_PAIR}, .key = {PEFT_LORA_KEYS}};

const struct method method_eva = {
    .name = "eva",
    .title = "EVA",
    .cite = "Paischer et al., 2024, arXiv 2410.07170",
    .equation = "W = W0 + s B A, A: main directions of x, ranks by their share",
    .options = options,
    .options_size = sizeof(struct options),
    .site_size = sizeof(struct look),
    .shared_size = sizeof(struct looked),
    .facts = NEEDS_INPUT,
    .attach = attach,
    .init = look_init,
    .ops = {forward, lowrank_backward, lowrank_weight},
    .phases = 2,
    .phase = first_look,
    .end_phase = end_phase,
    .count = count,
    .report = report,
    .style = {"#882255", 7},
    .peft = &peft,
};
