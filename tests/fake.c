/* Making up records. */
#include "tests/fake.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "experiment/run_key.h"
#include "experiment/search.h"
#include "report/report.h"
#include "tune/budget.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVALS = 4, ITEMS = 200 };

double (*fake_price)(const struct spec *s);

static unsigned hash_of(const char *text)
{
    unsigned h = 2166136261u;
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 16777619u;
    return h;
}

static struct rng stream(const struct spec *s, int what)
{
    char text[SPEC_TEXT];
    spec_text(s, text);
    return rng_stream(hash_of(text), RNG_TEST, (uint32_t)what, 0);
}

double fake_plausible(const struct spec *s)
{
    struct rng r = stream(s, 1);
    double best = -3 + (hash_of(s->method->name) % 100) / 50.0, off = log10(s->train.lr) - best;
    double talent = 0.8 + (hash_of(s->method->title) % 1000) / 10000.0 + 0.01 * log2(1 + s->adapter.rank);
    double v = talent - 0.08 * off * off + 0.012 * rng_normal(&r);
    return off > 1.2 ? 0.333 : fmin(0.99, fmax(0.34, v));
}

enum exit_code fake_report(const char *results, const char *ini)
{
    return fake_report_list(results, ini, NULL);
}

enum exit_code fake_report_list(const char *results, const char *ini, const char *list)
{
    struct report r;
    struct session *s = session_open(results);
    session_set_list(s, list);
    FILE *null = fopen("/dev/null", "w");
    report_open(&r, results, null);
    report_add(&r, s, ini, 0, NULL);
    session_close(s);
    report_close(&r);
    fclose(null);
    return r.code;
}

const char *const fake_experiment =
    "[experiment]\ntitle = Made up\n"
    "[grid plain]\nbase = tiny-random\nmethod = lora full\ntask = cola\nntrain = 40\nnvalid = 10\nntest = 200\nrank = "
    "2\n"
    "lr = 1e-2\nseeds = 0..4\n"
    "[grid variant]\nbase = tiny-random\nmethod = lora\ntask = cola\nntrain = 40\nnvalid = 10\nntest = 200\nrank = 2\n"
    "alpha = 64\nlr = 1e-2\nseeds = 0..4\n";

double fake_by_hand(const struct spec *s)
{
    static const double lora[] = {0.80, 0.81, 0.82, 0.83, 0.84}, full[] = {0.83, 0.84, 0.85, 0.86, 0.84};
    int k = s->train.seed;
    if (s->adapter.alpha == 64)
        return k == 3 ? NAN : k == 4 ? 0.33 : 0.7;
    return strcmp(s->method->name, "full") == 0 ? full[k] : lora[k];
}

static double *values(int n)
{
    return mem_alloc((size_t)(n ? n : 1) * sizeof(double));
}

static void fill_curves(struct run *r, const struct spec *s, double score)
{
    r->steps = s->train.steps;
    r->loss = values(r->steps), r->lr = values(r->steps), r->grad_norm = values(r->steps);
    for (int i = 0; i < r->steps; i++) {
        r->loss[i] = 1.1 * exp(-3.0 * i / r->steps);
        r->lr[i] = s->train.lr;
        r->grad_norm[i] = 1;
    }
    r->evals = EVALS;
    r->eval_step = mem_alloc(EVALS * sizeof(int));
    r->valid = mem_alloc(EVALS * sizeof *r->valid), r->test = mem_alloc(EVALS * sizeof *r->test);
    for (int i = 0; i < EVALS; i++) {
        double v = score - 0.03 * (EVALS - 1 - i);
        r->eval_step[i] = s->train.steps * (i + 1) / EVALS;
        r->test[i] = (struct score){1 - v, s->train.evaluate ? v : NAN, NAN};
        r->valid[i] = (struct score){1 - v, v - 0.01, NAN};
    }
    r->items = s->train.evaluate ? ITEMS : 0;
    r->item = values(r->items);
    for (int i = 0; i < r->items; i++)
        r->item[i] = i < score * ITEMS;
    r->forgetting_before = 2;
    r->forgetting_after = 2 + 0.1 * score;
    r->fvu0 = 1;
}

static void fill_probe(struct probe *p, const struct spec *s, int sites, int k, struct rng *r)
{
    double slope = strcmp(s->method->name, "dora") == 0 ? 0.3 : strcmp(s->method->name, "full") == 0 ? 0.8 : 1.5;
    p->step = s->train.steps * (k + 1) / s->train.probes;
    for (int i = 0; i < PROBE_COLUMNS; i++)
        *probe_column(p, i) = values(sites);
    for (int i = 0; i < sites; i++) {
        int target = i % TARGETS;
        if (target != TARGET_Q && target != TARGET_V)
            continue;
        int layer = i / TARGETS;
        double d = 0.02 * (k + 1) * (1 + layer) * (0.7 + 0.6 * rng_uniform(r));
        p->row_dD[i] = d, p->row_dM[i] = slope * d + 0.01 * rng_uniform(r);
        p->col_dD[i] = d, p->col_dM[i] = d, p->null_dD[i] = 0.9 * d, p->null_dM[i] = 1.2 * d;
        p->rank[i] = (double)s->adapter.rank + (strcmp(s->method->name, "adalora") == 0 ? layer - 1 : 0);
    }
}

