/* Records: any HDF5 behind a seal that fits is read or refused, and so is any without a seal. */
#include "core/file.h"
#include "experiment/executor.h"
#include "tests/fuzz/fuzz_h5.h"

static void sealed(const char *path)
{
    struct record rec;
    record_read(&rec, path);
    if (strlen(rec.key) >= HASH_HEX || rec.run.steps < 0 || rec.run.evals < 0 || rec.run.probes < 0)
        abort();
    for (int i = 0; i < rec.run.probes; i++)
        for (int k = 0; k < rec.run.sites; k++)
            if (rec.run.probe[i].row_dM[k] > 1e300 && rec.run.probe[i].rank[k] > 1e300)
                fputs("every value was touched\n", stderr);
    (void)spec_number(rec.config, "lr");
    record_free(&rec);
}

/* As a base or a table of someone else's would be opened; the names are those of the seed. */
static void foreign(const char *path)
{
    size_t n;
    char text[H5_TEXT];
    struct h5 *h = h5_open(path);
    struct trap t;
    if (!trap_set(&t)) {
        h5_attr_text(h, "/config", "text", text, sizeof text);
        free(h5_read_f64(h, "/curve/train_loss", &n));
    }
    trap_end(&t);
    h5_close(h);
}

static char *whole;
static size_t size_of_whole;

/* A run of three steps, as the program writes it. */
static void make_record(void)
{
    static const char *const words[] = {"method=lora", "task=cola", "base=tiny-random", "rank=1",  "steps=3", "evals=1",
                                        "probes=1",    "ntrain=8",  "nvalid=8",         "ntest=8", "batch=4"};
    char results[64], path[160];
    struct identity p;
    fuzz_folder(results, sizeof results);
    struct session *s = session_open(results);
    identity_make(s, &p, sizeof words / sizeof *words, words);
    executor_run(s, &p, NULL);
    record_path(results, p.key, path, sizeof path);
    whole = file_read(path, 1 << 24, &size_of_whole);
    identity_free(&p);
    session_close(s);
    fuzz_folder_remove(results);
}

FUZZ_TARGET(record)
{
    if (!whole)
        make_record();
    fuzz_h5(sealed, foreign, whole, size_of_whole, data, bytes);
    return 0;
}
