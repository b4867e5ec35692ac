/* Base files: any HDF5 behind a seal that fits becomes an image of weights or is refused; without a seal all are refused. */
#include "base/acceptance.h"
#include "base/base.h"
#include "base/cache.h"
#include "base/make.h"
#include "core/file.h"
#include "tests/fuzz/fuzz_h5.h"

#include <sys/stat.h>

static const struct recipe small = {.name = "fuzz",
                                    .config = {.vocab = 717,
                                               .d = 4,
                                               .layers = 1,
                                               .heads = 1,
                                               .ffn = 4,
                                               .positions = 32,
                                               .types = 2,
                                               .eps = 1e-5,
                                               .mlm = true},
                                    .steps = 1,
                                    .batch = 1,
                                    .lr = 1e-3};
static char *whole, results[2][64], cache[2][160];
static size_t size_of_whole;

static void close_results(void)
{
    for (int turn = 0; turn < 2; turn++)
        fuzz_folder_remove(results[turn]);
}

static struct base fresh(void)
{
    return (struct base){.recipe = &small,
                         .name = "fuzz",
                         .key = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                         .seed = 1,
                         .config = small.config,
                         .image = -1};
}

/* A base as the program writes it; then two results folders whose base is a file in memory. */
static void open_results(void)
{
    struct base b = fresh();
    char path[160];
    for (int turn = 0; turn < 2; turn++) {
        fuzz_folder(results[turn], sizeof results[turn]);
        snprintf(cache[turn], sizeof cache[turn], "%s/cache/%.16s.%s", results[turn], b.key, REAL_NAME);
        base_path(&b, results[turn], path, sizeof path);
        if (turn == 0) {
            base_pretrain(&b, results[0]);
            whole = file_read(path, 1 << 24, &size_of_whole);
            unlink(path);
        } else {
            snprintf(path, sizeof path, "%s/bases", results[1]);
            folder_make(path);
            base_path(&b, results[1], path, sizeof path);
        }
        if (symlink(fuzz_file(turn, NULL, 0), path))
            abort();
    }
    atexit(close_results);
}

static void read_base(int turn)
{
    static int reads; /* to describe a base is to read its file once more, which every other input has to do */
    struct base b = fresh();
    struct trap t;
    unlink(cache[turn]);
    if (reads++ / 2 % 2 == 0) {
        if (!trap_set(&t))
            base_describe(&b, results[turn]);
        trap_end(&t);
    }
    base_load(&b, results[turn]);
    if (b.image < 0 || strlen(b.hash) != HASH_HEX - 1)
        abort();
    base_close(&b);
}

static void sealed(const char *path)
{
    (void)path;
    read_base(0);
}

static void foreign(const char *path)
{
    struct trap t;
    (void)path;
    if (!trap_set(&t)) {
        read_base(1);
        abort();
    }
    if (t.code != EXIT_CORRUPT || !*t.text)
        abort();
    trap_end(&t);
}

FUZZ_TARGET(base)
{
    if (!whole)
        open_results();
    fuzz_h5(sealed, foreign, whole, size_of_whole, data, bytes);
    return 0;
}
