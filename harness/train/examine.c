/* Evaluation, weight probes, and the checks a run makes on itself. */
#include "train/examine.h"

#include "core/arena.h"
#include "core/rng.h"
#include "math/linalg.h"
#include "model/weightstat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EVAL_BATCH = 64, OUTPUT_EXAMPLES = 32, SVD_MAX = 256, TEACHER_SITES = MODEL_LAYERS_MAX * TARGETS };

static struct pass reading(const struct trainee *t)
{
    return (struct pass){.saved = &t->mem->saved, .scratch = &t->mem->scratch};
}

struct mat trainee_targets(struct trainee *t)
{
    struct pass p = reading(t);
    const struct batch *b = &t->batch;
    struct tokens tokens = {b->B, b->N, b->start, b->ids, b->types};
    struct activations a;
    size_t mark = arena_mark(p.scratch);
    struct mat pooled = pooler_forward(t->teacher, &p, encoder_forward(t->teacher, &p, &tokens, &a));
    arena_release(p.scratch, mark);
    return pooled;
}

/* The teacher is the base with the task's known change; sd of its pooled vectors over the test split, per column. */
void trainee_open_teacher(struct trainee *t, struct model *m, struct task_env *env, const struct base *base,
                          struct run *r)
{
    static struct teacher_site sites[TEACHER_SITES];
    model_open(m, &base->config, t->mem);
    model_map(m, base->image);
    t->teacher = m;
    for (int i = 0; i < m->config.layers * TARGETS; i++) {
        struct site *site = &m->layer[i / TARGETS].site[i % TARGETS];
        sites[i] = (struct teacher_site){i / TARGETS, target_names[i % TARGETS], site->W->w};
    }
    t->spec->task->teach(env, sites, m->config.layers * TARGETS);
    r->truth_dM = mem_alloc((size_t)r->sites * sizeof(double));
    r->truth_dD = mem_alloc((size_t)r->sites * sizeof(double));
    for (int i = 0; i < r->sites; i++) {
        struct site *site = &m->layer[i / TARGETS].site[i % TARGETS];
        struct weight_shift shift = weight_shift_rows(site->W->w, site->W->w0);
        r->truth_dM[i] = shift.magnitude;
        r->truth_dD[i] = shift.direction;
    }
    int C = m->config.d, n = 0;
    double *sum = mem_alloc(2 * (size_t)C * sizeof *sum), *square = sum + C;
    const struct dataset *d = &t->splits[SPLIT_TEST];
    for (int at = 0; at < d->n; at += EVAL_BATCH) {
        int order[EVAL_BATCH], k = d->n - at < EVAL_BATCH ? d->n - at : EVAL_BATCH;
        for (int i = 0; i < k; i++)
            order[i] = at + i;
        batch_gather(&t->batch, d, order, k);
        arena_release(&t->mem->saved, 0);
        struct mat pooled = trainee_targets(t);
        for (int i = 0; i < k; i++, n++)
            for (int j = 0; j < C; j++) {
                double v = (double)pooled.v[(size_t)i * pooled.ld + j];
                sum[j] += v;
                square[j] += v * v;
            }
    }
    t->sd = mat_of(mem_alloc((size_t)C * sizeof(real)), 1, C);
    for (int j = 0; j < C; j++)
        t->sd.v[j] = (real)sqrt(fmax(1e-12, square[j] / n - sum[j] / n * (sum[j] / n)));
    free(sum);
}

/* Features of a frozen encoder are computed once: (n, C) per split. */
void trainee_cache_features(struct trainee *t)
{
    struct model *m = t->model;
    if (model_lowest(m) < DEPTH_POOLER(&m->config) || t->teacher)
        return;
    for (int s = 0; s < SPLITS; s++) {
        const struct dataset *d = &t->splits[s];
        struct mat f = mat_of(mem_alloc((size_t)d->n * (size_t)m->config.d * sizeof(real)), d->n, m->config.d);
        for (int at = 0; at < d->n; at += EVAL_BATCH) {
            int order[EVAL_BATCH], k = d->n - at < EVAL_BATCH ? d->n - at : EVAL_BATCH;
            for (int i = 0; i < k; i++)
                order[i] = at + i;
            batch_gather(&t->batch, d, order, k);
            const struct batch *b = &t->batch;
            struct tokens rows = {b->B, b->N, b->start, b->ids, b->types};
            struct pass p = {.saved = &t->mem->saved, .scratch = &t->mem->scratch};
            struct activations a;
            arena_release(p.saved, 0);
            mat_copy(encoder_forward(m, &p, &rows, &a), mat_rows(f, at, k));
        }
        t->features[s] = f;
    }
}

