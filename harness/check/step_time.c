/* The stop-watch around a training step, an evaluation, or a step of pretraining. */
#include "check/step_time.h"

#include "base/pretrain.h"
#include "core/arena.h"
#include "core/order.h"
#include "core/rng.h"
#include "language/language.h"
#include "math/linalg.h"
#include "math/tile.h"
#include "model/optim.h"
#include "train/loss.h"

#include <stdlib.h>
#include <string.h>

const struct bench_size bench_sizes[] = {
    {"64", 64, 4, 4, 256, 32, 24, 0},
    {"128", 128, 4, 4, 512, 32, 32, 0},
    {"384", 384, 6, 12, 1536, 32, 128, 30522}, /* MiniLM-L6 */
    {"768", 768, 12, 12, 3072, 8, 64, 0},
};
const int bench_size_count = sizeof bench_sizes / sizeof *bench_sizes;
const char *const bench_kind_names[BENCH_KINDS] = {"train", "evaluate", "pretrain"};

enum { CLASSES = 3, WARM_UP = 3, FEWEST = BENCH_BATCHES, MOST = 4000, PLANNED_STEPS = 400 };
/* A default run computes the features of a frozen encoder once for 3000 examples and takes 400 steps of 32: a quarter
 * of a batch's features for each step. */
enum { STEPS_PER_FEATURE = 4 };

struct work {
    const struct bench *bench;
    struct memory mem;
    struct model model;
    struct tuning tuning;
    struct dataset data;
    struct batch batch;
    struct recipe recipe;
    struct products products; /* of one step */
    struct mat features;      /* [CLS] rows of a frozen encoder, (examples, d); v == NULL: the encoder trains */
    int step;
};

static const struct masked_source language = {.batch = 64};
enum { MASKED_SEED = 1 };

void bench_masked(struct masked_batch *b, const struct bench_size *size, int k)
{
    masked_draw(b, &language, size->batch, MASKED_SEED, MASKED_TRAINING, (uint32_t)k);
}

int bench_length(const struct bench *b, int k, int i)
{
    if (b->length)
        return b->length[k * b->size.batch + i];
    int longest = b->size.length,
        shortest = !b->ragged    ? longest
                   : longest < 3 ? 1
                                 : longest * 5 / 12,
        n = b->size.batch;
    return n > 1 ? shortest + (int)((double)(longest - shortest) * i / (n - 1) + 0.5) : longest;
}

static void make_data(struct work *w)
{
    const struct bench *b = w->bench;
    struct rng r = rng_stream(1, RNG_DATA, 0, 0);
    struct example e;
    for (int k = 0; k < BENCH_BATCHES; k++)
        for (int i = 0; i < b->size.batch; i++) {
            e.n = bench_length(b, k, i);
            e.label = rng_below(&r, CLASSES);
            e.note[0] = '\0';
            for (int j = 0; j < e.n; j++) {
                e.ids[j] = (int)rng_below(&r, (uint32_t)w->model.config.vocab);
                e.types[j] = j > e.n / 2;
            }
            dataset_add(&w->data, &e);
        }
}

/* The features of examples first, first + stride, ... as train/examine.h computes them. */
static void cache_features(struct work *w, int first, int stride, int n)
{
    struct pass p = {.saved = &w->mem.saved, .scratch = &w->mem.scratch};
    const struct batch *b = &w->batch;
    struct activations a;
    int order[512];
    for (int i = 0; i < n; i++)
        order[i] = first + i * stride;
    batch_gather(&w->batch, &w->data, order, n);
    struct tokens rows = {b->B, b->N, b->start, b->ids, b->types};
    arena_release(p.saved, 0);
    arena_release(p.scratch, 0);
    struct mat h = encoder_forward(&w->model, &p, &rows, &a);
    for (int i = 0; i < n; i++)
        mat_copy(mat_rows(h, i, 1), mat_rows(w->features, order[i], 1));
}

