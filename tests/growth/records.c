/* Fills a results folder with records of runs that were never made: all that an experiment's plan asks for, numbers
 * drawn at random. For measuring what reads records, nothing else. records EXPERIMENT.ini [key=value ...] results=DIR
 */
#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "core/rng.h"
#include "core/seal.h"
#include "experiment/search.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In place of the system's: nobody needs these records after a power cut, and 100,000 of them are soon written so. */
int fsync(int fd)
{
    (void)fd;
    return 0;
}

static double *drawn(struct rng *r, int n, double scale)
{
    double *v = mem_alloc((size_t)n * sizeof *v);
    for (int i = 0; i < n; i++)
        v[i] = scale * (0.5 + rng_uniform(r));
    return v;
}

static void draw_curve(struct run *run, const struct spec *s, struct rng *r)
{
    run->steps = s->train.steps;
    for (int i = 0; i < run->steps; i++) {
        run->loss[i] = 0.7 * exp(-0.01 * i) + 0.02 * rng_normal(r);
        run->lr[i] = s->train.lr * (1 - (double)i / run->steps);
        run->grad_norm[i] = 1 + rng_uniform(r);
    }
}

/* Methods differ by a few points and rates have an optimum inside the window, so that no search is extended. */
static double level(const struct spec *s)
{
    double off = log10(s->train.lr / 5e-3);
    return 0.7 + 0.002 * (double)(strlen(s->method->name) % 7) - 0.05 * off * off;
}

static void draw_evals(struct run *run, const struct spec *s, struct rng *r)
{
    run->evals = s->train.evals;
    for (int e = 0; e < run->evals; e++) {
        double at = level(s) - 0.1 / (e + 1);
        run->eval_step[e] = run->steps * (e + 1) / run->evals;
        run->valid[e] = (struct score){0.6 - at / 4, at + 0.01 * rng_normal(r), at};
        run->test[e] = s->train.evaluate ? (struct score){0.6 - at / 4, at + 0.01 * rng_normal(r), at}
                                         : (struct score){NAN, NAN, NAN};
    }
    run->items = s->train.evaluate ? s->task_common.ntest : 0;
    run->item = drawn(r, run->items, 1);
    for (int i = 0; i < run->items; i++)
        run->item[i] = run->item[i] < 1.2;
    run->forgetting_before = 4;
    run->forgetting_after = 4 + 0.1 * rng_uniform(r);
}

static void draw_probes(struct run *run, const struct spec *s, struct rng *r)
{
    run->probes = s->train.probes;
    for (int i = 0; i < run->probes; i++) {
        struct probe *p = &run->probe[i];
        double far = 0.1 * (i + 1) / run->probes;
        *p = (struct probe){.step = run->steps * (i + 1) / run->probes};
        for (int k = 0; k < PROBE_COLUMNS; k++)
            *probe_column(p, k) = drawn(r, run->sites, strcmp(probe_columns[k].name, "rank") == 0 ? 4 : far);
    }
    run->spectra = run->sites / 2;
    run->spectrum_site = mem_alloc((size_t)run->spectra * sizeof *run->spectrum_site);
    run->spectrum = mem_alloc((size_t)run->spectra * sizeof *run->spectrum);
    for (int i = 0; i < run->spectra; i++) {
        run->spectrum_site[i] = i;
        for (int k = 0; k < SPECTRUM_MAX; k++)
            run->spectrum[i][k] = exp(-0.2 * k) * (1 + 0.1 * rng_uniform(r));
    }
}