/* The class of the largest output, NaN where one is NaN; or the score. */
static double predicted(enum task_kind kind, const real *out, int K)
{
    int best = 0;
    if (kind == TASK_SCORE)
        return (double)out[0];
    for (int k = 0; k < K; k++) {
        if (isnan(out[k]))
            return NAN;
        best = out[k] > out[best] ? k : best;
    }
    return best;
}

/* Squared error of one planted example, as loss_run weighs it. */
static double vector_item(const struct loss *l, struct mat out, int i)
{
    double sum = 0;
    for (int j = 0; j < out.cols; j++) {
        double e = ((double)out.v[(size_t)i * out.ld + j] - (double)l->target.v[(size_t)i * l->target.ld + j]) /
                   (double)l->sd.v[j];
        sum += e * e;
    }
    return sum / out.cols;
}

struct score examine_split(struct trainee *t, enum split split, double *item, double *prediction)
{
    const struct dataset *d = &t->splits[split];
    enum task_kind kind = t->spec->kind;
    struct loss l = {.kind = kind, .sd = t->sd};
    double *p = mem_alloc((size_t)d->n * sizeof *p), total = 0;
    int order[EVAL_BATCH];
    for (int at = 0; at < d->n; at += EVAL_BATCH) {
        int n = d->n - at < EVAL_BATCH ? d->n - at : EVAL_BATCH;
        size_t saved = arena_mark(&t->mem->saved);
        struct pass pass = reading(t);
        struct mat out;
        for (int i = 0; i < n; i++)
            order[i] = at + i;
        batch_gather(&t->batch, d, order, n);
        if (t->teacher)
            l.target = trainee_targets(t);
        l.features = t->features[split];
        total += n * loss_run(t->model, &pass, &t->batch, &l, &out);
        for (int i = 0; i < n; i++) {
            p[at + i] = t->teacher ? vector_item(&l, out, i) : predicted(kind, out.v + (size_t)i * out.ld, out.cols);
            double e = p[at + i] - d->label[at + i];
            if (prediction)
                prediction[at + i] = t->scale.mean + t->scale.sd * p[at + i];
            if (item)
                item[at + i] = t->teacher ? p[at + i] : kind == TASK_SCORE ? e * e : e == 0;
        }
        arena_release(&t->mem->saved, saved);
    }
    struct score s = {total / d->n, NAN, NAN};
    if (!t->teacher) {
        s.metric = metric_value(t->spec->metric, p, d->label, d->n);
        s.second = t->spec->second ? metric_value(t->spec->second, p, d->label, d->n) : NAN;
    }
    free(p);
    return s;
}

static struct site *site_number(const struct model *m, int i)
{
    return &m->layer[i / TARGETS].site[i % TARGETS];
}

/* The rank of the random update: rank= where a method adapts the site, whatever rank its update has; else any. */
static int null_rank(const struct site *s)
{
    int full = s->in < s->out ? s->in : s->out;
    return s->ops && s->rank < full ? s->rank : full;
}

/* Numerical rank: singular values above 1e-5 of the largest. Of a small update it counts what rounding W0 + D to W leaves. */
static double rank_of(const double *s, int n)
{
    int r = 0;
    while (r < n && s[r] > 1e-5 * s[0] && s[r] > 0)
        r++;
    return r;
}

static void keep_spectrum(struct run *r, int site, const double *s, int n, struct mat W, struct mat W0)
{
    r->spectrum_site = mem_grow(r->spectrum_site, (size_t)(r->spectra + 1) * sizeof *r->spectrum_site);
    r->spectrum = mem_grow(r->spectrum, (size_t)(r->spectra + 1) * sizeof *r->spectrum);
    r->closest = mem_grow(r->closest, (size_t)(r->spectra + 1) * sizeof *r->closest);
    r->spectrum_site[r->spectra] = site;
    for (int k = 0; k < SPECTRUM_MAX; k++)
        r->spectrum[r->spectra][k] = k < n ? s[k] : NAN;
    for (int k = 0; k < LEADING; k++)
        r->closest[r->spectra][k] = NAN;
    if (n <= SVD_MAX)
        weight_closest_vectors(W, W0, LEADING, r->closest[r->spectra]);
    r->spectra++;
}