static void open_features(struct work *w)
{
    const int B = w->bench->size.batch;
    if (w->bench->kind != BENCH_TRAIN || model_lowest(&w->model) < DEPTH_POOLER(&w->model.config))
        return;
    w->features =
        mat_of(mem_alloc((size_t)w->data.n * (size_t)w->model.config.d * sizeof(real)), w->data.n, w->model.config.d);
    for (int k = 0; k < BENCH_BATCHES; k++)
        cache_features(w, k * B, 1, B);
}

static void open_work(struct work *w, const struct bench *b)
{
    const struct bench_size *s = &b->size;
    struct model_config c = {.vocab = s->vocab ? s->vocab : lang_vocab_size(),
                             .d = s->d,
                             .layers = s->layers,
                             .heads = s->heads,
                             .ffn = s->ffn,
                             .positions = s->length,
                             .types = 2,
                             .eps = 1e-5};
    c.mlm = b->kind == BENCH_PRETRAIN;
    c.positions = c.mlm && s->length < DOCUMENT_TOKENS ? DOCUMENT_TOKENS : s->length;
    *w = (struct work){.bench = b};
    memory_open(&w->mem);
    model_open(&w->model, &c, &w->mem);
    model_map_anonymous(&w->model);
    model_init(&w->model, 1);
    if (c.mlm) {
        w->recipe =
            (struct recipe){.batch = s->batch, .steps = PLANNED_STEPS, .lr = 1e-5, .decay = RECIPE_DECAY, .warmup = 1};
        pretrain_prepare(&w->model);
        return;
    }
    make_data(w);
    tuning_open(&w->tuning, b->method, b->opts, &b->common, &w->model, 1, 0);
    int last = tuning_phases(&w->tuning) - 1;
    tuning_begin_phase(&w->tuning, last ? 0 : last, CLASSES);
    tuning_set_steps(&w->tuning, PLANNED_STEPS);
    open_features(w);
}

static void close_work(struct work *w)
{
    if (w->tuning.method)
        tuning_close(&w->tuning);
    model_close(&w->model);
    memory_close(&w->mem);
    free(w->features.v);
    free(w->products.product);
    batch_free(&w->batch);
    dataset_free(&w->data);
}

static void one_step(struct work *w)
{
    struct tuning *u = &w->tuning;
    struct model *m = &w->model;
    int step = w->step++ % PLANNED_STEPS, order[512];
    if (w->bench->kind == BENCH_PRETRAIN) {
        pretrain_step(m, &w->recipe, &language, MASKED_SEED, step % BENCH_BATCHES);
        return;
    }
    int B = w->bench->size.batch, first = step % BENCH_BATCHES * B;
    if (w->features.v)
        cache_features(w, first + step / BENCH_BATCHES % STEPS_PER_FEATURE, STEPS_PER_FEATURE,
                       (B + STEPS_PER_FEATURE - 1) / STEPS_PER_FEATURE);
    for (int i = 0; i < B; i++)
        order[i] = first + i;
    TIMED(PART_DATA, batch_gather(&w->batch, &w->data, order, B));
    struct loss l = {.kind = TASK_CLASSES, .features = w->features};
    struct pass p = {.seed = 1, .dropout = w->bench->common.dropout, .saved = &w->mem.saved};
    p.scratch = &w->mem.scratch;
    p.train = p.keep = w->bench->kind == BENCH_TRAIN;
    p.step = u->step = step;
    arena_release(p.saved, 0);
    arena_release(p.scratch, 0);
    loss_run(m, &p, &w->batch, &l, NULL);
    if (!p.train)
        return;
    enum part was = part_enter(PART_ADAPTER);
    const struct adamw adam = {0.9, 0.999, 1e-8, 0.01};
    tuning_penalty(u);
    part_enter(PART_OPTIMIZER);
    double norm = grad_norm(m);
    grad_clip(m, norm, 0);
    u->lr = 1e-4;
    tuning_before_step(u);
    adamw_step(m, &adam, u->lr, step + 1);
    part_enter(PART_ADAPTER);
    tuning_after_step(u);
    tuning_refresh(u);
    part_enter(PART_OPTIMIZER);
    model_zero_grads(m);
    part_enter(was);
}

