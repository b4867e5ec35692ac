/* Checkpoints of bases: a damaged one is refused; one whose hash fits has a step and a curve of its recipe, or is
 * refused. */
#include "base/pretrain.h"
#include "core/arena.h"
#include "tests/fuzz/fuzz.h"

static const struct model_config config = {
    .vocab = 5, .d = 4, .layers = 1, .heads = 1, .ffn = 4, .positions = 3, .types = 2, .eps = 1e-6, .mlm = true};
static const struct recipe recipe = {.name = "fuzz", .steps = 0};
static const char key[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
static struct memory memory;
static struct model model;
static struct pretrain_curve curve;
static char *whole;
static size_t size;

/* magic, key, step and sizes, curve: as pretrain.c lays them out; the end is weights, moments and the hash. */
struct head {
    char magic[16], key[HASH_HEX];
    int64_t step, base_bytes, moment_bytes;
    struct pretrain_curve curve;
};

static void set_up(void)
{
    struct head h = {.step = 0};
    memory_open(&memory);
    model_open(&model, &config, &memory);
    model_map_anonymous(&model);
    pretrain_prepare(&model);
    memcpy(h.magic, "peftlab-base-1\n", sizeof h.magic);
    memcpy(h.key, key, sizeof h.key);
    h.base_bytes = (int64_t)model.base_bytes;
    h.moment_bytes = (int64_t)memory.moments.used;
    h.curve.n = 2;
    size = sizeof h + model.base_bytes + memory.moments.used + HASH_HEX;
    whole = calloc(1, size);
    memcpy(whole, &h, sizeof h);
    hash_bytes(whole, size - HASH_HEX, whole + size - HASH_HEX);
}

static void reader(const char *path)
{
    memset(&curve, 0, sizeof curve);
    pretrain(&model, &recipe, NULL, 1, key, path, &curve);
    if (curve.n < 0 || curve.n > PRETRAIN_POINTS)
        abort();
}

static void load(const char *bytes, size_t n)
{
    arena_release(&memory.grads, 0); /* pretrain allocates them */
    arena_release(&memory.moments, 0);
    fuzz_read(reader, fuzz_file(0, (const uint8_t *)bytes, n));
}

FUZZ_TARGET(checkpoint)
{
    size_t n;
    if (!whole) {
        set_up();
        load(whole, size);
        if (curve.n != 2)
            abort();
    }
    char *copy = fuzz_patched(whole, size, HASH_HEX, data, bytes, &n);
    load(copy, n);
    if (curve.n && (n != size || memcmp(copy, whole, size) != 0))
        abort();
    hash_bytes(copy, n - HASH_HEX, copy + n - HASH_HEX);
    load(copy, n);
    free(copy);
    return 0;
}