/* Sites whose spectrum is of interest: the adapted ones, or q and v where the method adapts none. */
static bool spectral(const struct trainee *t, const struct site *s)
{
    return t->tuning->nsites ? s->ops != NULL : s->target == TARGET_Q || s->target == TARGET_V;
}

static void probe_site(struct trainee *t, struct run *r, struct probe *p, int i, bool final)
{
    struct arena *scratch = &t->mem->scratch;
    size_t mark = arena_mark(scratch);
    const struct site *s = site_number(t->model, i);
    struct mat W = arena_mat(scratch, s->out, s->in), b = arena_mat(scratch, 1, s->out);
    site_weight(s, W, b);
    struct weight_shift row = weight_shift_rows(W, s->W->w0), col = weight_shift_columns(W, s->W->w0);
    p->row_dM[i] = row.magnitude;
    p->row_dD[i] = row.direction;
    p->col_dM[i] = col.magnitude;
    p->col_dD[i] = col.direction;
    p->null_dM[i] = p->null_dD[i] = p->rank[i] = NAN;
    int smaller = s->in < s->out ? s->in : s->out;
    const bool finite = isfinite(row.magnitude); /* where it is not, the next loss ends the run as diverged */
    if (finite && spectral(t, s) && (smaller <= SVD_MAX || final)) {
        double *sv = mem_alloc((size_t)smaller * sizeof *sv);
        weight_change_spectrum(W, s->W->w0, sv);
        p->rank[i] = rank_of(sv, smaller);
        struct mat null = arena_mat(scratch, s->out, s->in);
        struct rng stream = rng_stream((uint64_t)t->spec->train.seed, RNG_NULL, (uint32_t)i, (uint32_t)p->step);
        weight_null_update(&stream, null_rank(s), spectrum_of(sv, smaller).norm, null);
        mat_add(1, s->W->w0, null);
        struct weight_shift shift = weight_shift_rows(null, s->W->w0);
        p->null_dM[i] = shift.magnitude;
        p->null_dD[i] = shift.direction;
        if (final)
            keep_spectrum(r, i, sv, smaller, W, s->W->w0);
        free(sv);
    }
    arena_release(scratch, mark);
}

void examine_weights(struct trainee *t, struct run *r, int step, bool final)
{
    struct probe *p = &r->probe[r->probes++];
    for (int k = 0; k < PROBE_COLUMNS; k++)
        *probe_column(p, k) = mem_alloc((size_t)r->sites * sizeof(double));
    p->step = step;
    for (int i = 0; i < r->sites; i++)
        probe_site(t, r, p, i, final);
}

double *examine_outputs(struct trainee *t, int *n)
{
    int order[OUTPUT_EXAMPLES], C = t->model->config.d;
    const struct dataset *d = &t->splits[t->splits[SPLIT_VALID].n > 0 ? SPLIT_VALID : SPLIT_TEST];
    int B = d->n < OUTPUT_EXAMPLES ? d->n : OUTPUT_EXAMPLES;
    struct pass p = reading(t);
    struct activations a;
    for (int i = 0; i < B; i++)
        order[i] = i;
    batch_gather(&t->batch, d, order, B);
    const struct batch *b = &t->batch;
    struct tokens tokens = {b->B, b->N, b->start, b->ids, b->types};
    size_t saved = arena_mark(p.saved), scratch = arena_mark(p.scratch);
    struct mat pooled = pooler_forward(t->model, &p, encoder_forward(t->model, &p, &tokens, &a));
    *n = B * C;
    double *out = mem_alloc((size_t)*n * sizeof *out);
    for (int i = 0; i < *n; i++)
        out[i] = (double)pooled.v[i];
    arena_release(p.saved, saved);
    arena_release(p.scratch, scratch);
    return out;
}

double relative_difference(const double *a, const double *b, int n)
{
    double worst = 0, largest = 0;
    for (int i = 0; i < n; i++) {
        double e = fabs(a[i] - b[i]);
        worst = isnan(e) || e > worst ? e : worst;
        largest = fmax(largest, fabs(b[i]));
    }
    return largest > 0 ? worst / largest : worst;
}

