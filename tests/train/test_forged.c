/* Checkpoints of runs whose hash fits but which this program cannot have written: they are refused before they are
 * used.
 *
 * Each case saves a checkpoint, changes what stands in it for some bytes of memory, makes the hash fit, and loads it.
 */
#include "core/arena.h"
#include "core/file.h"
#include "core/hash.h"
#include "train/resume.h"

#include "tests/scratch.h"

enum { STEPS = 3, EXAMPLES = 4, BATCH = 2 };
static const char key[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/* A run of a method on a model of one layer, after two steps. */
struct trial {
    struct memory mem;
    struct model model;
    struct tuning tuning;
    struct run run;
    struct spec spec;
    struct dataset splits[SPLITS];
    struct trainee trainee;
    struct resume resume;
    double loss[STEPS], lr[STEPS], norm[STEPS], seconds[STEPS];
    struct adapter common;
    char opts[4096], path[SCRATCH_PATH];
};

static void trial_open(struct trial *t, const char *method)
{
    static const struct model_config c = {
        .vocab = 5, .d = 4, .layers = 1, .heads = 1, .ffn = 4, .positions = 3, .types = 2, .eps = 1e-6};
    const struct method *m = method_find(method);
    *t = (struct trial){.run = {.steps = 2, .sites = TARGETS}};
    assert_true(m->options_size <= sizeof t->opts);
    option_defaults(adapter_options, &t->common);
    option_defaults(m->options, t->opts);
    t->common.rank = 1;
    memory_open(&t->mem);
    model_open(&t->model, &c, &t->mem);
    model_map_anonymous(&t->model);
    model_freeze(&t->model);
    tuning_open(&t->tuning, m, t->opts, &t->common, &t->model, 1, 0);
    tuning_begin_phase(&t->tuning, tuning_phases(&t->tuning) - 1, 2);
    t->run.loss = t->loss, t->run.lr = t->lr, t->run.grad_norm = t->norm;
    snprintf(t->path, sizeof t->path, "%s", scratch_path("checkpoint"));
    t->spec = (struct spec){.task = task_find("sst"), .train = {.steps = STEPS, .batch = BATCH}};
    t->splits[SPLIT_TRAIN].n = EXAMPLES;
    t->trainee = (struct trainee){
        .spec = &t->spec, .model = &t->model, .mem = &t->mem, .tuning = &t->tuning, .splits = t->splits};
    t->resume = (struct resume){.path = t->path,
                                .key = key,
                                .trainee = &t->trainee,
                                .run = &t->run,
                                .step_seconds = t->seconds,
                                .place = {0, 2 * BATCH}};
}

static void trial_close(struct trial *t)
{
    tuning_close(&t->tuning);
    model_close(&t->model);
    memory_close(&t->mem);
}

/* Where `n` bytes of memory stand in the saved file; in the nth place. */
static size_t find(const char *file, size_t size, const void *bytes, size_t n, int nth)
{
    const char *at = file;
    for (int i = 0; i <= nth; i++) {
        at = memmem(at + (i > 0), size - (size_t)(at + (i > 0) - file), bytes, n);
        assert_non_null(at);
    }
    return (size_t)(at - file);
}

/* Saves; puts `value` (n bytes) at `offset` behind the place where `within` bytes at `memory` stand for the nth time;
 * makes the hash fit. */
static void forge(struct trial *t, const void *memory, size_t within, int nth, size_t offset, const void *value,
                  size_t n)
{
    size_t size;
    char hex[HASH_HEX];
    resume_save(&t->resume);
    char *file = file_read(t->path, 1 << 24, &size);
    memcpy(file + find(file, size, memory, within, nth) + offset, value, n);
    hash_bytes(file, size - HASH_HEX, hex);
    memcpy(file + size - HASH_HEX, hex, sizeof hex);
    FILE *f = fopen(t->path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(file, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
    free(file);
}

static void must_be_refused(struct trial *t)
{
    refused(resume_load(&t->resume), EXIT_CORRUPT, "sealed, but not a checkpoint of this program");
}

/* Catches: indices of a sparse update that point outside the matrix. */
static void indices(void **state)
{
    (void)state;
    struct trial t;
    int far = 1 << 30;
    trial_open(&t, "shira");
    const struct param *v = *(struct param *const *)t.tuning.site[0]->state;
    const int *place = *(int *const *)(const void *)((const char *)t.tuning.site[0]->state + sizeof(struct param *));
    forge(&t, place, (size_t)v->w.cols * sizeof *place, 0, 0, &far, sizeof far);
    must_be_refused(&t);
    assert_true(place[0] >= 0 && place[0] < t.tuning.site[0]->in * t.tuning.site[0]->out);
    trial_close(&t);
}

/* Catches: a place in the order of examples that lies behind its end. */
static void place_in_the_order(void **state)
{
    (void)state;
    struct trial t;
    const struct {
        int64_t sites;
        struct place place;
    } was = {TARGETS, {0, 2 * BATCH}}, is = {TARGETS, {0, 1 << 30}};
    trial_open(&t, "lora");
    forge(&t, &was, sizeof was, 0, 0, &is, sizeof is);
    assert_false(resume_load(&t.resume)); /* another run's: said, and started again */
    trial_close(&t);
}

/* Catches: a checkpoint of an earlier version that is taken for one of this, or refused without saying why. */
static void another_version(void **state)
{
    (void)state;
    struct trial t;
    static const char is[] = "peftlab-run-4", was[] = "peftlab-run-3";
    trial_open(&t, "lora");
    forge(&t, is, sizeof is - 1, 0, 0, was, sizeof was - 1);
    assert_false(resume_load(&t.resume));
    trial_close(&t);
}

/* What a method counts between steps, and weights, do come back. */
static void buffers_return(void **state)
{
    (void)state;
    struct trial t;
    trial_open(&t, "adalora");
    real *last = (real *)(void *)(t.mem.moments.base + t.mem.moments.used) - 1;
    real *weight = t.model.param[t.model.nparam - 1]->w.v;
    *last = 7;
    *weight = (real)0.25;
    resume_save(&t.resume);
    *last = 0;
    *weight = 0;
    assert_true(resume_load(&t.resume));
    assert_true(*last == 7);
    assert_true(*weight == (real)0.25);
    trial_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(indices), cmocka_unit_test(place_in_the_order),
                                       cmocka_unit_test(another_version), cmocka_unit_test(buffers_return)};
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