/* Every `stride`-th value from v on. */
static double median(const double *v, int n, int stride)
{
    static double sorted[MOST];
    for (int i = 0; i < n; i++)
        sorted[i] = v[(size_t)i * (size_t)stride];
    qsort(sorted, (size_t)n, sizeof *sorted, order_double);
    return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

/* One round: a step, its products again, a step with clocks (which cost a system call each). What the products spoil is
 * cleared. */
static void measure(struct work *w, double round[3 + PARTS])
{
    double began = cpu_seconds();
    one_step(w);
    round[0] = cpu_seconds() - began;
    if (!w->bench->parts)
        return;
    began = cpu_seconds();
    gemm_repeat(&w->products);
    round[1] = cpu_seconds() - began;
    round[2] = round[0] / round[1];
    model_zero_grads(&w->model);
    stopwatch_reset(1);
    one_step(w);
    memcpy(round + 3, stopwatch_seconds(), PARTS * sizeof(double));
    stopwatch_reset(0);
}

static double tokens_of(const struct bench *b)
{
    double n = 0;
    struct masked_batch masked = {0};
    for (int k = 0; b->kind == BENCH_PRETRAIN && k < BENCH_BATCHES; k++) {
        bench_masked(&masked, &b->size, k);
        n += (double)masked.N / BENCH_BATCHES;
    }
    masked_free(&masked);
    for (int k = 0; b->kind != BENCH_PRETRAIN && k < BENCH_BATCHES; k++)
        for (int i = 0; i < b->size.batch; i++)
            n += bench_length(b, k, i) / (double)BENCH_BATCHES;
    return n;
}

static double attention_flops(const struct work *w)
{
    const struct bench_size *s = &w->bench->size;
    double square = 0;
    for (int i = 0; i < s->batch; i++)
        square += (double)bench_length(w->bench, 0, i) * bench_length(w->bench, 0, i);
    const bool backward = w->bench->kind == BENCH_TRAIN && model_lowest(&w->model) < DEPTH_POOLER(&w->model.config);
    const double passes = backward ? 3 : w->features.v ? 1.0 / STEPS_PER_FEATURE : 1;
    return passes * 4 * square * s->d * (s->layers - 1); /* the last layer asks once */
}

void bench_run(const struct bench *b, struct bench_result *r)
{
    enum { COLUMNS = 3 + PARTS };
    static double round[MOST][COLUMNS];
    struct work w;
    *r = (struct bench_result){0};
    open_work(&w, b);
    for (int i = 0; i < WARM_UP; i++)
        one_step(&w);
    double flops = gemm_flops(), spent = 0;
    gemm_list(&w.products);
    one_step(&w);
    gemm_list(NULL);
    r->flops = gemm_flops() - flops + (b->kind == BENCH_PRETRAIN ? 0 : attention_flops(&w));
    r->products = w.products.n;
    gemm_repeat(&w.products);
    model_zero_grads(&w.model);
    for (; r->steps < MOST && (r->steps < FEWEST || spent < b->seconds); r->steps++) {
        measure(&w, round[r->steps]);
        spent += round[r->steps][0] + round[r->steps][1];
    }
    r->peak = tile_peak();
    r->step = median(&round[0][0], r->steps, COLUMNS);
    r->bare = median(&round[0][1], r->steps, COLUMNS);
    r->ratio = median(&round[0][2], r->steps, COLUMNS);
    for (int i = 0; i < PARTS; i++)
        r->part[i] = median(&round[0][3 + i], r->steps, COLUMNS);
    for (int i = 0; i < MEMORY_KINDS; i++)
        r->bytes[i] = (double)memory_kind(&w.mem, i)->peak;
    r->base_bytes = (double)w.model.base_bytes;
    r->tokens = tokens_of(b);
    r->trained = model_count_trained(&w.model, ~0U);
    close_work(&w);
}