/* Runs examine_outputs on a plain model that has every site's effective weight, then puts everything back. */
static double *examine_merged(struct trainee *t, int *n)
{
    struct model *m = t->model;
    int sites = m->config.layers * TARGETS;
    struct arena *scratch = &t->mem->scratch;
    size_t mark = arena_mark(scratch);
    struct kept {
        const struct site_ops *ops;
        struct mat W, b;
    } *kept = mem_alloc((size_t)sites * sizeof *kept);
    for (int i = 0; i < sites; i++) {
        struct site *s = site_number(m, i);
        if (!s->ops)
            continue; /* its weight is what the model holds */
        struct mat W = arena_mat(scratch, s->out, s->in), b = arena_mat(scratch, 1, s->out);
        site_weight(s, W, b);
        kept[i] = (struct kept){s->ops, s->W->w, s->b->w};
        s->ops = NULL;
        s->W->w = W;
        s->b->w = b;
    }
    double *out = examine_outputs(t, n);
    for (int i = 0; i < sites; i++) {
        struct site *s = site_number(m, i);
        if (!kept[i].ops)
            continue;
        s->ops = kept[i].ops;
        s->W->w = kept[i].W;
        s->b->w = kept[i].b;
    }
    free(kept);
    arena_release(scratch, mark);
    return out;
}

double trainee_foresee(struct trainee *t)
{
    struct model *m = t->model;
    struct loss l = {.kind = t->spec->kind, .sd = t->sd, .features = t->features[SPLIT_TRAIN]};
    struct pass p = {.train = true, .keep = true, .dropout = t->spec->adapter.dropout};
    double bytes = (double)m->base_bytes;
    p.saved = &t->mem->saved;
    p.scratch = &t->mem->scratch;
    arena_release(p.saved, 0);
    arena_release(p.scratch, 0);
    if (t->teacher)
        l.target = trainee_targets(t);
    loss_run(m, &p, &t->batch, &l, NULL);
    model_zero_grads(m);
    for (int i = 0; i < m->nbase; i++)
        if (m->param[i]->trains || tuning_may_move(t->tuning, m->param[i]))
            bytes += (double)(mat_size(m->param[i]->w) * sizeof(real));
    for (int i = 0; i < MEMORY_KINDS; i++)
        bytes += (double)memory_kind(t->mem, i)->peak;
    return bytes;
}

static int formula_matches(const struct trainee *t)
{
    const struct tuning *u = t->tuning;
    const struct method *m = u->method;
    if (!m->count || t->spec->extra)
        return -1;
    long n = m->count_shared ? m->count_shared(u->common, u->opts, u->nsites) : 0;
    for (int i = 0; i < u->nsites; i++)
        n += m->count(u->common, u->opts, u->site[i]->in, u->site[i]->out);
    return n == tuning_count_trained(u);
}

/* Whether it is the bias beside a W that the method may write: frozen, but in the hash, as the runs of all lists have it. */
static bool beside_moved(const struct tuning *t, const struct param *p)
{
    for (int i = 0; i < t->nsites; i++)
        if (t->site[i]->b == p)
            return t->method->facts & MOVES_BASE;
    return false;
}

void examine_checks(struct trainee *t, struct run *r)
{
    int n;
    double *plain = examine_outputs(t, &n), *merged = examine_merged(t, &n);
    r->check.merge_difference = relative_difference(merged, plain, n);
    free(plain);
    free(merged);
    r->check.frozen_unchanged = 1;
    struct hash h;
    hash_open(&h);
    for (int i = 0; i < t->model->nparam; i++) {
        const struct param *p = t->model->param[i];
        const bool moves = p->trains || tuning_may_move(t->tuning, p);
        if (p->w0.v && !moves && memcmp(p->w.v, p->w0.v, mat_size(p->w) * sizeof(real)) != 0)
            r->check.frozen_unchanged = 0;
        if (moves || !p->w0.v || beside_moved(t->tuning, p))
            hash_add(&h, p->w.v, mat_size(p->w) * sizeof(real));
    }
    hash_close(&h, r->check.weights_hash);
    r->check.count_matches = formula_matches(t);
}