static void draw(struct run *run, const struct identity *ready)
{
    struct rng r = rng_stream((uint64_t)strtoull(ready->key + 48, NULL, 16), RNG_TEST, 0, 0);
    run_open(run, &ready->spec, ready->base);
    draw_curve(run, &ready->spec, &r);
    draw_evals(run, &ready->spec, &r);
    draw_probes(run, &ready->spec, &r);
    run->cost = (struct cost){.adapter = {2048, 2048, 2048}, .head = 66, .flops_per_step = 1e8, .base_bytes = 1e6};
    for (int i = 0; i < MEMORY_KINDS; i++)
        run->cost.arena_peak[i] = 1e6;
    run->cost.step_ms = 1 + rng_uniform(&r);
    run->cost.train = run->cost.step_ms * run->steps / 1000;
    snprintf(run->check.curve_hash, HASH_HEX, "%s", ready->key);
    snprintf(run->check.weights_hash, HASH_HEX, "%s", ready->key);
}

/* ---- HDF5 takes milliseconds to build a file, so only the first seed of a cell's rate is built. The others are its
 * image with what differs written over it; then the checksums of the blocks that hold attributes, and the seal, are
 * made anew. Texts that stand in no such block (the hashes of curve and weights) stay the first one's.
 * ----------------------- */

enum { BLOCKS_MAX = 32, BLOCK_SUM = 18 };

struct pattern {
    int cell, tuning;
    const char *rate;
    char key[HASH_HEX], text[SPEC_TEXT];
    int64_t seed;
    struct run run;
    char *image;
    size_t size, block[BLOCKS_MAX], block_size[BLOCKS_MAX];
    int blocks;
};

uint32_t H5_checksum_lookup3(const void *key, size_t length, uint32_t initval); /* the library has it, no header does */

/* The sum of a block of HDF5's attribute heap, its own four bytes taken as zero. */
static uint32_t block_sum(char *block, size_t size)
{
    uint32_t was, sum;
    memcpy(&was, block + BLOCK_SUM, sizeof was);
    memset(block + BLOCK_SUM, 0, sizeof was);
    sum = H5_checksum_lookup3(block, size, 0);
    memcpy(block + BLOCK_SUM, &was, sizeof was);
    return sum;
}

/* Where the blocks are, and how long: the length whose sum is the one that stands there. */
static void find_blocks(struct pattern *t)
{
    for (size_t at = SEAL_BYTES; at + 512 < t->size && t->blocks < BLOCKS_MAX; at++)
        for (size_t n = 512; memcmp(t->image + at, "FHDB", 4) == 0 && at + n <= t->size; n *= 2) {
            uint32_t there;
            memcpy(&there, t->image + at + BLOCK_SUM, sizeof there);
            if (block_sum(t->image + at, n) == there) {
                t->block[t->blocks] = at;
                t->block_size[t->blocks++] = n;
                break;
            }
        }
}

static void replace(const struct pattern *t, char *image, const void *old, const void *new, size_t n)
{
    const char *end = t->image + t->size, *at = memmem(t->image + SEAL_BYTES, t->size - SEAL_BYTES, old, n);
    if (!at)
        die(EXIT_CORRUPT, "a record does not hold what was written to it");
    for (; at; at = memmem(at + n, (size_t)(end - at) - n, old, n))
        memcpy(image + (at - t->image), new, n);
}

/* In the blocks alone: elsewhere such a number may mean something else. */
static void replace_attribute(const struct pattern *t, char *image, const void *old, const void *new, size_t n)
{
    for (int i = 0; i < t->blocks; i++) {
        const char *start = t->image + t->block[i], *at = memmem(start, t->block_size[i], old, n);
        if (at)
            memcpy(image + (at - t->image), new, n);
    }
}

static void replace_scores(const struct pattern *t, char *image, const struct score *old, const struct score *new)
{
    double a[64], b[64];
    int n = t->run.evals < 64 ? t->run.evals : 64;
    for (int i = 0; i < n; i++)
        a[i] = old[i].metric, b[i] = new[i].metric;
    replace(t, image, a, b, (size_t)n * sizeof *a);
}

