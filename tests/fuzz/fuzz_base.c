/* Base files: any HDF5 behind a seal that fits becomes an image of weights or is refused, and so does any without. */
#include "tests/fuzz/fuzz_h5.h"
#include "train/base.h"

#include <sys/stat.h>

static char results[64], link_path[160], cache[160];

/* A results folder whose base is the file in memory. */
static void open_results(void)
{
    struct base b;
    char folder[96];
    snprintf(results, sizeof results, "/dev/shm/fuzz-base-XXXXXX");
    if (!mkdtemp(results))
        abort();
    snprintf(folder, sizeof folder, "%s/bases", results);
    if (mkdir(folder, 0700))
        abort();
    base_open(&b, "tiny", 1);
    base_path(&b, results, link_path, sizeof link_path);
    snprintf(cache, sizeof cache, "%s/cache/%.16s.%s", results, b.key, REAL_NAME);
    base_close(&b);
}

static void close_results(void)
{
    char folder[96];
    unlink(cache);
    unlink(link_path);
    snprintf(folder, sizeof folder, "%s/bases", results);
    rmdir(folder);
    snprintf(folder, sizeof folder, "%s/cache", results);
    rmdir(folder);
    rmdir(results);
}

static void reader(const char *path)
{
    struct base b;
    struct trap t;
    unlink(link_path);
    unlink(cache);
    if (symlink(path, link_path))
        abort();
    base_open(&b, "tiny", 1);
    if (!trap_set(&t))
        base_describe(&b, results);
    trap_end(&t);
    base_load(&b, results);
    if (b.image < 0 || strlen(b.hash) != HASH_HEX - 1)
        abort();
    base_close(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!*results) {
        if (!freopen("/dev/null", "w", stdout)) /* base_describe prints */
            abort();
        open_results();
        atexit(close_results);
    }
    fuzz_h5(reader, reader, data, size);
    return 0;
}
