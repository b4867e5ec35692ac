/* Checkpoints of runs: a damaged one is refused; one whose hash fits fills no more than there is room for, or is
 * refused. */
#include "core/arena.h"
#include "core/file.h"
#include "tests/fuzz/fuzz.h"
#include "train/resume.h"

enum { STEPS = 3, EVALS = 2, PROBES = 1, ITEMS = 4, SITES = 2 };

static const struct model_config config = {
    .vocab = 5, .d = 4, .layers = 1, .heads = 1, .ffn = 4, .positions = 3, .types = 2, .eps = 1e-6};
static struct memory memory;
static struct model model;
static struct tuning tuning;
static struct run run;
static struct spec spec;
static struct dataset splits[SPLITS];
static struct trainee trainee;
static struct resume checkpoint;
static double seconds[STEPS];
static char *whole, path[64];
static size_t size;

static void open_run(void)
{
    run = (struct run){.sites = SITES};
    run.loss = mem_alloc(STEPS * sizeof(double));
    run.lr = mem_alloc(STEPS * sizeof(double));
    run.grad_norm = mem_alloc(STEPS * sizeof(double));
    run.eval_step = mem_alloc(EVALS * sizeof(int));
    run.valid = mem_alloc(EVALS * sizeof *run.valid);
    run.test = mem_alloc(EVALS * sizeof *run.test);
    run.probe = mem_alloc(PROBES * sizeof *run.probe);
}

/* What a run leaves after two steps, with one entry of each kind. */
static void fill_run(void)
{
    struct probe *p = run.probe;
    run.steps = 2;
    run.evals = run.probes = run.spectra = 1;
    run.items = ITEMS;
    run.item = mem_alloc(ITEMS * sizeof(double));
    run.spectrum_site = mem_alloc(sizeof(int));
    run.spectrum = mem_alloc(sizeof *run.spectrum);
    run.closest = mem_alloc(sizeof *run.closest);
    for (int i = 0; i < PROBE_COLUMNS; i++)
        *probe_column(p, i) = mem_alloc(SITES * sizeof(double));
}

static void set_up(void)
{
    static char opts[4096];
    static struct adapter common;
    const struct method *m = method_find("lora");
    if (m->options_size > sizeof opts)
        abort();
    option_defaults(adapter_options, &common);
    option_defaults(m->options, opts);
    common.rank = 1;
    memory_open(&memory);
    model_open(&model, &config, &memory);
    model_map_anonymous(&model);
    model_freeze(&model);
    tuning_open(&tuning, m, opts, &common, &model, 1, 0);
    tuning_begin_phase(&tuning, 0, 2);
    open_run();
    fill_run();
    snprintf(path, sizeof path, "/dev/shm/fuzz-resume-%ld", (long)getpid());
    spec = (struct spec){.task = task_find("sst"),
                         .train = {.steps = STEPS, .evals = EVALS - 1, .probes = PROBES - 1, .batch = 1}};
    splits[SPLIT_TRAIN].n = splits[SPLIT_TEST].n = ITEMS;
    trainee = (struct trainee){.spec = &spec, .model = &model, .mem = &memory, .tuning = &tuning, .splits = splits};
    checkpoint = (struct resume){.path = path,
                                 .key = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                                 .trainee = &trainee,
                                 .run = &run,
                                 .step_seconds = seconds,
                                 .place = {0, 2}};
    resume_save(&checkpoint);
    whole = file_read(path, 1 << 24, &size);
    unlink(path);
    run_free(&run);
}

static bool loaded;

static void reader(const char *file)
{
    checkpoint.path = file;
    loaded = resume_load(&checkpoint);
}

static void load(const char *bytes, size_t n)
{
    open_run();
    loaded = false;
    fuzz_read_as(EXIT_CORRUPT, reader, fuzz_file(0, (const uint8_t *)bytes, n));
    if (run.steps < 0 || run.steps > STEPS || run.evals > EVALS || run.probes > PROBES || run.items > ITEMS ||
        (loaded && run.items && !run.item))
        abort();
    run_free(&run);
}

FUZZ_TARGET(resume)
{
    size_t n;
    if (!whole)
        set_up();
    char *copy = fuzz_patched(whole, size, HASH_HEX, data, bytes, &n);
    load(copy, n);
    if (loaded && (n != size || memcmp(copy, whole, size) != 0))
        abort();
    hash_bytes(copy, n - HASH_HEX, copy + n - HASH_HEX);
    load(copy, n);
    free(copy);
    return 0;
}