static void fill_facts(struct run *r, const struct spec *s)
{
    if (strcmp(s->method->name, "lora_drop") != 0)
        return;
    for (int i = 0; i < r->sites; i++)
        for (int kept = 0; kept < 2 && (i % TARGETS == TARGET_Q || i % TARGETS == TARGET_V); kept++) {
            r->reported = mem_grow(r->reported, (size_t)(r->nreported + 1) * sizeof *r->reported);
            snprintf(r->reported[r->nreported].name, sizeof r->reported->name, "%s.%d.%s", kept ? "kept" : "importance",
                     i / TARGETS, target_names[i % TARGETS]);
            int layer = i / TARGETS;
            r->reported[r->nreported++].value = kept ? layer > 0 : 0.05 + 0.05 * layer;
        }
}

static void fill_weights(struct run *r, const struct spec *s, const struct model_config *config)
{
    struct rng rng = stream(s, 2);
    r->sites = config->layers * TARGETS;
    r->probes = s->train.probes;
    r->probe = mem_alloc((size_t)(r->probes + 1) * sizeof *r->probe);
    for (int k = 0; k < r->probes; k++)
        fill_probe(&r->probe[k], s, r->sites, k, &rng);
    r->spectra = 2 * config->layers;
    r->spectrum_site = mem_alloc((size_t)r->spectra * sizeof(int));
    r->spectrum = mem_alloc((size_t)r->spectra * sizeof *r->spectrum);
    r->closest = mem_alloc((size_t)r->spectra * sizeof *r->closest);
    for (int i = 0; i < r->spectra; i++) {
        for (int k = 0; k < LEADING; k++)
            r->closest[i][k] = 1 - (s->method->no_rank ? 0.02 : 0.06) * k;
        r->spectrum_site[i] = i / 2 * TARGETS + (i % 2 ? TARGET_V : TARGET_Q);
        for (int k = 0; k < SPECTRUM_MAX; k++)
            r->spectrum[i][k] =
                s->method->no_rank || k < s->adapter.rank ? exp(-0.3 * k) * (0.8 + 0.4 * rng_uniform(&rng)) : 1e-9;
    }
    if (s->kind == TASK_VECTOR) {
        r->truth_dM = values(r->sites), r->truth_dD = values(r->sites);
        for (int i = 0; i < r->sites; i++)
            r->truth_dM[i] = r->truth_dD[i] = (i / TARGETS == 1 || i / TARGETS == 2) ? 0.1 : 0;
    }
}

static void write_fake(struct session *session, const struct plan_run *run, fake_score *score)
{
    struct identity p;
    struct run r = {.status = RUN_OK};
    identity_make(session, &p, run->assignments, (const char *const *)run->assignment);
    const struct spec *s = &p.spec;
    const struct model_config *config = &p.base->config;
    double v = score(s);
    fill_curves(&r, s, isnan(v) ? 0.3 : v);
    fill_weights(&r, s, config);
    fill_facts(&r, s);
    r.status = isnan(v) ? RUN_DIVERGED : RUN_OK;
    r.collapsed = v < 0.34;
    r.cost.adapter = budget_count(s->method, s->method_opts, &s->adapter, config, s->extra);
    r.cost.head = 195;
    for (int i = 0; i < MEMORY_KINDS; i++)
        r.cost.arena_peak[i] = (i + 1) * 1e6 / 3 + 12.0 * (double)r.cost.adapter.trained;
    r.cost.flops_per_step = 1e8, r.cost.step_ms = 2 + (double)r.cost.adapter.trained / 1e5, r.cost.train = 1;
    if (fake_price)
        r.cost.flops_per_step *= fake_price(s), r.cost.step_ms *= fake_price(s);
    r.check.frozen_unchanged = 1;
    hash_bytes(&v, sizeof v, r.check.curve_hash);
    hash_bytes(&v, sizeof v, r.check.weights_hash);
    record_write(session_results(session), s, &r, p.key, p.base_hash, p.data_hash);
    run_free(&r);
    identity_free(&p);
}

void fake_results(const char *results, const char *ini, fake_score *score)
{
    struct experiment e;
    struct plan p;
    struct session *s = session_open(results);
    experiment_read(&e, ini);
    plan_open(&p, s, &e);
    int done = 0;
    for (int stage = 0; stage < 3; stage++) {
        if (stage == 0)
            search_window(&p);
        else if (stage == 1)
            search_extend(&p);
        else
            search_report(&p);
        for (; done < p.runs; done++)
            write_fake(s, &p.run[done], score);
    }
    plan_close(&p);
    session_close(s);
    experiment_free(&e);
}

void fake_age_list(const char *list)
{
    char *text = file_read(list, 64 << 20, NULL), *from = strstr(text, ",data_hash,"), *to = strstr(text, ",spec\n");
    if (!from || !to || from > to)
        die(EXIT_DATA, "%s is no list of runs", list);
    for (from++; (from = strchr(from, ',')) && from < to; from++)
        from[1] = 'x';
    struct file_out out;
    file_begin(&out, list);
    fputs(text, out.stream);
    file_commit(&out);
    free(text);
}