static void vary(const struct pattern *t, const struct identity *ready, const struct run *run, const char *path)
{
    char text[SPEC_TEXT], *image = mem_alloc(t->size);
    int64_t seed = ready->spec.train.seed;
    size_t row = (size_t)run->sites * sizeof(double);
    struct file_out f;
    spec_text(&ready->spec, text);
    if (strlen(text) != strlen(t->text))
        die(EXIT_USAGE, "seeds of a grid must have equally many digits here");
    memcpy(image, t->image, t->size);
    replace_attribute(t, image, t->key, ready->key, HASH_HEX - 1);
    replace_attribute(t, image, t->text, text, strlen(text));
    replace_attribute(t, image, &t->seed, &seed, sizeof seed);
    replace_attribute(t, image, &t->run.cost.step_ms, &run->cost.step_ms, sizeof(double));
    for (int i = 0; i < t->blocks; i++) {
        uint32_t sum = block_sum(image + t->block[i], t->block_size[i]);
        memcpy(image + t->block[i] + BLOCK_SUM, &sum, sizeof sum);
    }
    replace_scores(t, image, t->run.valid, run->valid);
    if (!t->tuning)
        replace_scores(t, image, t->run.test, run->test);
    for (int i = 0; i < run->probes; i++) {
        replace(t, image, t->run.probe[i].row_dM, run->probe[i].row_dM, row);
        replace(t, image, t->run.probe[i].row_dD, run->probe[i].row_dD, row);
    }
    seal_put(image, t->size);
    file_begin(&f, path);
    file_write(&f, image, t->size);
    file_commit(&f);
    free(image);
}

static void begin_pattern(struct pattern *t, const struct plan_run *planned, const struct identity *ready,
                          const struct run *run, const char *path)
{
    free(t->image);
    run_free(&t->run);
    *t = (struct pattern){.cell = planned->cell, .tuning = planned->tuning, .rate = planned->rate, .run = *run};
    memcpy(t->key, ready->key, sizeof t->key);
    spec_text(&ready->spec, t->text);
    t->seed = ready->spec.train.seed;
    t->image = file_read(path, (size_t)1 << 30, &t->size);
    find_blocks(t);
}

static void make(const struct plan *p, const struct plan_run *planned, struct pattern *t)
{
    struct identity ready;
    struct run run;
    char path[1100];
    identity_make(p->session, &ready, planned->assignments, (const char *const *)planned->assignment);
    draw(&run, &ready);
    record_path(session_results(p->session), ready.key, path, sizeof path);
    if (t->image && t->cell == planned->cell && t->tuning == planned->tuning && strcmp(t->rate, planned->rate) == 0) {
        vary(t, &ready, &run, path);
        run_free(&run);
    } else {
        record_write(session_results(p->session), &ready.spec, &run, ready.key, ready.base_hash, ready.data_hash);
        begin_pattern(t, planned, &ready, &run, path);
    }
    identity_free(&ready);
}

static void make_missing(struct plan *p)
{
    static struct pattern t;
    for (int i = 0; i < p->runs; i++)
        if (p->run[i].state != PLAN_DONE)
            make(p, &p->run[i], &t);
}

int main(int argc, char **argv)
{
    struct experiment e;
    struct plan p;
    if (argc < 3 || strncmp(argv[argc - 1], "results=", 8) != 0) {
        fprintf(stderr, "usage: records EXPERIMENT.ini [key=value ...] results=DIR\n");
        return EXIT_USAGE;
    }
    experiment_read(&e, argv[1]);
    for (int i = 2; i < argc - 1; i++)
        experiment_set(&e, argv[i]);
    struct session *s = session_open(argv[argc - 1] + 8);
    for (int stage = 0; stage < 2; stage++) { /* the index is read anew between them */
        plan_open(&p, s, &e);
        search_window(&p);
        if (stage)
            search_report(&p);
        make_missing(&p);
        if (stage)
            printf("%d records\n", p.runs);
        plan_close(&p);
    }
    session_close(s);
    experiment_free(&e);
    return EXIT_OK;
}
