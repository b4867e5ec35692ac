/* What ideas that are not taken could save of a step at most: each measured by itself, beside the step. CSV. */
#include "check/step_time.h"
#include "core/arena.h"
#include "core/rng.h"
#include "math/linalg.h"
#include "model/optim.h"

#include <stdio.h>
#include <stdlib.h>

enum { RANK = 8, ADAPTED = 2, ROUNDS = 200, WORDS = 717 };

/* One idea: as it is done, and as it would be done; both are called in turn. */
struct idea {
    const char *name, *method;
    void (*now)(void), (*then)(void);
};

static const struct bench_size *size;
static int rows;
static struct mat x, y, u, e, A, E, dA, dx, table;
static struct model apart, joined;

static struct mat filled(int r, int c)
{
    struct rng stream = rng_stream(1, RNG_TEST, 0, 0);
    struct mat m = mat_of(mem_alloc((size_t)r * (size_t)c * sizeof(real)), r, c);
    rng_fill_normal(&stream, m, 1);
    return m;
}

/* u = x A', dA = e' x and dx = e A of q and v in every layer but the last, whose q asks for [CLS] alone. */
static void rank_products(int times, int r)
{
    for (int i = 0; i < times * (size->layers - 1); i++) {
        gemm_nt(1, x, mat_rows(A, 0, r), 0, mat_of(u.v, rows, r));
        gemm_tn(1, mat_of(e.v, rows, r), x, 1, mat_rows(dA, 0, r));
        gemm_nn(1, mat_of(e.v, rows, r), mat_rows(A, 0, r), 1, dx);
    }
}

static void ranks_apart(void)
{
    rank_products(ADAPTED, RANK);
}

static void ranks_joined(void)
{
    rank_products(1, ADAPTED * RANK);
}

/* q, k and v of layer 0 depend on word, position and segment alone while the base is frozen. */
static void first_layer(void)
{
    for (int i = 0; i < 3; i++)
        gemm_nt(1, x, E, 1, mat_of(y.v, rows, x.cols));
}

static void first_layer_looked_up(void)
{
    static unsigned row;
    for (int i = 0; i < rows; i++) {
        row = row * 1664525U + 1013904223U;
        mat_copy(mat_rows(table, (int)((row >> 8) % (unsigned)table.rows), 1), mat_rows(y, i, 1));
    }
}

static const struct adamw adam = {0.9, 0.999, 1e-8, 0.01};

static void tensors_apart(void)
{
    adamw_step(&apart, &adam, 1e-4, 10);
}

static void tensors_joined(void)
{
    adamw_step(&joined, &adam, 1e-4, 10);
}

/* All that full fine-tuning trains; and one tensor of the same size. */
static void open_optimizer(struct memory *mem)
{
    struct model_config c = {WORDS, size->d, size->layers, size->heads, size->ffn, size->length, 2, 1e-5, false};
    static struct param block, *list[] = {&block};
    memory_open(mem);
    model_open(&apart, &c, mem);
    model_map_anonymous(&apart);
    model_init(&apart, 1);
    for (int i = 0; i < apart.nparam; i++)
        apart.param[i]->trains = true;
    model_allocate_training(&apart);
    int n = (int)model_count_trained(&apart, ~0U);
    block = (struct param){.w = filled(1, n), .g = filled(1, n), .m1 = filled(1, n), .m2 = filled(1, n), .lr_scale = 1};
    mat_fill(block.m2, 1);
    joined.param = list;
    joined.nparam = 1;
}

static int by_value(const void *a, const void *b)
{
    double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

static double step_ms(const char *method, double seconds)
{
    struct bench b = {.size = *size, .ragged = true, .method = method_find(method), .seconds = seconds};
    struct bench_result r;
    option_defaults(adapter_options, &b.common);
    b.common.rank = RANK;
    bench_run(&b, &r);
    return 1e3 * r.step;
}

static void measure(const struct idea *idea, double seconds)
{
    static double now[ROUNDS], then[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        double began = cpu_seconds();
        idea->now();
        now[i] = cpu_seconds() - began;
        began = cpu_seconds();
        idea->then();
        then[i] = cpu_seconds() - began;
    }
    qsort(now, ROUNDS, sizeof *now, by_value);
    qsort(then, ROUNDS, sizeof *then, by_value);
    printf("%s,%s,%s,%.4f,%.4f,%.4f\n", size->name, idea->method, idea->name, 1e3 * now[ROUNDS / 2],
           1e3 * then[ROUNDS / 2], step_ms(idea->method, seconds));
}

int main(int argc, char **argv)
{
    static const struct idea ideas[] = {{"rank-products of q and v at once", "lora", ranks_apart, ranks_joined},
                                        {"q k v of layer 0 from a table", "lora", first_layer, first_layer_looked_up},
                                        {"AdamW over one block", "full", tensors_apart, tensors_joined}};
    printf("size,method,idea,now_ms,then_ms,step_ms\n");
    for (int s = 0; s < 2; s++) {
        struct memory mem;
        size = &bench_sizes[s];
        rows = 0;
        for (int i = 0; i < size->batch; i++)
            rows += bench_length(&(struct bench){.size = *size, .ragged = true}, i);
        const int d = size->d, both = ADAPTED * RANK;
        x = filled(rows, d), y = filled(rows, 3 * d), u = filled(rows, both), e = filled(rows, both);
        A = filled(both, d), E = filled(d, d), dA = filled(both, d), dx = filled(rows, d);
        table = filled(WORDS * size->length * 2, 3 * d);
        open_optimizer(&mem);
        for (size_t k = 0; k < sizeof ideas / sizeof *ideas; k++)
            measure(&ideas[k], argc > 1 ? strtod(argv[1], NULL) : 1);
        model_close(&apart);
        memory_close(&mem);
        struct mat *all[] = {&x,
                             &y,
                             &u,
                             &e,
                             &A,
                             &E,
                             &dA,
                             &dx,
                             &table,
                             &joined.param[0]->w,
                             &joined.param[0]->g,
                             &joined.param[0]->m1,
                             &joined.param[0]->m2};
        for (size_t k = 0; k < sizeof all / sizeof *all; k++)
            free(all[k]->v);
    }
    return 0;
}
